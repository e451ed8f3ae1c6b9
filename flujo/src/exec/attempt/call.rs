//! One call of an attempt: the step itself, or the stub or the model that answers it, then plugins and validators.

use super::super::any_step::AnyStep;
use super::super::attempt_timeout::in_time;
use super::super::catch_panic::catch_panic;
use super::super::effective_options::EffectiveOptions;
use super::super::env::RunEnv;
use super::super::model_step;
use super::super::plugins::review;
use super::super::retry::Failed;
use crate::codec::Json;
use crate::error::{FailureRecord, StepError};
use crate::model::{ModelReply, ModelRequest};
use crate::step::RunInfo;

/// A call of an attempt under way.
pub(super) struct Call<'a> {
    pub(super) step: &'a mut dyn AnyStep,
    pub(super) env: &'a RunEnv,
    pub(super) plan: &'a EffectiveOptions,
    pub(super) info: &'a RunInfo,
    /// Whether another attempt may follow, which then needs the input too.
    pub(super) more: bool,
    /// The answer of the conversation of a step with tools.
    pub(super) reply: Option<&'a ModelReply>,
    /// The parts of the cache entry that the output was taken from.
    pub(super) cached_parts: &'a mut Option<Vec<(String, Json)>>,
}

impl Call<'_> {
    /// Makes the call within the timeout of the attempt. Returns the findings on an output that is accepted all the same.
    pub(super) async fn within_timeout(mut self) -> Result<Vec<String>, Box<Failed>> {
        match self.plan.timeout {
            Some(limit) => {
                let clock = self.env.clock.as_ref();
                in_time(Box::pin(self.answer()), limit, clock).await
            }
            None => self.answer().await,
        }
    }

    async fn answer(&mut self) -> Result<Vec<String>, Box<Failed>> {
        let info = self.info;
        if let Some(cache) = info.cache() {
            return Box::pin(self.cached(cache)).await;
        }
        self.make(None).await?;
        self.judge().await
    }

    /// Runs plugins and validators on the output; returns their findings if it is accepted all the same.
    pub(super) async fn judge(&mut self) -> Result<Vec<String>, Box<Failed>> {
        if self.plan.plugins().is_none() {
            return validated(self.step, self.plan, Vec::new());
        }
        let reasons = Box::pin(review(self.step, self.plan, self.info)).await?;
        validated(self.step, self.plan, reasons)
    }

    pub(super) fn is_stubbed(&self) -> bool {
        self.env.stub(self.step.def().id).is_some()
    }

    /// Makes the call and leaves the output in the step. `request` is that of a model step, if it was built already.
    pub(super) async fn make(&mut self, request: Option<ModelRequest>) -> Result<(), Box<Failed>> {
        let (step, run) = (&mut *self.step, self.info);
        if self.env.stub(step.def().id).is_some() {
            return catch_panic(Box::pin(stubbed(step, self.env, run)).as_mut()).await;
        }
        if !step.def().asks_model {
            return catch_panic(step.call(self.more, run).as_mut()).await;
        }
        match (self.reply, request) {
            (Some(reply), _) => {
                catch_panic(Box::pin(async { model_step::parse(step, reply, run) }).as_mut()).await
            }
            (None, Some(request)) => {
                catch_panic(Box::pin(model_step::send(step, request, run)).as_mut()).await
            }
            (None, None) => catch_panic(Box::pin(model_step::ask(step, run)).as_mut()).await,
        }
    }

    /// Builds the request of a model step.
    pub(super) async fn request(&mut self) -> Result<ModelRequest, Box<Failed>> {
        let mut request = None;
        let (step, run) = (&mut *self.step, self.info);
        let mut built = Box::pin(async {
            request = Some(model_step::request(step, run).await?);
            Ok(())
        });
        let built_well = catch_panic(built.as_mut()).await;
        drop(built);
        built_well?;
        request.ok_or_else(|| StepError::internal("a prompt was lost").into())
    }
}

/// Calls the stub in place of the step.
async fn stubbed(step: &mut dyn AnyStep, env: &RunEnv, run: &RunInfo) -> Result<(), StepError> {
    let (Some(stub), Some(input)) = (env.stub(step.def().id), step.input()) else {
        return Err(StepError::internal("an attempt had no input"));
    };
    let output = stub.call(input.value(), run).await?;
    if step.slot().accept(output) {
        return Ok(());
    }
    Err(StepError::fatal(format!("the stub of `{}` gave a value of another type", step.def().name)))
}

/// Runs all validators. Returns their findings after those of plugins, `reasons`, if the output is accepted all the same.
pub(super) fn validated(
    step: &mut dyn AnyStep,
    plan: &EffectiveOptions,
    mut reasons: Vec<String>,
) -> Result<Vec<String>, Box<Failed>> {
    if plan.validates()
        && let Some(output) = step.output()
    {
        reasons.extend(plan.validate(output));
    }
    if !reasons.is_empty() && plan.strict() {
        let last = step.record_output().ok();
        step.clear();
        return Err(FailureRecord::rejected(&reasons, last).into());
    }
    Ok(reasons)
}
