//! What providers say, on each wire: whole answers, streams, and what goes wrong in them.

use flujo::codec::Json;
use flujo::model::{ChunkSink, Message, ModelClient, ModelError, ModelReply, ModelRequest, Role};
use flujo_models::{Capabilities, Compatible, Models, ModelsBuilder, Wire};
use serde_json::json;
use std::time::Duration;

pub const WIRES: [Wire; 5] =
    [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic, Wire::Gemini, Wire::Ollama];

/// The key that must appear nowhere but in the header.
pub const KEY: &str = "sk-planted-5f1c";

pub fn sse(data: &str) -> String {
    format!("data: {data}\n\n")
}

/// One piece of text in a stream.
pub fn piece(wire: Wire, text: &str) -> String {
    match wire {
        Wire::OpenAiChat => sse(&json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}).to_string()),
        Wire::OpenAiResponses => sse(
            &json!({"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": text})
                .to_string(),
        ),
        Wire::Anthropic => sse(
            &json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
                .to_string(),
        )
        .replace("data:", "event: content_block_delta\ndata:"),
        Wire::Gemini => sse(
            &json!({"responseId": "g", "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}]}).to_string(),
        ),
        _ => format!("{}\n", json!({"model": "m", "message": {"role": "assistant", "content": text}, "done": false})),
    }
}

/// What comes before the first piece.
pub fn begin(wire: Wire) -> Vec<String> {
    match wire {
        Wire::OpenAiResponses => {
            vec![sse(&json!({"type": "response.created", "response": {"id": "r", "object": "response", "status": "in_progress", "model": "m", "output": []}}).to_string())]
        }
        Wire::Anthropic => vec![
            format!(
                "event: message_start\n{}",
                sse(&json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": null, "usage": {"input_tokens": 9, "output_tokens": 1}}}).to_string())
            ),
            format!(
                "event: content_block_start\n{}",
                sse(&json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}).to_string())
            ),
        ],
        _ => Vec::new(),
    }
}

/// What says that the answer is whole, and what it used: 9 tokens sent, 2 received.
pub fn end(wire: Wire, length: bool) -> Vec<String> {
    let reason = |whole: &'static str, cut: &'static str| if length { cut } else { whole };
    match wire {
        Wire::OpenAiChat => vec![
            sse(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason("stop", "length")}]}).to_string()),
            sse(&json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}).to_string()),
            sse("[DONE]"),
        ],
        Wire::OpenAiResponses => {
            let (ty, status) = if length { ("response.incomplete", "incomplete") } else { ("response.completed", "completed") };
            vec![sse(
                &json!({"type": ty, "response": {"id": "r", "object": "response", "status": status, "model": "m", "output": [], "usage": {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11}}})
                    .to_string(),
            )]
        }
        Wire::Anthropic => vec![
            format!("event: content_block_stop\n{}", sse(&json!({"type": "content_block_stop", "index": 0}).to_string())),
            format!(
                "event: message_delta\n{}",
                sse(&json!({"type": "message_delta", "delta": {"stop_reason": reason("end_turn", "max_tokens"), "stop_sequence": null}, "usage": {"output_tokens": 2}}).to_string())
            ),
            format!("event: message_stop\n{}", sse(&json!({"type": "message_stop"}).to_string())),
        ],
        Wire::Gemini => vec![sse(
            &json!({"candidates": [{"content": {"parts": [], "role": "model"}, "finishReason": reason("STOP", "MAX_TOKENS"), "index": 0}], "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}})
                .to_string(),
        )],
        _ => vec![format!(
            "{}\n",
            json!({"model": "m", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason("stop", "length"), "prompt_eval_count": 9, "eval_count": 2})
        )],
    }
}

/// An error in the middle of a stream, of a provider that has trouble of its own.
pub fn trouble(wire: Wire) -> String {
    match wire {
        Wire::Anthropic => format!(
            "event: error\n{}",
            sse(&json!({"type": "error", "error": {"type": "overloaded_error", "message": "too busy"}}).to_string())
        ),
        Wire::OpenAiResponses => {
            sse(&json!({"type": "error", "code": "server_error", "message": "too busy"}).to_string())
        }
        Wire::Ollama => format!("{}\n", json!({"error": "too busy"})),
        _ => sse(&json!({"error": {"code": 503, "status": "UNAVAILABLE", "type": "server_error", "message": "too busy"}}).to_string()),
    }
}

pub fn kind(wire: Wire) -> &'static str {
    if wire == Wire::Ollama { "application/x-ndjson" } else { "text/event-stream" }
}

/// A whole answer, that used 9 tokens and 2.
pub fn answer(wire: Wire, text: &str) -> String {
    match wire {
        Wire::OpenAiChat => json!({
            "id": "c", "object": "chat.completion", "model": "m-2",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11,
                "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 1}}
        }),
        Wire::OpenAiResponses => json!({
            "id": "r", "object": "response", "status": "completed", "model": "m-2",
            "output": [{"type": "message", "id": "i", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": []}]}],
            "usage": {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11,
                "input_tokens_details": {"cached_tokens": 4}, "output_tokens_details": {"reasoning_tokens": 1}}
        }),
        Wire::Anthropic => json!({
            "id": "m", "type": "message", "role": "assistant", "model": "m-2", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 2}
        }),
        Wire::Gemini => json!({
            "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 2, "totalTokenCount": 11},
            "modelVersion": "m-2", "responseId": "g"
        }),
        _ => json!({
            "model": "m-2", "message": {"role": "assistant", "content": text}, "done": true, "done_reason": "stop",
            "prompt_eval_count": 9, "eval_count": 2
        }),
    }
    .to_string()
}

/// What the answers above are called.
pub fn id(wire: Wire) -> Option<String> {
    let id = match wire {
        Wire::OpenAiChat => "c",
        Wire::OpenAiResponses => "r",
        Wire::Anthropic => "m",
        Wire::Gemini => "g",
        _ => return None,
    };
    Some(id.to_owned())
}

/// What the client hears while an answer is made.
#[derive(Default)]
pub struct Heard(pub String);
impl ChunkSink for Heard {
    fn chunk(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

pub fn models(wire: Wire, url: &str) -> Models {
    models_that(wire, url, Capabilities::OPENAI)
}

pub fn models_that(wire: Wire, url: &str, can: Capabilities) -> Models {
    let server = Compatible::at(url).wire(wire).key(KEY).can(can);
    quick().provider("test", server).build().unwrap()
}

/// Whoever says nothing is soon given up.
pub fn quick() -> ModelsBuilder {
    let models = Models::builder().silence_timeout(Duration::from_millis(300));
    models.answer_timeout(Duration::from_millis(800)).connect_timeout(Duration::from_secs(5))
}

pub fn request(stream: bool) -> ModelRequest {
    let messages = vec![Message::new(Role::System, "Be brief."), Message::new(Role::User, "Hi?")];
    let request = ModelRequest::new("test:m", messages).schema(with_schema::<String>()).path("p/n".into());
    request.temperature(0.5).max_tokens(77).top_p(0.25).stream(stream)
}

pub fn with_schema<T: flujo::Reply>() -> Json {
    flujo::model::schema_of::<T>().unwrap()
}

/// One call, and what was heard of it.
pub fn call(models: &Models, request: ModelRequest) -> (Result<ModelReply, ModelError>, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut heard = Heard::default();
    let done = runtime.block_on(models.call(request, &mut heard));
    (done, heard.0)
}
