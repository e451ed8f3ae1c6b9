use super::{Handle, PartChange};
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::error::{Error, FailureRecord, Signal};
use crate::future::BoxFuture;
use std::fmt;

/// The resources that an arm is started with.
pub struct ArmGrant {
    /// The handle of the arm.
    pub handle: Box<dyn Handle>,
    /// True if the arm must encode its result, because another execution will read it.
    pub encode: bool,
}

impl fmt::Debug for ArmGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmGrant").field("encode", &self.encode).finish_non_exhaustive()
    }
}

/// The function that starts an arm.
pub type ArmBody<'a> = Box<dyn FnOnce(ArmGrant) -> BoxFuture<'a, ArmEnd> + Send + 'a>;

/// One arm of a fork.
///
/// ```
/// use flujo::engine::{Arm, ArmBody, ArmEnd, ArmGrant, ForkPolicy, Handle, Key, Kind};
/// use flujo::error::Signal;
/// use flujo::path::Path;
/// use std::time::Duration;
///
/// /// Two arms, each with a handle of its own.
/// async fn both(handle: &mut dyn Handle, path: Path) -> Result<Vec<ArmEnd>, Signal> {
///     let nap = |n: u32| -> ArmBody<'_> {
///         Box::new(move |ArmGrant { mut handle, .. }| {
///             Box::pin(async move {
///                 let key = Key { path: "nap".into(), kind: Kind::Sleep, n };
///                 match handle.sleep(key, Duration::from_secs(1)).await {
///                     Ok(()) => ArmEnd::Inline,
///                     Err(signal) => ArmEnd::Signal(signal),
///                 }
///             })
///         })
///     };
///     let arms = vec![Arm { body: nap(1) }, Arm { body: nap(2) }];
///     handle.fork(path, arms, ForkPolicy { settle: false, concurrency: 2 }).await
/// }
/// ```
pub struct Arm<'a> {
    /// Starts the arm.
    pub body: ArmBody<'a>,
}

impl fmt::Debug for Arm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Arm")
    }
}

/// The result of an arm that completed, as one record of its parent.
///
/// ```
/// use flujo::codec::Json;
/// use flujo::engine::{ArmEnd, ArmRecord};
///
/// let output = Json::encode(&["a page"])?;
/// let done = ArmRecord { output, written: 0, parts: Vec::new(), active: Vec::new() };
/// let end = ArmEnd::Recorded(done);
/// # drop(end);
/// # Ok::<(), flujo::codec::CodecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmRecord {
    /// The output.
    pub output: Json,
    /// The bits of the context parts that the arm wrote, changed or not.
    pub written: u64,
    /// The context parts that changed, by name.
    pub parts: Vec<(String, PartChange)>,
    /// The intervals in which the arm was working, if a timeout that encloses it needs them.
    pub active: Vec<(Timestamp, Timestamp)>,
}

/// The end of an arm.
///
/// ```
/// use flujo::engine::{ArmEnd, ForkPolicy};
/// use flujo::error::Signal;
/// use flujo::{Error, ErrorKind};
///
/// let failed = ArmEnd::of_error(&Error::new(ErrorKind::Failed("no paper".to_owned())));
/// let all = ForkPolicy { settle: false, concurrency: 4 };
/// assert!(all.fails(&failed) && all.stops_at(&failed));
/// let settled = ForkPolicy { settle: true, ..all };
/// assert!(!settled.fails(&failed));
///
/// // A sibling that waits for a person does not end the others; any other signal does.
/// assert!(!all.stops_at(&ArmEnd::Signal(Signal::Suspended)));
/// assert!(all.stops_at(&ArmEnd::of_error(&Signal::Cancelled.into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmEnd {
    /// The arm completed in this execution, which holds its result.
    Inline,
    /// The arm completed in another execution.
    Recorded(ArmRecord),
    /// The arm failed.
    Failed(FailureRecord),
    /// A signal ended the arm.
    Signal(Signal),
    /// A sibling failed first.
    Cancelled,
}

impl ArmEnd {
    /// Creates the end of an arm that did not complete.
    pub fn of_error(error: &Error) -> Self {
        match error.signal() {
            // To its engine, a timeout that encloses the fork is a failure: the arms are not run again.
            Some(signal) if !matches!(signal, Signal::OutOfTime(_)) => Self::Signal(signal.clone()),
            _ => Self::Failed(FailureRecord::of_error(error)),
        }
    }
}

/// How the arms of a fork run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkPolicy {
    /// True if the failure of an arm is a value, and its siblings continue.
    pub settle: bool,
    /// The most arms that run concurrently.
    pub concurrency: usize,
}

impl ForkPolicy {
    /// Returns true if this end of an arm fails the fork: a failure that is not settled, or a timeout that encloses
    /// the fork.
    pub fn fails(self, end: &ArmEnd) -> bool {
        matches!(end, ArmEnd::Failed(failure) if !self.settle || failure.scope.is_some())
    }

    /// Returns true if this end of an arm ends its siblings too: the fork goes on without waiting for them.
    pub fn stops_at(self, end: &ArmEnd) -> bool {
        match end {
            ArmEnd::Failed(_) => self.fails(end),
            ArmEnd::Signal(signal) => *signal != Signal::Suspended,
            ArmEnd::Inline | ArmEnd::Recorded(_) | ArmEnd::Cancelled => false,
        }
    }
}
