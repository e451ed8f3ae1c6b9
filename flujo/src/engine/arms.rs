use super::{BoxFuture, Handle};
use crate::codec::Json;
use crate::error::{Error, FailureRecord, Signal};
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

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
            Some(signal) => Self::Signal(signal.clone()),
            None => Self::Failed(FailureRecord::of_error(error)),
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

/// Polls arms beside each other on the current task. The first failure (unless settled) and every signal
/// but [`Signal::Suspended`] drop the siblings; a pause lets them go on.
pub async fn drive_arms(arms: Vec<BoxFuture<'_, ArmEnd>>, policy: ForkPolicy) -> Vec<ArmEnd> {
    let mut running: Vec<Option<BoxFuture<'_, ArmEnd>>> = arms.into_iter().map(Some).collect();
    let mut ends: Vec<Option<ArmEnd>> = running.iter().map(|_| None).collect();
    let width = policy.concurrency.max(1);
    poll_fn(|cx| {
        loop {
            let mut live = 0;
            let mut ended = false;
            for (slot, end) in running.iter_mut().zip(&mut ends) {
                let Some(arm) = slot.as_mut() else { continue };
                if live == width {
                    break;
                }
                let Poll::Ready(found) = arm.as_mut().poll(cx) else {
                    live += 1;
                    continue;
                };
                ended = true;
                let stop = match &found {
                    ArmEnd::Failed(_) => !policy.settle,
                    ArmEnd::Signal(signal) => *signal != Signal::Suspended,
                    ArmEnd::Inline | ArmEnd::Recorded(_) | ArmEnd::Cancelled => false,
                };
                *slot = None;
                *end = Some(found);
                if stop {
                    return Poll::Ready(());
                }
            }
            if running.iter().all(Option::is_none) {
                return Poll::Ready(());
            }
            // An end may have made room for an arm that was not polled yet.
            if !(ended && live < width) {
                return Poll::Pending;
            }
        }
    })
    .await;
    drop(running);
    ends.into_iter().map(|end| end.unwrap_or(ArmEnd::Cancelled)).collect()
}
