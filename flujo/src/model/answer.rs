use super::attachment::Content;
use super::read::read;
use super::schema::{Shape, schema_of};
use super::{FinishReason, Message, ModelRequest, Prompt, Role};
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
    let Some(call) = run.model_call() else {
        return Err(StepError::unconfigured("a model step ran without its model"));
    };
    let Some(client) = &call.client else {
        return Err(StepError::unconfigured(format!(
            "nobody answers `{}`: give the engine a client with `.models(..)`, or stub the step",
            call.model
        )));
    };
    let shape = Shape::of::<T>().map_err(StepError::fatal)?;
    let mut messages = prompt.into_messages()?;
    if let Some(feedback) = run.feedback() {
        messages.push(Message::new(Role::User, format!("Your last answer was not accepted: {feedback}")));
    }
    let request = ModelRequest {
        model: call.model.clone(),
        messages,
        schema: shape.schema.clone(),
        temperature: call.temperature,
        max_tokens: call.max_tokens,
        top_p: call.top_p,
        stream: run.is_heard(),
        path: run.path(),
    };
    if let Some(cache) = run.cache()
        && let Some(entry) = cache.look_up(key(&request)).await
    {
        if let Ok(answer) = entry.output.decode() {
            cache.hit();
            return Ok(answer);
        }
        cache.reject().await;
    }
    let reply = call.send(client.as_ref(), request, run).await?;
    if reply.finish == FinishReason::Length {
        return Err(StepError::rejected("the answer was cut short at max_tokens"));
    }
    let (answer, repairs) = read::<T>(&reply.content, &shape)?;
    if !repairs.is_empty() {
        run.repaired(repairs.iter().map(ToString::to_string).collect());
    }
    if let Some(cache) = run.cache() {
        cache.returned(Json::encode(&answer).ok());
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
    for Message { role, text, attachments } in &request.messages {
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
}
impl<T> NoAnswer<T> for Answer<T> {}
