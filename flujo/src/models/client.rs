use super::builder::ModelsBuilder;
use super::convert::{self, Asked};
use super::quiet::Quiet;
use super::stream::{self, Contract, Sense};
use super::{Capabilities, Structured, Wire, failure};
use crate::codec::Json;
use crate::error::{Error, RunResult};
use crate::model::{ChunkSink, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest};
use crate::settings::Settings;
use async_trait::async_trait;
use genai::ServiceTarget;
use genai::resolver::{AuthData, Endpoint};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A [`ModelClient`] that asks real models.
///
/// Cloning it gives the same client, with its connections.
#[derive(Clone)]
pub struct Models {
    known: Arc<BTreeMap<String, Known>>,
    http: genai::Client,
    times: Times,
}

/// A provider as it was set up.
pub(super) struct Known {
    pub(super) name: String,
    pub(super) wire: Wire,
    pub(super) url: String,
    /// Where its key may come from.
    pub(super) variable: Option<Cow<'static, str>>,
    pub(super) key: Option<SecretString>,
    pub(super) can: Capabilities,
    /// Whether a stream may end without saying so.
    pub(super) unmarked_end: bool,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("url", &self.url)
            .field("has_key", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) connect: Duration,
    pub(super) answer: Duration,
    pub(super) silence: Duration,
}

impl Times {
    pub(super) const DEFAULT: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(600),
        silence: Duration::from_secs(120),
    };
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models").field("known", &self.known).finish_non_exhaustive()
    }
}

impl Models {
    /// Says which providers there are, and how they are reached.
    pub fn builder() -> ModelsBuilder {
        ModelsBuilder::new()
    }

    /// All known providers, with the keys that the environment of the process has.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn from_env() -> RunResult<Self> {
        Self::builder().keys_from_env().build()
    }

    /// All known providers and those of the settings, with their keys and times.
    ///
    /// # Errors
    /// Everything that is wrong with what they say of providers, at once.
    pub fn from_settings(settings: &Settings) -> RunResult<Self> {
        Self::builder().settings(settings).build()
    }

    pub(super) fn new(known: BTreeMap<String, Known>, times: Times) -> RunResult<Self> {
        // One pool of connections for all. Limits of whole answers are the calls' own.
        let http = reqwest::Client::builder().connect_timeout(times.connect).build();
        let http = http.map_err(|e| Error::setup(format!("the HTTP client cannot be made: {e}")))?;
        let http = genai::Client::builder().with_reqwest(http).build();
        let http = http.map_err(|e| Error::setup(format!("the HTTP client cannot be made: {e}")))?;
        Ok(Self { known: Arc::new(known), http, times })
    }

    /// The provider of a model, and the model's own name.
    fn find<'m>(&self, model: &'m str) -> Result<(&Known, &'m str), String> {
        let (provider, name) = model
            .split_once(':')
            .filter(|(provider, name)| !provider.is_empty() && !name.is_empty() && !name.starts_with(':'))
            .ok_or_else(|| format!("`{model}` names no model: write `provider:model`"))?;
        let known =
            self.known.get(provider).ok_or_else(|| self.unknown(provider, &format!(" in `{model}`")))?;
        Ok((known, name))
    }

    fn unknown(&self, provider: &str, within: &str) -> String {
        let names: Vec<_> = self.known.keys().map(|name| format!("`{name}`")).collect();
        format!("unknown provider `{provider}`{within}; known are {}", names.join(", "))
    }

    /// The same, ready to be asked.
    fn ready<'m>(&self, model: &'m str) -> Result<(&Known, &'m str), String> {
        let (known, name) = self.find(model)?;
        match known.variable.as_ref().filter(|_| known.key.is_none()) {
            None => Ok((known, name)),
            Some(variable) => Err(format!(
                "no key for `{}`: set `{variable}`, or give it with `.key(\"{}\", ..)`",
                known.name, known.name
            )),
        }
    }
}

impl Known {
    fn target(&self, model: &str) -> ServiceTarget {
        let auth = match &self.key {
            Some(key) => AuthData::from_single(key.expose_secret()),
            // Servers of one's own ask for no key, but the adapter wants something to send.
            None => AuthData::from_single("none"),
        };
        ServiceTarget {
            endpoint: Endpoint::from_owned(self.url.as_str()),
            auth,
            model: genai::ModelIden::new(self.wire.adapter(&self.name), model),
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
        let served_model = reply.served_model.map(|served| format!("{}:{served}", known.name));
        Ok(ModelReply { served_model, ..reply })
    }

    fn check(&self, model: &str, schema: &Json) -> Result<(), String> {
        let (known, _) = self.ready(model)?;
        let refused = convert::refused(schema, &known.can);
        if refused.is_empty() {
            return Ok(());
        }
        let why = refused.join("; ");
        match known.can.otherwise {
            Structured::Strict => Err(format!("no strict schema of its answer: {why}")),
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

    fn knows(&self, provider: &str) -> Result<(), String> {
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
