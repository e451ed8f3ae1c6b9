use super::Handle;
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::error::{Error, FailureRecord, Signal};
use crate::future::BoxFuture;
use std::fmt;

/// What an arm is started with.
pub struct ArmGrant {
    /// The arm's own handle.
    pub handle: Box<dyn Handle>,
    /// Whether the arm's result has to be encoded, because another execution will take it.
    pub encode: bool,
}

impl fmt::Debug for ArmGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmGrant").field("encode", &self.encode).finish_non_exhaustive()
    }
}

/// Starts an arm.
pub type ArmBody<'a> = Box<dyn FnOnce(ArmGrant) -> BoxFuture<'a, ArmEnd> + Send + 'a>;

/// One arm of a fork.
pub struct Arm<'a> {
    /// Starts it.
    pub body: ArmBody<'a>,
}

impl fmt::Debug for Arm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Arm")
    }
}

/// The result of an arm that ended well, as one record of the parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmRecord {
    /// Its output.
    pub output: Json,
    /// Bits of the parts that it wrote, changed or not.
    pub written: u64,
    /// Parts that it wrote, by name, as it left them.
    pub parts: Vec<(String, Json)>,
    /// When something of it was under way, where its timed scopes have to know.
    pub active: Vec<(Timestamp, Timestamp)>,
}

/// How an arm ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmEnd {
    /// It ran in this very execution; its result is at hand.
    Inline,
    /// Another execution ran it.
    Recorded(ArmRecord),
    /// It failed.
    Failed(FailureRecord),
    /// A signal ended it.
    Signal(Signal),
    /// A sibling failed before it ended.
    Cancelled,
}

impl ArmEnd {
    /// The end of an arm that did not end well.
    pub fn of_error(error: &Error) -> Self {
        match error.signal() {
            // The fork as a whole fails, as far as its engine is concerned: its arms are not run again.
            Some(signal) if !matches!(signal, Signal::OutOfTime(_)) => Self::Signal(signal.clone()),
            _ => Self::Failed(FailureRecord::of_error(error)),
        }
    }
}

/// How arms run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkPolicy {
    /// A failing arm is a value: its siblings go on.
    pub settle: bool,
    /// At most so many at once.
    pub concurrency: usize,
}

impl ForkPolicy {
    /// Whether an arm that ended so has failed the fork as a whole: it is not settled, or the time of something
    /// around the fork is up.
    pub fn fails(self, end: &ArmEnd) -> bool {
        matches!(end, ArmEnd::Failed(failure) if !self.settle || failure.scope.is_some())
    }

    /// Whether an arm that ended so ends its siblings too.
    pub(super) fn stops_at(self, end: &ArmEnd) -> bool {
        match end {
            ArmEnd::Failed(_) => self.fails(end),
            ArmEnd::Signal(signal) => *signal != Signal::Suspended,
            ArmEnd::Inline | ArmEnd::Recorded(_) | ArmEnd::Cancelled => false,
        }
    }
}
