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

/// The capabilities of a provider, in one table.
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
}

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
    };
}
