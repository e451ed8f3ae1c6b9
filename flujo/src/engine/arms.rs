use super::Handle;
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::error::{Error, FailureRecord, Signal};
use crate::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

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

/// Arms that may begin. In a box: what it is made of would stand in the type of every future around it.
pub type Arms<'a> = Box<dyn ExactSizeIterator<Item = BoxFuture<'a, ArmEnd>> + Send + 'a>;

/// Runs arms beside each other on the current task, at most as many at once as `policy` allows. The first
/// failure (unless settled) and every signal but [`Signal::Suspended`] drop the siblings; a pause lets them
/// go on.
///
/// An arm is taken from `arms` when it begins, and not before: those that wait need not be there yet.
pub async fn drive_arms(arms: Arms<'_>, policy: ForkPolicy) -> Vec<ArmEnd> {
    let mut ends: Vec<ArmEnd> = (0..arms.len()).map(|_| ArmEnd::Cancelled).collect();
    if ends.len() <= FEW && ends.len() <= policy.concurrency {
        together(arms.collect(), policy, &mut ends).await;
        return ends;
    }
    let begin = |(index, arm)| Numbered { index, arm };
    let mut waiting = arms.enumerate();
    // Only arms that were woken are polled: a thousand of them that wait cost nothing.
    let mut running: FuturesUnordered<_> =
        waiting.by_ref().take(policy.concurrency.max(1)).map(begin).collect();
    while let Some((index, end)) = running.next().await {
        let stop = policy.stops_at(&end);
        if let Some(slot) = ends.get_mut(index) {
            *slot = end;
        }
        if stop {
            break;
        }
        running.extend(waiting.next().map(begin));
    }
    ends
}

/// Runs arms on copies of the handle that they part from: for handles that all write to one place.
pub(crate) async fn drive_on_copies<H: Handle + Clone + 'static>(
    handle: &H,
    arms: Vec<Arm<'_>>,
    policy: ForkPolicy,
) -> Vec<ArmEnd> {
    let handle = handle.clone();
    let started = arms
        .into_iter()
        .map(move |arm| (arm.body)(ArmGrant { handle: Box::new(handle.clone()), encode: false }));
    drive_arms(Box::new(started), policy).await
}

/// So many are polled together: to find out which one was woken costs more than to poll it.
const FEW: usize = 8;

async fn together(arms: Vec<BoxFuture<'_, ArmEnd>>, policy: ForkPolicy, ends: &mut [ArmEnd]) {
    let mut running: Vec<Option<BoxFuture<'_, ArmEnd>>> = arms.into_iter().map(Some).collect();
    poll_fn(|cx| {
        let mut live = false;
        for (slot, end) in running.iter_mut().zip(&mut *ends) {
            let Some(arm) = slot else { continue };
            let Poll::Ready(found) = arm.as_mut().poll(cx) else {
                live = true;
                continue;
            };
            *slot = None;
            *end = found;
            if policy.stops_at(end) {
                return Poll::Ready(());
            }
        }
        if live { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}

impl ForkPolicy {
    /// Whether an arm that ended so has failed the fork as a whole: it is not settled, or the time of something
    /// around the fork is up.
    pub fn fails(self, end: &ArmEnd) -> bool {
        matches!(end, ArmEnd::Failed(failure) if !self.settle || failure.scope.is_some())
    }

    /// Whether an arm that ended so ends its siblings too.
    fn stops_at(self, end: &ArmEnd) -> bool {
        match end {
            ArmEnd::Failed(_) => self.fails(end),
            ArmEnd::Signal(signal) => *signal != Signal::Suspended,
            ArmEnd::Inline | ArmEnd::Recorded(_) | ArmEnd::Cancelled => false,
        }
    }
}

/// An arm that says which one it is.
struct Numbered<'a> {
    index: usize,
    arm: BoxFuture<'a, ArmEnd>,
}

impl Future for Numbered<'_> {
    type Output = (usize, ArmEnd);
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let index = self.index;
        self.arm.as_mut().poll(cx).map(|end| (index, end))
    }
}
