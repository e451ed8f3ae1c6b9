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
mod recorded;
mod refusals;
mod said;
mod schemas;
mod tool_names;
mod turns;
mod usage;

use crate::server::{Act, Sent, Server, chunks, json as answered};
use crate::wires::{KEY, call, kind, quick, request};
use flujo::codec::Json;
use flujo::model::{ModelError, ModelReply, ModelRequest, ToolSpec};
use flujo_models::{Capabilities, Compatible, Models, Wire};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
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

/// A server and its client. To make a client takes longer than to call it, so each test keeps its own.
struct At {
    wire: Wire,
    can: Capabilities,
    models: Models,
    script: Arc<Mutex<Vec<Act>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl At {
    fn new(wire: Wire, can: Capabilities) -> Self {
        let (script, sent) = (Arc::<Mutex<Vec<Act>>>::default(), Arc::<Mutex<Vec<Sent>>>::default());
        let (says, noted) = (Arc::clone(&script), Arc::clone(&sent));
        let server = Server::answering(move |request| {
            noted.lock().unwrap().push(request.clone());
            says.lock().unwrap().clone()
        });
        Self { wire, can, models: models_that(wire, &server.url, can), script, sent }
    }
}

thread_local! {
    static SERVERS: RefCell<Vec<At>> = const { RefCell::new(Vec::new()) };
}

/// What is sent to a server that then does this, what comes of it, and what is heard.
fn told(wire: Wire, can: Capabilities, script: Vec<Act>, request: ModelRequest) -> (Vec<Sent>, Done, String) {
    SERVERS.with_borrow_mut(|servers| {
        if !servers.iter().any(|at| at.wire == wire && at.can == can) {
            servers.push(At::new(wire, can));
        }
        let at = servers.iter().find(|at| at.wire == wire && at.can == can).unwrap();
        *at.script.lock().unwrap() = script;
        let (done, heard) = call(&at.models, request);
        (std::mem::take(&mut *at.sent.lock().unwrap()), done, heard)
    })
}

/// What comes of this script, and what was heard of it.
fn hears(wire: Wire, script: Vec<Act>, stream: bool) -> (Done, String) {
    let (sent, done, heard) = told(wire, Capabilities::OPENAI, script, asking(stream));
    assert_eq!(sent.len(), 1, "{wire:?}: one call is one request");
    (done, heard)
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
    let (mut sent, done, _) = told(wire, can, answered(200, "", &body), request);
    (sent.pop(), done)
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
