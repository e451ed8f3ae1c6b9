//! Questions to people, and their replies.

use crate::clock::Timestamp;
use crate::codec::{CodecError, Json};
use crate::error::Signal;
use crate::path::Path;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An open question as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Who asks: the path of the node.
    pub path: Path,
    /// What is asked.
    pub message: String,
    /// What the person is shown.
    pub shown: Option<Json>,
    /// The JSON Schema that the reply must fit.
    pub schema: Json,
    /// When it was asked.
    pub asked: Timestamp,
    /// When the default is taken instead.
    pub deadline: Option<Timestamp>,
    /// The default.
    pub default: Option<Json>,
}

impl Question {
    /// Whether this recorded question is the one that is asked now.
    ///
    /// # Errors
    /// A mismatch that says what differs.
    pub fn is_asked_again(&self, now: &Self) -> Result<(), Signal> {
        let what = if self.schema != now.schema {
            "the type of its reply is another one than when it was asked"
        } else if self.message != now.message || self.shown != now.shown {
            "it asks something else than when it was asked"
        } else {
            return Ok(());
        };
        Err(Signal::mismatch(now.path.clone(), what))
    }
}

/// A reply, already decoded into its type once, so that a wrong one is never recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What was replied.
    pub value: Json,
    /// Who replied.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

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

    /// What the person is shown beside the question.
    #[must_use]
    pub fn showing<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.shown = Some(Json::encode(value));
        self
    }

    /// Takes `default` if nobody has replied within `wait`. The deadline is absolute and recorded: it holds
    /// while the process is down.
    #[must_use]
    pub fn timeout<T: Serialize>(mut self, wait: Duration, default: T) -> Self {
        self.timeout = Some((wait, Json::encode(&default)));
        self
    }
}
