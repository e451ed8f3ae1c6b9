//! Where an execution is in its run. No type parameters: everything that happens to a node is compiled once, here and in
//! the modules that add methods to [`Driver`].

use super::env::RunEnv;
use super::results::Results;
use super::timeout::InTime;
use super::tools::ToolRunner;
use crate::codec::Json;
use crate::engine::{Handle, LimitScope};
use crate::path::{NodeId, Path, Place, Scope};
use crate::step::{RunInfo, StepResult};
use std::sync::Arc;

/// The executor of one pipeline, or one arm of it: the place in the run, the limits and timeouts around it, and the
/// engine's handle (none in an ephemeral run).
pub struct Driver<'r> {
    pub(crate) env: &'r Arc<RunEnv>,
    pub(crate) handle: Option<&'r mut (dyn Handle + 'static)>,
    pub(crate) scope: Scope,
    pub(crate) rounds: Option<Arc<str>>,
    /// Parts written so far, in terms of the context of the pipeline.
    pub(crate) written: &'r mut u64,
    /// The lists that an arm began with, if another execution will take its result.
    pub(crate) encode: Option<&'r [(u32, Json)]>,
    /// The limited nodes around it.
    pub(crate) within: LimitScope,
    /// The timed scopes around it.
    pub(crate) timed: InTime,
    pub(crate) results: Results<'r>,
    /// The tools that the next call has in place of its own.
    pub(crate) tools: Option<Box<dyn ToolRunner + 'r>>,
    /// The [`RunInfo`] of the last step, for the next one to use again.
    pub(crate) spare: Option<Box<RunInfo>>,
}

impl<'r> Driver<'r> {
    pub(crate) fn root(
        env: &'r Arc<RunEnv>,
        handle: Option<&'r mut (dyn Handle + 'static)>,
        written: &'r mut u64,
        results: Option<&'r mut Vec<StepResult>>,
    ) -> Self {
        Self {
            env,
            handle,
            scope: Scope::ROOT,
            rounds: None,
            written,
            encode: None,
            within: None,
            timed: None,
            results: results.map_or(Results::Off, Results::Own),
            tools: None,
            spare: None,
        }
    }

    /// Reborrows the driver for something inside of its pipeline.
    pub(crate) fn reborrow(&mut self) -> Driver<'_> {
        Driver {
            env: self.env,
            handle: self.handle.as_deref_mut(),
            scope: self.scope.clone(),
            rounds: self.rounds.clone(),
            written: &mut *self.written,
            encode: self.encode,
            within: self.within.clone(),
            timed: self.timed.clone(),
            results: self.results.reborrow(),
            tools: None,
            spare: None,
        }
    }

    /// Reborrows the driver for something that writes another context.
    pub(crate) fn writing<'s>(&'s mut self, written: &'s mut u64) -> Driver<'s> {
        Driver { written, ..self.reborrow() }
    }

    /// The driver of the body of a pipeline at `scope`.
    pub(crate) fn entering<'s>(&'s mut self, scope: Scope, written: &'s mut u64) -> Driver<'s> {
        Driver { scope, rounds: None, written, ..self.reborrow() }
    }

    /// The path of the pipeline itself.
    pub(crate) fn own_path(&self) -> Path {
        Path::from(&*self.scope)
    }

    pub(crate) fn place(&self, id: NodeId) -> Place {
        Place::new(self.scope.clone(), id, self.rounds.clone())
    }

    /// The [`RunInfo`] of the first attempt of the step `id`.
    #[inline]
    #[allow(clippy::unnecessary_box_returns, reason = "it is kept in its box from step to step")]
    pub(crate) fn info(&mut self, id: NodeId) -> Box<RunInfo> {
        let Some(mut info) = self.spare.take() else { return self.first_info(id) };
        info.moved_to(id, self.rounds.as_ref());
        info
    }

    #[cold]
    #[allow(clippy::unnecessary_box_returns, reason = "as above")]
    fn first_info(&self, id: NodeId) -> Box<RunInfo> {
        Box::new(RunInfo::new(Arc::clone(self.env), self.place(id), 1))
    }
}
