//! An attempt of a model step: its prompt, the call, the answer.

use super::any_step::AnyStep;
use super::model_call::ModelCall;
use crate::codec::Json;
use crate::durable::Reply;
use crate::error::StepError;
use crate::model::{self, FinishReason, Message, ModelReply, ModelRequest, Parsed, schema_of};
use crate::step::RunInfo;

/// Asks the model: prompt, send, parse.
pub(super) async fn ask(step: &mut dyn AnyStep, run: &RunInfo) -> Result<(), StepError> {
    let request = request(step, run).await?;
    send(step, request, run).await
}

/// Builds the request of an attempt: the prompt, and why the last answer was rejected.
pub(super) async fn request(step: &mut dyn AnyStep, run: &RunInfo) -> Result<ModelRequest, StepError> {
    let mut messages = step.prompt(run).await?;
    let call = model_call(run)?;
    call.client()?;
    let schema = schema(step)?;
    messages.extend(run.feedback().map(Message::rejection));
    Ok(call.request(messages, schema, Vec::new(), run))
}

/// Sends a request, and leaves the parsed answer in the step.
pub(super) async fn send(
    step: &mut dyn AnyStep,
    request: ModelRequest,
    run: &RunInfo,
) -> Result<(), StepError> {
    let reply = model_call(run)?.send(request, run).await?;
    parse(step, &reply, run)
}

/// Parses a reply, and leaves the answer in the step.
pub(super) fn parse(step: &mut dyn AnyStep, reply: &ModelReply, run: &RunInfo) -> Result<(), StepError> {
    whole(reply)?;
    let repairs = step.parse(reply)?;
    if !repairs.is_empty() {
        run.repaired(repairs.iter().map(ToString::to_string).collect());
    }
    Ok(())
}

pub(super) fn model_call(run: &RunInfo) -> Result<&ModelCall, StepError> {
    run.model_call().ok_or_else(|| StepError::internal("a model step has no model call"))
}

/// The schema of the answer.
pub(super) fn schema(step: &dyn AnyStep) -> Result<Json, StepError> {
    match step.def().answer {
        Some(schema) => schema().map_err(StepError::fatal),
        None => Ok(Json::null()),
    }
}

/// Refuses a reply that was cut short: half an answer is none.
fn whole(reply: &ModelReply) -> Result<(), StepError> {
    if reply.finish == FinishReason::Length {
        return Err(StepError::rejected("the answer was cut short at max_tokens"));
    }
    Ok(())
}

/// Makes one call and parses its answer: for an agent, which is asked from inside of a step.
///
/// # Errors
/// The model did not answer, or its answer does not fit `T`.
pub(crate) async fn ask_for<T: Reply>(
    call: &ModelCall,
    mut messages: Vec<Message>,
    feedback: Option<&str>,
    run: &RunInfo,
) -> Result<T, StepError> {
    let schema = schema_of::<T>().map_err(StepError::fatal)?;
    messages.extend(feedback.map(Message::rejection));
    let request = call.request(messages, schema, Vec::new(), run);
    let reply = call.send(request, run).await?;
    whole(&reply)?;
    let Parsed { answer, repairs } = model::parse::<T>(&reply)?;
    if !repairs.is_empty() {
        run.repaired(repairs.iter().map(ToString::to_string).collect());
    }
    Ok(answer)
}
