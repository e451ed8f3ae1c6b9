//! Model steps: typed prompts, and the interface of whatever answers them.
//!
//! The core knows no provider. A [`ModelClient`] is given to the engine with `.models(..)`; in tests a stub
//! answers instead.

mod answer;
mod attachment;
mod check_error;
mod defaults;
mod estimate;
mod failure;
mod history;
mod parse_answer;
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

pub(crate) use answer::parse;
pub use answer::{Answer, IntoPrompt, NoAnswer, Parsed, messages};
pub use attachment::{Attachment, Content};
pub use check_error::ModelCheckError;
pub(crate) use defaults::ModelDefaults;
#[cfg(feature = "settings")]
pub(crate) use defaults::is_model;
pub use estimate::Estimate;
pub use failure::{ModelError, ModelFailure};
pub use history::{History, Keep};
pub use permit::Permit;
pub use prices::{PriceBook, Prices, Rates};
pub(crate) use prices::{no_max_tokens, no_price};
pub use prompt::Prompt;
pub use repair::{Repair, Repaired, repair};
pub use replay::Tape;
pub use reply::{ChunkSink, FinishReason, ModelReply, Tokens};
pub use request::{Message, ModelRequest, Role};
pub use retry_after::retry_after;
pub(crate) use schema::wrong;
pub use schema::{StrictSchema, is_text, schema_of, strict};
pub use script::{Line, Script};
pub use tool::{ToolCall, ToolSpec};

use crate::codec::Json;
use async_trait::async_trait;

/// Answers prompts.
#[async_trait]
pub trait ModelClient: Send + Sync + 'static {
    /// Makes one call. It never retries by itself: the step's `retries` are the only ones.
    ///
    /// # Errors
    /// The model did not answer; says whether trying again makes sense.
    async fn call(&self, request: ModelRequest, chunks: &mut dyn ChunkSink)
    -> Result<ModelReply, ModelError>;

    /// Waits until a call may leave, where there are limits to how many do. What it gives is kept until the call
    /// is over. Nothing is reserved for a call that waits, and none is charged that never left; its time counts.
    async fn admit(&self, request: &ModelRequest) -> Permit {
        let _ = request;
        Permit::none()
    }

    /// Looks at a model that steps are going to ask, and at the schema of what they ask for, before anything
    /// runs: when the engine is built for the pipelines that it knows, else when a run starts.
    ///
    /// # Errors
    /// It could never answer: the provider is unknown, a key is missing. The message says what to do.
    fn check(&self, model: &str, schema: &Json) -> Result<(), ModelCheckError> {
        let _ = (model, schema);
        Ok(())
    }

    /// Whether there is a provider of this name; asked where one is named beside a call, as in rate limits.
    ///
    /// # Errors
    /// There is none. The message names those that there are.
    fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
        let _ = provider;
        Ok(())
    }

    /// Where a model is asked, its host and port; only for spans, and asked for only where somebody looks at them.
    fn server(&self, model: &str) -> Option<(String, u16)> {
        let _ = model;
        None
    }

    /// Input tokens that the request may cost beyond the text that is in it, at the provider's most: what the
    /// client adds, such as instructions for tools, and attachments. They are reserved too.
    ///
    /// Of an attachment nobody knows what it comes to, unless the client says so: it is taken at
    /// [`ATTACHMENT`].
    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        let attachments: usize = request.messages.iter().map(|message| message.attachments.len()).sum();
        ATTACHMENT.saturating_mul(u64::try_from(attachments).unwrap_or(u64::MAX))
    }
}

/// The tokens that an attachment may cost with a client that does not say: as many as the largest models read at
/// all.
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
    fn check(&self, model: &str, schema: &Json) -> Result<(), ModelCheckError> {
        (**self).check(model, schema)
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
