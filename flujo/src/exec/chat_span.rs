//! The span of one call of a model, as OpenTelemetry's convention for generative AI wants it.

use crate::events::{Redact, names};
use crate::model::{Message, ModelClient, ModelError, ModelReply, ModelRequest, Role, ToolCall};
use crate::usage::Usage;
use serde::Serialize;
use tracing::field::Empty;
use tracing::{Level, Span};

/// `None` inside where nobody subscribed.
pub(super) struct ChatSpan<'r> {
    span: Option<Span>,
    /// Says what nobody may read of contents; without it they are not there at all.
    contents: Option<&'r Redact>,
}

impl<'r> ChatSpan<'r> {
    pub(super) fn new(
        request: &ModelRequest,
        client: &dyn ModelClient,
        run: &str,
        contents: Option<&'r Redact>,
    ) -> Self {
        if !tracing::span_enabled!(target: "flujo", Level::INFO) {
            return Self { span: None, contents: None };
        }
        let (provider, model) = request.model.split_once(':').unwrap_or(("", &request.model));
        let (server, port) = client.server(&request.model).unzip();
        let span = tracing::info_span!(
            target: "flujo",
            "chat",
            { names::OTEL_NAME } = format!("chat {model}"),
            { names::OTEL_KIND } = "client",
            { names::OTEL_STATUS } = Empty,
            { names::OPERATION } = "chat",
            { names::PROVIDER } = names::provider(provider),
            { names::CONVERSATION } = run,
            { names::REQUEST_MODEL } = model,
            { names::TEMPERATURE } = request.temperature,
            { names::TOP_P } = request.top_p,
            { names::MAX_TOKENS } = request.max_tokens.map(i64::from),
            { names::STREAM } = request.stream,
            { names::OUTPUT_TYPE } = if request.wants_text() { "text" } else { "json" },
            { names::SERVER } = server,
            { names::PORT } = port.map(i64::from),
            { names::RESPONSE_ID } = Empty,
            { names::RESPONSE_MODEL } = Empty,
            { names::FINISH_REASONS } = Empty,
            { names::FIRST_CHUNK } = Empty,
            { names::INPUT_TOKENS } = Empty,
            { names::OUTPUT_TOKENS } = Empty,
            { names::CACHED_TOKENS } = Empty,
            { names::REASONING_TOKENS } = Empty,
            { names::COST } = Empty,
            { names::ERROR_TYPE } = Empty,
            { names::INPUT_MESSAGES } = Empty,
            { names::OUTPUT_MESSAGES } = Empty,
        );
        if let Some(redact) = contents {
            let turns: Vec<_> = request.messages.iter().map(|turn| told(turn, redact)).collect();
            span.record(names::INPUT_MESSAGES, text(&turns));
        }
        Self { span: Some(span), contents }
    }

    /// For the future that makes the call.
    pub(super) fn inside(&self) -> Option<Box<Span>> {
        self.span.clone().map(Box::new)
    }

    /// The call has come to its end.
    pub(super) fn ended(
        &self,
        reply: &Result<ModelReply, ModelError>,
        used: Option<&Usage>,
        first_chunk: Option<u64>,
    ) {
        let Some(span) = &self.span else { return };
        if let Some(used) = used {
            span.record(names::INPUT_TOKENS, whole(used.input_tokens));
            span.record(names::OUTPUT_TOKENS, whole(used.output_tokens));
            span.record(names::CACHED_TOKENS, whole(used.cached_tokens));
            span.record(names::REASONING_TOKENS, whole(used.reasoning_tokens));
            span.record(names::COST, whole(used.cost.0));
        }
        if let Some(nanos) = first_chunk {
            span.record(names::FIRST_CHUNK, std::time::Duration::from_nanos(nanos).as_secs_f64());
        }
        match reply {
            Ok(reply) => {
                if let Some(served) = &reply.served_model {
                    span.record(
                        names::RESPONSE_MODEL,
                        served.split_once(':').map_or(served.as_str(), |(_, name)| name),
                    );
                }
                if let Some(id) = &reply.id {
                    span.record(names::RESPONSE_ID, id.as_str());
                }
                span.record(names::FINISH_REASONS, reply.finish.word());
                if let Some(redact) = self.contents {
                    let mut turn = Message::new(Role::Assistant, reply.content.as_str());
                    turn.calls.clone_from(&reply.calls);
                    span.record(names::OUTPUT_MESSAGES, text(&[told(&turn, redact)]));
                }
            }
            Err(error) => {
                let word = serde_json::to_value(error.failure).ok();
                span.record(
                    names::ERROR_TYPE,
                    word.as_ref().and_then(|word| word.as_str()).unwrap_or("_OTHER"),
                );
                span.record(names::OTEL_STATUS, "ERROR");
            }
        }
    }
}

/// OpenTelemetry knows no unsigned numbers: they would become text.
fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A turn as the convention writes it. Typed, so that the order of what it says depends on nobody's features.
#[derive(Serialize)]
struct Told<'t> {
    role: Role,
    parts: Vec<Part<'t>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'t> {
    Text { content: String },
    ToolCall { id: &'t str, name: &'t str, arguments: String },
    ToolCallResponse { id: &'t str, response: String },
}

fn told<'t>(turn: &'t Message, redact: &Redact) -> Told<'t> {
    let text = redact.apply(&turn.text);
    let text = match &turn.answers {
        Some(call) => Some(Part::ToolCallResponse { id: &call.id, response: text }),
        None if turn.text.is_empty() && !turn.calls.is_empty() => None,
        None => Some(Part::Text { content: text }),
    };
    let call = |call: &'t ToolCall| Part::ToolCall {
        id: &call.id,
        name: &call.name,
        arguments: redact.apply(&call.arguments),
    };
    Told { role: turn.role, parts: text.into_iter().chain(turn.calls.iter().map(call)).collect() }
}

fn text(turns: &[Told<'_>]) -> String {
    serde_json::to_string(turns).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ToolCall;

    #[test]
    fn calls_of_tools_and_their_results_are_parts_of_their_turns() {
        let call = ToolCall::new("c1", "search", r#"{"key":"planted"}"#);
        let redact = Redact::new().secret("planted");
        let asks = Message { calls: vec![call.clone()], ..Message::new(Role::Assistant, "") };
        let result =
            Message { answers: Some(Box::new(call)), ..Message::new(Role::Tool, "3 hits for planted") };
        let told = text(&[told(&asks, &redact), told(&result, &redact)]);
        assert_eq!(
            told,
            r#"[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"search","arguments":"{\"key\":\"[REDACTED]\"}"}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"3 hits for [REDACTED]"}]}]"#
        );
    }
}
