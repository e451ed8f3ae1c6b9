//! How far a walk over the records of a run came, and what is behind the nodes where it ended.

use crate::engine::RunView;
use crate::error::Mismatch;
use crate::graph::Graph;
use crate::path::{Path, grammar};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::mem;
use std::sync::{Mutex, PoisonError};

/// The result of [`Control::replay`](super::super::Control::replay): whether the records of a run fit the current code,
/// and how far they could be compared.
///
/// A replay calls nothing, so it ends at each node that has no record. If something is recorded or asked behind such a
/// node, the node is new, and what the code says behind it depends on an output that does not exist yet: it is compared
/// when the run continues, after the new node has run.
///
/// ```
/// # mod v1 {
/// # use flujo::prelude::*;
/// # pipeline! {
/// #     #[pipeline(name = "payment")]
/// #     pub fn payment(cents: u64) -> bool { let agreed: bool = ask("Pay?"); agreed }
/// # }
/// # }
/// # mod v2 {
/// # use flujo::prelude::*;
/// # #[step]
/// # pub async fn check(cents: u64) -> Result<u64> { Ok(cents) }
/// # pipeline! {
/// #     #[pipeline(name = "payment")]
/// #     pub fn payment(cents: u64) -> bool { check(cents); let agreed: bool = ask("Pay?"); agreed }
/// # }
/// # }
/// # use flujo::prelude::*;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::result::Result<(), flujo::Error> {
/// use flujo::engine::Memory;
/// use flujo::run::{Control, Replay};
/// use std::sync::Arc;
///
/// let storage = Arc::new(Memory::new());
/// let old = Flujo::builder().engine(storage.clone()).pipeline::<v1::payment>().build()?;
/// old.run(v1::payment(12)).id("p-1").await;
/// assert_eq!(old.replay(&"p-1".into()).await?, Replay::default());
///
/// // In front of the open question the new code has a step `check`.
/// let new = Flujo::builder().engine(storage).pipeline::<v2::payment>().build()?;
/// let replay = new.replay(&"p-1".into()).await?;
/// assert_eq!(replay.mismatch, None);
/// assert_eq!(replay.ended_at, ["payment/check"]);
/// assert_eq!(replay.not_compared, ["payment/agreed"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Replay {
    /// The first record or question that does not fit the code; the other fields are then empty.
    pub mismatch: Option<Mismatch>,
    /// The new nodes: they have no record, and something that is recorded or asked was not compared.
    pub ended_at: Vec<Path>,
    /// The nodes with records or questions behind them, which were not compared, except that the code has such nodes,
    /// in versions that accept the records.
    pub not_compared: Vec<Path>,
}

impl From<Mismatch> for Replay {
    fn from(mismatch: Mismatch) -> Self {
        Self { mismatch: Some(mismatch), ..Self::default() }
    }
}

/// What a walk came to.
#[derive(Default)]
pub(in crate::run) struct Reach(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    compared: BTreeSet<Path>,
    ends: BTreeSet<Path>,
}

impl Reach {
    /// Notes a node that something is recorded of.
    pub(super) fn compared(&self, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).compared.insert(path.clone());
    }

    /// Notes a node that nothing is recorded of, where the walk of this arm ends.
    pub(super) fn ended(&self, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ends.insert(path.clone());
    }

    /// Takes what was noted.
    pub(super) fn take(&self) -> Self {
        Self(Mutex::new(mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))))
    }

    /// The report of a walk that found no mismatch.
    pub(super) fn report(self, view: &RunView, graph: &Graph) -> Replay {
        let Seen { compared, mut ends } = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let answered = view.answered.iter().map(|answered| &answered.question);
        let questions = view.questions.iter().chain(answered).map(|question| &question.path);
        let recorded = view.records.iter().map(|record| &record.key.path);
        // What a model said is compared with the record of its step.
        let graphed = recorded.chain(questions).filter(|path| !grammar::is_beside_the_graph(path.as_str()));
        let mut rest: BTreeSet<_> = graphed.filter(|path| !compared.contains(*path)).cloned().collect();
        let is_behind = |path: &Path, end: &Path| graph.is_behind(path.as_str(), end.as_str());
        rest.retain(|path| ends.iter().any(|end| is_behind(path, end)));
        ends.retain(|end| rest.iter().any(|path| is_behind(path, end)));
        Replay {
            mismatch: None,
            ended_at: ends.into_iter().collect(),
            not_compared: rest.into_iter().collect(),
        }
    }
}
