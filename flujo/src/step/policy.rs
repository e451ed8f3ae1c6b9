use super::plugin::Plugins;
use super::{Backoff, ValidationResult};
use crate::cache::CachePolicy;
use crate::graph::Asking;
use crate::model::CallOptions;
use crate::usage::UsageLimits;
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The defaults of a step, from `#[step(..)]`.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::step::{ModelName, ModelPolicy, Policy, Step};
///
/// #[step(model = "openai:gpt-4o-mini", retries = 2, temperature = 0.2, max_tokens = 50)]
/// fn label(post: String) -> Prompt<String> {
///     Prompt::ask(post)
/// }
///
/// const OF_LABEL: Policy = <label as Step>::POLICY;
/// assert_eq!((OF_LABEL.retries, OF_LABEL.timeout), (2, Policy::PLAIN.timeout));
/// let model: ModelPolicy = OF_LABEL.model.expect("it is a model step");
/// assert_eq!(model.name, ModelName::Model("openai:gpt-4o-mini"));
/// assert_eq!(model.tool_rounds.unwrap_or(ModelPolicy::TOOL_ROUNDS), 8);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Extra attempts after the first.
    pub retries: u32,
    /// The timeout of one attempt.
    pub timeout: Option<Duration>,
    /// The backoff between attempts.
    pub backoff: Option<Backoff>,
    /// The limits of the step, all attempts and its fallback together.
    pub limits: Option<UsageLimits>,
    /// The cache policy; `None` if the output is not cached.
    pub cached: Option<CachePolicy>,
    /// The model and its sampling; `None` for code steps.
    pub model: Option<ModelPolicy>,
}

impl Policy {
    /// A code step without options.
    pub const PLAIN: Self =
        Self { retries: 0, timeout: None, backoff: None, limits: None, cached: None, model: None };

    /// Whether the call is one attempt without a timeout.
    pub(crate) const fn is_plain(&self) -> bool {
        self.retries == 0
            && self.cached.is_none()
            && self.timeout.is_none()
            && self.limits.is_none()
            && self.model.is_none()
    }
}

/// The model of a step, and its sampling.
#[derive(Clone, Copy, Debug)]
pub struct ModelPolicy {
    /// The name of the model, or the role that names it.
    pub name: ModelName,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Upper bound of output tokens.
    pub max_tokens: Option<u32>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// The most rounds of tool calls in one attempt; 0 if the step has no tools.
    pub tool_rounds: Option<u32>,
    /// The options that not every provider takes, if there are any.
    pub options: Option<fn() -> CallOptions>,
}

impl ModelPolicy {
    /// The default of `tool_rounds`.
    pub const TOOL_ROUNDS: u32 = Asking::DEFAULT.tool_rounds;
}

/// The name of the model in a model step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelName {
    /// `provider:model`.
    Model(&'static str),
    /// Several: where a call of one fails, the next is asked.
    Several(&'static [&'static str]),
    /// The model of this role: see [`Builder::role`](crate::run::Builder::role).
    Role(&'static str),
}

/// The verdicts of the validators of one `.validate(..)` on a type-erased output.
pub(crate) type Check = Box<dyn Fn(&dyn Any) -> Vec<ValidationResult> + Send + Sync>;

/// The options of a call. They are behind a pointer, so that a call without any moves its input and one word; and
/// they have no type parameter, so that what reads them is compiled once.
pub(crate) struct Options {
    pub(crate) retries: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) cached: Option<CachePolicy>,
    pub(crate) strict: bool,
    pub(crate) plugins: Plugins,
    pub(crate) checks: Vec<Check>,
    pub(crate) limits: Option<UsageLimits>,
    /// One, or several of which the next is asked where a call fails.
    pub(crate) models: Vec<String>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) top_p: Option<f64>,
    pub(crate) tool_rounds: Option<u32>,
    /// The tool of a server that is called.
    pub(crate) tool: Option<Arc<str>>,
    /// Most calls have none.
    pub(crate) of_call: Option<Box<CallOptions>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retries: None,
            timeout: None,
            backoff: None,
            cached: None,
            strict: true,
            plugins: Plugins::default(),
            checks: Vec::new(),
            limits: None,
            models: Vec::new(),
            temperature: None,
            max_tokens: None,
            top_p: None,
            tool_rounds: None,
            tool: None,
            of_call: None,
        }
    }
}

impl Options {
    /// Appends the plugins and validators of `others`.
    pub(crate) fn and(mut self, others: Self) -> Self {
        for plugin in others.plugins.into_iter() {
            self.plugins.add(plugin);
        }
        self.checks.extend(others.checks);
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("retries", &self.retries)
            .field("timeout", &self.timeout)
            .field("validators", &self.checks.len())
            .finish_non_exhaustive()
    }
}
