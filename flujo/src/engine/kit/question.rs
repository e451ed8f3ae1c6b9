use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::path::Path;
use crate::question::{Question, Reply};
use serde::{Deserialize, Serialize};

/// An open question of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenQuestion {
    /// The question.
    pub question: Question,
    /// The arms that enclose the question, outermost first, each as the path of its fork and its number: a failing or
    /// cancelled arm withdraws its questions.
    pub arms: Vec<(Path, usize)>,
}

impl OpenQuestion {
    /// Creates an open question; `arms` are the arms that enclose it, outermost first.
    pub fn new(question: Question, arms: Vec<(Path, usize)>) -> Self {
        Self { question, arms }
    }
}

/// Decides whether a reply to the question at `path` is accepted: `answered` is its recorded reply, `open` the
/// question if it is open. The comparison of an engine's compare-and-set.
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
/// use flujo::clock::Timestamp;
/// use flujo::codec::Json;
/// use flujo::engine::kit::{OpenQuestion, check_reply};
/// use flujo::question::Reply;
///
/// # let flujo = Flujo::builder().build()?;
/// # let paused = flujo.run(refund(990)).id("r-1").await;
/// # let question = paused.questions()[0].clone();
/// let open = OpenQuestion::new(question, Vec::new());
/// let path = &open.question.path;
/// check_reply(path, None, Some(&open.question), Timestamp(1))?;
///
/// let first = Reply { value: Json::encode(&true).unwrap(), by: Some("ops".to_owned()), at: Timestamp(1) };
/// assert!(check_reply(path, Some(&first), None, Timestamp(2)).is_err());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Reply`]: the question was answered before, is not open, or its deadline has passed.
pub fn check_reply(
    path: &Path,
    answered: Option<&Reply>,
    open: Option<&Question>,
    now: Timestamp,
) -> Result<(), Error> {
    let refuse = |what: String| Err(Error::new(ErrorKind::Reply(what)).at(path.clone()));
    if let Some(first) = answered {
        return refuse(format!("already answered{}: that reply counts", first.by_and_at()));
    }
    let Some(question) = open else { return refuse("no such question is open".to_owned()) };
    if question.deadline.is_some_and(|deadline| now >= deadline) {
        return refuse("the deadline of this question has passed; its default counts".to_owned());
    }
    Ok(())
}
