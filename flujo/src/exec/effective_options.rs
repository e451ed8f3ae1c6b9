use super::any_step::StepDef;
use super::env::RunEnv;
use super::model_call::ModelCall;
use crate::cache::CachePolicy;
use crate::step::plugin::Plugins;
use crate::step::{Backoff, ModelName, ModelPolicy, Options, ValidationResult};
use crate::usage::UsageLimits;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// How a step is to be run: its defaults with the options of the call on top.
pub(super) struct EffectiveOptions {
    pub(super) retries: u32,
    pub(super) timeout: Option<Duration>,
    /// Whether its output may come from the cache.
    pub(super) cached: Option<CachePolicy>,
    /// Whether the call names a step to redirect to.
    pub(super) redirects: bool,
    backoff: Backoff,
    options: Option<Box<Options>>,
}

impl EffectiveOptions {
    pub(super) fn new(def: &StepDef, options: Option<Box<Options>>) -> Self {
        let (given, policy) = (options.as_deref(), &def.policy);
        Self {
            retries: given.and_then(|o| o.retries).unwrap_or(policy.retries),
            timeout: given.and_then(|o| o.timeout).or(policy.timeout),
            cached: given.and_then(|o| o.cached).or(policy.cached),
            redirects: false,
            backoff: given.and_then(|o| o.backoff).or(policy.backoff).unwrap_or(Backoff::DEFAULT),
            options,
        }
    }

    /// The limits of a call with these options.
    pub(super) fn limits(def: &StepDef, options: Option<&Options>) -> Option<UsageLimits> {
        options.and_then(|options| options.limits).or(def.policy.limits)
    }

    /// The options of the call, for the step that it is redirected to.
    pub(super) fn into_options(self) -> Option<Box<Options>> {
        self.options
    }

    /// Whether an attempt is more than a call of the step.
    pub(super) fn is_watched(&self) -> bool {
        self.timeout.is_some() || self.cached.is_some() || self.plugins().is_some()
    }

    /// The plugins, if there are any.
    pub(super) fn plugins(&self) -> Option<&Plugins> {
        self.options.as_ref().map(|options| &options.plugins).filter(|plugins| !plugins.is_empty())
    }

    /// The call of the model that answers the step; `other` is the one that the run names for the node.
    pub(super) fn model(&self, model: ModelPolicy, other: Option<&str>, env: &RunEnv) -> ModelCall {
        let given = self.options.as_deref();
        let one = |name: &str| (vec![name.to_owned()], None);
        let listed = given.map(|o| o.models.clone()).filter(|list| !list.is_empty());
        let (mut names, unset_role) = match (other, listed, model.name) {
            (Some(other), ..) => one(other),
            (None, Some(list), _) => (list, None),
            (None, None, ModelName::Model(name)) => one(name),
            (None, None, ModelName::Several(names)) => {
                (names.iter().map(|name| (*name).to_owned()).collect(), None)
            }
            (None, None, ModelName::Role(role)) => {
                match env.model_defaults.as_ref().and_then(|d| d.role(role)) {
                    Some(name) => one(name),
                    None => (vec![format!("role:{role}")], Some(role)),
                }
            }
        };
        // The next ones are taken from the end.
        names.reverse();
        let of_step = model.options.map(|options| options()).unwrap_or_default();
        let of_call = given.and_then(|o| o.of_call.as_deref().cloned());
        ModelCall {
            client: env.models.clone(),
            prices: env.prices.clone(),
            estimate: env.estimate,
            model: names.pop().unwrap_or_default(),
            otherwise: names,
            contents: env.model_defaults.as_ref().and_then(|defaults| defaults.contents.clone()),
            messages: env.model_defaults.as_ref().and_then(|defaults| defaults.messages.clone()),
            unset_role,
            temperature: given.and_then(|o| o.temperature).or(model.temperature),
            max_tokens: given.and_then(|o| o.max_tokens).or(model.max_tokens),
            top_p: given.and_then(|o| o.top_p).or(model.top_p),
            options: match of_call {
                Some(of_call) => of_call.over(of_step),
                None => of_step,
            },
        }
    }

    /// How each reply is asked for in a conversation with tools.
    pub(super) fn of_replies(&self) -> Box<Options> {
        let mut options = Options { timeout: self.timeout, ..Options::default() };
        if let Some(given) = self.options.as_deref() {
            options.models.clone_from(&given.models);
            (options.temperature, options.top_p) = (given.temperature, given.top_p);
            options.max_tokens = given.max_tokens;
            options.of_call.clone_from(&given.of_call);
        }
        Box::new(options)
    }

    /// How long to wait after attempt `n`: as long as the one that failed asked for, but not longer than an attempt
    /// may take.
    pub(super) fn wait(&self, n: u32, seed: u64, asked: Option<Duration>) -> Duration {
        let wait = self.backoff.after(n, seed);
        let asked = asked.unwrap_or_default();
        wait.max(self.timeout.map_or(asked, |limit| asked.min(limit)))
    }

    /// The reasons of all validators that reject an output.
    pub(super) fn validate(&self, output: &dyn Any) -> Vec<String> {
        let Some(options) = &self.options else { return Vec::new() };
        let results = options.checks.iter().flat_map(|check| check(output));
        results.filter_map(|result: ValidationResult| result.reason().map(str::to_owned)).collect()
    }

    /// The most rounds of tool calls in one attempt.
    pub(super) fn tool_rounds(&self, model: Option<ModelPolicy>) -> u32 {
        let given = self.options.as_deref().and_then(|options| options.tool_rounds);
        // A step without tools in its attribute may have some at a call.
        given.or(model.and_then(|model| model.tool_rounds)).unwrap_or(ModelPolicy::TOOL_ROUNDS)
    }

    /// The tool of a server that is called.
    pub(super) fn tool(&self) -> Option<Arc<str>> {
        self.options.as_ref().and_then(|options| options.tool.clone())
    }

    /// Whether there are validators.
    pub(super) fn validates(&self) -> bool {
        self.options.as_ref().is_some_and(|options| !options.checks.is_empty())
    }

    pub(super) fn strict(&self) -> bool {
        self.options.as_ref().is_none_or(|o| o.strict)
    }
}
