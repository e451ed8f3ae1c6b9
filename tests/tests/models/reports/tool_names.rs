//! Names of tools that providers do not accept: sent under a legal name, and mapped back.

use super::said::{calls, written};
use super::{models, told, tool};
use crate::server::{Sent, Server, chunks, json as answered};
use crate::wires::{WIRES, call, kind, request};
use flujo::model::{Message, ModelReply, ModelRequest, Role, ToolCall};
use flujo_models::{Capabilities, Models, Wire};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// True if every provider accepts it. Gemini wants a letter or `_` first.
fn is_legal(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&name.len())
        && name.chars().all(letter)
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// The names of the tools that are offered.
fn offered(wire: Wire, body: &Value) -> Vec<String> {
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let names = tools.iter().flat_map(|tool| match wire {
        Wire::OpenAiResponses | Wire::Anthropic => vec![tool["name"].clone()],
        Wire::Gemini => {
            tool["functionDeclarations"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect()
        }
        _ => vec![tool["function"]["name"].clone()],
    });
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// The names in the turns.
fn in_turns(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| in_turns(one, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "name" || name == "tool_name") {
                    Some(name) => found.push(name.to_owned()),
                    None => in_turns(value, found),
                }
            }
        }
        _ => {}
    }
}

fn turns(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for place in ["messages", "contents", "input"] {
        in_turns(&body[place], &mut found);
    }
    found
}

fn long(last: &str) -> String {
    format!("{}{last}", "a_name_that_goes_on_".repeat(4).get(..69).unwrap())
}

/// Names as they may be in Rust, or come from elsewhere.
fn names() -> Vec<String> {
    let odd = [
        "größe", "grösse", "gröse", "größe2", "名前", "наим", "a.b", "a b", "a/b", "a::b", "a\"b", "_",
        "look_up",
    ];
    odd.iter().map(|name| (*name).to_owned()).chain([long("1"), long("2")]).collect()
}

/// Servers whose models call the tool that was offered in a place.
struct Calling {
    wire: Wire,
    at: Arc<AtomicUsize>,
    server: Server,
    models: Models,
}

impl Calling {
    fn new(wire: Wire) -> Self {
        let at = Arc::new(AtomicUsize::new(0));
        let place = Arc::clone(&at);
        let server = Server::answering(move |sent: &Sent| {
            let name = offered(wire, &sent.body).swap_remove(place.load(Ordering::SeqCst));
            let said = calls(wire, &[("id-1", r#"{"word":"calm"}"#)]);
            if sent.path.contains("stream") || sent.body["stream"] == true {
                let text = written(wire, &said.events(wire)).replace("look_up", &name);
                chunks(kind(wire), &[text.as_bytes()])
            } else {
                answered(200, "", &said.body(wire).to_string().replace("look_up", &name))
            }
        });
        let models = models(wire, &server.url);
        Self { wire, at, server, models }
    }

    /// The reply, and what was sent.
    fn call(&self, at: usize, asked: ModelRequest) -> (ModelReply, Value) {
        self.at.store(at, Ordering::SeqCst);
        let (done, _) = call(&self.models, asked);
        let reply = done.unwrap_or_else(|e| panic!("{:?}: {e}", self.wire));
        (reply, self.server.sent().pop().unwrap().body)
    }
}

fn asking(names: &[String], stream: bool) -> ModelRequest {
    request(stream).tools(names.iter().map(|name| tool(name)).collect())
}

#[test]
fn they_are_sent_legally_and_called_by_their_own_name() {
    let names = names();
    for wire in WIRES {
        let calling = Calling::new(wire);
        for stream in [false, true] {
            for (at, name) in names.iter().enumerate() {
                let (reply, body) = calling.call(at, asking(&names, stream));
                let called: Vec<_> =
                    reply.calls.iter().map(|call| (&call.name, call.arguments.as_str())).collect();
                assert_eq!(called, [(name, r#"{"word":"calm"}"#)], "{wire:?} {stream}");
                let mut sent = offered(wire, &body);
                assert_eq!(sent.len(), names.len(), "{wire:?}");
                assert!(sent.iter().all(|name| is_legal(name)), "{wire:?}: {sent:?}");
                sent.sort();
                sent.dedup();
                assert_eq!(sent.len(), names.len(), "{wire:?}: two tools of one name: {sent:?}");
            }
        }
    }
}

#[test]
fn a_legal_name_is_sent_as_it_is() {
    let legal: Vec<_> = ["look_up", "Look-Up", "a", "_", "x1", &long("")[..64]].map(str::to_owned).into();
    for wire in WIRES {
        let (_, body) = Calling::new(wire).call(0, asking(&legal, false));
        assert_eq!(offered(wire, &body), legal, "{wire:?}");
    }
}

#[test]
fn a_legal_name_is_never_taken_by_another() {
    for wire in WIRES {
        for odd in ["größe".to_owned(), long("1")] {
            let calling = Calling::new(wire);
            let (_, body) = calling.call(0, asking(std::slice::from_ref(&odd), false));
            let made = offered(wire, &body).remove(0);
            // A tool that has that very name, before it or behind it.
            for names in [vec![odd.clone(), made.clone()], vec![made.clone(), odd.clone()]] {
                for at in [0, 1] {
                    let (reply, body) = calling.call(at, asking(&names, false));
                    assert_eq!(reply.calls[0].name, names[at], "{wire:?} {names:?}");
                    let sent = offered(wire, &body);
                    assert!(sent[0] != sent[1] && sent.contains(&made), "{wire:?} {names:?}: {sent:?}");
                }
            }
        }
    }
}

#[test]
fn they_go_back_under_the_name_they_were_offered_by() {
    let names = names();
    for wire in WIRES {
        let mut asked = asking(&names, false);
        for (i, name) in names.iter().enumerate() {
            let call = ToolCall::new(format!("id-{i}"), name, r#"{"word":"calm"}"#);
            asked.messages.push(Message::new(Role::Assistant, "Let me see.").calls(vec![call.clone()]));
            asked.messages.push(Message::new(Role::Tool, "no wind").answers(call));
        }
        let calling = Calling::new(wire);
        let bodies = [asked.clone(), asked].map(|asked| calling.call(0, asked).1);
        let (offered, mut turns) = (offered(wire, &bodies[0]), turns(&bodies[0]));
        turns.dedup();
        assert_eq!(turns, offered, "{wire:?}: {}", bodies[0]);
        // And by the same one each time.
        assert_eq!(bodies[0], bodies[1], "{wire:?}");
    }
}

#[test]
fn a_tool_that_is_no_longer_offered_goes_back_legally_too() {
    for wire in WIRES {
        let calling = Calling::new(wire);
        for odd in ["größe".to_owned(), long("1"), "a.b".to_owned(), "a b".to_owned()] {
            let call = ToolCall::new("id-1", &odd, "{}");
            let mut asked = asking(&["look_up".to_owned()], false);
            asked.messages.push(Message::new(Role::Assistant, "Let me see.").calls(vec![call.clone()]));
            asked.messages.push(Message::new(Role::Tool, "no wind").answers(call));
            let (_, body) = calling.call(0, asked);
            let turns = turns(&body);
            assert!(!turns.is_empty() && turns.iter().all(|name| is_legal(name)), "{wire:?} {turns:?}");
        }
    }
}

#[test]
fn a_name_that_nobody_offered_is_told_as_it_is() {
    // The core tells the model that there is no such tool.
    for wire in WIRES {
        let said = calls(wire, &[("id-1", r#"{"word":"calm"}"#)]);
        let body = said.body(wire).to_string().replace("look_up", "lock_up");
        let text = written(wire, &said.events(wire)).replace("look_up", "lock_up");
        let scripts = [(false, answered(200, "", &body)), (true, chunks(kind(wire), &[text.as_bytes()]))];
        for (stream, script) in scripts {
            let (_, done, _) = told(wire, Capabilities::OPENAI, script, asking(&names(), stream));
            let reply = done.unwrap_or_else(|e| panic!("{wire:?} {stream}: {e}"));
            assert_eq!(reply.calls[0].name, "lock_up", "{wire:?} {stream}");
        }
    }
}
