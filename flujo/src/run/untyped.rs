//! The recorded result of a run before its values are decoded.

use super::observers;
use super::outcome::{Outcome, PipelineResult, by_model};
use super::registry::{PipelineInfo, Recall};
use super::undecodable::Undecodable;
use crate::codec::Json;
use crate::engine::{FinalOutcome, RunId, RunView, Status};
use crate::error::{Error, ErrorKind, RunResult};
use crate::events::Trace;
use crate::events::{Ended, Hub};
use crate::path::Path;
use crate::question::Answered;
use crate::step::StepResult;
use crate::usage::Usage;
use std::sync::Arc;

/// The parts of a result besides its output and its context.
pub(super) struct Account {
    pub(super) run_id: RunId,
    pub(super) steps: Vec<StepResult>,
    pub(super) usage: Usage,
    pub(super) trace: Trace,
    pub(super) hitl_history: Vec<Answered>,
}

impl Account {
    /// The account of a run without any steps.
    pub(super) fn empty(run_id: RunId) -> Self {
        let (steps, hitl_history) = (Vec::new(), Vec::new());
        Self { run_id, steps, usage: Usage::default(), trace: Trace::default(), hitl_history }
    }

    /// Returns the result of a run that ended, with its typed values.
    pub(super) fn into_result<T, C>(
        self,
        outcome: Outcome<()>,
        output: Option<T>,
        context: C,
    ) -> PipelineResult<T, C> {
        let Self { run_id, steps, usage, trace, hitl_history } = self;
        let outcome = match (outcome, output) {
            (Outcome::Done(()), Some(output)) => Outcome::Done(output),
            (Outcome::Done(()), None) => Outcome::Failed(Error::new(ErrorKind::Interrupted)),
            (Outcome::Paused(questions), _) => Outcome::Paused(questions),
            (Outcome::Failed(error), _) => Outcome::Failed(error),
            (Outcome::Cancelled, _) => Outcome::Cancelled,
        };
        PipelineResult { run_id, outcome, context, steps, usage, trace, hitl_history }
    }
}

/// The result of a run before decoding.
pub(super) struct UntypedResult {
    info: &'static PipelineInfo,
    pub(super) outcome: Outcome<Json>,
    context: Json,
    account: Account,
    /// The hub to which the end of this execution is reported, once the result is decoded.
    pub(super) hub: Option<Arc<Hub>>,
}

impl UntypedResult {
    pub(super) fn of_view(info: &'static PipelineInfo, view: RunView) -> Self {
        let outcome = outcome_of(&view);
        let account = Account {
            run_id: view.run.id.clone(),
            steps: StepResult::of_records(&view.records),
            usage: view.usage,
            trace: Trace::new(view.records, view.answered.clone()),
            hitl_history: view.answered,
        };
        Self { info, outcome, context: view.context, account, hub: None }
    }

    /// Decodes the output and the context, and reports the end of the execution.
    ///
    /// # Errors
    /// The context cannot be decoded.
    pub(super) fn settle(mut self, values: &mut dyn Recall) -> RunResult<(Outcome<()>, Account)> {
        if let Err(error) = values.recall_context(&self.context) {
            let error = Undecodable::context(error).recorded(self.info);
            observers::stopped(self.hub.as_ref(), &error);
            return Err(error);
        }
        if let Outcome::Done(output) = &self.outcome
            && let Err(error) = values.recall_output(output)
        {
            self.outcome = Outcome::Failed(self.info.codec(error));
        }
        let Self { outcome, account, hub, .. } = self;
        let outcome = match outcome {
            Outcome::Done(_) => Outcome::Done(()),
            Outcome::Paused(questions) => Outcome::Paused(questions),
            Outcome::Failed(error) => Outcome::Failed(error),
            Outcome::Cancelled => Outcome::Cancelled,
        };
        if let Some(hub) = &hub {
            hub.run_ended(ended(&outcome), account.usage, by_model(&account.steps));
        }
        Ok((outcome, account))
    }
}

pub(super) fn ended(outcome: &Outcome<()>) -> Ended {
    match outcome {
        Outcome::Done(()) => Ended::Done,
        Outcome::Paused(questions) => Ended::Paused { questions: questions.len() },
        Outcome::Failed(error) => Ended::Failed { error: error.to_string() },
        Outcome::Cancelled => Ended::Cancelled,
    }
}

fn outcome_of(view: &RunView) -> Outcome<Json> {
    let at_pipeline = |error: Error| error.at(Path::from(view.run.pipeline.as_str()));
    match &view.status {
        Status::Paused => Outcome::Paused(view.questions.clone()),
        Status::Ended(FinalOutcome::Done(output)) => Outcome::Done(output.clone()),
        Status::Ended(FinalOutcome::Failed(failure)) => Outcome::Failed(failure.to_error()),
        Status::Ended(FinalOutcome::Cancelled) => Outcome::Cancelled,
        Status::Ended(FinalOutcome::Crashed(in_flight)) => {
            Outcome::Failed(at_pipeline(Error::new(ErrorKind::Crashed { in_flight: in_flight.clone() })))
        }
        Status::Created | Status::Running | Status::Interrupted => Outcome::Failed(match &view.stopped {
            Some(signal) => at_pipeline(signal.clone().into()),
            None => at_pipeline(Error::new(ErrorKind::Interrupted)),
        }),
    }
}
