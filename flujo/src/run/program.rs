use super::RunEnv;
use super::in_time::in_time;
use crate::clock::Clock;
use crate::codec::Json;
use crate::cx::{Cx, Pipeline, Scopes};
use crate::durable::{Inputs, Recorded};
use crate::engine::{BoxFuture, Ended, EndedBy, Handle, Program};
use crate::error::{Error, ErrorKind, FailureRecord, RunResult};
use crate::events::Hub;
use crate::path::{NodeId, Path};
use crate::run::flujo::Shared;
use crate::step::{RunIn, StepCall};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// One pipeline with its input and initial context: what an engine may start again and again.
pub(super) struct Start<P, R> {
    pub(super) shared: Arc<Shared<R>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) run: Arc<crate::engine::RunRecord>,
    pub(super) forgiven: Vec<(Path, u32)>,
    /// How long earlier executions worked on it.
    pub(super) active: Duration,
    /// What all walks of the body know of the time of calls and forms.
    pub(super) scopes: Arc<Scopes>,
    pub(super) hub: Option<Arc<Hub>>,
    pub(super) pipeline: PhantomData<fn() -> P>,
}

impl<P, R> Start<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    async fn drive(&self, mut handle: Box<dyn Handle>) -> Ended {
        let env = RunEnv::new(self.run.id.clone(), self.run.input.clone(), Arc::clone(&self.clock));
        let env = self.shared.furnish(env, self.run.limits).forgiving(&self.forgiven).sharing(&self.scopes);
        let env = Arc::new(env.watched(self.hub.as_ref()));
        if let Some(hub) = &self.hub {
            hub.run_started(&self.run.input);
        }
        let (input, mut context) = match self.decode() {
            Ok(decoded) => decoded,
            Err(error) => return Ended { outcome: Err(end(&error)), context: None },
        };
        let mut written = 0;
        let mut cx =
            Cx::root(&mut context, &self.shared.resources, &env, Some(handle.as_mut()), &mut written, None);
        let call = match self.run.retries {
            0 => StepCall::<P>::new(input),
            n => StepCall::<P>::new(input).retries(n),
        };
        let run = P::exec(&mut cx, NodeId::new(P::FACTS.name), call);
        let done = match self.run.limits.active_time {
            None => run.await,
            Some(limit) => in_time(&env, (limit, self.active), P::FACTS.name, Box::pin(run)).await,
        };
        let outcome = done.and_then(|output| {
            output.record().map_err(|e| Error::new(ErrorKind::Codec(e)).at(Path::from(P::FACTS.name)))
        });
        Ended { outcome: outcome.map_err(|error| end(&error)), context: Json::encode(&context).ok() }
    }

    fn decode(&self) -> RunResult<(P::Input, P::Context)> {
        let mismatch = |what: &str, e| {
            let what = format!("the {what} of the run does not decode any more: {e}");
            Error::from(crate::error::Signal::mismatch(Path::from(P::FACTS.name), what))
        };
        let input = P::Input::recall(&self.run.input).map_err(|e| mismatch("input", e))?;
        let context = self.run.context.decode().map_err(|e| mismatch("context", e))?;
        Ok((input, context))
    }
}

fn end(error: &Error) -> EndedBy {
    match error.signal() {
        Some(signal) => EndedBy::Signal(signal.clone()),
        None => EndedBy::Failure(FailureRecord::of_error(error)),
    }
}

impl<P, R> Program for Start<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(self.drive(handle))
    }
}
