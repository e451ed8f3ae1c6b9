//! What people met with real servers and gateways: each kind of it on every wire where it can occur, whole and in
//! pieces.

mod answer_text;
mod attachments;
mod bad_calls;
mod blocked;
mod call_pieces;
mod ends;
mod errors_inside;
mod fuzz;
mod line_ends;
mod names;
mod noise;
mod refusals;
mod said;
mod tool_names;
mod turns;
mod usage;

use crate::server::{Act, Sent, Server, chunks, json as answered};
use crate::wires::{KEY, call, kind, quick, request};
use flujo::codec::Json;
use flujo::model::{ModelError, ModelReply, ModelRequest, ToolSpec};
use flujo_models::{Capabilities, Compatible, Models, Wire};
use serde_json::Value;
use std::time::Duration;

type Done = Result<ModelReply, ModelError>;

/// The wires whose streams are events of a server.
const SSE: [Wire; 4] = [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic, Wire::Gemini];

/// The tool that every model may call here.
fn look_up() -> ToolSpec {
    tool("look_up")
}

fn tool(name: &str) -> ToolSpec {
    let schema = r#"{"type":"object","properties":{"word":{"type":"string"}},"required":["word"],"additionalProperties":false}"#;
    ToolSpec::new(name, "Looks a word up.", Json::parse(schema).unwrap())
}

fn asking(stream: bool) -> ModelRequest {
    request(stream).tools(vec![look_up()])
}

/// No server here falls silent: whoever hears of a timeout has found a fault.
fn models(wire: Wire, url: &str) -> Models {
    models_that(wire, url, Capabilities::OPENAI)
}

fn models_that(wire: Wire, url: &str, can: Capabilities) -> Models {
    let server = Compatible::at(url).wire(wire).key(KEY).can(can);
    let models = quick().silence_timeout(Duration::from_secs(20)).answer_timeout(Duration::from_secs(20));
    models.provider("test", server).build().unwrap()
}

/// What comes of this script, and what was heard of it.
fn hears(wire: Wire, script: Vec<Act>, stream: bool) -> (Done, String) {
    let server = Server::new(vec![script]);
    let came = call(&models(wire, &server.url), asking(stream));
    assert_eq!(server.sent().len(), 1, "{wire:?}: one call is one request");
    came
}

/// What comes of a whole answer.
fn whole(wire: Wire, body: &Value) -> Done {
    hears(wire, answered(200, "", &body.to_string()), false).0
}

/// What comes of the text of a stream.
fn streamed(wire: Wire, text: &str) -> Done {
    hears(wire, chunks(kind(wire), &[text.as_bytes()]), true).0
}

/// What comes of the events of a stream.
fn pieces(wire: Wire, events: &[Value]) -> Done {
    streamed(wire, &said::written(wire, events))
}

/// The calls in a reply: ids, names and arguments.
fn called(reply: &ModelReply) -> Vec<(&str, &str, &str)> {
    reply.calls.iter().map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str())).collect()
}

/// What is sent, if anything is, and what comes of it.
fn sends(wire: Wire, can: Capabilities, request: ModelRequest) -> (Option<Sent>, Done) {
    let body = said::text(wire, &["Hello"]).body(wire).to_string();
    let server = Server::new(vec![answered(200, "", &body)]);
    let (done, _) = call(&models_that(wire, &server.url, can), request);
    (server.sent().pop(), done)
}

/// The body that is sent.
fn sent(wire: Wire, request: ModelRequest) -> Value {
    let (sent, done) = sends(wire, Capabilities::OPENAI, request);
    done.unwrap_or_else(|e| panic!("{wire:?}: {e}"));
    sent.unwrap().body
}

/// Both ways to hear one answer: whole, and in pieces.
fn both(wire: Wire, body: &Value, events: &[Value]) -> [(&'static str, Done); 2] {
    [("whole", whole(wire, body)), ("in pieces", pieces(wire, events))]
}
