//! A run from its options to its end, around its typed body.

use super::active_time::within_active_time;
use super::outcome::{Outcome, by_model};
use super::prepare::{PendingRun, Ready, Refused};
use super::registry::Execution;
use super::untyped::{Account, UntypedResult, ended};
use crate::codec::Json;
use crate::engine::RunId;
use crate::error::{Error, RunResult};
use crate::events::Trace;
use crate::events::{Hub, Watched};
use crate::exec::RunEnv;
use crate::future::{BoxFuture, boxed};
use crate::path::Path;
use crate::step::StepResult;
use crate::usage::Usage;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// The future of a run. A run that records nothing is polled in place: its body is its only allocation.
pub(super) enum Running<'e> {
    Refused(Option<Refused>),
    Recorded(BoxFuture<'static, Ended>),
    Live(BoxFuture<'e, RunResult<()>>, Option<Live>),
}

/// The end of a run.
pub(super) enum Ended {
    /// The run has not begun, or its engine failed.
    Refused(Refused),
    /// The run is recorded.
    Recorded(RunId, Box<UntypedResult>),
    /// The run is not recorded: its values were never encoded.
    Live(Live),
}

/// A run that records nothing.
pub(super) struct Live {
    id: RunId,
    env: Arc<RunEnv>,
    hub: Option<Arc<Hub>>,
    done: RunResult<()>,
}

impl Future for Running<'_> {
    type Output = Ended;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        let ended = match &mut *self {
            Self::Refused(refused) => refused.take().map(Ended::Refused),
            Self::Recorded(run) => return run.as_mut().poll(cx),
            Self::Live(body, live) => match body.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(done) => live.take().map(|live| Ended::Live(Live { done, ..live })),
            },
        };
        ended.map_or(Poll::Pending, Poll::Ready)
    }
}

impl PendingRun {
    /// Starts the run.
    pub(super) fn run(self, execution: &mut dyn Execution) -> Running<'_> {
        let begun = match self.prepare() {
            Ok(ready) if ready.runtime.engine.is_some() => ready.recorded(execution),
            Ok(ready) => ready.live(execution),
            Err(refused) => Err(refused),
        };
        begun.unwrap_or_else(|refused| Running::Refused(Some(refused)))
    }
}

impl Ready {
    fn recorded(self, execution: &mut dyn Execution) -> Result<Running<'_>, Refused> {
        let (info, id) = (self.info, self.id.clone());
        let begins = execution.input().and_then(|input| Ok((input, execution.context()?)));
        let begins = match begins {
            Ok(begins) => begins,
            Err(error) => return Err(Refused { id, error: info.codec(error) }),
        };
        let (runtime, pipeline) = (self.runtime.clone(), execution.pipeline());
        Ok(Running::Recorded(boxed!(async move {
            match runtime.create(&pipeline, self, begins).await {
                Ok(found) => Ended::Recorded(id, Box::new(found)),
                Err(error) => Ended::Refused(Refused { id, error }),
            }
        })))
    }

    fn live(self, execution: &mut dyn Execution) -> Result<Running<'_>, Refused> {
        let Self { runtime, info, id, limits, retries, watchers, .. } = self;
        if info.asks {
            let name = info.graph.name;
            let what = format!("`{name}` may ask a question, which an ephemeral run cannot wait for");
            return Err(Refused { id, error: Error::setup(what).at(Path::from(name)) });
        }
        let hub = runtime.hub(&id, info, watchers, None);
        // A stub of any step may read the run.
        let input = if info.reads_run || hub.is_some() || !runtime.stubs.is_empty() {
            match execution.input() {
                Ok(input) => input,
                Err(error) => return Err(Refused { id, error: info.codec(error) }),
            }
        } else {
            Json::null()
        };
        let mut env = RunEnv::new(id.clone(), input, Arc::clone(&runtime.clock));
        runtime.furnish(&mut env, limits);
        env.watch(hub.as_ref());
        let env = Arc::new(env);
        if let Some(hub) = &hub {
            hub.run_started(&env.input);
        }
        execution.steps().reserve_exact(info.graph.nodes.len());
        let mut body = execution.run(retries, Arc::clone(&env), None);
        if let Some(hub) = &hub {
            body = Box::pin(Watched::new(Arc::clone(hub), body));
        }
        if let Some(limit) = limits.active_time {
            body = Box::pin(within_active_time(
                Arc::clone(&runtime.clock),
                (limit, Duration::ZERO),
                info.name,
                body,
            ));
        }
        Ok(Running::Live(body, Some(Live { id, env, hub, done: Ok(()) })))
    }
}

impl Ended {
    /// Returns the result; its typed values stay in `execution`.
    pub(super) fn settle(self, execution: &mut dyn Execution) -> (Outcome<()>, Account) {
        let refused = match self {
            Self::Live(live) => return live.finish(execution),
            Self::Refused(refused) => refused,
            Self::Recorded(id, found) => match found.settle(execution) {
                Ok(result) => return result,
                Err(error) => Refused { id, error },
            },
        };
        (Outcome::Failed(refused.error), Account::empty(refused.id))
    }
}

impl Live {
    /// The result of the run, after its body was dropped.
    fn finish(self, execution: &mut dyn Execution) -> (Outcome<()>, Account) {
        let Self { id, env, hub, done } = self;
        let outcome = match done {
            Ok(()) => Outcome::Done(()),
            Err(error) => Outcome::Failed(error),
        };
        // Steps of arms are in the log of the run; the steps after the last fork, or all of a run without forks, are
        // in `execution`.
        let mut steps = std::mem::take(&mut *env.log());
        if steps.is_empty() {
            steps = std::mem::take(execution.steps());
        } else {
            steps.append(execution.steps());
        }
        let usage = steps.iter().map(StepResult::usage).sum::<Usage>() + env.given_up();
        if let Some(hub) = &hub {
            hub.run_ended(ended(&outcome), usage, by_model(&steps));
        }
        let (trace, hitl_history) = (Trace::default(), Vec::new());
        (outcome, Account { run_id: id, steps, usage, trace, hitl_history })
    }
}
