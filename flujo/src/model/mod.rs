//! Model steps: typed prompts, and the interface of model clients.
//!
//! The core knows no provider. `.models(..)` gives the engine a [`ModelClient`]; in tests a stub takes its
//! place.

mod answer;
mod attachment;
mod call_options;
mod check_error;
mod defaults;
mod estimate;
mod failure;
mod history;
mod parse_answer;
mod partial;
mod permit;
mod prices;
mod prompt;
mod repair;
mod replay;
mod reply;
mod request;
mod retry_after;
mod schema;
mod script;
mod tool;
mod tool_server;

pub(crate) use answer::parse;
pub use answer::{Answer, IntoPrompt, NoAnswer, Parsed, messages};
pub use attachment::{Attachment, Content};
pub use call_options::{CacheTime, CallOptions, ReasoningEffort, ToolChoice};
pub use check_error::ModelCheckError;
pub(crate) use defaults::ModelDefaults;
pub(crate) use defaults::is_model;
pub use estimate::Estimate;
pub use failure::{ModelError, ModelFailure};
pub use history::{History, Keep};
pub(crate) use partial::Arriving;
pub use permit::Permit;
pub use prices::{PriceBook, Prices, Rates};
pub(crate) use prices::{no_max_tokens, no_price};
pub use prompt::Prompt;
pub use repair::{Repair, Repaired, repair};
pub use replay::Tape;
pub use reply::{ChunkSink, FinishReason, ModelReply, Tokens};
pub use request::{Message, ModelRequest, Role};
pub use retry_after::retry_after;
pub use schema::{StrictSchema, is_text, schema_of, strict};
pub(crate) use schema::{mismatch, outline, take_apart, wrong};
pub use script::{Line, Script};
pub use tool::{ToolCall, ToolSpec};
pub use tool_server::ToolServer;

use async_trait::async_trait;

/// A client that sends requests to models.
///
/// ```
/// use flujo::model::{ChunkSink, ModelCheckError, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, Permit, Tokens};
///
/// /// A model of your own, which says everything twice.
/// struct Echo;
///
/// #[flujo::async_trait]
/// impl ModelClient for Echo {
///     async fn call(&self, request: ModelRequest, chunks: &mut dyn ChunkSink) -> Result<ModelReply, ModelError> {
///         let Some(last) = request.messages.last() else {
///             return Err(ModelError::new(ModelFailure::BadRequest, "there is no message"));
///         };
///         let answer = last.text.repeat(2);
///         if request.stream {
///             chunks.reasoning("Twice.");
///             chunks.chunk(&answer);
///         }
///         Ok(ModelReply::new(answer).used(Tokens::new(1, 2)).served_by("echo-2"))
///     }
///     async fn admit(&self, _: &ModelRequest) -> Permit {
///         // A slot of a rate limit, which is free again when the call ends.
///         let slot = "first of one";
///         Permit::holding(slot)
///     }
///     fn check(&self, request: &ModelRequest) -> Result<(), ModelCheckError> {
///         if request.wants_text() { Ok(()) } else { Err(ModelCheckError::new("`echo` only answers with text")) }
///     }
///     fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
///         if provider == "echo" { Ok(()) } else { Err(ModelCheckError::new("the only provider is `echo`")) }
///     }
///     fn server(&self, _model: &str) -> Option<(String, u16)> {
///         Some(("localhost".to_owned(), 80))
///     }
///     fn extra_tokens(&self, request: &ModelRequest) -> u64 {
///         let attached: usize = request.messages.iter().map(|message| message.attachments.len()).sum();
///         flujo::model::ATTACHMENT * attached as u64
///     }
/// }
///
/// # use flujo::prelude::*;
/// #[step(model = "echo:twice")]
/// fn say(word: String) -> Prompt<String> {
///     Prompt::ask(word)
/// }
/// # pipeline! {
/// #     fn saying(word: String) -> String { say(word) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().models(Echo).pipeline::<saying>().build()?;
/// assert_eq!(flujo.run(saying("no".to_owned())).await.into_output()?, "nono");
/// # assert!(Permit::none().type_id() == Permit::holding(1).type_id());
/// # Ok(())
/// # }
/// # use std::any::Any;
/// ```
#[async_trait]
pub trait ModelClient: Send + Sync + 'static {
    /// Makes one call. A client must not retry: the step's `retries` are the only ones.
    ///
    /// # Errors
    /// The kind of the [`ModelError`] decides whether the step retries: [`ModelFailure::Overloaded`] and its
    /// like are tried again, [`ModelFailure::Unauthorized`] and its like are not.
    async fn call(&self, request: ModelRequest, chunks: &mut dyn ChunkSink)
    -> Result<ModelReply, ModelError>;

    /// Waits for a rate-limit slot. The permit is held until the call ends. A call that waits reserves no
    /// tokens and no cost, and is charged nothing if it is cancelled; its wait counts towards the timeout of
    /// the attempt.
    async fn admit(&self, request: &ModelRequest) -> Permit {
        let _ = request;
        Permit::none()
    }

    /// Checks a request that a step will send, before anything runs: when the engine is built, for registered pipelines, else
    /// when a run starts. It has the model, the schema of the answer, the tools and the options, but no messages yet; where a
    /// call decides about an option while it runs, it has any value of it.
    ///
    /// # Errors
    /// The client can never make such a call: the provider is unknown or does not take an option, or a key is missing.
    fn check(&self, request: &ModelRequest) -> Result<(), ModelCheckError> {
        let _ = request;
        Ok(())
    }

    /// Checks that a provider of this name exists, for settings that name one outside of a call, such as rate
    /// limits.
    ///
    /// # Errors
    /// The provider is unknown; the message names the known ones.
    fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
        let _ = provider;
        Ok(())
    }

    /// Returns the host and port that requests for a model are sent to. Used in spans only, and called only
    /// if spans are recorded.
    fn server(&self, model: &str) -> Option<(String, u16)> {
        let _ = model;
        None
    }

    /// The maximum number of input tokens, as the provider counts them, that a request may use beyond its own
    /// text: attachments, and additions of the client such as instructions for tools. They are reserved too.
    ///
    /// By default each attachment counts as [`ATTACHMENT`] tokens.
    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        let attachments: usize = request.messages.iter().map(|message| message.attachments.len()).sum();
        ATTACHMENT.saturating_mul(u64::try_from(attachments).unwrap_or(u64::MAX))
    }
}

/// The number of tokens that an attachment is assumed to use if the client does not say: the context window
/// of the largest models.
pub const ATTACHMENT: u64 = 2_000_000;

#[async_trait]
impl<C: ModelClient + ?Sized> ModelClient for std::sync::Arc<C> {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        (**self).call(request, chunks).await
    }
    async fn admit(&self, request: &ModelRequest) -> Permit {
        (**self).admit(request).await
    }
    fn check(&self, request: &ModelRequest) -> Result<(), ModelCheckError> {
        (**self).check(request)
    }
    fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
        (**self).knows(provider)
    }
    fn server(&self, model: &str) -> Option<(String, u16)> {
        (**self).server(model)
    }
    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        (**self).extra_tokens(request)
    }
}
