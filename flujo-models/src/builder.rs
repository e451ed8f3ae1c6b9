use crate::address::Address;
use crate::client::Models;
use crate::config::{ProviderConfig, Timeouts};
use crate::setup;
use crate::{Capabilities, Provider, Wire};
use flujo::error::RunResult;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A builder of [`Models`].
///
/// ```
/// use flujo_models::{Compatible, Models};
/// use std::time::Duration;
///
/// let models = Models::builder()
///     .key("openai", "sk-..")
///     .provider("office", Compatible::at("http://10.0.0.7:8000/v1"))
///     .connect_timeout(Duration::from_secs(3))
///     .build()?;
/// assert!(!format!("{models:?}").contains("sk-"));
/// # Ok::<(), flujo::Error>(())
/// ```
pub struct ModelsBuilder {
    pub(crate) known: BTreeMap<String, ProviderConfig>,
    pub(crate) times: Timeouts,
    pub(crate) problems: Vec<String>,
}

impl fmt::Debug for ModelsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelsBuilder").field("known", &self.known).finish_non_exhaustive()
    }
}

/// A server that is compatible with one of the known providers: a gateway, or self-hosted models.
///
/// ```
/// use flujo_models::{Capabilities, Compatible, Models, Wire};
/// use std::time::Duration;
///
/// // A gateway that speaks Anthropic's protocol, and ends its streams without a mark.
/// let gateway = Compatible::at("https://llm.example.com/anthropic/")
///     .wire(Wire::Anthropic)
///     .key("a key")
///     .can(Capabilities::ANTHROPIC)
///     .without_end_mark();
/// let models = Models::builder()
///     .provider("office", gateway)
///     // A known provider at another address, which cannot stream.
///     .base_url("openai", "https://proxy.example.com/v1/")
///     .can("openai", Capabilities { stream: false, ..Capabilities::OPENAI })
///     .answer_timeout(Duration::from_secs(120))
///     .silence_timeout(Duration::from_secs(30))
///     .build()?;
/// # drop(models);
/// # Ok::<(), flujo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Compatible {
    url: String,
    wire: Wire,
    key: Option<SecretString>,
    can: Capabilities,
    unmarked_end: bool,
}

impl Compatible {
    /// Returns a server at `url` that speaks OpenAI's chat completions, without a key.
    pub fn at(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { url, wire: Wire::OpenAiChat, key: None, can: Capabilities::COMPATIBLE, unmarked_end: false }
    }

    /// Sets the protocol that the server speaks. Defaults to [`Wire::OpenAiChat`].
    #[must_use]
    pub fn wire(self, wire: Wire) -> Self {
        Self { wire, ..self }
    }

    /// Sets the API key.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(SecretString::from(key.into())), ..self }
    }

    /// Sets the capabilities. Defaults to [`Capabilities::COMPATIBLE`].
    #[must_use]
    pub fn can(self, can: Capabilities) -> Self {
        Self { can, ..self }
    }

    /// Accepts streams that end without the end marker of their protocol. A stream that is cut off between
    /// two chunks is then indistinguishable from a complete answer, and is not an error.
    #[must_use]
    pub fn without_end_mark(self) -> Self {
        Self { unmarked_end: true, ..self }
    }
}

impl Models {
    /// Returns a builder, to choose the providers and how they are reached.
    pub fn builder() -> ModelsBuilder {
        ModelsBuilder::new()
    }

    /// Returns a client of all known providers, with the keys in the environment of the process.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](flujo::ErrorKind::Setup): the HTTP client cannot be created.
    pub fn from_env() -> RunResult<Self> {
        Self::builder().keys_from_env().build()
    }
}

impl ModelsBuilder {
    fn new() -> Self {
        let known = |provider: &Provider| ProviderConfig {
            name: provider.name.to_owned(),
            wire: provider.wire,
            url: Address::new(provider.url),
            variable: provider.key.map(Into::into),
            key: None,
            can: provider.can,
            unmarked_end: false,
        };
        let known = Provider::ALL.iter().map(|provider| (provider.name.to_owned(), known(provider)));
        Self { known: known.collect(), times: Timeouts::DEFAULT, problems: Vec::new() }
    }

    pub(crate) fn change(mut self, provider: &str, change: impl FnOnce(&mut ProviderConfig)) -> Self {
        match self.known.get_mut(provider) {
            Some(known) => change(known),
            None => self.problems.push(format!("unknown provider `{provider}`: add it with `.provider(..)`")),
        }
        self
    }

    /// Sets the API key of a provider. It takes precedence over the environment.
    #[must_use]
    pub fn key(self, provider: &str, key: impl Into<String>) -> Self {
        let key = SecretString::from(key.into());
        self.change(provider, |known| known.key = Some(key))
    }

    /// Reads the keys that are not set from the environment of the process: `OPENAI_API_KEY` and the like. An
    /// empty variable counts as unset.
    #[must_use]
    pub fn keys_from_env(self) -> Self {
        self.keys_from(|name| std::env::var(name).ok())
    }

    /// Reads the keys that are not set from `look_up`, by the name of the environment variable.
    #[must_use]
    pub fn keys_from(mut self, look_up: impl Fn(&str) -> Option<String>) -> Self {
        for known in self.known.values_mut().filter(|known| known.key.is_none()) {
            let found = known.variable.as_deref().and_then(&look_up).filter(|key| !key.trim().is_empty());
            known.key = found.map(|key| SecretString::from(key.trim().to_owned()));
        }
        self
    }

    /// Sets the base URL of a known provider.
    #[must_use]
    pub fn base_url(self, provider: &str, url: impl Into<String>) -> Self {
        let url = Address::new(&url.into());
        self.change(provider, |known| known.url = url)
    }

    /// Sets the capabilities of a provider, in place of those of the built-in table.
    #[must_use]
    pub fn can(self, provider: &str, can: Capabilities) -> Self {
        self.change(provider, |known| known.can = can)
    }

    /// Adds a provider that serves the models named `name:..`.
    #[must_use]
    pub fn provider(mut self, name: impl Into<String>, server: Compatible) -> Self {
        let name = name.into();
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(letters) {
            self.problems.push(format!("`{name}` is no name of a provider: use a-z, 0-9, `-` and `_`"));
        }
        let Compatible { url, wire, key, can, unmarked_end } = server;
        let url = Address::new(&url);
        let known = ProviderConfig { name: name.clone(), wire, url, variable: None, key, can, unmarked_end };
        self.known.insert(name, known);
        self
    }

    /// Sets the timeout of connecting. Defaults to 10 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.times.connect = limit;
        self
    }

    /// Sets the timeout of a call without streaming, unless the step's `timeout` is shorter. Defaults to 10
    /// minutes. Streams have no such limit: see [`silence_timeout`](Self::silence_timeout).
    #[must_use]
    pub fn answer_timeout(mut self, limit: Duration) -> Self {
        self.times.answer = limit;
        self
    }

    /// Sets the idle timeout of a stream, before its first chunk and between two chunks. Defaults to 2
    /// minutes.
    #[must_use]
    pub fn silence_timeout(mut self, limit: Duration) -> Self {
        self.times.silence = limit;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](flujo::ErrorKind::Setup): all invalid options, in one error.
    pub fn build(mut self) -> RunResult<Models> {
        for known in self.known.values().filter(|known| !known.url.is_valid()) {
            let write =
                if known.url.is_ascii() { "`https://..`" } else { "its host in ASCII, `https://xn--..`" };
            self.problems.push(format!(
                "`{}` is no address of the provider `{}`: write {write}",
                known.url, known.name
            ));
        }
        if !self.problems.is_empty() {
            return Err(setup(self.problems.join("; ")));
        }
        Models::new(self.known, self.times)
    }
}
