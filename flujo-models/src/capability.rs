use flujo::model::{CallOptions, ModelRequest, ReasoningEffort};

/// The way a typed answer is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Structured {
    /// The provider enforces the schema while decoding. It accepts only schemas that name every property; for
    /// others [`Capabilities::otherwise`] applies.
    Strict,
    /// The provider accepts the schema unchanged.
    Native,
    /// The model has to call a tool whose arguments are the answer.
    Tool,
    /// The schema is part of the prompt. If the provider has a JSON mode, it is used.
    Prompted,
}

/// The way a provider keeps prompts in its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PromptCache {
    /// By itself, at no price: marks are not sent.
    Automatic,
    /// Up to the marks in the request, at most so many.
    Marked(usize),
}

/// The capabilities of a provider, in one table.
///
/// ```
/// use flujo_models::{Capabilities, PromptCache, Structured};
///
/// // A server of your own that has no JSON mode, in place of the usual one.
/// let mine = Capabilities { json_mode: false, structured: Structured::Prompted, ..Capabilities::COMPATIBLE };
/// assert_ne!(mine, Capabilities::OPENAI);
/// // The tables of the known protocols.
/// let streamed = [Capabilities::OPENAI_RESPONSES, Capabilities::ANTHROPIC, Capabilities::GEMINI, Capabilities::OLLAMA];
/// assert!(streamed.iter().all(|can| can.stream));
/// assert!(matches!(Capabilities::ANTHROPIC.prompt_cache, PromptCache::Marked(_)));
/// ```
#[allow(clippy::struct_excessive_bools, reason = "a table of what a provider can do is a list of yes and no")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The way typed answers are requested.
    pub structured: Structured,
    /// The way if a schema cannot be made strict. `Strict` means that there is none: a pipeline with such an
    /// answer is refused when the engine is built.
    pub otherwise: Structured,
    /// The way if the request has tools too.
    pub beside_tools: Structured,
    /// True if the provider has a JSON mode without a schema.
    pub json_mode: bool,
    /// The maximum number of tokens of an image; `None` if images are not supported.
    pub image: Option<u64>,
    /// The maximum number of tokens of a file; `None` if files are not supported.
    pub file: Option<u64>,
    /// True if the provider fetches images and files from URLs.
    pub urls: bool,
    /// True if answers can be streamed.
    pub stream: bool,
    /// The efforts of reasoning that can be chosen; empty if none can.
    pub efforts: &'static [ReasoningEffort],
    /// True if the text of the reasoning can be had.
    pub reasoning_text: bool,
    /// The maximum number of texts that end an answer; 0 if there can be none.
    pub stop: usize,
    /// True if the sampling can be seeded.
    pub seed: bool,
    /// True if a call of a tool can be required or ruled out.
    pub tool_choice: bool,
    /// True if several calls in one reply can be ruled out.
    pub parallel_calls: bool,
    /// The service tiers; empty if there are none.
    pub service_tiers: &'static [&'static str],
    /// The way prompts are kept in the provider's cache.
    pub prompt_cache: PromptCache,
}

use ReasoningEffort::{High, Low, Medium, Minimal, None as NoEffort};

/// The context window of the largest models in tokens: the bound of a file of unknown size.
const WINDOW: u64 = 2_000_000;

impl Capabilities {
    /// The capabilities of OpenAI's own models. An image is up to 48,169 tokens, with the small models that
    /// multiply them.
    pub const OPENAI: Self = Self {
        structured: Structured::Strict,
        otherwise: Structured::Prompted,
        beside_tools: Structured::Strict,
        json_mode: true,
        image: Some(50_000),
        file: Some(WINDOW),
        urls: true,
        stream: true,
        efforts: &[NoEffort, Minimal, Low, Medium, High],
        reasoning_text: false,
        stop: 4,
        seed: true,
        tool_choice: true,
        parallel_calls: true,
        service_tiers: &["auto", "default", "flex", "priority"],
        prompt_cache: PromptCache::Automatic,
    };
    /// The capabilities of OpenAI's Responses API, which tells a summary of the reasoning, and knows neither stop texts nor
    /// seeds.
    pub const OPENAI_RESPONSES: Self = Self { reasoning_text: true, stop: 0, seed: false, ..Self::OPENAI };
    /// The capabilities of Ollama, where tools are offered and never required.
    pub const OLLAMA: Self = Self {
        efforts: &[NoEffort, Low, Medium, High],
        stop: 16,
        tool_choice: false,
        parallel_calls: false,
        ..Self::COMPATIBLE
    };
    /// The capabilities of Anthropic's models. An image is scaled down to less than 5,000 tokens.
    pub const ANTHROPIC: Self = Self {
        structured: Structured::Strict,
        otherwise: Structured::Tool,
        beside_tools: Structured::Strict,
        json_mode: false,
        image: Some(5_000),
        file: Some(WINDOW),
        urls: true,
        stream: true,
        efforts: &[NoEffort, Low, Medium, High],
        reasoning_text: true,
        // Of stop sequences no limit is documented.
        stop: 64,
        seed: false,
        tool_choice: true,
        parallel_calls: true,
        service_tiers: &["auto", "standard_only"],
        prompt_cache: PromptCache::Marked(4),
    };
    /// The capabilities of Gemini, which accepts whole schemas, but not together with tools. An image is cut
    /// into tiles of 258 tokens each.
    pub const GEMINI: Self = Self {
        structured: Structured::Native,
        otherwise: Structured::Native,
        beside_tools: Structured::Prompted,
        json_mode: false,
        image: Some(50_000),
        file: Some(WINDOW),
        urls: false,
        stream: true,
        efforts: &[NoEffort, Minimal, Low, Medium, High],
        reasoning_text: true,
        stop: 5,
        seed: true,
        tool_choice: true,
        parallel_calls: false,
        service_tiers: &[],
        prompt_cache: PromptCache::Automatic,
    };
    /// The minimum capabilities of an OpenAI-compatible server.
    pub const COMPATIBLE: Self = Self {
        structured: Structured::Prompted,
        otherwise: Structured::Prompted,
        beside_tools: Structured::Prompted,
        json_mode: true,
        image: None,
        file: None,
        urls: false,
        stream: true,
        efforts: &[],
        reasoning_text: true,
        stop: 4,
        seed: true,
        tool_choice: true,
        parallel_calls: true,
        service_tiers: &[],
        prompt_cache: PromptCache::Automatic,
    };

    /// Returns what a provider does not take of a request's options, each in a sentence.
    pub(crate) fn refuses(&self, request: &ModelRequest) -> Vec<String> {
        let mut refused = Vec::new();
        let mut refuse = |wrong: bool, what: String| {
            if wrong {
                refused.push(what);
            }
        };
        let CallOptions {
            reasoning_effort,
            reasoning_text,
            stop,
            seed,
            tool_choice,
            parallel_calls,
            service_tier,
            ..
        } = &request.options;
        if let Some(effort) = reasoning_effort {
            let known: Vec<_> = self.efforts.iter().map(|effort| format!("\"{effort}\"")).collect();
            let known = if known.is_empty() {
                "no such option".to_owned()
            } else {
                format!("it takes {}", known.join(", "))
            };
            refuse(!self.efforts.contains(effort), format!("no `reasoning_effort` of \"{effort}\": {known}"));
        }
        refuse(*reasoning_text == Some(true) && !self.reasoning_text, "no text of its reasoning".to_owned());
        refuse(!stop.is_empty() && self.stop == 0, "no `stop` texts".to_owned());
        let most = self.stop;
        refuse(
            most > 0 && stop.len() > most,
            format!("at most {most} `stop` texts, and there are {}", stop.len()),
        );
        refuse(seed.is_some() && !self.seed, "no `seed`".to_owned());
        refuse(tool_choice.is_some() && !self.tool_choice, "no `tool_choice`".to_owned());
        refuse(parallel_calls.is_some() && !self.parallel_calls, "no `parallel_calls`".to_owned());
        if let Some(tier) = service_tier {
            let known: Vec<_> = self.service_tiers.iter().map(|tier| format!("\"{tier}\"")).collect();
            let known = if known.is_empty() {
                "it has none".to_owned()
            } else {
                format!("it has {}", known.join(", "))
            };
            refuse(
                !self.service_tiers.contains(&tier.as_str()),
                format!("no service tier \"{tier}\": {known}"),
            );
        }
        refused
    }
}
