//! The account of a run: reservations and usage, as the bodies of attempts see them.

use super::Key;
use crate::error::{Cause, Signal, StepError};
use crate::path::Path;
use crate::usage::{LimitExceeded, Usage, UsageLimits};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The limits of a node, and of the limited nodes that enclose it.
///
/// ```
/// use flujo::UsageLimits;
/// use flujo::engine::{LimitScope, NodeLimits};
/// use std::sync::Arc;
///
/// let outer = Arc::new(NodeLimits { path: "moderate".into(), limits: UsageLimits::usd("0.10"), outer: None });
/// let within: LimitScope =
///     Some(Arc::new(NodeLimits { path: "moderate/label".into(), limits: UsageLimits::usd("0.02"), outer: Some(outer) }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLimits {
    /// The node. Usage of the node and of everything below it counts against these limits.
    pub path: Path,
    /// The node's limits.
    pub limits: UsageLimits,
    /// The next enclosing node with limits, if there is one.
    pub outer: Option<Arc<NodeLimits>>,
}

/// The limited nodes that enclose a command, the innermost first; `None` if only the limits of the run count.
pub type LimitScope = Option<Arc<NodeLimits>>;

/// Iterates from the innermost limited node to the outermost.
pub(crate) fn outward(within: &LimitScope) -> impl Iterator<Item = &NodeLimits> {
    std::iter::successors(within.as_deref(), |node| node.outer.as_deref())
}

/// An upper bound of the usage of a call, reserved right before the request is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The attempt that makes the call.
    pub key: Key,
    /// The upper bound.
    pub amount: Usage,
    /// The limited nodes that enclose the attempt.
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

/// An attempt whose reservation was refused fails accordingly: a limit of the run is a signal, because nothing in the
/// run may continue, and a limit of a node is a failure that a fallback may handle.
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

/// The ledger of a run, as running bodies use it; all handles of the run share it.
///
/// Reserving is not a command: only the body knows what it is about to send, so the body reserves, by the key of its
/// attempt, right before the request is sent. A body that is executed again reserves again; the reservation of its
/// earlier execution is charged.
///
/// ```
/// use flujo::Usage;
/// use flujo::engine::{Account, AttemptCommand, Refusal, Reservation};
///
/// /// Calls a model within the limits of the run.
/// async fn call(account: &dyn Account, command: &AttemptCommand, amount: Usage) -> Result<Usage, Refusal> {
///     let (key, within) = (&command.key, &command.within);
///     // What earlier steps used may exceed a limit already.
///     account.check(key, within).await?;
///     account.reserve(Reservation { key: key.clone(), amount, within: within.clone() }).await?;
///     # let answered = true;
///     let used = amount;
///     if answered {
///         account.settle(key, used, within).await?;
///     } else {
///         account.forfeit(key, used, within);
///     }
///     Ok(used)
/// }
/// ```
#[async_trait]
pub trait Account: Send + Sync {
    /// Reserves an upper bound, atomically and durably. A second reservation by the same key is another call of the
    /// same attempt.
    ///
    /// # Errors
    /// [`Refusal::Limit`]: a limit of the run or of a node would be exceeded. [`Refusal::Signal`]: the run
    /// ends. In both cases the call must not be made.
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal>;

    /// Checks the limits against the usage so far: code steps report usage after the fact, so it may exceed them.
    ///
    /// # Errors
    /// [`Refusal::Limit`]: a limit is exceeded. [`Refusal::Signal`]: the run ends.
    async fn check(&self, key: &Key, within: &LimitScope) -> Result<(), Refusal>;

    /// Replaces a reservation by the actual usage; idempotent by key. Only for attempts without a record: a record
    /// settles in its own transaction.
    ///
    /// # Errors
    /// Signals only: [`Signal::OwnershipLost`] if another owner took over, [`Signal::Engine`] if storage
    /// failed.
    async fn settle(&self, key: &Key, used: Usage, within: &LimitScope) -> Result<(), Signal>;

    /// Charges `used` for an abandoned attempt, which will have no record, in place of its reservation. An engine
    /// writes this with its next write at the latest. If the process dies first, the next owner charges the
    /// reservation in full.
    fn forfeit(&self, key: &Key, used: Usage, within: &LimitScope);
}
