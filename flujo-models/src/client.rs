use crate::config::{ProviderConfig, Timeouts};
use crate::convert::{self, Asked};
use crate::quiet::Quiet;
use crate::setup;
use crate::stream::{self, Contract, Sense};
use crate::{Structured, failure, tls};
use async_trait::async_trait;
use flujo::codec::Json;
use flujo::error::RunResult;
use flujo::model::{
    ChunkSink, ModelCheckError, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest,
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
    http: genai::Client,
    times: Timeouts,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models").field("known", &self.known).finish_non_exhaustive()
    }
}

impl Models {
    pub(crate) fn new(known: BTreeMap<String, ProviderConfig>, times: Timeouts) -> RunResult<Self> {
        // One connection pool for all providers. Timeouts of whole answers are set per call.
        let tls = tls::config().map_err(|e| setup(format!("TLS cannot be set up: {e}")))?;
        let http = reqwest::Client::builder().connect_timeout(times.connect).tls_backend_preconfigured(tls);
        let http = http.build();
        let http = http.map_err(|e| setup(format!("the HTTP client cannot be made: {e}")))?;
        let http = genai::Client::builder().with_reqwest(http).build();
        let http = http.map_err(|e| setup(format!("the HTTP client cannot be made: {e}")))?;
        Ok(Self { known: Arc::new(known), http, times })
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

#[async_trait]
impl ModelClient for Models {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        let (known, model) =
            self.ready(&request.model).map_err(|e| ModelError::new(ModelFailure::BadRequest, e))?;
        let Asked { chat, options, tool } = convert::asked(&request, &known.can, known.wire)?;
        let target = known.target(model);
        let failed = |error| failure::of(error, known.key.as_ref());
        let reply = if request.stream && known.can.stream {
            let sense = Sense::default();
            let options = options
                .with_raw_frame_sink(sense.clone())
                .with_stream_header_timeout(self.times.silence)
                .with_stream_read_timeout(self.times.silence);
            let answer =
                Quiet::new(self.http.exec_chat_stream(target, chat, Some(&options))).await.map_err(failed)?;
            let contract = Contract {
                tool: tool.as_deref(),
                unmarked_end: known.unmarked_end,
                key: known.key.as_ref(),
                sense,
            };
            stream::whole(Quiet::new(answer.stream), chunks, &contract).await?
        } else {
            let answer = Quiet::new(self.http.exec_chat(target, chat, Some(&options)));
            let answer = tokio::time::timeout(self.times.answer, answer).await.map_err(|_| {
                ModelError::new(ModelFailure::TimedOut, format!("no answer in {:?}", self.times.answer))
            })?;
            let reply = convert::reply(answer.map_err(failed)?, tool.as_deref())?;
            chunks.chunk(&reply.content);
            reply
        };
        let mut reply = reply;
        reply.served_model = reply.served_model.map(|served| format!("{}:{served}", known.name));
        Ok(reply)
    }

    fn check(&self, model: &str, schema: &Json) -> Result<(), ModelCheckError> {
        let (known, _) = self.ready(model)?;
        let refused = convert::refused(schema, &known.can);
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
        let url = reqwest::Url::parse(&self.find(model).ok()?.0.url).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
    }

    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        let Ok((known, _)) = self.find(&request.model) else { return 0 };
        convert::extra_tokens(request, &known.can)
    }
}
