//! What a provider says, as its documentation has it: the same answer whole and in pieces, to be changed by the tests.

use crate::wires::{id, sse};
use flujo::model::{FinishReason, ModelReply, Tokens, ToolCall};
use flujo_models::Wire;
use serde_json::{Value, json};

/// An answer: its pieces of text, its calls, and the provider's word for why it ended.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub texts: &'a [&'a str],
    /// Ids, and arguments in JSON, of calls of `look_up`.
    pub calls: &'a [(&'a str, &'a str)],
    pub finish: &'a str,
}

/// An answer of text alone.
pub fn text<'a>(wire: Wire, texts: &'a [&'a str]) -> Said<'a> {
    Said { texts, calls: &[], finish: stop(wire) }
}

/// An answer of calls alone.
pub fn calls<'a>(wire: Wire, calls: &'a [(&'a str, &'a str)]) -> Said<'a> {
    let finish = match wire {
        Wire::OpenAiChat => "tool_calls",
        Wire::Anthropic => "tool_use",
        _ => stop(wire),
    };
    Said { texts: &[], calls, finish }
}

/// The word of a good end.
pub fn stop(wire: Wire) -> &'static str {
    match wire {
        Wire::OpenAiResponses => "completed",
        Wire::Anthropic => "end_turn",
        Wire::Gemini => "STOP",
        _ => "stop",
    }
}

/// The arguments of a call as wires take them that know no text in their place.
fn object(arguments: &str) -> Value {
    serde_json::from_str(arguments).unwrap()
}

fn usage(wire: Wire) -> Value {
    match wire {
        Wire::OpenAiChat => json!({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}),
        Wire::Gemini => json!({"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}),
        _ => json!({"input_tokens": 9, "output_tokens": 2, "total_tokens": 11}),
    }
}

impl Said<'_> {
    /// What the client makes of it, whole and in pieces.
    pub fn reply(&self, wire: Wire) -> ModelReply {
        let calls = self.calls.iter().map(|(id, arguments)| ToolCall::new(*id, "look_up", *arguments));
        let mut reply = ModelReply::new(self.texts.concat()).finished(FinishReason::Stop);
        (reply.calls, reply.usage) = (calls.collect(), Some(Tokens::new(9, 2)));
        (reply.served_model, reply.id) = (Some("test:m-2".to_owned()), id(wire));
        reply
    }

    /// The whole answer.
    pub fn body(&self, wire: Wire) -> Value {
        let Self { texts, calls, finish } = self;
        match wire {
            Wire::OpenAiChat => {
                let calls: Vec<_> = calls.iter().map(|(id, arguments)| chat_call(id, arguments)).collect();
                let content = (!texts.is_empty()).then(|| texts.concat());
                let mut message = json!({"role": "assistant", "content": content, "refusal": null});
                if !calls.is_empty() {
                    message["tool_calls"] = Value::Array(calls);
                }
                json!({
                    "id": "c", "object": "chat.completion", "created": 1, "model": "m-2",
                    "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}],
                    "usage": usage(wire)
                })
            }
            Wire::OpenAiResponses => self.response(),
            Wire::Anthropic => json!({
                "id": "m", "type": "message", "role": "assistant", "model": "m-2", "content": self.blocks(),
                "stop_reason": finish, "stop_sequence": null, "usage": {"input_tokens": 9, "output_tokens": 2}
            }),
            Wire::Gemini => {
                let texts = texts.iter().map(|text| json!({"text": text}));
                let calls = calls.iter().map(|(id, arguments)| gemini_call(id, arguments));
                json!({
                    "candidates": [{"content": {"parts": texts.chain(calls).collect::<Vec<_>>(), "role": "model"},
                        "finishReason": finish, "index": 0}],
                    "usageMetadata": usage(wire), "modelVersion": "m-2", "responseId": "g"
                })
            }
            _ => {
                let mut message = json!({"role": "assistant", "content": texts.concat()});
                if !calls.is_empty() {
                    message["tool_calls"] =
                        calls.iter().map(|(id, arguments)| ollama_call(id, arguments)).collect();
                }
                json!({
                    "model": "m-2", "created_at": "2025-01-01T00:00:00Z", "message": message, "done": true,
                    "done_reason": finish, "prompt_eval_count": 9, "eval_count": 2
                })
            }
        }
    }

    /// The answer in events.
    pub fn events(&self, wire: Wire) -> Vec<Value> {
        let Self { texts, calls, finish } = self;
        match wire {
            Wire::OpenAiChat => {
                let chunk = |choices: Value| json!({"id": "c", "object": "chat.completion.chunk", "model": "m-2", "choices": choices});
                let delta =
                    |delta: Value| chunk(json!([{"index": 0, "delta": delta, "finish_reason": null}]));
                let mut events = vec![delta(json!({"role": "assistant", "content": null, "refusal": null}))];
                events.extend(texts.iter().map(|text| delta(json!({"content": text}))));
                for (i, (id, arguments)) in calls.iter().enumerate() {
                    let (one, two) = halves(arguments);
                    events.push(delta(json!({"tool_calls": [{"index": i, "id": id, "type": "function", "function": {"name": "look_up", "arguments": one}}]})));
                    events.push(delta(json!({"tool_calls": [{"index": i, "function": {"arguments": two}}]})));
                }
                events.push(chunk(json!([{"index": 0, "delta": {}, "finish_reason": finish}])));
                let mut last = chunk(json!([]));
                last["usage"] = usage(wire);
                events.push(last);
                events
            }
            Wire::OpenAiResponses => self.response_events(),
            Wire::Anthropic => self.message_events(),
            Wire::Gemini => {
                let chunk = |parts: Value| {
                    json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}],
                        "usageMetadata": {"promptTokenCount": 9}, "modelVersion": "m-2", "responseId": "g"})
                };
                let mut events: Vec<_> = texts.iter().map(|text| chunk(json!([{"text": text}]))).collect();
                events.extend(calls.iter().map(|(id, arguments)| chunk(json!([gemini_call(id, arguments)]))));
                let mut last = chunk(json!([]));
                last["candidates"][0]["finishReason"] = json!(finish);
                last["usageMetadata"] = usage(wire);
                events.push(last);
                events
            }
            _ => {
                let line = |message: Value| json!({"model": "m-2", "created_at": "2025-01-01T00:00:00Z", "message": message, "done": false});
                let mut events: Vec<_> =
                    texts.iter().map(|text| line(json!({"role": "assistant", "content": text}))).collect();
                events.extend(calls.iter().map(|(id, arguments)| {
                    line(json!({"role": "assistant", "content": "", "tool_calls": [ollama_call(id, arguments)]}))
                }));
                let mut last = Said { texts: &[], calls: &[], finish }.body(wire);
                last["message"]["content"] = json!("");
                events.push(last);
                events
            }
        }
    }

    fn blocks(&self) -> Vec<Value> {
        let texts = self.texts.iter().map(|text| json!({"type": "text", "text": text}));
        let calls = self.calls.iter().map(|(id, arguments)| {
            json!({"type": "tool_use", "id": id, "name": "look_up", "input": object(arguments)})
        });
        texts.chain(calls).collect()
    }

    /// Each text is a block of its own here.
    fn message_events(&self) -> Vec<Value> {
        let mut events = vec![json!({"type": "message_start", "message": {
            "id": "m", "type": "message", "role": "assistant", "content": [], "model": "m-2", "stop_reason": null,
            "stop_sequence": null, "usage": {"input_tokens": 9, "output_tokens": 1}}})];
        let texts = self.texts.iter().map(|text| {
            let delta = json!({"type": "text_delta", "text": text});
            (json!({"type": "text", "text": ""}), vec![delta])
        });
        let calls = self.calls.iter().map(|(id, arguments)| {
            let (one, two) = halves(arguments);
            let delta = |json: &str| json!({"type": "input_json_delta", "partial_json": json});
            (
                json!({"type": "tool_use", "id": id, "name": "look_up", "input": {}}),
                vec![delta(""), delta(one), delta(two)],
            )
        });
        for (i, (block, deltas)) in texts.chain(calls).enumerate() {
            events.push(json!({"type": "content_block_start", "index": i, "content_block": block}));
            events.extend(
                deltas
                    .into_iter()
                    .map(|delta| json!({"type": "content_block_delta", "index": i, "delta": delta})),
            );
            events.push(json!({"type": "content_block_stop", "index": i}));
        }
        events.push(json!({"type": "message_delta", "delta": {"stop_reason": self.finish, "stop_sequence": null}, "usage": {"output_tokens": 2}}));
        events.push(json!({"type": "message_stop"}));
        events
    }

    /// The `finish` is the status, or why it is incomplete behind a colon.
    fn response(&self) -> Value {
        let (status, why) = self.finish.split_once(':').unwrap_or((self.finish, ""));
        let details = if why.is_empty() { Value::Null } else { json!({"reason": why}) };
        json!({
            "id": "r", "object": "response", "status": status, "error": null, "incomplete_details": details,
            "model": "m-2", "output": self.items(), "usage": usage(Wire::OpenAiResponses)
        })
    }

    /// All texts are parts of one message.
    fn items(&self) -> Vec<Value> {
        let texts: Vec<_> = self
            .texts
            .iter()
            .map(|text| json!({"type": "output_text", "text": text, "annotations": []}))
            .collect();
        let message = (!texts.is_empty())
            .then(|| json!({"type": "message", "id": "i", "status": "completed", "role": "assistant", "content": texts}));
        let calls = self.calls.iter().map(|(id, arguments)| {
            json!({"type": "function_call", "id": format!("fc-{id}"), "call_id": id, "status": "completed",
                "name": "look_up", "arguments": arguments})
        });
        message.into_iter().chain(calls).collect()
    }

    fn response_events(&self) -> Vec<Value> {
        let mut begun = self.response();
        (begun["status"], begun["output"], begun["usage"]) = (json!("in_progress"), json!([]), Value::Null);
        begun["incomplete_details"] = Value::Null;
        let mut events = vec![
            json!({"type": "response.created", "response": begun}),
            json!({"type": "response.in_progress", "response": begun}),
        ];
        for (at, item) in self.items().into_iter().enumerate() {
            let mut begun = item.clone();
            begun["status"] = json!("in_progress");
            let add = |ty: &str, more: Value| {
                let mut event = json!({"type": ty, "item_id": item["id"], "output_index": at});
                event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                event
            };
            if item["type"] == "message" {
                begun["content"] = json!([]);
                events.push(json!({"type": "response.output_item.added", "output_index": at, "item": begun}));
                for (i, text) in self.texts.iter().enumerate() {
                    let part = |text: &str| json!({"content_index": i, "part": {"type": "output_text", "text": text, "annotations": []}});
                    events.push(add("response.content_part.added", part("")));
                    events
                        .push(add("response.output_text.delta", json!({"content_index": i, "delta": text})));
                    events.push(add("response.output_text.done", json!({"content_index": i, "text": text})));
                    events.push(add("response.content_part.done", part(text)));
                }
            } else {
                begun["arguments"] = json!("");
                events.push(json!({"type": "response.output_item.added", "output_index": at, "item": begun}));
                let arguments = item["arguments"].as_str().unwrap();
                let (one, two) = halves(arguments);
                for delta in [one, two] {
                    events.push(add("response.function_call_arguments.delta", json!({"delta": delta})));
                }
                events.push(add("response.function_call_arguments.done", json!({"arguments": arguments})));
            }
            events.push(json!({"type": "response.output_item.done", "output_index": at, "item": item}));
        }
        let last = self.response();
        let ty = match last["status"].as_str() {
            Some(status @ ("failed" | "incomplete")) => format!("response.{status}"),
            _ => "response.completed".to_owned(),
        };
        events.push(json!({"type": ty, "response": last}));
        events
    }
}

fn halves(text: &str) -> (&str, &str) {
    let middle = (text.len() / 2..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
    text.split_at(middle)
}

pub fn chat_call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "look_up", "arguments": arguments}})
}

fn gemini_call(id: &str, arguments: &str) -> Value {
    json!({"functionCall": {"id": id, "name": "look_up", "args": object(arguments)}})
}

fn ollama_call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "function": {"name": "look_up", "arguments": object(arguments)}})
}

/// One event as it stands in the stream.
pub fn event(wire: Wire, event: &Value) -> String {
    match wire {
        Wire::Ollama => format!("{event}\n"),
        Wire::Anthropic | Wire::OpenAiResponses => {
            format!("event: {}\n{}", event["type"].as_str().unwrap_or("other"), sse(&event.to_string()))
        }
        _ => sse(&event.to_string()),
    }
}

/// The whole stream, with its end mark.
pub fn written(wire: Wire, events: &[Value]) -> String {
    let mut text: String = events.iter().map(|one| event(wire, one)).collect();
    if wire == Wire::OpenAiChat {
        text.push_str("data: [DONE]\n\n");
    }
    text
}
