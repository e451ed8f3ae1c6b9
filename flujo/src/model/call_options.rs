//! Options of a call that not every provider takes.

use crate::codec::Json;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Options of a call that not every provider takes. Those that a provider does not take are refused when the engine is
/// built, or when a run of an unregistered pipeline starts: never ignored.
///
/// ```
/// use flujo::model::{CallOptions, ReasoningEffort};
///
/// let options = CallOptions::new().reasoning_effort(ReasoningEffort::Low).stop(["END"]).seed(7);
/// assert_eq!((options.seed, options.is_empty()), (Some(7), false));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CallOptions {
    /// How much the model reasons before it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<ReasoningEffort>,
    /// Whether the text of the model's reasoning is requested, where providers keep it to themselves by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_text: Option<bool>,
    /// The texts that end the answer, which are not part of it. Empty means none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The seed of the sampling: the same request is answered alike, as far as the provider can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Whether the model has to call a tool first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// Whether one reply may call several tools. The default is the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_calls: Option<bool>,
    /// The service tier, in the provider's word: `flex`, `priority`. Its price is that of the model `provider:model@tier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// How long the provider keeps tools and system messages in its prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache: Option<CacheTime>,
    /// Further fields of the request, in the provider's words, in the order in which they were set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, Json)>,
}

/// How much a model reasons before it answers.
///
/// ```
/// use flujo::model::ReasoningEffort;
/// assert_eq!(ReasoningEffort::ALL.map(ReasoningEffort::word), ["none", "minimal", "low", "medium", "high"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningEffort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// A little.
    Low,
    /// The usual amount.
    Medium,
    /// A lot.
    High,
}

impl ReasoningEffort {
    /// All of them, the smallest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High];

    /// Returns the word in options and requests.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for ReasoningEffort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether a model has to call a tool. It holds for the first reply of a conversation; after results of tools, the model
/// chooses by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model chooses.
    Auto,
    /// The model calls at least one of the tools.
    Required,
    /// The model calls none.
    None,
    /// The model calls the tool of this name.
    Tool(String),
}

impl ToolChoice {
    /// Returns the choice of the tool of this name.
    pub fn tool(name: impl Into<String>) -> Self {
        Self::Tool(name.into())
    }
}

/// How long a provider keeps a prompt in its cache, counted from its last use.
///
/// ```
/// use flujo::model::{CacheTime, CallOptions, ToolChoice};
///
/// let options = CallOptions::new()
///     .prompt_cache(CacheTime::OneHour)
///     .tool_choice(ToolChoice::Required)
///     .parallel_calls(false)
///     .reasoning_text(true)
///     .service_tier("flex");
/// assert_eq!(options.prompt_cache, Some(CacheTime::OneHour));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheTime {
    /// Five minutes.
    FiveMinutes,
    /// An hour, at a higher price.
    OneHour,
}

impl CallOptions {
    /// Returns options of which none is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// True if none is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sets how much the model reasons before it answers.
    #[must_use]
    pub fn reasoning_effort(self, effort: ReasoningEffort) -> Self {
        Self { reasoning_effort: Some(effort), ..self }
    }

    /// Sets whether the text of the model's reasoning is requested.
    #[must_use]
    pub fn reasoning_text(self, requested: bool) -> Self {
        Self { reasoning_text: Some(requested), ..self }
    }

    /// Sets the texts that end the answer.
    #[must_use]
    pub fn stop<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Self {
        Self { stop: texts.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets the seed of the sampling.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Sets whether the model has to call a tool first.
    #[must_use]
    pub fn tool_choice(self, choice: ToolChoice) -> Self {
        Self { tool_choice: Some(choice), ..self }
    }

    /// Sets whether one reply may call several tools.
    #[must_use]
    pub fn parallel_calls(self, allowed: bool) -> Self {
        Self { parallel_calls: Some(allowed), ..self }
    }

    /// Sets the service tier, in the provider's word.
    #[must_use]
    pub fn service_tier(self, tier: impl Into<String>) -> Self {
        Self { service_tier: Some(tier.into()), ..self }
    }

    /// Sets how long the provider keeps tools and system messages in its prompt cache.
    #[must_use]
    pub fn prompt_cache(self, time: CacheTime) -> Self {
        Self { prompt_cache: Some(time), ..self }
    }

    /// Sets a field of the request that flujo does not know, in the provider's words. A value of the same name is replaced.
    /// A value that has no JSON is sent as `null`.
    ///
    /// ```
    /// # use flujo::model::CallOptions;
    /// let options = CallOptions::new().extra("top_k", 40).extra("top_k", 20);
    /// assert_eq!(options.extra[0].1.as_str(), "20");
    /// ```
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let (name, value) = (name.into(), Json::encode(&value).unwrap_or_else(|_| Json::null()));
        match self.extra.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.extra.push((name, value)),
        }
        self
    }

    /// Returns these options where they are set, and those of `under` elsewhere.
    #[must_use]
    pub fn over(self, under: Self) -> Self {
        let mut extra = under.extra;
        for (name, value) in self.extra {
            extra.retain(|(known, _)| *known != name);
            extra.push((name, value));
        }
        Self {
            reasoning_effort: self.reasoning_effort.or(under.reasoning_effort),
            reasoning_text: self.reasoning_text.or(under.reasoning_text),
            stop: if self.stop.is_empty() { under.stop } else { self.stop },
            seed: self.seed.or(under.seed),
            tool_choice: self.tool_choice.or(under.tool_choice),
            parallel_calls: self.parallel_calls.or(under.parallel_calls),
            service_tier: self.service_tier.or(under.service_tier),
            prompt_cache: self.prompt_cache.or(under.prompt_cache),
            extra,
        }
    }

    /// Returns the name in price lists of a model that is called with these options. `default` and `standard_only` are the
    /// words of providers for the price of the model itself.
    pub(crate) fn priced_as(&self, model: &str) -> String {
        match self.service_tier.as_deref() {
            None | Some("default" | "standard_only") => model.to_owned(),
            Some(tier) => format!("{model}@{tier}"),
        }
    }

    /// The number of bytes that the options add to a request.
    pub(super) fn bytes(&self) -> usize {
        let extra: usize = self.extra.iter().map(|(name, value)| name.len() + value.as_str().len()).sum();
        extra + self.stop.iter().map(String::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_call_take_precedence_over_those_of_the_step() {
        let step = CallOptions::new()
            .seed(1)
            .stop(["a"])
            .extra("x", 1)
            .extra("y", "z")
            .prompt_cache(CacheTime::OneHour);
        let call = CallOptions::new().seed(2).extra("x", 3).tool_choice(ToolChoice::tool("search"));
        let both = call.over(step.clone());
        assert_eq!((both.seed, both.stop.as_slice()), (Some(2), &["a".to_owned()][..]));
        let extra: Vec<_> = both.extra.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(extra, [("y", "\"z\""), ("x", "3")]);
        assert_eq!(CallOptions::new().over(step.clone()), step);
        assert!(CallOptions::new().over(CallOptions::new()).is_empty());
    }

    #[test]
    fn options_that_are_not_set_leave_no_trace_in_records() {
        assert_eq!(Json::encode(&CallOptions::new()).unwrap().as_str(), "{}");
        let options =
            CallOptions::new().reasoning_effort(ReasoningEffort::Minimal).stop(["\n"]).extra("k", 1.5);
        let json = Json::encode(&options).unwrap();
        assert_eq!(json.as_str(), r#"{"extra":[["k","1.5"]],"reasoning_effort":"minimal","stop":["\n"]}"#);
        assert_eq!(json.decode::<CallOptions>().unwrap(), options);
    }
}
