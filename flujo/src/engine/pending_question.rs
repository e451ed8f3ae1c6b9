use super::RunId;
use crate::clock::Timestamp;
use crate::path::Path;
use crate::question::Question;

/// An open question of some run, for an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingQuestion {
    /// The run that asks.
    pub run: RunId,
    /// The durable name of its pipeline.
    pub pipeline: String,
    /// The question.
    pub question: Question,
}

impl PendingQuestion {
    /// Creates an entry of an inbox.
    pub fn new(run: RunId, pipeline: String, question: Question) -> Self {
        Self { run, pipeline, question }
    }

    /// Returns the place of the question in an inbox.
    pub fn place(&self) -> QuestionPlace {
        (self.question.asked, self.run.clone(), self.question.path.clone())
    }
}

/// A place in an inbox: behind the question that was asked at this time, by this run, at this path.
pub type QuestionPlace = (Timestamp, RunId, Path);

/// A filter of open questions, which are listed oldest first. The default takes all of them.
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
/// use flujo::engine::{PendingQuestion, QuestionFilter, QuestionPlace};
/// use flujo::run::Control;
///
/// let flujo = Flujo::builder().pipeline::<refund>().build()?;
/// for id in ["r-1", "r-2"] {
///     flujo.run(refund(990)).id(id).await;
/// }
/// let first = QuestionFilter::default().pipeline("refund").limit(1);
/// let page: Vec<PendingQuestion> = flujo.inbox(&first).await?;
/// assert_eq!((page[0].run.as_str(), page[0].question.message.as_str()), ("r-1", "Pay?"));
///
/// let place: QuestionPlace = page[0].place();
/// let next = flujo.inbox(&first.clone().after(place)).await?;
/// assert_eq!(next[0].run.as_str(), "r-2");
///
/// // An engine makes the list of all that are open.
/// let mine = PendingQuestion::new("r-3".into(), "pay".to_owned(), page[0].question.clone());
/// assert!(first.list([mine]).is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuestionFilter {
    /// Only questions of runs of this pipeline.
    pub pipeline: Option<String>,
    /// Only questions behind this place.
    pub after: Option<QuestionPlace>,
    /// The most questions that are listed.
    pub limit: Option<usize>,
}

impl QuestionFilter {
    /// Takes only questions of runs of this pipeline.
    #[must_use]
    pub fn pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// Takes only questions behind a place: the next page of a long list.
    #[must_use]
    pub fn after(mut self, place: QuestionPlace) -> Self {
        self.after = Some(place);
        self
    }

    /// Takes at most `n` questions.
    #[must_use]
    pub fn limit(mut self, n: usize) -> Self {
        self.limit = Some(n);
        self
    }

    /// Returns the list that this filter makes of all open questions.
    pub fn list(&self, all: impl IntoIterator<Item = PendingQuestion>) -> Vec<PendingQuestion> {
        let takes = |asked: &PendingQuestion| {
            self.pipeline.as_ref().is_none_or(|name| *name == asked.pipeline)
                && self.after.as_ref().is_none_or(|after| asked.place() > *after)
        };
        let mut found: Vec<_> = all.into_iter().filter(takes).collect();
        found.sort_by_key(PendingQuestion::place);
        found.truncate(self.limit.unwrap_or(usize::MAX));
        found
    }
}
