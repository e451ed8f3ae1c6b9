use crate::engine::{Arm, ArmEnd, ArmGrant, ForkPolicy, Handle};
use crate::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Arms that may begin, as [`drive_arms`] takes them. Boxed, or else the iterator's type would be part of the type of
/// every enclosing future.
pub type Arms<'a> = Box<dyn ExactSizeIterator<Item = BoxFuture<'a, ArmEnd>> + Send + 'a>;

/// Runs arms concurrently on the current task, at most as many at once as `policy` allows. The first failure (unless
/// settled) and every signal but [`Signal::Suspended`](crate::error::Signal::Suspended) drop the siblings; after a
/// pause they continue.
///
/// An arm is taken from `arms` when it begins, and not before: later arms may be created lazily.
///
/// ```
/// use flujo::engine::{ArmEnd, BoxFuture, ForkPolicy};
/// use flujo::engine::kit::{Arms, drive_arms};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let arms: Arms<'_> = Box::new((0..3).map(|_| Box::pin(async { ArmEnd::Inline }) as BoxFuture<'_, _>));
/// let ends = drive_arms(arms, ForkPolicy { settle: false, concurrency: 2 }).await;
/// assert_eq!(ends, [ArmEnd::Inline, ArmEnd::Inline, ArmEnd::Inline]);
/// # }
/// ```
pub async fn drive_arms(arms: Arms<'_>, policy: ForkPolicy) -> Vec<ArmEnd> {
    let mut ends: Vec<ArmEnd> = (0..arms.len()).map(|_| ArmEnd::Cancelled).collect();
    if ends.len() <= FEW && ends.len() <= policy.concurrency {
        together(arms.collect(), policy, &mut ends).await;
        return ends;
    }
    let begin = |(index, arm)| Numbered { index, arm };
    let mut waiting = arms.enumerate();
    // Only arms that were woken are polled: a thousand waiting arms cost nothing.
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

/// Runs arms on copies of the parent's handle: for handles that all write to one journal.
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

/// The most arms that are polled together: for so few, to find out which one was woken costs more than to poll all.
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

/// The future of an arm with its number.
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
