//! The span of one call of a model, as OpenTelemetry's convention for generative AI wants it.

use crate::events::{Redact, semconv};
use crate::model::{Message, ModelClient, ModelError, ModelReply, ModelRequest, Role, ToolCall};
use crate::usage::Usage;
use serde::Serialize;
use tracing::field::Empty;
use tracing::{Level, Span};

/// `None` inside if there is no subscriber.
pub(super) struct ChatSpan<'r> {
    span: Option<Span>,
    /// The redaction of contents; `None` leaves contents out.
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
            { semconv::OTEL_NAME } = format!("chat {model}"),
            { semconv::OTEL_KIND } = "client",
            { semconv::OTEL_STATUS } = Empty,
            { semconv::OPERATION } = "chat",
            { semconv::PROVIDER } = semconv::provider(provider),
            { semconv::CONVERSATION } = run,
            { semconv::REQUEST_MODEL } = model,
            { semconv::TEMPERATURE } = request.temperature,
            { semconv::TOP_P } = request.top_p,
            { semconv::MAX_TOKENS } = request.max_tokens.map(i64::from),
            { semconv::SEED } = request.options.seed.map(whole),
            { semconv::STOP } = (!request.options.stop.is_empty()).then(|| format!("{:?}", request.options.stop)),
            { semconv::STREAM } = request.stream,
            { semconv::OUTPUT_TYPE } = if request.wants_text() { "text" } else { "json" },
            { semconv::SERVER } = server,
            { semconv::PORT } = port.map(i64::from),
            { semconv::RESPONSE_ID } = Empty,
            { semconv::RESPONSE_MODEL } = Empty,
            { semconv::FINISH_REASONS } = Empty,
            { semconv::FIRST_CHUNK } = Empty,
            { semconv::INPUT_TOKENS } = Empty,
            { semconv::OUTPUT_TOKENS } = Empty,
            { semconv::CACHED_TOKENS } = Empty,
            { semconv::REASONING_TOKENS } = Empty,
            { semconv::CACHE_WRITE_TOKENS } = Empty,
            { semconv::COST } = Empty,
            { semconv::ERROR_TYPE } = Empty,
            { semconv::INPUT_MESSAGES } = Empty,
            { semconv::OUTPUT_MESSAGES } = Empty,
        );
        if let Some(redact) = contents {
            let turns: Vec<_> = request.messages.iter().map(|turn| span_message(turn, redact)).collect();
            span.record(semconv::INPUT_MESSAGES, text(&turns));
        }
        Self { span: Some(span), contents }
    }

    /// For the future that makes the call.
    pub(super) fn inside(&self) -> Option<Box<Span>> {
        self.span.clone().map(Box::new)
    }

    /// Ends the span of the call.
    pub(super) fn ended(
        &self,
        reply: &Result<ModelReply, ModelError>,
        used: Option<&Usage>,
        first_chunk: Option<u64>,
    ) {
        let Some(span) = &self.span else { return };
        if let Some(used) = used {
            span.record(semconv::INPUT_TOKENS, whole(used.input_tokens));
            span.record(semconv::OUTPUT_TOKENS, whole(used.output_tokens));
            span.record(semconv::CACHED_TOKENS, whole(used.cached_tokens));
            span.record(semconv::REASONING_TOKENS, whole(used.reasoning_tokens));
            if used.cache_write_tokens > 0 {
                span.record(semconv::CACHE_WRITE_TOKENS, whole(used.cache_write_tokens));
            }
            span.record(semconv::COST, whole(used.cost.0));
        }
        if let Some(nanos) = first_chunk {
            span.record(semconv::FIRST_CHUNK, std::time::Duration::from_nanos(nanos).as_secs_f64());
        }
        match reply {
            Ok(reply) => {
                if let Some(served) = &reply.served_model {
                    span.record(
                        semconv::RESPONSE_MODEL,
                        served.split_once(':').map_or(served.as_str(), |(_, name)| name),
                    );
                }
                if let Some(id) = &reply.id {
                    span.record(semconv::RESPONSE_ID, id.as_str());
                }
                span.record(semconv::FINISH_REASONS, reply.finish.word());
                if let Some(redact) = self.contents {
                    let mut turn = Message::new(Role::Assistant, reply.content.as_str());
                    turn.calls.clone_from(&reply.calls);
                    span.record(semconv::OUTPUT_MESSAGES, text(&[span_message(&turn, redact)]));
                }
            }
            Err(error) => {
                let word = serde_json::to_value(error.failure).ok();
                span.record(
                    semconv::ERROR_TYPE,
                    word.as_ref().and_then(|word| word.as_str()).unwrap_or("_OTHER"),
                );
                span.record(semconv::OTEL_STATUS, "ERROR");
            }
        }
    }
}

/// OpenTelemetry knows no unsigned numbers: they would become text.
fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A turn as the convention writes it. Typed, so that the order of its fields does not depend on the features of `serde_json`.
#[derive(Serialize)]
struct SpanMessage<'t> {
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

fn span_message<'t>(turn: &'t Message, redact: &Redact) -> SpanMessage<'t> {
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
    SpanMessage { role: turn.role, parts: text.into_iter().chain(turn.calls.iter().map(call)).collect() }
}

fn text(turns: &[SpanMessage<'_>]) -> String {
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
        let texts = text(&[span_message(&asks, &redact), span_message(&result, &redact)]);
        assert_eq!(
            texts,
            r#"[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"search","arguments":"{\"key\":\"[REDACTED]\"}"}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"3 hits for [REDACTED]"}]}]"#
        );
    }
}
