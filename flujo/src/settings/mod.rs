//! Settings, behind the feature `settings`: the environment, `.env`, `flujo.toml`, and what code says.
//!
//! ```no_run
//! use flujo::prelude::*;
//! use flujo::settings::Settings;
//!
//! # fn main() -> Result<(), flujo::Error> {
//! let settings = Settings::load()?;
//! // Every setting, with where it comes from; keys are shown as `[REDACTED]`.
//! eprintln!("{settings}");
//! let flujo = Flujo::builder().settings(&settings).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! Precedence, highest first: code, the process environment, `.env`, `flujo.toml`, defaults.
//! There is no global state: settings are a value, read once and handed on, and nothing ever changes the environment of
//! the process.
//!
//! | in `flujo.toml` | variable | default |
//! |---|---|---|
//! | `[roles]` `review = "provider:model"` | `DEFAULT_REVIEW_MODEL`, and so for every role | the role has no model |
//! | `[agent]` `timeout` | `AGENT_TIMEOUT` | model steps without a `timeout` of their own have none |
//! | `[models]` `connect_timeout` | `FLUJO_CONNECT_TIMEOUT` | `10s` |
//! | `[models]` `answer_timeout` | `FLUJO_ANSWER_TIMEOUT` | `10min` |
//! | `[models]` `silence_timeout` | `FLUJO_SILENCE_TIMEOUT` | `2min` |
//! | `[limits]` `cost`, in dollars | `FLUJO_COST_LIMIT` | no limit |
//! | `[limits]` `total_tokens` | `FLUJO_TOKEN_LIMIT` | no limit |
//! | `[limits]` `model_calls` | `FLUJO_CALL_LIMIT` | no limit |
//! | `[limits]` `active_time` | `FLUJO_TIME_LIMIT` | no limit |
//! | `[prices]` `file` | `FLUJO_PRICES_FILE` | the prices that come along |
//! | `[telemetry]` `endpoint` | `OTEL_EXPORTER_OTLP_ENDPOINT` | `http://localhost:4318` |
//! | `[telemetry]` `service_name` | `OTEL_SERVICE_NAME` | `flujo` |
//! | `[telemetry]` `capture_content` | `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` | `false` |
//! | `[providers.office]` `url`, `wire`, `key_variable` | none | none |
//! | `[providers.openai]` `calls_per_minute` | `FLUJO_OPENAI_CALLS_PER_MINUTE` | no limit |
//! | `[providers.openai]` `tokens_per_minute` | `FLUJO_OPENAI_TOKENS_PER_MINUTE` | no limit |
//! | `[providers.openai]` `concurrent` | `FLUJO_OPENAI_CONCURRENT` | no limit |
//! | never | `OPENAI_API_KEY` and every other `.._API_KEY` | no key |
//!
//! The rate limits exist for every provider; a variable has `_` where its name has `-`:
//! `FLUJO_OPENAI_RESPONSES_CONCURRENT`. They are kept by the feature `rate-limits`: `RateLimited::settings`.
//!
//! Durations are written as in `#[step(timeout = "20s")]`: `500ms`, `20s`, `2min`, `1h`, `1d`.

#[cfg(test)]
mod book;
mod file;
mod keys;
mod sources;
mod suggest;
#[cfg(test)]
mod tests;
mod value;

pub use sources::Sources;

use crate::error::RunResult;
use crate::events::Redact;
use crate::model::ModelDefaults;
use crate::secret::Secret;
use crate::usage::{Cost, UsageLimits};
use keys::{PROVIDERS, ROLES};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The source of a setting, lowest precedence first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// The default: no source sets the value.
    Default,
    /// A settings file.
    File {
        /// The path of the file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A file of variables.
    DotEnv {
        /// The path of the file.
        path: PathBuf,
        /// The variable.
        variable: String,
    },
    /// The environment of the process.
    Environment {
        /// The variable.
        variable: String,
    },
    /// `.set(..)`.
    Code,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::DotEnv { path, variable } => write!(f, "`{variable}` in {}", path.display()),
            Self::Environment { variable } => write!(f, "`{variable}` in the environment"),
            Self::Code => f.write_str("code"),
        }
    }
}

/// One setting: its key, its value as text, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key as in `flujo.toml`: `models.connect_timeout`. A secret has the name of its variable.
    pub key: String,
    /// The value; `[REDACTED]` for secrets, nothing where it is off.
    pub value: Option<String>,
    /// The source of the value.
    pub origin: Origin,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("none");
        write!(f, "{} = {value} ({})", self.key, self.origin)
    }
}

/// All settings, loaded from their sources: see the [module](self).
///
/// ```
/// use flujo::settings::Settings;
/// use std::time::Duration;
///
/// let settings = Settings::sources()
///     .environment([
///         ("OPENAI_API_KEY", "sk-planted"),
///         ("FLUJO_OPENAI_CONCURRENT", "4"),
///         ("OTEL_SERVICE_NAME", "shop"),
///     ])
///     .set("models.connect_timeout", "3s")
///     .load()?;
/// assert_eq!(settings.connect_timeout(), Some(Duration::from_secs(3)));
/// assert_eq!(settings.answer_timeout(), Some(Duration::from_secs(600)));
/// assert_eq!(settings.silence_timeout(), Some(Duration::from_secs(120)));
/// assert_eq!((settings.prices_file(), settings.capture_content()), (None, false));
/// assert_eq!(settings.service_name(), Some("shop"));
/// assert_eq!(settings.telemetry_endpoint().unwrap_or("http://localhost:4318"), "http://localhost:4318");
/// assert_eq!((settings.secret("OPENAI_API_KEY").is_some(), settings.secrets().count()), (true, 1));
/// assert_eq!(settings.providers()[0].concurrent, Some(4));
/// # Ok::<(), flujo::Error>(())
/// ```
pub struct Settings {
    all: BTreeMap<String, Setting>,
    secrets: BTreeMap<String, Secret>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.values().map(ToString::to_string)).finish()
    }
}

/// Every setting on a line of its own.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all.values().try_for_each(|setting| writeln!(f, "{setting}"))
    }
}

/// A provider as the settings describe it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderSettings {
    /// The provider, the part of model names before the colon.
    pub name: String,
    /// The base URL, if it is set.
    pub url: Option<String>,
    /// The wire protocol: `openai-chat`, `openai-responses`, `anthropic`, `gemini` or `ollama`.
    pub wire: Option<String>,
    /// The variable that its key is in.
    pub key_variable: Option<String>,
    /// The most calls in every minute.
    pub calls_per_minute: Option<u32>,
    /// The most tokens in every minute, sent and received.
    pub tokens_per_minute: Option<u32>,
    /// The most calls at the same time.
    pub concurrent: Option<u32>,
}

impl Settings {
    /// Loads the environment of the process, and `.env` and `flujo.toml` in the current folder, if they exist.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup), with everything that is wrong, at once: a file that
    /// cannot be read, a value of another form, an unknown key. No message shows a value.
    pub fn load() -> RunResult<Self> {
        Sources::process().load()
    }

    /// Begins with an empty set of sources, for tests above all.
    pub fn sources() -> Sources {
        Sources::none()
    }

    /// Returns every setting by its key, defaults and secrets included.
    pub fn all(&self) -> impl Iterator<Item = &Setting> {
        self.all.values()
    }

    /// One setting, with where it comes from.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.all.get(key)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.all.get(key)?.value.as_deref()
    }
    fn duration(&self, key: &str) -> Option<Duration> {
        self.text(key).and_then(crate::graph::duration)
    }
    fn count(&self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }

    /// The model of a role.
    pub fn role(&self, role: &str) -> Option<&str> {
        self.text(&format!("{ROLES}.{role}"))
    }

    /// Returns the timeout of an attempt of a model step without its own.
    pub fn agent_timeout(&self) -> Option<Duration> {
        self.duration("agent.timeout")
    }

    /// Returns the timeout of connecting to a provider.
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.duration("models.connect_timeout")
    }

    /// Returns the timeout of an answer that is not streamed.
    pub fn answer_timeout(&self) -> Option<Duration> {
        self.duration("models.answer_timeout")
    }

    /// Returns the longest silence within a streamed answer.
    pub fn silence_timeout(&self) -> Option<Duration> {
        self.duration("models.silence_timeout")
    }

    /// Returns the limits of each run.
    pub fn limits(&self) -> UsageLimits {
        UsageLimits {
            cost: self.text("limits.cost").and_then(|text| Cost::usd(text).ok()),
            total_tokens: self.count("limits.total_tokens"),
            model_calls: self.count("limits.model_calls"),
            active_time: self.duration("limits.active_time"),
        }
    }

    /// A file of prices that go before those that come along.
    pub fn prices_file(&self) -> Option<&Path> {
        self.text("prices.file").map(Path::new)
    }

    /// Returns the endpoint that spans are sent to.
    pub fn telemetry_endpoint(&self) -> Option<&str> {
        self.text("telemetry.endpoint")
    }

    /// Under which name.
    pub fn service_name(&self) -> Option<&str> {
        self.text("telemetry.service_name")
    }

    /// Returns true if prompts and answers are recorded in spans.
    pub fn capture_content(&self) -> bool {
        self.text("telemetry.capture_content").and_then(value::flag).unwrap_or(false)
    }

    /// A key, by the name of its variable.
    pub fn secret(&self, variable: &str) -> Option<&Secret> {
        self.secrets.get(variable)
    }

    /// All keys: what must appear nowhere.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.values()
    }

    /// The providers that `[providers.name]` describes.
    pub fn providers(&self) -> Vec<ProviderSettings> {
        let mut found: BTreeMap<&str, ProviderSettings> = BTreeMap::new();
        for (key, setting) in &self.all {
            let Some(rest) = key.strip_prefix(PROVIDERS).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            let (Some((name, word)), Some(value)) = (rest.rsplit_once('.'), &setting.value) else { continue };
            let provider = found.entry(name).or_default();
            name.clone_into(&mut provider.name);
            match word {
                "url" => provider.url = Some(value.clone()),
                "wire" => provider.wire = Some(value.clone()),
                "key_variable" => provider.key_variable = Some(value.clone()),
                "calls_per_minute" => provider.calls_per_minute = value.parse().ok(),
                "tokens_per_minute" => provider.tokens_per_minute = value.parse().ok(),
                "concurrent" => provider.concurrent = value.parse().ok(),
                _ => {}
            }
        }
        found.into_values().collect()
    }

    /// The defaults of model steps.
    pub(crate) fn model_defaults(&self) -> ModelDefaults {
        let mut defaults = ModelDefaults::default();
        defaults.timeout = self.agent_timeout();
        if self.capture_content() {
            let hide = |redact: Redact, secret: &Secret| redact.secret(secret.expose().as_str());
            defaults.contents = Some(Arc::new(self.secrets.values().fold(Redact::new(), hide)));
        }
        for (key, setting) in &self.all {
            let role = key.strip_prefix(ROLES).and_then(|rest| rest.strip_prefix('.'));
            if let (Some(role), Some(model)) = (role, &setting.value) {
                // Both were looked at when they were read.
                let _ = defaults.set_role(role.to_owned(), model.clone());
            }
        }
        defaults
    }
}
