//! Arms of a fork: their copies of the context, their drivers, and how what they wrote is merged.

use super::Cx;
use super::any_context::AnyContext;
use super::driver::Driver;
use super::env::RunEnv;
use super::node_events;
use super::results::Results;
use super::timeout::{InTime, Stopwatch, noting};
use crate::clock::Timestamp;
use crate::codec::list::count;
use crate::codec::{CodecError, Json};
use crate::context::{ArmState, Context, MergeConflict};
use crate::durable::Durable;
use crate::engine::{ArmEnd, ArmGrant, ArmRecord, ForkPolicy, Handle, LimitScope, PartChange};
use crate::error::{Error, ErrorKind, Failure, FailureRecord, RunResult, Signal};
use crate::events::{EventKind, What};
use crate::path::{NodeId, Path, Scope, grammar};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One arm's own copy of the context.
pub struct Fork<C> {
    pub(super) ctx: C,
    pub(super) arm: ForkArm,
}

/// The state of an arm besides its copy of the context.
pub(super) struct ForkArm {
    written: u64,
    /// The lists that the arm began with, encoded, if another execution reads its record: then only appended elements
    /// are recorded.
    base: Vec<(u32, Json)>,
    handle: Option<Box<dyn Handle>>,
    pub(super) slot: Slot,
}

/// The place of an arm's granted handle, and of its end if another execution produced it.
#[derive(Clone)]
pub struct Slot(Arc<Inner>);

struct Inner {
    /// The fork's path: the pipeline's with the fork's label.
    fork: Path,
    grant: Mutex<Option<ArmGrant>>,
    end: Mutex<Option<ArmEnd>>,
    /// The stopwatch of the arm's work, if another execution needs its intervals.
    noted: Mutex<Option<Arc<Stopwatch>>>,
}

impl<C> fmt::Debug for Fork<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fork").field("path", &self.arm.slot.0.fork).finish_non_exhaustive()
    }
}
impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("path", &self.0.fork).finish_non_exhaustive()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slot {
    pub(crate) fn new(fork: Path) -> Self {
        let (grant, end, noted) = Default::default();
        Self(Arc::new(Inner { fork, grant, end, noted }))
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0.fork
    }
    pub(crate) fn grant(&self, grant: ArmGrant) {
        *lock(&self.0.grant) = Some(grant);
    }
    fn active(&self) -> Vec<(Timestamp, Timestamp)> {
        lock(&self.0.noted).as_ref().map(|watch| watch.spans()).unwrap_or_default()
    }
    /// The end of an arm that has failed in this execution, and its error. If arms are settled, the timeout of the
    /// fork itself is a failure of each unfinished arm.
    pub(crate) fn failed(&self, error: Error, settle: bool) -> (ArmEnd, Error) {
        let error = if settle { error.out_of_time_in(&self.0.fork) } else { error };
        (self.end_of_failed(&error), error)
    }
    /// The end of an arm with its record, if another execution reads it.
    pub(crate) fn end_of(&self, record: Option<&ArmRecord>) -> ArmEnd {
        match record {
            Some(record) => ArmEnd::Recorded(ArmRecord { active: self.active(), ..record.clone() }),
            None => ArmEnd::Inline,
        }
    }
    /// The end of an arm that did not complete.
    fn end_of_failed(&self, error: &Error) -> ArmEnd {
        match ArmEnd::of_error(error) {
            ArmEnd::Failed(failure) => ArmEnd::Failed(FailureRecord { active: self.active(), ..failure }),
            end => end,
        }
    }
    pub(crate) fn ended(&self, end: ArmEnd) {
        *lock(&self.0.end) = Some(end);
    }
}

impl<C: Clone> Fork<C> {
    pub(super) fn new(base: &C, slot: Slot) -> Self {
        Self { ctx: base.clone(), arm: ForkArm { written: 0, base: Vec::new(), handle: None, slot } }
    }
}

impl<C> Fork<C> {
    /// Returns the slot through which the arm gets its handle.
    pub fn slot(&self) -> Slot {
        self.arm.slot.clone()
    }
}

/// The resources of arms, and the rest of their shared state.
pub struct ArmScope<'s, R> {
    res: &'s R,
    shared: Shared<'s>,
}

/// The shared state of arms.
struct Shared<'s> {
    env: &'s Arc<RunEnv>,
    scope: Scope,
    rounds: Option<Arc<str>>,
    within: LimitScope,
    timed: InTime,
    has_results: bool,
}

/// The point at which a pipeline forks.
pub struct ForkPoint<'s> {
    pub(crate) handle: Option<&'s mut (dyn Handle + 'static)>,
    pub(crate) env: &'s RunEnv,
    pub(crate) timed: InTime,
}

impl<R> fmt::Debug for ArmScope<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmScope").field("scope", &&*self.shared.scope).finish_non_exhaustive()
    }
}
impl fmt::Debug for ForkPoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForkPoint")
    }
}

/// The result of an arm: its output, and its record if another execution reads it.
#[derive(Debug)]
pub struct ArmResult<T> {
    pub(crate) value: T,
    pub(crate) record: Option<ArmRecord>,
}

impl<R: Send + Sync> ArmScope<'_, R> {
    /// Returns the driver of one arm. Called when the arm is first polled, after its handle was granted.
    pub fn arm<'a, C: Context>(&'a self, fork: &'a mut Fork<C>) -> Cx<'a, C, R> {
        Cx { driver: self.shared.arm(&mut fork.arm, &fork.ctx), ctx: &mut fork.ctx, res: self.res }
    }

    /// Returns the driver of the item with this index.
    pub(super) fn at<'a, C: Context>(&'a self, fork: &'a mut Fork<C>, index: usize) -> Cx<'a, C, R> {
        Cx { driver: self.shared.item(&mut fork.arm, &fork.ctx, index), ctx: &mut fork.ctx, res: self.res }
    }
}

impl Shared<'_> {
    fn arm<'a>(&'a self, arm: &'a mut ForkArm, ctx: &dyn AnyContext) -> Driver<'a> {
        self.driver(arm, ctx, self.scope.clone(), self.rounds.clone())
    }

    /// `notes[3]` is a segment of the paths of an item.
    fn item<'a>(&'a self, arm: &'a mut ForkArm, ctx: &dyn AnyContext, index: usize) -> Driver<'a> {
        let scope = grammar::item(arm.slot.path().as_str(), index);
        self.driver(arm, ctx, scope.into(), None)
    }

    /// The driver of an arm or an item, on the handle that it was granted.
    fn driver<'a>(
        &'a self,
        arm: &'a mut ForkArm,
        ctx: &dyn AnyContext,
        scope: Scope,
        rounds: Option<Arc<str>>,
    ) -> Driver<'a> {
        let grant = lock(&arm.slot.0.grant).take();
        let encode = grant.as_ref().is_some_and(|grant| grant.encode);
        arm.handle = grant.map(|grant| grant.handle);
        if encode {
            arm.base = ctx.lists();
        }
        let timed = self.timed.as_ref().map(|timed| {
            if !encode {
                return Arc::clone(timed);
            }
            let (watch, timed) = noting(timed);
            *lock(&arm.slot.0.noted) = Some(watch);
            timed
        });
        Driver {
            env: self.env,
            handle: arm.handle.as_deref_mut(),
            scope,
            rounds,
            written: &mut arm.written,
            encode: encode.then_some(&*arm.base),
            within: self.within.clone(),
            timed,
            results: if self.has_results { Results::Shared } else { Results::Off },
            tools: None,
            spare: None,
        }
    }
}

#[doc(hidden)]
impl<'r, C: Context, R: Send + Sync> Cx<'r, C, R> {
    /// Returns a copy of the context for each of `N` arms. `label` names the fork; it is no segment of a path.
    pub fn forks<const N: usize>(&self, label: impl Into<NodeId>) -> [Fork<C>; N] {
        let slots = self.driver.forked(label.into(), N);
        std::array::from_fn(|_| Fork::new(self.ctx, Slot::new(slots.clone())))
    }

    /// Returns the shared state of arms, and the point at which they fork.
    pub fn fork_point(&mut self) -> (ArmScope<'r, R>, ForkPoint<'_>) {
        (self.arm_scope(), self.driver.fork_point())
    }

    /// Returns the shared state of arms and items.
    pub(super) fn arm_scope(&mut self) -> ArmScope<'r, R> {
        ArmScope { res: self.res, shared: self.driver.shared() }
    }

    /// Ends an arm with its output.
    ///
    /// # Errors
    /// The output or a part cannot be encoded, and another execution needs the record.
    pub fn end<T: Durable>(&mut self, value: T) -> RunResult<ArmResult<T>> {
        let Some(base) = self.driver.encode else { return Ok(ArmResult { value, record: None }) };
        match self.driver.arm_record(self.ctx, base, Json::encode(&value)) {
            Ok(record) => Ok(ArmResult { value, record: Some(record) }),
            Err(error) => Err(error),
        }
    }

    /// Merges the parts that the arms wrote, in declaration order, by the context's rules.
    ///
    /// # Errors
    /// A rule that cannot be applied: a merge conflict naming path, part and arm.
    pub fn merge<const N: usize>(&mut self, forks: [Fork<C>; N]) -> RunResult<()> {
        self.merge_all(Vec::from(forks))
    }

    /// Merges as [`merge`](Cx::merge) does, for any number of arms.
    pub(super) fn merge_all(&mut self, forks: Vec<Fork<C>>) -> RunResult<()> {
        let mut arms = Vec::with_capacity(forks.len());
        let (mut path, mut written) = (None, 0);
        for Fork { mut ctx, mut arm } in forks {
            let at = path.get_or_insert_with(|| arm.slot.0.fork.clone());
            if let Err(signal) = arm.take_record(&mut ctx, at) {
                return Err(signal.into());
            }
            written |= arm.written;
            arms.push(ArmState { context: ctx, written: arm.written });
        }
        let Some(path) = path else { return Ok(()) };
        match self.ctx.merge(&arms) {
            Ok(()) => {
                self.driver.merged(path, arms.len(), written);
                Ok(())
            }
            Err(conflict) => Err(conflicting(&conflict, path)),
        }
    }
}

impl ForkArm {
    /// Applies the parts that another execution of the arm wrote, if there was one.
    fn take_record(&mut self, ctx: &mut dyn AnyContext, path: &Path) -> Result<(), Signal> {
        match lock(&self.slot.0.end).take() {
            Some(ArmEnd::Recorded(record)) => {
                ctx.replay(path, &record.parts)?;
                self.written = record.written;
            }
            // A failed arm that was settled contributes nothing.
            Some(ArmEnd::Failed(_) | ArmEnd::Cancelled | ArmEnd::Signal(_)) => self.written = 0,
            Some(ArmEnd::Inline) | None => {}
        }
        Ok(())
    }
}

#[cold]
fn conflicting(conflict: &MergeConflict, path: Path) -> Error {
    let what = format!("context part `{}`, arm {}: {}", conflict.part, conflict.arm + 1, conflict.message);
    Error::new(ErrorKind::MergeConflict(what)).at(path)
}

impl<'r> Driver<'r> {
    /// Reports the begin of a fork, and returns its path.
    fn forked(&self, label: NodeId, arms: usize) -> Path {
        let fork = self.place(label).path();
        node_events::at(self.env, What::Forked, || fork.clone(), || EventKind::Forked { arms });
        fork
    }

    pub(super) fn fork_point(&mut self) -> ForkPoint<'_> {
        ForkPoint { handle: self.handle.as_deref_mut(), env: self.env, timed: self.timed.clone() }
    }

    fn shared(&mut self) -> Shared<'r> {
        Shared {
            env: self.env,
            scope: self.scope.clone(),
            rounds: self.rounds.clone(),
            within: self.within.clone(),
            timed: self.timed.clone(),
            has_results: self.results.share(self.env),
        }
    }

    /// The record of an arm whose result another execution reads.
    fn arm_record(
        &self,
        ctx: &dyn AnyContext,
        base: &[(u32, Json)],
        output: Result<Json, CodecError>,
    ) -> RunResult<ArmRecord> {
        let codec = |e| Error::new(ErrorKind::Codec(e)).at(self.own_path());
        let change = |(bit, new): (u32, Json)| {
            let change = match base.iter().find(|(known, _)| *known == bit) {
                Some((_, old)) if *old == new => return None,
                Some((_, old)) => PartChange::between(old, new, || count(old)),
                None => PartChange::Whole(new),
            };
            Some((ctx.part_name(bit).to_owned(), change))
        };
        Ok(ArmRecord {
            output: output.map_err(codec)?,
            written: *self.written,
            parts: ctx.save_bits(*self.written).map_err(codec)?.into_iter().filter_map(change).collect(),
            // Known once the arm has ended.
            active: Vec::new(),
        })
    }

    fn merged(&mut self, path: Path, arms: usize, written: u64) {
        node_events::at(self.env, What::Merged, || path, || EventKind::Merged { arms });
        *self.written |= written;
    }
}

/// Returns the index of the end that decides the fork: a signal other than a pause, else the first failure, else a
/// pause.
pub(crate) fn verdict(ends: &[ArmEnd], settle: bool) -> Option<usize> {
    let policy = ForkPolicy { settle, concurrency: ends.len() };
    let find = |wanted: &dyn Fn(&ArmEnd) -> bool| ends.iter().position(wanted);
    find(&|end| matches!(end, ArmEnd::Signal(signal) if *signal != Signal::Suspended))
        .or_else(|| find(&|end| policy.fails(end)))
        .or_else(|| find(&|end| matches!(end, ArmEnd::Signal(_))))
}

pub(crate) fn lost() -> Error {
    Signal::Internal("the engine did not give back every arm".to_owned()).into()
}

pub(crate) fn settled<T>(done: RunResult<T>) -> RunResult<Result<T, Failure>> {
    match done {
        Ok(value) => Ok(Ok(value)),
        Err(error) => error.settle().map(Err).ok_or(error),
    }
}
