use super::Cx;
use super::log::Log;
use super::tell;
use crate::context::{Contains, Context};
use crate::durable::Inputs;
use crate::error::{Error, ErrorKind, RunResult};
use crate::events::{EventKind, What};
use crate::graph::{Graph, fingerprint};
use crate::path::{NodeId, Path, Scope};
use crate::run::StepResult;
use crate::step::writes::project;
use crate::step::{Fallback, Options, Step, StepCall};

/// A pipeline: a step whose body drives other steps. Implemented by `pipeline!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a step, not a pipeline",
    label = "only pipelines are run",
    note = "call the step in a `pipeline!` and run that; in a unit test, `step(..).run(&mut context, &resources).await`"
)]
pub trait Pipeline: Step {
    /// Its context, `()` for none.
    type Context: Context;
    /// Its resources, `()` for none.
    type Resources: Send + Sync + 'static;
    /// Its graph.
    const GRAPH: &'static Graph = match Self::FACTS.graph {
        Some(graph) => graph,
        None => &Graph::EMPTY,
    };
    /// The fingerprint of its graph.
    const FINGERPRINT: u128 = fingerprint(Self::GRAPH);
    /// The lowered body.
    fn body(
        input: Self::Input,
        cx: &mut Cx<'_, Self::Context, Self::Resources>,
    ) -> impl Future<Output = RunResult<Self::Output>> + Send;
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs a pipeline whose context is this one, or a part of it.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    pub async fn pipeline<P, F>(
        &mut self,
        res: &P::Resources,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> RunResult<P::Output>
    where
        P: Pipeline,
        C: Contains<P::Context>,
        F: Fallback<C, R>,
    {
        let scope = self.inner_scope(&id);
        let Some(stage) = &self.env.stage else {
            return self.called::<P, F>(res, scope, call).await;
        };
        let path = Path::from(&*scope);
        let began = stage.entered(&path);
        let done = Box::pin(self.called::<P, F>(res, scope, call)).await;
        stage.left(&path, began, &done);
        done
    }

    async fn called<P, F>(
        &mut self,
        res: &P::Resources,
        scope: Scope,
        call: StepCall<P, F>,
    ) -> RunResult<P::Output>
    where
        P: Pipeline,
        C: Contains<P::Context>,
        F: Fallback<C, R>,
    {
        let StepCall { input, options, .. } = call;
        let Some(options) = options else {
            return self.inner::<P>(res, scope, input).await;
        };
        // A driver of its own for each, since what is in it counts there too.
        if options.limits.is_some() {
            let mut limited = self.limited_to(Path::from(&*scope), options.limits)?;
            return Box::pin(limited.timing::<P>(res, scope, input, &options)).await;
        }
        self.timing::<P>(res, scope, input, &options).await
    }

    async fn timing<P>(
        &mut self,
        res: &P::Resources,
        scope: Scope,
        input: P::Input,
        options: &Options<P::Output>,
    ) -> RunResult<P::Output>
    where
        P: Pipeline,
        C: Contains<P::Context>,
    {
        let Some(limit) = options.timeout else {
            return self.remembering::<P>(res, scope, input, options).await;
        };
        let mut timed = self.timed_at(Path::from(&*scope), limit);
        let done = Box::pin(timed.remembering::<P>(res, scope, input, options)).await;
        timed.leave(&done);
        done
    }

    async fn remembering<P>(
        &mut self,
        res: &P::Resources,
        scope: Scope,
        input: P::Input,
        options: &Options<P::Output>,
    ) -> RunResult<P::Output>
    where
        P: Pipeline,
        C: Contains<P::Context>,
    {
        if self.handle.is_some() || options.retries.unwrap_or(0) == 0 {
            return Box::pin(self.restarting::<P>(res, scope, input, options)).await;
        }
        // Where nothing is recorded, a restart needs a memory of its own.
        let mut memo = self.memo();
        let done = {
            let mut cx = self.again();
            cx.handle = Some(&mut memo);
            (cx.encode, cx.log) = (false, Log::Off);
            Box::pin(cx.restarting::<P>(res, scope, input, options)).await
        };
        for result in StepResult::of_records(&memo.take()) {
            self.log.push(self.env, || result);
        }
        done
    }

    /// Runs it again, from the node that failed, as often as its retries allow.
    async fn restarting<P>(
        &mut self,
        res: &P::Resources,
        scope: Scope,
        mut input: P::Input,
        options: &Options<P::Output>,
    ) -> RunResult<P::Output>
    where
        P: Pipeline,
        C: Contains<P::Context>,
    {
        let mut restarts = options.retries.unwrap_or(0);
        // What finished is taken from its records, and so are its changes of the context: the body begins
        // where it began, or its plain expressions would see another context than the first time.
        let start: Option<P::Context> =
            (restarts > 0).then(|| <C as Contains<P::Context>>::part(self.ctx).clone());
        loop {
            let again = (restarts > 0).then(|| input.copy());
            let run = Box::pin(self.inner::<P>(res, scope.clone(), input)).await;
            // Time that is up is a failure of this call, from here on.
            let done = if options.timeout.is_some() { self.at_border(run) } else { run };
            match (done, again, &start) {
                (Err(error), Some(same), Some(start)) if self.restart(&scope, &error) => {
                    restarts -= 1;
                    let told = || EventKind::Restarted { left: restarts };
                    tell::at(self.env, What::Restarted, || Path::from(&*scope), told);
                    input = same;
                    <C as Contains<P::Context>>::part_mut(self.ctx).clone_from(start);
                }
                (done, ..) => return done,
            }
        }
    }

    /// Runs a pipeline that has no context.
    ///
    /// # Errors
    /// It failed, or a signal ends the run.
    pub async fn pipeline_detached<P, F>(
        &mut self,
        res: &P::Resources,
        id: NodeId,
        call: StepCall<P, F>,
    ) -> RunResult<P::Output>
    where
        P: Pipeline<Context = ()>,
        F: Fallback<C, R>,
    {
        let (mut unit, mut written) = ((), 0);
        let mut detached = Cx {
            ctx: &mut unit,
            res: self.res,
            env: self.env,
            handle: self.handle.as_deref_mut(),
            scope: self.scope.clone(),
            rounds: self.rounds.clone(),
            written: &mut written,
            encode: self.encode,
            within: self.within.clone(),
            timed: self.timed.clone(),
            log: self.log.again(),
            spare: None,
        };
        detached
            .pipeline::<P, crate::step::NoFallback>(
                res,
                id,
                StepCall { input: call.input, options: call.options, bridge: None },
            )
            .await
    }

    async fn inner<P>(&mut self, res: &P::Resources, scope: Scope, input: P::Input) -> RunResult<P::Output>
    where
        P: Pipeline,
        C: Contains<P::Context>,
    {
        let mut written = 0;
        let mut cx = Cx {
            ctx: self.ctx.part_mut(),
            res,
            env: self.env,
            handle: self.handle.as_deref_mut(),
            scope,
            rounds: None,
            written: &mut written,
            encode: self.encode,
            within: self.within.clone(),
            timed: self.timed.clone(),
            log: self.log.again(),
            spare: None,
        };
        let done = P::body(input, &mut cx).await;
        *self.written |= project(<C as Contains<P::Context>>::BIT, written);
        done
    }

    fn inner_scope(&self, id: &NodeId) -> Scope {
        match (&*self.scope, self.rounds.as_deref()) {
            ("", None) => Scope::from(id.clone()),
            (scope, rounds) => Scope::from(format!("{scope}/{id}{}", rounds.unwrap_or_default())),
        }
    }

    /// Forgives the attempts of the node that failed below `scope`; `false` if the failure is to stay.
    fn restart(&self, scope: &str, error: &Error) -> bool {
        let below = |path: &Path| path.as_str().strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'));
        // What was used stays used: the limit of a node would stand against it again.
        if !error.is_retryable() || matches!(error.kind(), ErrorKind::LimitExceeded(_)) {
            return false;
        }
        let Some(last) = error.last_attempt().filter(|last| below(&last.path)) else { return false };
        self.env.forgive(last.path.clone(), last.n);
        self.env.scopes().restart(&Path::from(scope), last.ended);
        true
    }
}
