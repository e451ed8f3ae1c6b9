//! One body for many items, some of them at once.

use super::Cx;
use super::fork::{ArmScope, Done, Fork, Slot, lock};
use super::join::{lost, settled, verdict};
use super::tell;
use super::timed::{InTime, note};
use crate::context::Context;
use crate::durable::Durable;
use crate::engine::{Arm, ArmEnd, BoxFuture, ForkPolicy, Handle, drive_arms};
use crate::error::{Error, ErrorKind, Failure, RunResult, Signal};
use crate::events::{EventKind, What};
use crate::path::{NodeId, Path};
use crate::run::RunEnv;
use std::fmt;
use std::sync::Mutex;

/// How many items of a `map` run at once if nothing is said.
pub const CONCURRENCY: usize = 8;
/// How many selected arms of a `route` do.
pub const ALL_AT_ONCE: usize = usize::MAX;

/// Where the items part.
pub struct MapPoint<'s, C> {
    handle: Option<&'s mut (dyn Handle + 'static)>,
    base: &'s C,
    env: &'s RunEnv,
    timed: InTime,
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

/// What all items came to.
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
        f.debug_struct("MapPoint").field("path", &self.path).finish_non_exhaustive()
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
        let scope = format!("{}[{}]", item.fork.slot().path(), item.index);
        self.driver(&mut item.fork, (scope.into(), None))
    }

    /// The driver of a selected arm of a `route`: at the place of the `route` itself.
    pub fn selected<'a, C: Context>(&'a self, item: &'a mut ItemFork<C>) -> Cx<'a, C, R> {
        self.arm(&mut item.fork)
    }
}

impl<'r, C: Context, R: Send + Sync> Cx<'r, C, R> {
    /// The items of a `map`: more than `max` fail before the first runs.
    ///
    /// # Errors
    /// There are more than `max`.
    pub fn items<I: IntoIterator>(
        &self,
        id: impl Into<NodeId>,
        items: I,
        max: Option<u32>,
    ) -> RunResult<Vec<I::Item>> {
        let items: Vec<_> = items.into_iter().collect();
        match max {
            Some(max) if u32::try_from(items.len()).is_ok_and(|n| n <= max) => Ok(items),
            Some(max) => {
                let what = format!("{} items are more than the {max} that `.max` allows", items.len());
                Err(Error::new(ErrorKind::Failed(what)).at(self.place(id.into()).path()))
            }
            None => Ok(items),
        }
    }

    /// How many items may run at once.
    ///
    /// # Errors
    /// None may, which only a value computed at run time can say: the compiler refuses a literal zero.
    pub fn concurrency(&self, id: impl Into<NodeId>, n: usize) -> RunResult<usize> {
        if n == 0 {
            let what = "at least one item runs at a time, but its `concurrency` is 0".to_owned();
            return Err(Error::new(ErrorKind::Failed(what)).at(self.place(id.into()).path()));
        }
        Ok(n)
    }

    /// What items, or the selected arms of a `route`, share, and the point where they part. The label of a
    /// `route` names the fork; it is no segment of a path.
    pub fn map_point(&mut self, id: impl Into<NodeId>) -> (ArmScope<'r, R>, MapPoint<'_, C>) {
        let path = self.place(id.into()).path();
        let (scope, env, timed) = (self.arm_scope(), self.env, self.timed.clone());
        (scope, MapPoint { handle: self.handle.as_deref_mut(), base: self.ctx, env, timed, path })
    }

    /// Merges what the items wrote, in the order of the items.
    ///
    /// # Errors
    /// A rule that cannot be applied.
    pub fn merge_items<T>(&mut self, mapped: Mapped<T, C>) -> RunResult<Vec<T>> {
        self.merge_all(mapped.forks)?;
        Ok(mapped.values)
    }
}

/// An item's end, in this execution.
type Ended<T, C> = Option<RunResult<(Done<T>, ItemFork<C>)>>;

async fn finish<T, C>(
    item: impl Future<Output = RunResult<(Done<T>, ItemFork<C>)>>,
    (slot, settle): (Slot, bool),
    own: &mut Ended<T, C>,
) -> ArmEnd {
    let done = slot.judged(item.await, settle);
    let end = match &done {
        Ok((Done { record, .. }, _)) => slot.end_of(record.as_ref()),
        Err(error) => slot.end_of_failed(error),
    };
    *own = Some(done);
    end
}

impl<'s, C: Context> MapPoint<'s, C> {
    /// Runs `body` for every item, at most `concurrency` at once; the first failure fails the map.
    ///
    /// # Errors
    /// An item failed, or a signal ends the run.
    pub async fn map<I, T, F, Fut>(
        mut self,
        items: Vec<I>,
        concurrency: usize,
        body: F,
    ) -> RunResult<Mapped<T, C>>
    where
        I: Send,
        T: Durable,
        F: Send,
        F: FnMut(Own<'s, C, I>) -> Fut,
        Fut: Future<Output = RunResult<(Done<T>, ItemFork<C>)>> + Send,
    {
        let (ends, owns) = self.run(items, concurrency, false, body).await?;
        if let Some(stop) = verdict(&ends, false) {
            return Err(first_error(owns, &ends, stop));
        }
        self.collect(owns, ends, |value| value)
    }

    /// As [`map`](MapPoint::map), but a failing item is a value.
    ///
    /// # Errors
    /// Signals only.
    pub async fn map_settled<I, T, F, Fut>(
        mut self,
        items: Vec<I>,
        concurrency: usize,
        body: F,
    ) -> RunResult<Mapped<Result<T, Failure>, C>>
    where
        I: Send,
        T: Durable,
        F: Send,
        F: FnMut(Own<'s, C, I>) -> Fut,
        Fut: Future<Output = RunResult<(Done<T>, ItemFork<C>)>> + Send,
    {
        let (ends, owns) = self.run(items, concurrency, true, body).await?;
        if let Some(stop) = verdict(&ends, true) {
            return Err(first_error(owns, &ends, stop));
        }
        self.collect(owns, ends, settled)
    }
}

impl<'s, C: Context> MapPoint<'s, C> {
    /// An item's future, and its copy of the context, are made when it begins: of a thousand items, eight are
    /// there at a time.
    async fn run<I, T, F, Fut>(
        &mut self,
        items: Vec<I>,
        concurrency: usize,
        settle: bool,
        mut body: F,
    ) -> RunResult<(Vec<ArmEnd>, Vec<Ended<T, C>>)>
    where
        I: Send,
        T: Durable,
        F: Send,
        F: FnMut(Own<'s, C, I>) -> Fut,
        Fut: Future<Output = RunResult<(Done<T>, ItemFork<C>)>> + Send,
    {
        if !items.is_empty() {
            let told = || EventKind::Forked { arms: items.len() };
            tell::at(self.env, What::Forked, || self.path.clone(), told);
        }
        let mut owns: Vec<Ended<T, C>> = items.iter().map(|_| None).collect();
        let policy = ForkPolicy { settle, concurrency };
        let (base, path) = (self.base, &self.path);
        let places = items.into_iter().zip(&mut owns).enumerate();
        let ends = match &mut self.handle {
            _ if places.len() == 0 => Vec::new(),
            None => {
                let arms = places.map(|(index, (item, own))| -> BoxFuture<'_, ArmEnd> {
                    let slot = Slot::new(path.clone());
                    let noted = (slot.clone(), settle);
                    Box::pin(finish(body(Own { base, slot, index, item }), noted, own))
                });
                drive_arms(Box::new(arms), policy).await
            }
            Some(handle) => {
                let body = &Mutex::new(body);
                let arms = places.map(|(index, (item, own))| Arm {
                    body: Box::new(move |grant| {
                        let slot = Slot::new(path.clone());
                        slot.grant(grant);
                        let noted = (slot.clone(), settle);
                        Box::pin(finish(lock(body)(Own { base, slot, index, item }), noted, own))
                    }),
                });
                handle.fork(path.clone(), arms.collect(), policy).await?
            }
        };
        note(&self.timed, self.env, &ends);
        if ends.len() == owns.len() { Ok((ends, owns)) } else { Err(lost()) }
    }

    /// Values and copies of the context in the order of the items, from this execution or from records.
    fn collect<T: Durable, U>(
        &self,
        owns: Vec<Ended<T, C>>,
        ends: Vec<ArmEnd>,
        each: impl Fn(RunResult<T>) -> RunResult<U>,
    ) -> RunResult<Mapped<U, C>> {
        let n = ends.len();
        let mut mapped = Mapped { values: Vec::with_capacity(n), forks: Vec::with_capacity(n) };
        for (own, end) in owns.into_iter().zip(ends) {
            let (value, fork) = match own {
                Some(Ok((done, item))) => (Ok(done.value), item.fork),
                Some(Err(error)) => (Err(error), self.fork()),
                None => (self.recorded(&end), self.fork()),
            };
            mapped.values.push(each(value)?);
            fork.slot().ended(end);
            mapped.forks.push(fork);
        }
        Ok(mapped)
    }

    /// What another execution found out.
    fn recorded<T: Durable>(&self, end: &ArmEnd) -> RunResult<T> {
        match end {
            ArmEnd::Recorded(record) => record.output.decode().map_err(|e| {
                let what = format!("the output of an item does not decode: {e}");
                Signal::mismatch(self.path.clone(), what).into()
            }),
            ArmEnd::Failed(failure) => Err(failure.to_error()),
            ArmEnd::Signal(signal) => Err(signal.clone().into()),
            ArmEnd::Inline | ArmEnd::Cancelled => Err(lost()),
        }
    }

    /// A copy of the context for an item that ran elsewhere.
    fn fork(&self) -> Fork<C> {
        Fork::new(self.base, Slot::new(self.path.clone()))
    }
}

/// The error of the item that ended the map.
fn first_error<T, C>(mut owns: Vec<Ended<T, C>>, ends: &[ArmEnd], stop: usize) -> Error {
    if let Some(Err(error)) = owns.get_mut(stop).and_then(Option::take) {
        return error;
    }
    match ends.get(stop) {
        Some(ArmEnd::Failed(failure)) => failure.to_error(),
        Some(ArmEnd::Signal(signal)) => signal.clone().into(),
        _ => lost(),
    }
}
