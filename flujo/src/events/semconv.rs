//! The names of OpenTelemetry's semantic conventions for generative AI, in one place because they are still in
//! development.

/// The field that `tracing-opentelemetry` uses as the name of a span; those for its kind and status follow.
pub(crate) const OTEL_NAME: &str = "otel.name";
pub(crate) const OTEL_KIND: &str = "otel.kind";
pub(crate) const OTEL_STATUS: &str = "otel.status_code";

pub(crate) const OPERATION: &str = "gen_ai.operation.name";
pub(crate) const WORKFLOW: &str = "gen_ai.workflow.name";
pub(crate) const AGENT: &str = "gen_ai.agent.name";
pub(crate) const TOOL: &str = "gen_ai.tool.name";
pub(crate) const TOOL_TYPE: &str = "gen_ai.tool.type";
pub(crate) const CONVERSATION: &str = "gen_ai.conversation.id";
pub(crate) const PROVIDER: &str = "gen_ai.provider.name";
pub(crate) const OUTPUT_TYPE: &str = "gen_ai.output.type";

pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const TEMPERATURE: &str = "gen_ai.request.temperature";
pub(crate) const TOP_P: &str = "gen_ai.request.top_p";
pub(crate) const MAX_TOKENS: &str = "gen_ai.request.max_tokens";
pub(crate) const SEED: &str = "gen_ai.request.seed";
pub(crate) const STOP: &str = "gen_ai.request.stop_sequences";
pub(crate) const STREAM: &str = "gen_ai.request.stream";

pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(crate) const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub(crate) const FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";

pub(crate) const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(crate) const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub(crate) const CACHED_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
pub(crate) const CACHE_WRITE_TOKENS: &str = "gen_ai.usage.cache_creation.input_tokens";
pub(crate) const REASONING_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";

/// Opt-in only.
pub(crate) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub(crate) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";

pub(crate) const SERVER: &str = "server.address";
pub(crate) const PORT: &str = "server.port";

pub(crate) const ERROR_TYPE: &str = "error.type";
/// The conventions have no name for cost: this one is flujo's own, in nano-dollars.
pub(crate) const COST: &str = "flujo.cost_nanos";

/// The name of a provider in the conventions.
pub(crate) fn provider(name: &str) -> &str {
    match name {
        "openai-responses" => "openai",
        "gemini" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "xai" => "x_ai",
        other => other,
    }
}
