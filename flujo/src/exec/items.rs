//! One body for many arms, some of them at once: the items of a `map`, the selected arms of a `route`, the calls of tools.

use super::Cx;
use super::catch_panic::catch_in_arm;
use super::driver::Driver;
use super::fork::{ArmResult, ArmScope, Fork, ForkPoint, Slot, lock, lost, settled, verdict};
use super::node_events;
use super::timeout::note;
use crate::codec::CodecError;
use crate::context::Context;
use crate::durable::Durable;
use crate::engine::kit::drive_arms;
use crate::engine::{Arm, ArmEnd, ForkPolicy};
use crate::error::{Error, Failure, RunResult, Signal};
use crate::events::{EventKind, What};
use crate::future::BoxFuture;
use crate::path::{NodeId, Path};
use std::fmt;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context as Poller, Poll};

/// How many items of a `map`, and calls of tools, run at once by default.
pub const CONCURRENCY: usize = 8;

/// Where the items part.
pub struct MapPoint<'s, C> {
    base: &'s C,
    point: ItemsPoint<'s>,
}

/// A [`MapPoint`] without the context.
struct ItemsPoint<'s> {
    fork: ForkPoint<'s>,
    path: Path,
}

/// One item that has not begun: its copy of the context is made when it does.
pub struct Own<'s, C, I> {
    base: &'s C,
    slot: Slot,
    index: usize,
    item: I,
}

/// The copy of the context that one item works on.
pub struct ItemFork<C> {
    fork: Fork<C>,
    index: usize,
}

/// The outputs of all items, with their copies of the context.
pub struct Mapped<T, C> {
    /// The outputs in the order of the items.
    pub values: Vec<T>,
    forks: Vec<Fork<C>>,
}

macro_rules! opaque {
    ($($t:ident<$($g:tt),+>)*) => { $(impl<$($g),+> fmt::Debug for $t<$($g),+> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct(stringify!($t)).finish_non_exhaustive()
        }
    })* };
}
opaque!(ItemFork<C> Mapped<T, C>);
impl<C> fmt::Debug for MapPoint<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapPoint").field("path", &self.point.path).finish_non_exhaustive()
    }
}
impl<C, I> fmt::Debug for Own<'_, C, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("index", &self.index).finish_non_exhaustive()
    }
}

impl<C: Clone, I> Own<'_, C, I> {
    /// Begins: the item, and its copy of the context.
    pub fn take(self) -> (ItemFork<C>, I) {
        (ItemFork { fork: Fork::new(self.base, self.slot), index: self.index }, self.item)
    }
}

impl<R: Send + Sync> ArmScope<'_, R> {
    /// The driver of one item: `notes[3]` is a segment of its paths.
    pub fn item<'a, C: Context>(&'a self, item: &'a mut ItemFork<C>) -> Cx<'a, C, R> {
        self.at(&mut item.fork, item.index)
    }

    /// The driver of a selected arm of a `route`: at the place of the `route` itself.
    pub fn selected<'a, C: Context>(&'a self, item: &'a mut ItemFork<C>) -> Cx<'a, C, R> {
        self.arm(&mut item.fork)
    }
}

#[doc(hidden)]
impl<'r, C: Context, R: Send + Sync> Cx<'r, C, R> {
    /// The scope that items, or the selected arms of a `route`, share, and the point where they part. The label of a
    /// `route` names the fork; it is no segment of a path.
    pub fn map_point(&mut self, id: impl Into<NodeId>) -> (ArmScope<'r, R>, MapPoint<'_, C>) {
        let (scope, point) = (self.arm_scope(), self.driver.items_point(id.into()));
        (scope, MapPoint { base: self.ctx, point })
    }

    /// Merges what the items wrote, in the order of the items.
    ///
    /// # Errors
    /// A rule that cannot be applied.
    pub fn merge_items<T>(&mut self, mapped: Mapped<T, C>) -> RunResult<Vec<T>> {
        match self.merge_all(mapped.forks) {
            Ok(()) => Ok(mapped.values),
            Err(error) => Err(error),
        }
    }
}

impl Driver<'_> {
    fn items_point(&mut self, id: NodeId) -> ItemsPoint<'_> {
        let path = self.place(id).path();
        ItemsPoint { fork: self.fork_point(), path }
    }
}

/// An item's end, in this execution.
type Ended<T, C> = Option<RunResult<(ArmResult<T>, ItemFork<C>)>>;

pin_project_lite::pin_project! {
    /// Runs an item; its output is how it ended, its value and its copy of the context are put into `own`.
    struct Finish<'a, F, T, C> {
        #[pin]
        item: F,
        slot: Slot,
        index: usize,
        settle: bool,
        own: &'a mut Ended<T, C>,
    }
}

impl<T, C, F: Future<Output = RunResult<(ArmResult<T>, ItemFork<C>)>>> Future for Finish<'_, F, T, C> {
    type Output = ArmEnd;
    fn poll(self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<ArmEnd> {
        let mut this = self.project();
        catch_in_arm(this.slot, Some(*this.index), *this.settle, &mut || match this.item.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok((done, fork))) => {
                let end = this.slot.end_of(done.record.as_ref());
                **this.own = Some(Ok((done, fork)));
                Poll::Ready(end)
            }
            Poll::Ready(Err(error)) => {
                let (end, error) = this.slot.failed(error, *this.settle);
                **this.own = Some(Err(error));
                Poll::Ready(end)
            }
        })
    }
}

/// Begins the item with this index, on the slot that is made for it. An item's future, and its copy of the context, are
/// made then and not before: of a thousand items, eight exist at a time.
type Begin<'b> = &'b mut (dyn FnMut(usize, Slot) -> BoxFuture<'b, ArmEnd> + Send + 'b);

impl ItemsPoint<'_> {
    /// Runs `n` items. Boxed here, where the future has its type: it is compiled once.
    fn run<'b>(
        &'b mut self,
        n: usize,
        policy: ForkPolicy,
        begin: Begin<'b>,
    ) -> BoxFuture<'b, RunResult<Vec<ArmEnd>>> {
        Box::pin(self.all(n, policy, begin))
    }

    async fn all<'b>(&'b mut self, n: usize, policy: ForkPolicy, begin: Begin<'b>) -> RunResult<Vec<ArmEnd>> {
        let Self { fork, path } = self;
        if n == 0 {
            return Ok(Vec::new());
        }
        node_events::at(fork.env, What::Forked, || path.clone(), || EventKind::Forked { arms: n });
        let ends = match &mut fork.handle {
            None => {
                let path = &*path;
                drive_arms(Box::new((0..n).map(move |index| begin(index, Slot::new(path.clone())))), policy)
                    .await
            }
            Some(handle) => {
                let begin = Mutex::new(begin);
                let (begin, path) = (&begin, &*path);
                let arms = (0..n).map(|index| Arm {
                    body: Box::new(move |grant| {
                        let slot = Slot::new(path.clone());
                        slot.grant(grant);
                        lock(begin)(index, slot)
                    }),
                });
                handle.fork(path.clone(), arms.collect(), policy).await?
            }
        };
        note(&fork.timed, fork.env, &ends);
        if ends.len() == n { Ok(ends) } else { Err(lost()) }
    }

    #[cold]
    fn unreadable(&self, e: &CodecError) -> Error {
        let what = format!("the output of an item does not decode: {e}");
        Signal::mismatch(self.path.clone(), what).into()
    }
}

impl<'s, C: Context> MapPoint<'s, C> {
    /// Runs `body` for every item, at most `concurrency` at once; the first failure fails the map.
    ///
    /// # Errors
    /// An item failed, or a signal ends the run.
    pub async fn map<I, T, F, Fut>(
        self,
        items: Vec<I>,
        concurrency: usize,
        body: F,
    ) -> RunResult<Mapped<T, C>>
    where
        I: Send,
        T: Durable,
        F: Send,
        F: FnMut(Own<'s, C, I>) -> Fut,
        Fut: Future<Output = RunResult<(ArmResult<T>, ItemFork<C>)>> + Send,
    {
        self.run(items, ForkPolicy { settle: false, concurrency }, body, |value| value).await
    }

    /// As [`map`](MapPoint::map), but a failing item is a value.
    ///
    /// # Errors
    /// Signals only.
    pub async fn map_settled<I, T, F, Fut>(
        self,
        items: Vec<I>,
        concurrency: usize,
        body: F,
    ) -> RunResult<Mapped<Result<T, Failure>, C>>
    where
        I: Send,
        T: Durable,
        F: Send,
        F: FnMut(Own<'s, C, I>) -> Fut,
        Fut: Future<Output = RunResult<(ArmResult<T>, ItemFork<C>)>> + Send,
    {
        self.run(items, ForkPolicy { settle: true, concurrency }, body, settled).await
    }
}

impl<'s, C: Context> MapPoint<'s, C> {
    /// Runs the items; `settle` decides which failures of items are values.
    async fn run<I, T, V, F, Fut>(
        mut self,
        items: Vec<I>,
        policy: ForkPolicy,
        mut body: F,
        settle: fn(RunResult<T>) -> RunResult<V>,
    ) -> RunResult<Mapped<V, C>>
    where
        I: Send,
        T: Durable,
        F: Send,
        F: FnMut(Own<'s, C, I>) -> Fut,
        Fut: Future<Output = RunResult<(ArmResult<T>, ItemFork<C>)>> + Send,
    {
        let n = items.len();
        let mut owns: Vec<Ended<T, C>> = Vec::with_capacity(n);
        owns.resize_with(n, || None);
        let ends = {
            let (base, settles) = (self.base, policy.settle);
            let mut waiting: Vec<_> = items.into_iter().zip(&mut owns).map(Some).collect();
            let mut begin = |index: usize, slot: Slot| -> BoxFuture<'_, ArmEnd> {
                match waiting.get_mut(index).and_then(Option::take) {
                    Some((item, own)) => {
                        let item = body(Own { base, slot: slot.clone(), index, item });
                        Box::pin(Finish { item, slot, index, settle: settles, own })
                    }
                    None => began_twice(),
                }
            };
            self.point.run(n, policy, &mut begin).await
        };
        let ends = match ends {
            Ok(ends) => ends,
            Err(error) => return Err(error),
        };
        if let Some(stop) = verdict(&ends, policy.settle) {
            return Err(error_at(owns, &ends, stop));
        }
        let mut mapped = Mapped { values: Vec::with_capacity(n), forks: Vec::with_capacity(n) };
        for (own, end) in owns.into_iter().zip(ends) {
            let (value, fork) = self.value(own, &end);
            match settle(value) {
                Ok(value) => mapped.values.push(value),
                Err(error) => return Err(error),
            }
            fork.arm.slot.ended(end);
            mapped.forks.push(fork);
        }
        Ok(mapped)
    }

    /// The value of an item and its copy of the context, from this execution or from its record.
    fn value<T: Durable>(&self, own: Ended<T, C>, end: &ArmEnd) -> (RunResult<T>, Fork<C>) {
        let value = match own {
            Some(Ok((done, item))) => return (Ok(done.value), item.fork),
            Some(Err(error)) => Err(error),
            None => match end {
                ArmEnd::Recorded(record) => match record.output.decode() {
                    Ok(value) => Ok(value),
                    Err(e) => Err(self.point.unreadable(&e)),
                },
                end => Err(error_of(end)),
            },
        };
        // An item that another execution ran, or that failed: a copy of the context as it was before.
        (value, Fork::new(self.base, Slot::new(self.point.path.clone())))
    }
}

#[cold]
fn began_twice<'a>() -> BoxFuture<'a, ArmEnd> {
    let what = "the engine began an item twice".to_owned();
    Box::pin(std::future::ready(ArmEnd::Signal(Signal::Internal(what))))
}

/// The error of the item that ended the map.
fn error_at<T, C>(mut owns: Vec<Ended<T, C>>, ends: &[ArmEnd], stop: usize) -> Error {
    match (owns.get_mut(stop).and_then(Option::take), ends.get(stop)) {
        (Some(Err(error)), _) => error,
        (_, Some(end)) => error_of(end),
        (_, None) => lost(),
    }
}

/// The error of an item that has no value in this execution.
#[cold]
fn error_of(end: &ArmEnd) -> Error {
    match end {
        ArmEnd::Failed(failure) => failure.to_error(),
        ArmEnd::Signal(signal) => signal.clone().into(),
        ArmEnd::Recorded(_) | ArmEnd::Inline | ArmEnd::Cancelled => lost(),
    }
}
