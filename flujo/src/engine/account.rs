//! The account of a run, as bodies of attempts see it.

use super::Key;
use crate::error::{Cause, Signal, StepError};
use crate::path::Path;
use crate::usage::{LimitExceeded, Usage, UsageLimits};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The limits of a node, and of the limited nodes around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLimits {
    /// The node: what it and everything below it uses counts here.
    pub path: Path,
    /// What it may use.
    pub limits: UsageLimits,
    /// The limited node around it.
    pub outer: Option<Arc<NodeLimits>>,
}

/// The limited nodes around a command, the innermost first; `None` if only the limits of the run count.
pub type LimitScope = Option<Arc<NodeLimits>>;

/// From the innermost limited node to the outermost.
pub(crate) fn outward(within: &LimitScope) -> impl Iterator<Item = &NodeLimits> {
    std::iter::successors(within.as_deref(), |node| node.outer.as_deref())
}

/// An upper bound for a call that is about to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The attempt that makes the call.
    pub key: Key,
    /// At most this is used.
    pub amount: Usage,
    /// The limited nodes that it stands in.
    pub within: LimitScope,
}

/// Why something is not reserved, and so not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A limit stands against it.
    Limit(Box<LimitExceeded>),
    /// The run is cancelled, or in the hands of somebody else.
    Signal(Signal),
}

/// An attempt whose reservation was refused fails as the refusal says: a limit of the run is a signal, because
/// nothing in the run may go on, and a limit of a node is a failure that a fallback may deal with.
impl From<Refusal> for StepError {
    fn from(refusal: Refusal) -> Self {
        let (cause, source) = match refusal {
            Refusal::Limit(exceeded) if exceeded.ends_the_run() => {
                (Cause::Signal(Signal::RunLimit(exceeded)), String::new().into())
            }
            Refusal::Limit(exceeded) => (Cause::Limit(exceeded.clone()), exceeded as _),
            Refusal::Signal(signal) => (Cause::Signal(signal), String::new().into()),
        };
        Self { cause, wait: None, source }
    }
}

impl From<Signal> for Refusal {
    fn from(signal: Signal) -> Self {
        Self::Signal(signal)
    }
}

/// The ledger of a run, for a body that is under way: the engine's, and the same for all handles of the run.
///
/// It is no command: only the body knows what it is about to send, so it is the body that reserves, by the
/// key of its attempt, right before the request leaves. A body that is executed again reserves again; what its
/// predecessor had reserved is charged.
#[async_trait]
pub trait Account: Send + Sync {
    /// Reserves an upper bound, atomically and durably. A second one by the same key is another call of the
    /// same attempt.
    ///
    /// # Errors
    /// A limit of the run or of a node stands against it, or a signal: the call must not be made.
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal>;

    /// Looks whether anything may still be done: code steps report what has happened already, which may be
    /// more than a limit allows.
    ///
    /// # Errors
    /// A limit is exceeded, or a signal.
    async fn check(&self, key: &Key, within: &LimitScope) -> Result<(), Refusal>;

    /// Replaces what is reserved by what was used; idempotent by key. The record of an attempt does so in the
    /// same transaction, so this is only for what has no record.
    ///
    /// # Errors
    /// Signals only.
    async fn settle(&self, key: &Key, used: Usage, within: &LimitScope) -> Result<(), Signal>;

    /// The attempt was given up, and will have no record: `used` is charged in place of what it had reserved.
    /// An engine does this at the latest with its next write. What was not even given up, because the process
    /// is gone, is charged in full by the next owner.
    fn forfeit(&self, key: &Key, used: Usage, within: &LimitScope);
}
