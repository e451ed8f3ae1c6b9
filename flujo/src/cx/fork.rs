use super::Cx;
use super::attempt::restore_parts;
use super::log::Log;
use super::tell;
use super::timed::{InTime, Stopwatch, noting};
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::context::{ArmState, Context, bits, part_name};
use crate::durable::Durable;
use crate::engine::{ArmEnd, ArmGrant, ArmRecord, Handle, Within};
use crate::error::{Error, ErrorKind, FailureRecord, RunResult};
use crate::events::{EventKind, What};
use crate::path::{NodeId, Path, Scope};
use crate::run::RunEnv;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One arm's own copy of the context.
pub struct Fork<C> {
    ctx: C,
    written: u64,
    handle: Option<Box<dyn Handle>>,
    slot: Slot,
}

/// Where an arm finds the handle that it is granted, and leaves what another execution found out.
#[derive(Clone)]
pub struct Slot(Arc<Inner>);

struct Inner {
    /// The fork's path: the pipeline's with the fork's label.
    fork: Path,
    grant: Mutex<Option<ArmGrant>>,
    end: Mutex<Option<ArmEnd>>,
    /// When something of the arm is under way, where another execution has to know.
    noted: Mutex<Option<Arc<Stopwatch>>>,
}

impl<C> fmt::Debug for Fork<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fork").field("path", &self.slot.0.fork).finish_non_exhaustive()
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
    pub(super) fn new(fork: Path) -> Self {
        let (grant, end, noted) = Default::default();
        Self(Arc::new(Inner { fork, grant, end, noted }))
    }
    pub(super) fn path(&self) -> &Path {
        &self.0.fork
    }
    pub(super) fn grant(&self, grant: ArmGrant) {
        *lock(&self.0.grant) = Some(grant);
    }
    fn active(&self) -> Vec<(Timestamp, Timestamp)> {
        lock(&self.0.noted).as_ref().map(|watch| watch.spans()).unwrap_or_default()
    }
    /// What the arm came to: where arms are settled, that the time of the fork itself is up is a failure of
    /// each arm that is not done.
    pub(super) fn judged<T>(&self, done: RunResult<T>, settle: bool) -> RunResult<T> {
        match done {
            Err(error) if settle => Err(error.out_of_time_in(&self.0.fork)),
            done => done,
        }
    }
    /// The end of an arm with its record, if another execution will take it.
    pub(super) fn end_of(&self, record: Option<&ArmRecord>) -> ArmEnd {
        match record {
            Some(record) => ArmEnd::Recorded(ArmRecord { active: self.active(), ..record.clone() }),
            None => ArmEnd::Inline,
        }
    }
    /// The end of an arm that did not end well.
    pub(super) fn end_of_failed(&self, error: &Error) -> ArmEnd {
        match ArmEnd::of_error(error) {
            ArmEnd::Failed(failure) => ArmEnd::Failed(FailureRecord { active: self.active(), ..failure }),
            end => end,
        }
    }
    pub(super) fn ended(&self, end: ArmEnd) {
        *lock(&self.0.end) = Some(end);
    }
}

impl<C: Clone> Fork<C> {
    pub(super) fn new(base: &C, slot: Slot) -> Self {
        Self { ctx: base.clone(), written: 0, handle: None, slot }
    }
}

impl<C> Fork<C> {
    /// Where the arm's handle is put.
    pub fn slot(&self) -> Slot {
        self.slot.clone()
    }
}

/// What arms share.
pub struct ArmScope<'s, R> {
    pub(super) res: &'s R,
    pub(super) env: &'s Arc<RunEnv>,
    pub(super) scope: Scope,
    pub(super) rounds: Option<Arc<str>>,
    pub(super) within: Within,
    pub(super) timed: InTime,
    pub(super) logging: bool,
}

/// Where a pipeline forks.
pub struct ForkPoint<'s> {
    pub(super) handle: Option<&'s mut (dyn Handle + 'static)>,
    pub(super) env: &'s RunEnv,
    pub(super) timed: InTime,
}

impl<R> fmt::Debug for ArmScope<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmScope").field("scope", &&*self.scope).finish_non_exhaustive()
    }
}
impl fmt::Debug for ForkPoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForkPoint")
    }
}

/// What an arm leaves: its output, and its record if another execution will take it.
#[derive(Debug)]
pub struct Done<T> {
    pub(super) value: T,
    pub(super) record: Option<ArmRecord>,
}

impl<R: Send + Sync> ArmScope<'_, R> {
    /// The driver of one arm. Called when the arm is first polled, after its handle was granted.
    pub fn arm<'a, C: Context>(&'a self, fork: &'a mut Fork<C>) -> Cx<'a, C, R> {
        let (scope, rounds) = (self.scope.clone(), self.rounds.clone());
        self.driver(fork, (scope, rounds))
    }

    /// The driver of an arm or an item, on the handle that was granted to it.
    pub(super) fn driver<'a, C: Context>(
        &'a self,
        fork: &'a mut Fork<C>,
        (scope, rounds): (Scope, Option<Arc<str>>),
    ) -> Cx<'a, C, R> {
        let grant = lock(&fork.slot.0.grant).take();
        let encode = grant.as_ref().is_some_and(|grant| grant.encode);
        fork.handle = grant.map(|grant| grant.handle);
        let handle = fork.handle.as_deref_mut();
        let log = if self.logging { Log::Shared } else { Log::Off };
        let (ctx, written, within) = (&mut fork.ctx, &mut fork.written, self.within.clone());
        let timed = self.timed.as_ref().map(|timed| {
            if !encode {
                return Arc::clone(timed);
            }
            let (watch, timed) = noting(timed);
            *lock(&fork.slot.0.noted) = Some(watch);
            timed
        });
        let (res, env) = (self.res, self.env);
        Cx { ctx, res, env, handle, scope, rounds, written, encode, within, timed, log, spare: None }
    }
}

impl<'r, C: Context, R: Send + Sync> Cx<'r, C, R> {
    /// A copy of the context for each of `N` arms. `label` names the fork; it is no segment of a path.
    pub fn forks<const N: usize>(&self, label: impl Into<NodeId>) -> [Fork<C>; N] {
        let fork = self.place(label.into()).path();
        tell::at(self.env, What::Forked, || fork.clone(), || EventKind::Forked { arms: N });
        std::array::from_fn(|_| self.fork(fork.clone()))
    }

    fn fork(&self, path: Path) -> Fork<C> {
        Fork::new(self.ctx, Slot::new(path))
    }

    /// What arms share, and the point where they part.
    pub fn fork_point(&mut self) -> (ArmScope<'r, R>, ForkPoint<'_>) {
        let (env, timed) = (&**self.env, self.timed.clone());
        (self.arm_scope(), ForkPoint { handle: self.handle.as_deref_mut(), env, timed })
    }

    /// What arms and items share.
    pub(super) fn arm_scope(&mut self) -> ArmScope<'r, R> {
        ArmScope {
            res: self.res,
            env: self.env,
            scope: self.scope.clone(),
            rounds: self.rounds.clone(),
            within: self.within.clone(),
            timed: self.timed.clone(),
            logging: self.log.share(self.env),
        }
    }

    /// Ends an arm with its output.
    ///
    /// # Errors
    /// The output or a part cannot be recorded, where another execution is to take it.
    pub fn end<T: Durable>(&mut self, value: T) -> RunResult<Done<T>> {
        if !self.encode {
            return Ok(Done { value, record: None });
        }
        let codec = |e| Error::new(ErrorKind::Codec(e)).at(self.own_path());
        let parts =
            bits::<C>(*self.written).map(|bit| Ok((part_name::<C>(bit).to_owned(), self.ctx.save(bit)?)));
        let record = ArmRecord {
            output: Json::encode(&value).map_err(codec)?,
            written: *self.written,
            parts: parts.collect::<Result<_, _>>().map_err(codec)?,
            // Known once the arm has ended.
            active: Vec::new(),
        };
        Ok(Done { value, record: Some(record) })
    }

    /// Merges what the arms wrote, part by part, by the context's rules.
    ///
    /// # Errors
    /// A rule that cannot be applied: a merge conflict naming path, part and arm.
    pub fn merge<const N: usize>(&mut self, forks: [Fork<C>; N]) -> RunResult<()> {
        self.merge_all(forks)
    }

    /// As [`merge`](Cx::merge), for any number of arms.
    pub(super) fn merge_all(&mut self, forks: impl IntoIterator<Item = Fork<C>>) -> RunResult<()> {
        let mut forks = forks.into_iter().peekable();
        let Some(path) = forks.peek().map(|fork| fork.slot.0.fork.clone()) else { return Ok(()) };
        let mut arms = Vec::with_capacity(forks.size_hint().0);
        for mut fork in forks {
            match lock(&fork.slot.0.end).take() {
                Some(ArmEnd::Recorded(record)) => {
                    restore_parts(&mut fork.ctx, &path, &record.parts)?;
                    fork.written = record.written;
                }
                // A failed arm that was settled contributes nothing.
                Some(ArmEnd::Failed(_) | ArmEnd::Cancelled | ArmEnd::Signal(_)) => fork.written = 0,
                Some(ArmEnd::Inline) | None => {}
            }
            arms.push(ArmState { context: fork.ctx, written: fork.written });
        }
        self.ctx.merge(&arms).map_err(|conflict| {
            let what =
                format!("context part `{}`, arm {}: {}", conflict.part, conflict.arm + 1, conflict.message);
            Error::new(ErrorKind::MergeConflict(what)).at(path.clone())
        })?;
        tell::at(self.env, What::Merged, || path, || EventKind::Merged { arms: arms.len() });
        *self.written |= arms.iter().fold(0, |mask, arm| mask | arm.written);
        Ok(())
    }
}
