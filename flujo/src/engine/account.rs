//! The account of a run: reservations and usage, as the bodies of attempts see them.

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
    /// The node. Its usage, and that of everything below it, counts here.
    pub path: Path,
    /// Its limits.
    pub limits: UsageLimits,
    /// The limited node around it, if there is one.
    pub outer: Option<Arc<NodeLimits>>,
}

/// The limited nodes around a command, the innermost first; `None` if only the limits of the run count.
pub type LimitScope = Option<Arc<NodeLimits>>;

/// Iterates from the innermost limited node to the outermost.
pub(crate) fn outward(within: &LimitScope) -> impl Iterator<Item = &NodeLimits> {
    std::iter::successors(within.as_deref(), |node| node.outer.as_deref())
}

/// An upper bound for a call that is about to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The attempt that makes the call.
    pub key: Key,
    /// The most that the call uses.
    pub amount: Usage,
    /// The limited nodes around the attempt.
    pub within: LimitScope,
}

/// The reason why a reservation is refused, and the call not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A limit would be exceeded.
    Limit(Box<LimitExceeded>),
    /// The run was cancelled, or another owner took it over.
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

/// The ledger of a run, for bodies that are under way: one for all handles of the run.
///
/// Reserving is not a command: only the body knows what it is about to send, so the body reserves, by the key of its
/// attempt, right before the request leaves. A body that is executed again reserves again; what its predecessor had
/// reserved is charged.
#[async_trait]
pub trait Account: Send + Sync {
    /// Reserves an upper bound, atomically and durably. A second reservation by the same key is another call of the same
    /// attempt.
    ///
    /// # Errors
    /// A limit of the run or of a node would be exceeded, or a signal: the call must not be made.
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal>;

    /// Checks the limits against what was used so far: code steps report usage after the fact, so it may exceed them.
    ///
    /// # Errors
    /// A limit is exceeded, or a signal.
    async fn check(&self, key: &Key, within: &LimitScope) -> Result<(), Refusal>;

    /// Replaces a reservation by what was used; idempotent by key. Only for attempts without a record: a record settles
    /// in its own transaction.
    ///
    /// # Errors
    /// Signals only.
    async fn settle(&self, key: &Key, used: Usage, within: &LimitScope) -> Result<(), Signal>;

    /// Charges `used` for an attempt that was given up and will have no record, in place of what it had reserved. An
    /// engine writes this with its next write at the latest. If the process dies first, the next owner charges the
    /// reservation in full.
    fn forfeit(&self, key: &Key, used: Usage, within: &LimitScope);
}
