//! Support of generated code for the answer type of a model step: its prompt, its schema, its parser.

use super::parse_answer::parse_answer;
use super::schema::{Shape, schema_of, value_schema_of};
use super::{Message, ModelReply, Prompt, Repair};
use crate::codec::AnswerSchema;
use crate::durable::{Durable, Reply};
use crate::error::StepError;
use std::marker::PhantomData;

/// A return type of a model step: a prompt, or a `Result` of one.
///
/// ```
/// use flujo::model::IntoPrompt;
/// use flujo::prelude::*;
///
/// /// A model step may fail before it asks.
/// #[step(model = "openai:gpt-4o-mini")]
/// fn label(post: String) -> Result<Prompt<String>> {
///     if post.is_empty() {
///         return Err(StepError::fatal("there is no post"));
///     }
///     Ok(Prompt::ask(post))
/// }
///
/// let prompt = Prompt::<String>::ask("Hello.").into_prompt().unwrap();
/// assert_eq!(prompt.messages()[0].text, "Hello.");
/// ```
pub trait IntoPrompt {
    /// The answer type.
    type Answer;
    /// Returns the prompt.
    ///
    /// # Errors
    /// The step could not build its prompt.
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

/// Converts the return value of a model step into messages.
///
/// # Errors
/// The step failed, or an example in the prompt cannot be encoded.
#[doc(hidden)]
pub fn messages<P: IntoPrompt>(prompt: P) -> Result<Vec<Message>, StepError> {
    match prompt.into_prompt() {
        Ok(prompt) => prompt.into_messages(),
        Err(error) => Err(error),
    }
}

/// A decoded answer, with the repairs that decoding it took.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parsed<T> {
    pub(crate) answer: T,
    pub(crate) repairs: Vec<Repair>,
}

/// Decodes the content of a whole reply as a `T`.
///
/// # Errors
/// The reply does not fit `T`; the reason is the feedback of the next attempt.
pub(crate) fn parse<T: Reply>(reply: &ModelReply) -> Result<Parsed<T>, StepError> {
    let shape = Shape::of::<T>().map_err(StepError::fatal)?;
    let (answer, repairs) = parse_answer(&reply.content, &shape)?;
    Ok(Parsed { answer, repairs })
}

/// The answer type of a model step, for generated code. A type without a schema is reported once, by
/// [`Answer::known`]; everything else then resolves to [`NoAnswer`], which never runs.
#[doc(hidden)]
#[derive(Debug)]
pub struct Answer<T>(PhantomData<fn() -> T>);
impl<T> Answer<T> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}
impl<T: Durable> Answer<T> {
    /// Proves that `T` has a schema. A type that cannot be recorded is reported elsewhere.
    pub fn known(&self)
    where
        T: Reply,
    {
    }
}
impl<T: Reply> Answer<T> {
    /// The schema that is sent to the model.
    pub const SCHEMA: Option<AnswerSchema> = Some(schema_of::<T>);
    /// The schema of the value by itself, which is not wrapped for a model.
    pub const VALUE: Option<AnswerSchema> = Some(value_schema_of::<T>);
    /// Decodes a reply.
    ///
    /// # Errors
    /// The reply does not fit `T`.
    pub fn parse(&self, reply: &ModelReply) -> Result<Parsed<T>, StepError> {
        parse(reply)
    }
}
/// The stand-in for [`Answer`] if the type has no schema.
#[doc(hidden)]
pub trait NoAnswer<T> {
    /// No schema.
    const SCHEMA: Option<AnswerSchema> = None;
    /// No schema.
    const VALUE: Option<AnswerSchema> = None;
    /// Proves nothing.
    fn known(&self) {}
    /// Never runs.
    fn parse(&self, _: &ModelReply) -> Result<Parsed<T>, StepError> {
        Err(StepError::fatal("this was a mistake at compile time"))
    }
}
impl<T> NoAnswer<T> for Answer<T> {}
