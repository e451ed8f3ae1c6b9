/// How a typed answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Structured {
    /// The provider decodes nothing but what fits the schema. It takes only schemas that name every property;
    /// for others the next best way is taken.
    Strict,
    /// The provider takes the schema as it is.
    Native,
    /// The model is made to call a tool whose arguments are the answer.
    Tool,
    /// The schema stands in the prompt. Where the provider can be told to write JSON at all, it is.
    Prompted,
}

/// What a provider can do: the one table that everything else looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How typed answers are asked for.
    pub structured: Structured,
    /// How, where a schema is not strict enough. `Strict` again means not at all: a pipeline with such an answer
    /// is refused when the engine is built.
    pub otherwise: Structured,
    /// How, where there are tools too.
    pub beside_tools: Structured,
    /// Whether it can be told to write JSON, whatever JSON.
    pub json_mode: bool,
    /// The most tokens that an image may cost; none if it takes no images.
    pub image: Option<u64>,
    /// The most tokens that a file may cost; none if it takes no files.
    pub file: Option<u64>,
    /// Whether it fetches images and files from an URL.
    pub urls: bool,
    /// Whether the answer can come in pieces.
    pub stream: bool,
}

/// The longest that the largest models read: what a file may come to where nothing is known of it.
const WINDOW: u64 = 2_000_000;

impl Capabilities {
    /// Those of OpenAI's own models. Of an image up to 48,169 tokens are counted, with the small models that
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
    /// Those of Anthropic. An image is scaled down to what costs less than 5,000 tokens.
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
    /// Those of Gemini, which takes whole schemas, but not beside tools. Images are cut into tiles of 258 tokens each.
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
    /// The least that can be expected of a server that speaks OpenAI's language.
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
