use crate::client::Models;
use crate::config::{ProviderConfig, Timeouts};
use crate::setup;
use crate::{Capabilities, Provider, Wire};
use flujo::error::RunResult;
use flujo::settings::{ProviderSettings, Settings};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Puts a [`Models`] together.
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
    known: BTreeMap<String, ProviderConfig>,
    times: Timeouts,
    problems: Vec<String>,
}

impl fmt::Debug for ModelsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelsBuilder").field("known", &self.known).finish_non_exhaustive()
    }
}

/// A server that speaks the language of one of the known providers: a gateway, or models of one's own.
#[derive(Clone, Debug)]
pub struct Compatible {
    url: String,
    wire: Wire,
    key: Option<SecretString>,
    can: Capabilities,
    unmarked_end: bool,
}

impl Compatible {
    /// A server at `url` that speaks OpenAI's chat completions, without a key.
    pub fn at(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { url, wire: Wire::OpenAiChat, key: None, can: Capabilities::COMPATIBLE, unmarked_end: false }
    }

    /// What it speaks.
    #[must_use]
    pub fn wire(self, wire: Wire) -> Self {
        Self { wire, ..self }
    }

    /// Its key.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(SecretString::from(key.into())), ..self }
    }

    /// What it can do; [`Capabilities::COMPATIBLE`] if nothing is said.
    #[must_use]
    pub fn can(self, can: Capabilities) -> Self {
        Self { can, ..self }
    }

    /// Its streams end without the mark that the others end with: then nobody can tell a whole answer from one
    /// that broke off at the end of a piece, and neither is an error.
    #[must_use]
    pub fn without_end_mark(self) -> Self {
        Self { unmarked_end: true, ..self }
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
}

impl ModelsBuilder {
    fn new() -> Self {
        let known = |provider: &Provider| ProviderConfig {
            name: provider.name.to_owned(),
            wire: provider.wire,
            url: provider.url.to_owned(),
            variable: provider.key.map(Into::into),
            key: None,
            can: provider.can,
            unmarked_end: false,
        };
        let known = Provider::ALL.iter().map(|provider| (provider.name.to_owned(), known(provider)));
        Self { known: known.collect(), times: Timeouts::DEFAULT, problems: Vec::new() }
    }

    fn change(mut self, provider: &str, change: impl FnOnce(&mut ProviderConfig)) -> Self {
        match self.known.get_mut(provider) {
            Some(known) => change(known),
            None => self.problems.push(format!("unknown provider `{provider}`: add it with `.provider(..)`")),
        }
        self
    }

    /// The key of a provider. It goes before what the environment says.
    #[must_use]
    pub fn key(self, provider: &str, key: impl Into<String>) -> Self {
        let key = SecretString::from(key.into());
        self.change(provider, |known| known.key = Some(key))
    }

    /// Takes the keys that are still missing from the environment of the process: `OPENAI_API_KEY` and its like. An
    /// empty one is none.
    #[must_use]
    pub fn keys_from_env(self) -> Self {
        self.keys_from(|name| std::env::var(name).ok())
    }

    /// The same from anywhere else, by the name of the variable.
    #[must_use]
    pub fn keys_from(mut self, look_up: impl Fn(&str) -> Option<String>) -> Self {
        for known in self.known.values_mut().filter(|known| known.key.is_none()) {
            let found = known.variable.as_deref().and_then(&look_up).filter(|key| !key.trim().is_empty());
            known.key = found.map(|key| SecretString::from(key.trim().to_owned()));
        }
        self
    }

    /// Takes providers, the keys that are still missing, and times from settings.
    #[must_use]
    pub fn settings(mut self, settings: &Settings) -> Self {
        let times = &mut self.times;
        times.connect = settings.connect_timeout().unwrap_or(times.connect);
        times.answer = settings.answer_timeout().unwrap_or(times.answer);
        times.silence = settings.silence_timeout().unwrap_or(times.silence);
        for provider in settings.providers() {
            self = self.described(&provider, settings);
        }
        self.keys_from(|variable| settings.secret(variable).map(|secret| secret.expose().clone()))
    }

    fn described(mut self, provider: &ProviderSettings, settings: &Settings) -> Self {
        let name = &provider.name;
        if !self.known.contains_key(name) {
            let Some(url) = &provider.url else {
                self.problems.push(format!("the provider `{name}` of the settings has no `url`"));
                return self;
            };
            self = self.provider(name.clone(), Compatible::at(url));
        }
        if let Some(url) = &provider.url {
            self = self.base_url(name, url);
        }
        if let Some(wire) = provider.wire.as_deref().and_then(Wire::of_word) {
            self = self.change(name, |known| known.wire = wire);
        }
        let Some(variable) = &provider.key_variable else { return self };
        match settings.secret(variable) {
            Some(key) => self.key(name, key.expose().as_str()),
            None => self.change(name, |known| known.variable = Some(variable.clone().into())),
        }
    }

    /// Asks a known provider somewhere else.
    #[must_use]
    pub fn base_url(self, provider: &str, url: impl Into<String>) -> Self {
        let url = url.into();
        self.change(provider, |known| known.url = url)
    }

    /// What a provider can do, where that is not what the table says.
    #[must_use]
    pub fn can(self, provider: &str, can: Capabilities) -> Self {
        self.change(provider, |known| known.can = can)
    }

    /// Adds a provider: models named `name:..` are asked there.
    #[must_use]
    pub fn provider(mut self, name: impl Into<String>, server: Compatible) -> Self {
        let name = name.into();
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(letters) {
            self.problems.push(format!("`{name}` is no name of a provider: use a-z, 0-9, `-` and `_`"));
        }
        let Compatible { url, wire, key, can, unmarked_end } = server;
        let known = ProviderConfig { name: name.clone(), wire, url, variable: None, key, can, unmarked_end };
        self.known.insert(name, known);
        self
    }

    /// How long it may take to be connected; 10 seconds if nothing is said.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.times.connect = limit;
        self
    }

    /// How long a call may take in all, unless the step's `timeout` is shorter; 10 minutes if nothing is said.
    /// Streams have no such limit: see [`silence_timeout`](Self::silence_timeout).
    #[must_use]
    pub fn answer_timeout(mut self, limit: Duration) -> Self {
        self.times.answer = limit;
        self
    }

    /// How long a stream may say nothing, before its first piece and between two of them; 2 minutes if nothing is
    /// said.
    #[must_use]
    pub fn silence_timeout(mut self, limit: Duration) -> Self {
        self.times.silence = limit;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// Everything that is wrong with what was said, at once.
    pub fn build(mut self) -> RunResult<Models> {
        for known in self.known.values_mut() {
            match reqwest::Url::parse(&known.url) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => {
                    if !known.url.ends_with('/') {
                        known.url.push('/');
                    }
                }
                _ => self.problems.push(format!(
                    "`{}` is no address of the provider `{}`: write `https://..`",
                    known.url, known.name
                )),
            }
        }
        if !self.problems.is_empty() {
            return Err(setup(self.problems.join("; ")));
        }
        Models::new(self.known, self.times)
    }
}
