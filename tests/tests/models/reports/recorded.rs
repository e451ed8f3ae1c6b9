//! The record of requests: what each provider is sent, byte for byte. A change of a writer shows here first.

use crate::mocked::Mocked;
use crate::paths::To;
use crate::wires::*;
use flujo::codec::Json;
use flujo::model::{Attachment, Message, ModelRequest, Role, ToolCall, ToolSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Label {
    /// The animal.
    name: String,
    score: Option<u8>,
}

/// Everything at once: a system message, an image, a call with its result, a tool, a typed answer and sampling.
fn everything(model: String, stream: bool) -> ModelRequest {
    let call = ToolCall::new("id-1", "look_up", r#"{"word":"calm"}"#);
    let mut shown = Message::new(Role::User, "What is it?");
    shown.attachments = vec![Attachment::bytes("image/png", b"png")];
    let messages = vec![
        Message::new(Role::System, "Be brief."),
        shown,
        Message::new(Role::Assistant, "Let me see.").calls(vec![call.clone()]),
        Message::new(Role::Tool, "no wind").answers(call),
    ];
    let arguments = r#"{"type":"object","properties":{"word":{"type":"string"}},"required":["word"]}"#;
    let tool = ToolSpec::new("look_up", "Looks a word up.", Json::parse(arguments).unwrap());
    let request = ModelRequest::new(model, messages).schema(with_schema::<Label>()).tools(vec![tool]);
    request.temperature(0.5).max_tokens(77).top_p(0.25).stream(stream)
}

/// The lines of a request that the protocol decides on.
fn head(head: &str) -> Vec<String> {
    let told =
        ["authorization", "x-api-key", "x-goog-api-key", "anthropic-version", "content-type", "accept"];
    let lines = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let name = name.to_lowercase();
        told.contains(&name.as_str()).then(|| format!("{name}: {value}"))
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    lines
}

#[test]
fn every_provider_is_sent_what_the_record_says() {
    let mut record = String::new();
    for to in To::all() {
        let server = Mocked::answering(&answer(to.wire, "{}"));
        let request = everything(to.model(), to.pieces);
        // What is answered does not matter: a stream was asked for, and a whole answer comes.
        let _ = call(&to.models(&server.url), request);
        let sent = server.sent().remove(0);
        let path = sent.path.split_once("//").map_or("", |(_, rest)| rest);
        let path = path.find('/').map_or("", |at| &path[at..]).to_owned();
        let provider = if to.provider == "test" { format!("{:?}", to.wire) } else { to.provider.to_owned() };
        writeln!(record, "{provider} {path}\n{}\n{}\n", head(&sent.head).join("\n"), sent.body).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/reports/requests.txt");
    if std::env::var("FLUJO_RECORD").is_ok_and(|how| how == "overwrite") {
        fs::write(&file, &record).unwrap();
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(record, known, "write it anew and read the difference: FLUJO_RECORD=overwrite");
}
