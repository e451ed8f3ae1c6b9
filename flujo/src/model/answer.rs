use super::attachment::Content;
use super::read::read;
use super::schema::{Shape, schema_of};
use super::{FinishReason, Message, ModelCall, ModelReply, ModelRequest, Prompt, talk};
use crate::cache::CacheKey;
use crate::codec::{Digest, Json};
use crate::durable::{Durable, Reply};
use crate::error::StepError;
use crate::graph::AnswerSchema;
use crate::step::RunInfo;
use std::marker::PhantomData;

/// What a model step may return: a prompt, or a prompt that could not be put together.
pub trait IntoPrompt {
    /// The answer's type.
    type Answer;
    /// The prompt.
    ///
    /// # Errors
    /// It could not be put together.
    fn into_prompt(self) -> Result<Prompt<Self::Answer>, StepError>;
}
impl<T> IntoPrompt for Prompt<T> {
    type Answer = T;
    fn into_prompt(self) -> Result<Self, StepError> {
        Ok(self)
    }
}
impl<T, E: Into<StepError>> IntoPrompt for Result<Prompt<T>, E> {
    type Answer = T;
    fn into_prompt(self) -> Result<Prompt<T>, StepError> {
        self.map_err(Into::into)
    }
}

/// Sends a prompt to the model that the run was given, and reads the answer as a `T`.
///
/// # Errors
/// There is no client, the model did not answer, or its answer does not fit `T`; the last becomes the
/// feedback of the next attempt.
pub async fn answer<T: Reply>(prompt: Result<Prompt<T>, StepError>, run: &RunInfo) -> Result<T, StepError> {
    let prompt = prompt?;
    let call = model_call(run)?;
    let client = call.client()?;
    let shape = Shape::of::<T>().map_err(StepError::fatal)?;
    let mut messages = prompt.into_messages()?;
    if let Some(feedback) = run.feedback() {
        messages.push(talk::not_accepted(feedback));
    }
    let request = call.request(messages, shape.schema.clone(), run);
    if let Some(cache) = run.cache()
        && let Some(entry) = cache.look_up(key(&request)).await
    {
        if let Ok(answer) = entry.output.decode() {
            cache.hit();
            return Ok(answer);
        }
        cache.reject().await;
    }
    let reply = call.send(client, request, run).await?;
    let answer = understood::<T>(&reply, &shape, run)?;
    if let Some(cache) = run.cache() {
        cache.returned(Json::encode(&answer).ok());
    }
    Ok(answer)
}

pub(super) fn model_call(run: &RunInfo) -> Result<&ModelCall, StepError> {
    run.model_call().ok_or_else(|| StepError::unconfigured("a model step ran without its model"))
}

/// Makes one call, and reads its answer.
pub(crate) async fn ask_for<T: Reply>(
    call: &ModelCall,
    mut messages: Vec<Message>,
    feedback: Option<&str>,
    run: &RunInfo,
) -> Result<T, StepError> {
    let shape = Shape::of::<T>().map_err(StepError::fatal)?;
    messages.extend(feedback.map(talk::not_accepted));
    let request = call.request(messages, shape.schema.clone(), run);
    let reply = call.send(call.client()?, request, run).await?;
    understood::<T>(&reply, &shape, run)
}

/// What a whole reply says.
pub(super) fn understood<T: Reply>(reply: &ModelReply, shape: &Shape, run: &RunInfo) -> Result<T, StepError> {
    if reply.finish == FinishReason::Length {
        return Err(StepError::rejected("the answer was cut short at max_tokens"));
    }
    let (answer, repairs) = read::<T>(&reply.content, shape)?;
    if !repairs.is_empty() {
        run.repaired(repairs.iter().map(ToString::to_string).collect());
    }
    Ok(answer)
}

/// The rendered request, whichever node sends it.
fn key(request: &ModelRequest) -> CacheKey {
    let number = |n: Option<f64>| n.map_or_else(String::new, |n| n.to_bits().to_string());
    let mut parts = vec![
        "model".to_owned(),
        request.model.clone(),
        request.schema.as_str().to_owned(),
        number(request.temperature),
        number(request.top_p),
        request.max_tokens.map_or_else(String::new, |n| n.to_string()),
    ];
    // The replies of a conversation with tools are not kept: there are no calls and no results here.
    for Message { role, text, attachments, .. } in &request.messages {
        parts.push(format!("{role:?} {} {}", text.len(), attachments.len()));
        parts.push(text.clone());
        for attachment in attachments {
            let (kind, content) = match &attachment.content {
                Content::Url(url) => ("url", url.as_str()),
                Content::Base64(text) => ("base64", &**text),
            };
            parts.push(format!("{kind} {:?}", attachment.name));
            parts.push(attachment.media_type.clone());
            parts.push(content.to_owned());
        }
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    CacheKey(Digest::of_parts(&parts))
}

/// How a model step gets its answer, for generated code. A type without a schema is reported once, by [`Answer::known`]; asking
/// then falls back to [`NoAnswer`], which never runs.
#[doc(hidden)]
#[derive(Debug)]
pub struct Answer<T>(PhantomData<fn() -> T>);
impl<T> Answer<T> {
    /// The only one.
    pub const NEW: Self = Self(PhantomData);
}
impl<T: Durable> Answer<T> {
    /// Proves that `T` has a schema. What cannot be recorded at all was reported already.
    pub fn known(&self)
    where
        T: Reply,
    {
    }
}
impl<T: Reply> Answer<T> {
    /// The schema that it is asked for with.
    pub const SCHEMA: Option<AnswerSchema> = Some(schema_of::<T>);
    /// See [`answer`].
    ///
    /// # Errors
    /// See [`answer`].
    pub fn ask(
        &self,
        prompt: Result<Prompt<T>, StepError>,
        run: &RunInfo,
    ) -> impl Future<Output = Result<T, StepError>> + Send {
        answer(prompt, run)
    }
    /// What came of the conversation of a step with tools, if this attempt is at its end.
    pub fn said(&self, run: &RunInfo) -> Option<Result<T, StepError>> {
        talk::said(run)
    }
    /// Begins the conversation of a step with tools.
    ///
    /// # Errors
    /// Always: the answer is not there yet. What is asked is in the hands of the conversation.
    pub fn open(&self, prompt: Result<Prompt<T>, StepError>, run: &RunInfo) -> Result<T, StepError> {
        talk::open(prompt, run)
    }
}
/// What [`Answer`] does where the type is a mistake.
#[doc(hidden)]
pub trait NoAnswer<T> {
    /// None.
    const SCHEMA: Option<AnswerSchema> = None;
    /// Nothing.
    fn known(&self) {}
    /// Never runs.
    fn ask<P>(&self, _: P, _: &RunInfo) -> std::future::Pending<Result<T, StepError>> {
        std::future::pending()
    }
    /// Nothing.
    fn said(&self, _: &RunInfo) -> Option<Result<T, StepError>> {
        None
    }
    /// Never runs.
    fn open<P>(&self, _: P, _: &RunInfo) -> Result<T, StepError> {
        Err(StepError::fatal("this was a mistake at compile time"))
    }
}
impl<T> NoAnswer<T> for Answer<T> {}
