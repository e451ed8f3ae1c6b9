//! Questions to people and their replies (human in the loop), as [`ask`](crate::flow::ask) records them.
//!
//! ```
//! use flujo::prelude::*;
//!
//! #[step]
//! async fn pay(cents: u64) -> Result<String> {
//!     Ok(format!("paid {cents}"))
//! }
//!
//! pipeline! {
//!     fn refund(cents: u64) -> String {
//!         let approved: bool = ask("Refund this?").showing(&cents).timeout("3d", false);
//!         if approved { pay(cents) } else { fail("declined") }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let flujo = Flujo::builder().build()?;
//! let paused = flujo.run(refund(990)).id("r-1").await;
//! let [question] = paused.questions() else { panic!("one question is open") };
//! assert_eq!(question.shown.as_ref().map(ToString::to_string).as_deref(), Some("990"));
//! assert!(question.deadline.is_some());
//!
//! let result = flujo.resume::<refund>("r-1").reply(true).by("ops").await?;
//! assert_eq!(result.hitl_history[0].reply.by.as_deref(), Some("ops"));
//! assert_eq!(result.into_output()?, "paid 990");
//! # Ok(())
//! # }
//! ```

mod approval;

pub use approval::Approval;
pub(crate) use approval::ApprovalQuestion;

use crate::clock::Timestamp;
use crate::codec::{CodecError, Json};
use crate::error::Signal;
use crate::path::Path;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// An open question as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The path of the node that asks.
    pub path: Path,
    /// The message to the person.
    pub message: String,
    /// The value that the person is shown.
    pub shown: Option<Json>,
    /// The JSON Schema that the reply must fit.
    pub schema: Json,
    /// The time when it was asked.
    pub asked: Timestamp,
    /// The time when the default is taken instead.
    pub deadline: Option<Timestamp>,
    /// The default.
    pub default: Option<Json>,
}

impl Question {
    /// Checks that this recorded question is the one that the code asks now.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # pipeline! {
    /// #     fn refund(cents: u32) -> bool {
    /// #         let pay: bool = ask("Pay?").showing(&cents);
    /// #         value(pay)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// # let flujo = Flujo::builder().build()?;
    /// # let paused = flujo.run(refund(990)).await;
    /// use flujo::question::Question;
    ///
    /// let asked = &paused.questions()[0];
    /// asked.is_asked_again(asked)?;
    /// let changed = Question { message: "Pay back?".to_owned(), ..asked.clone() };
    /// assert!(asked.is_asked_again(&changed).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Signal::JournalMismatch`], with the difference.
    pub fn is_asked_again(&self, now: &Self) -> Result<(), Signal> {
        let what = if self.schema != now.schema {
            "the type of its reply changed since it was asked"
        } else if self.message != now.message || self.shown != now.shown {
            "its message or the value it shows changed since it was asked"
        } else {
            return Ok(());
        };
        Err(Signal::mismatch(now.path.clone(), what))
    }
}

/// A reply, already decoded into its type once, so that a wrong one is never recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The value of the reply.
    pub value: Json,
    /// The person who replied.
    pub by: Option<String>,
    /// The time of the reply.
    pub at: Timestamp,
}

impl Reply {
    /// Who replied and when, as a sentence goes on with it: ` by ada at 2026-01-31T10:00:00.000000000Z`.
    pub(crate) fn by_and_at(&self) -> impl fmt::Display {
        let by = match self.by.as_deref() {
            None => String::new(),
            Some(DEADLINE) => " by its deadline".to_owned(),
            Some(by) => format!(" by {by}"),
        };
        format!("{by} at {}", self.at)
    }
}

/// The name that a default has as its author, when it is taken at the deadline.
pub(crate) const DEADLINE: &str = "deadline";

/// A question with its reply: one line of the run's `hitl_history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The question.
    pub question: Question,
    /// The reply.
    pub reply: Reply,
}

/// A question that is being put together by `ask(..)`.
#[derive(Debug)]
pub struct QuestionBuilder {
    pub(crate) message: String,
    pub(crate) shown: Option<Result<Json, CodecError>>,
    pub(crate) timeout: Option<(Duration, Result<Json, CodecError>)>,
}

impl QuestionBuilder {
    pub(crate) fn new(message: String) -> Self {
        Self { message, shown: None, timeout: None }
    }

    /// Sets the value that the person is shown beside the question.
    #[must_use]
    pub fn showing<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.shown = Some(Json::encode(value));
        self
    }

    /// Takes `default` if there is no reply within `wait`. The deadline is absolute and recorded: it holds
    /// while the process is down.
    #[must_use]
    pub fn timeout<T: Serialize>(mut self, wait: Duration, default: T) -> Self {
        self.timeout = Some((wait, Json::encode(&default)));
        self
    }
}
