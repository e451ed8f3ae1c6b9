use super::{RunId, RunView};
use crate::clock::Timestamp;
use crate::path::Path;
use serde::{Deserialize, Serialize};

/// Something that a person or a program did to a run, or to the runs of an engine, from outside: one line of an audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// The time.
    pub at: Timestamp,
    /// The name of the caller, where one was given.
    pub by: Option<String>,
    /// The kind of the action.
    pub what: ActionKind,
}

impl Action {
    /// Creates an action.
    ///
    /// ```
    /// use flujo::clock::Timestamp;
    /// use flujo::engine::{Action, ActionKind};
    /// let action = Action::new(Timestamp(7), Some("ops"), ActionKind::Cancelled);
    /// assert_eq!(action.by.as_deref(), Some("ops"));
    /// ```
    pub fn new(at: Timestamp, by: Option<&str>, what: ActionKind) -> Self {
        Self { at, by: by.map(str::to_owned), what }
    }
}

/// The kind of an [`Action`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActionKind {
    /// The run was started.
    Started,
    /// The run was forked from this one.
    Forked(RunId),
    /// The question at this path was answered.
    Replied(Path),
    /// The run was cancelled.
    Cancelled,
    /// The failed run was resumed.
    Retried,
    /// Ended runs were deleted from the engine.
    Pruned {
        /// Runs that ended before this moment.
        before: Timestamp,
        /// The number of deleted runs.
        runs: u64,
    },
}

impl RunView {
    /// Returns who did what to the run from outside, in order of time: its start, replies, a cancellation, retries.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// use flujo::engine::ActionKind;
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(name) }
    /// # pipeline! {
    /// #     fn welcome(name: String) -> String { greet(name) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let flujo = Flujo::builder().build()?;
    /// flujo.run(welcome("Ada".to_string())).id("r").by("ops").await.into_output()?;
    /// let actions = flujo.inspect("r").await?.actions();
    /// assert_eq!((&actions[0].what, actions[0].by.as_deref()), (&ActionKind::Started, Some("ops")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn actions(&self) -> Vec<Action> {
        let run = &self.run;
        let began = run.seed.origin.clone().map_or(ActionKind::Started, ActionKind::Forked);
        let began = Action { at: run.created, by: run.by.clone(), what: began };
        // The replies of a seed were given to the run that it comes from.
        let own = self
            .answered
            .iter()
            .filter(|answered| run.seed.origin.is_none() || answered.reply.at >= run.created);
        let replies = own.map(|answered| Action {
            at: answered.reply.at,
            by: answered.reply.by.clone(),
            what: ActionKind::Replied(answered.question.path.clone()),
        });
        let mut all: Vec<_> =
            std::iter::once(began).chain(replies).chain(self.acted.iter().cloned()).collect();
        all.sort_by_key(|action| action.at);
        all
    }
}
