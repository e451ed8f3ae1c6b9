//! The conversation of a step with tools, as far as its attempts see it: the prompt, the replies, the answer.

use super::answer::{model_call, understood};
use super::schema::Shape;
use super::{Message, ModelReply, Prompt, Role, ToolSpec};
use crate::codec::Json;
use crate::durable::Reply;
use crate::error::{FailureRecord, StepError};
use crate::step::RunInfo;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of a conversation. It goes on over all attempts of its step: what was said is not asked again.
#[derive(Default)]
pub(crate) struct Talk {
    pub(crate) tools: Arc<[ToolSpec]>,
    /// What was said so far; nothing until the first reply has come.
    pub(crate) messages: Vec<Message>,
    /// The number of the last reply or call.
    pub(crate) last: u32,
    /// How this attempt's part of it ended.
    pub(crate) end: Option<TalkEnd>,
    /// The prompt, while it is being opened.
    prompt: Mutex<Option<Vec<Message>>>,
}

/// How an attempt's part of a conversation ended.
pub(crate) enum TalkEnd {
    /// With an answer.
    Answer(ModelReply),
    /// It broke off.
    Failure(Box<FailureRecord>, Option<StepError>),
}

/// What is recorded of a reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// What was asked, with the first reply: it is not put together again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) prompt: Vec<Message>,
    pub(crate) reply: ModelReply,
}

impl Talk {
    pub(crate) fn with(tools: Arc<[ToolSpec]>) -> Box<Self> {
        Box::new(Self { tools, ..Self::default() })
    }

    /// The answer of the last attempt was not accepted.
    pub(crate) fn rejected(&mut self, feedback: &str) {
        if let Some(TalkEnd::Answer(reply)) = self.end.take() {
            self.messages.push(Message::new(Role::Assistant, reply.content));
        }
        self.messages.push(not_accepted(feedback));
    }
}

/// What a model is told whose answer was rejected.
pub(super) fn not_accepted(feedback: &str) -> Message {
    Message::new(Role::User, format!("Your last answer was not accepted: {feedback}"))
}

/// See [`Answer::open`](super::Answer::open).
pub(super) fn open<T>(prompt: Result<Prompt<T>, StepError>, run: &RunInfo) -> Result<T, StepError> {
    let messages = prompt?.into_messages()?;
    if let Some(talk) = &model_call(run)?.talk {
        *talk.prompt.lock().unwrap_or_else(PoisonError::into_inner) = Some(messages);
    }
    Err(StepError::fatal("a step with tools ran without its conversation"))
}

/// See [`Answer::said`](super::Answer::said).
pub(super) fn said<T: Reply>(run: &RunInfo) -> Option<Result<T, StepError>> {
    let talk = run.model_call()?.talk.as_ref()?;
    let Some(TalkEnd::Answer(reply)) = &talk.end else { return None };
    let shape = Shape::of::<T>().map_err(StepError::fatal);
    Some(shape.and_then(|shape| understood(reply, &shape, run)))
}

/// The prompt that was put together by a body that has just ended with `done`.
pub(crate) fn opened<T>(done: Result<T, StepError>, run: &RunInfo) -> Result<Vec<Message>, StepError> {
    let prompt = model_call(run)?
        .talk
        .as_ref()
        .and_then(|talk| talk.prompt.lock().unwrap_or_else(PoisonError::into_inner).take());
    match (prompt, done) {
        (Some(prompt), _) => Ok(prompt),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(StepError::fatal("a step with tools ran without its conversation")),
    }
}

/// Asks for the next reply.
pub(crate) async fn ask(
    messages: Vec<Message>,
    schema: Json,
    run: &RunInfo,
) -> Result<ModelReply, StepError> {
    let call = model_call(run)?;
    let request = call.request(messages, schema, run);
    call.send(call.client()?, request, run).await
}
