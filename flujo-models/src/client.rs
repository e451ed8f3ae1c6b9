use crate::config::{ProviderConfig, Timeouts};
use crate::failure::Failure;
use crate::heard::{Heard, Terms};
use crate::http::Http;
use crate::request::ProviderRequest;
use crate::{Structured, schema, wire};
use async_trait::async_trait;
use flujo::error::RunResult;
use flujo::model::{
    ChunkSink, Estimate, ModelCheckError, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A [`ModelClient`] of real models.
///
/// Clones share the connections.
#[derive(Clone)]
pub struct Models {
    known: Arc<BTreeMap<String, ProviderConfig>>,
    http: Http,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models").field("known", &self.known).finish_non_exhaustive()
    }
}

impl Models {
    pub(crate) fn new(known: BTreeMap<String, ProviderConfig>, times: Timeouts) -> RunResult<Self> {
        Ok(Self { known: Arc::new(known), http: Http::new(times)? })
    }

    /// Finds the provider of a model, and the model's own name.
    fn find<'m>(&self, model: &'m str) -> Result<(&ProviderConfig, &'m str), ModelCheckError> {
        let (provider, name) = model
            .split_once(':')
            .filter(|(provider, name)| !provider.is_empty() && !name.is_empty() && !name.starts_with(':'))
            .ok_or_else(|| {
                ModelCheckError::new(format!("`{model}` names no model: write `provider:model`"))
            })?;
        let known =
            self.known.get(provider).ok_or_else(|| self.unknown(provider, &format!(" in `{model}`")))?;
        Ok((known, name))
    }

    fn unknown(&self, provider: &str, within: &str) -> ModelCheckError {
        let names: Vec<_> = self.known.keys().map(|name| format!("`{name}`")).collect();
        ModelCheckError::new(format!("unknown provider `{provider}`{within}; known are {}", names.join(", ")))
    }

    /// Finds the provider of a model, and checks that its key is set.
    fn ready<'m>(&self, model: &'m str) -> Result<(&ProviderConfig, &'m str), ModelCheckError> {
        let (known, name) = self.find(model)?;
        match known.variable.as_ref().filter(|_| known.key.is_none()) {
            None => Ok((known, name)),
            Some(variable) => Err(ModelCheckError::new(format!(
                "no key for `{}`: set `{variable}`, or give it with `.key(\"{}\", ..)`",
                known.name, known.name
            ))),
        }
    }
}

impl Models {
    async fn ask(
        &self,
        known: &ProviderConfig,
        model: &str,
        request: &ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, Failure> {
        let protocol = known.wire.protocol();
        // A provider without streams is asked for the whole answer.
        let whole;
        let request = if request.stream && !known.can.stream {
            whole = request.clone().stream(false);
            &whole
        } else {
            request
        };
        let asked = ProviderRequest::new(request, model, &known.can, protocol.dialect());
        asked.check_places()?;
        let body = wire::write(protocol, &asked)?;
        let terms = Terms {
            names: &asked.names,
            answer: asked.answer(),
            messages: request.messages.len(),
            unmarked_end: known.unmarked_end,
        };
        let call = self.http.call(known, model, &body, request.stream);
        if !request.stream {
            let reply = call.whole(protocol).await?.reply(&terms)?;
            if let Some(reasoning) = &reply.reasoning {
                chunks.reasoning(reasoning);
            }
            chunks.chunk(&reply.content);
            return Ok(reply);
        }
        let mut heard = Heard::stream(chunks);
        call.stream(protocol, &mut heard).await?;
        heard.reply(&terms)
    }
}

/// The upper bound of tokens that providers add around tools, schemas and messages.
const AROUND: u64 = 1_024;
/// The upper bound of tokens that a provider adds around one tool.
const AROUND_TOOL: u64 = 64;

/// Returns the tokens that a request may take beyond its own text: what is sent is written for this, and its bytes are
/// counted. A byte is at least as much as a token.
fn extra_tokens(known: &ProviderConfig, model: &str, request: &ModelRequest) -> u64 {
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    // The bytes of attachments say nothing of their tokens.
    let mut bare = request.clone();
    let attachments: Vec<_> =
        bare.messages.iter_mut().flat_map(|message| message.attachments.drain(..)).collect();
    let protocol = known.wire.protocol();
    let asked = ProviderRequest::new(&bare, model, &known.can, protocol.dialect());
    let sent = wire::write(protocol, &asked).map_or(0, |body| number(body.to_string().len()));
    let counted = Estimate::UpperBound.tokens(&bare, 0).input;
    let attached = attachments.iter().map(|attachment| {
        let most = if attachment.is_image() { known.can.image } else { known.can.file };
        most.unwrap_or(0)
    });
    let tools = AROUND_TOOL.saturating_mul(number(request.tools.len()));
    let extra = sent.saturating_sub(counted).saturating_add(AROUND).saturating_add(tools);
    attached.fold(extra, u64::saturating_add)
}

#[async_trait]
impl ModelClient for Models {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        let (known, model) =
            self.ready(&request.model).map_err(|e| ModelError::new(ModelFailure::BadRequest, e))?;
        let answered = self.ask(known, model, &request, chunks).await;
        let mut reply = answered.map_err(|failure| failure.without(known.key.as_ref()))?;
        reply.served_model = reply.served_model.map(|served| format!("{}:{served}", known.name));
        Ok(reply)
    }

    fn check(&self, request: &ModelRequest) -> Result<(), ModelCheckError> {
        let model = request.model.as_str();
        let (known, name) = self.ready(model)?;
        let protocol = known.wire.protocol();
        let refused = known.can.refuses(request);
        if !refused.is_empty() {
            return Err(ModelCheckError::new(format!("`{}` takes {}", known.name, refused.join("; "))));
        }
        // What only some models of a provider take is known by its protocol.
        wire::write(protocol, &ProviderRequest::new(request, name, &known.can, protocol.dialect()))
            .map_err(|failure| ModelCheckError::new(failure.without(known.key.as_ref()).to_string()))?;
        if known.can.structured != Structured::Strict {
            return Ok(());
        }
        let refused = schema::refused(&request.schema, protocol.dialect());
        if refused.is_empty() {
            return Ok(());
        }
        let why = refused.join("; ");
        match known.can.otherwise {
            Structured::Strict => Err(ModelCheckError::new(format!("no strict schema of its answer: {why}"))),
            other => {
                tracing::warn!(
                    model,
                    ?other,
                    "no strict schema of an answer, so it is asked for otherwise: {why}"
                );
                Ok(())
            }
        }
    }

    fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
        if self.known.contains_key(provider) { Ok(()) } else { Err(self.unknown(provider, "")) }
    }

    fn server(&self, model: &str) -> Option<(String, u16)> {
        self.find(model).ok()?.0.url.server()
    }

    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        let Ok((known, model)) = self.find(&request.model) else { return 0 };
        extra_tokens(known, model, request)
    }
}
