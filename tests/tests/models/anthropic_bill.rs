//! A server that bills as Anthropic does: definitions of tools, what is written to its cache and read from it, and
//! reasoning.

use crate::bill::{Biller, Fate, said, tokens};
use crate::server::{Act, End, Sent, Server, stream};
use crate::wires::{KEY, kind, piece, sse, trouble};
use flujo::model::{Prices, Rates};
use flujo::{Cost, Usage};
use flujo_models::Wire;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// Nano-dollars a token: sent, written for five minutes and for an hour, read, received, and reasoned.
pub const SENT: u64 = 2_000;
const WRITTEN: u64 = 2_500;
const WRITTEN_1H: u64 = 4_000;
const READ: u64 = 200;
const RECEIVED: u64 = 10_000;
pub const REASONED: u64 = 15_000;

pub fn prices() -> Prices {
    let rates = Rates::usd("2", "10").unwrap().cached_usd("0.2").unwrap().reasoning_usd("15").unwrap();
    Prices::new().model("test:m", rates.cache_write_usd("2.5", "4").unwrap())
}

/// What a call used, on the provider's side. The kinds of input do not overlap; reasoning is a part of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    pub sent: u64,
    pub written: u64,
    pub written_1h: u64,
    pub read: u64,
    pub received: u64,
    pub reasoned: u64,
}

impl Used {
    fn cost(&self) -> u64 {
        let sent =
            self.sent * SENT + self.written * WRITTEN + self.written_1h * WRITTEN_1H + self.read * READ;
        sent + (self.received - self.reasoned) * RECEIVED + self.reasoned * REASONED
    }
    pub fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            written: self.written + other.written,
            written_1h: self.written_1h + other.written_1h,
            read: self.read + other.read,
            received: self.received + other.received,
            reasoned: self.reasoned + other.reasoned,
        }
    }
    fn input(&self) -> Value {
        json!({"input_tokens": self.sent, "cache_read_input_tokens": self.read,
            "cache_creation_input_tokens": self.written + self.written_1h,
            "cache_creation": {"ephemeral_5m_input_tokens": self.written, "ephemeral_1h_input_tokens": self.written_1h},
            "output_tokens": 1})
    }
    fn output(&self) -> Value {
        json!({"output_tokens": self.received, "output_tokens_details": {"thinking_tokens": self.reasoned}})
    }
    /// The same as the runtime counts it.
    pub fn usage(&self, calls: u64) -> Usage {
        let written = self.written + self.written_1h;
        let usage = Usage::of_cost(Cost(self.cost())).model_calls(calls).output_tokens(self.received);
        let usage = usage.input_tokens(self.sent + written + self.read).cached_tokens(self.read);
        usage.reasoning_tokens(self.reasoned).cache_write_tokens(written)
    }
}

/// A part of a prompt, in the order of the cache: its text, its tokens, and for how long it is to be kept up to here.
struct Part(String, u64, Option<&'static str>);

impl Part {
    fn of(block: &Value, around: u64) -> Self {
        let mut bare = block.clone();
        let mark = bare.as_object_mut().and_then(|fields| fields.remove("cache_control"));
        let text = bare.as_str().map_or_else(|| bare.to_string(), str::to_owned);
        let hour = |mark: Value| if mark.get("ttl").is_some_and(|ttl| ttl == "1h") { "1h" } else { "5m" };
        let n = around + tokens(&text);
        Self(text, n, mark.map(hour))
    }
}

/// Everything in a body that a provider counts, with what it puts around it.
fn parts(body: &Value) -> Vec<Part> {
    fn blocks(value: &Value) -> Vec<&Value> {
        value.as_array().map_or_else(|| vec![value], |blocks| blocks.iter().collect())
    }
    let mut parts = Vec::new();
    if let Some(tools) = body.get("tools") {
        // The instructions by which it tells the model of tools.
        parts.push(Part("tools".to_owned(), 346, None));
        parts.extend(blocks(tools).into_iter().map(|tool| Part::of(tool, 8)));
    }
    parts.extend(body.get("system").into_iter().flat_map(blocks).map(|block| Part::of(block, 3)));
    for turn in body["messages"].as_array().unwrap() {
        parts.extend(blocks(&turn["content"]).into_iter().map(|block| Part::of(block, 4)));
    }
    parts.extend(body.get("output_config").map(|config| Part::of(config, 3)));
    parts
}

/// What the provider keeps, the sum of all that was used, and how many calls were not told in full.
#[derive(Default)]
pub struct Books {
    kept: HashSet<String>,
    pub used: Used,
    pub untold: u64,
}

/// The provider. Its clones share the bill and the books.
#[derive(Clone)]
pub struct Provider {
    pub biller: Biller,
    pub books: Arc<Mutex<Books>>,
    /// False if every answer arrives.
    fails: bool,
}

impl Provider {
    pub fn new(seed: u64, fails: bool) -> Self {
        tokens("the list of tokens is read before the first clock runs");
        Self { biller: Biller::new(seed), books: Arc::default(), fails }
    }

    pub fn serves(&self) -> Server {
        let its = self.clone();
        Server::answering(move |sent| its.answer(sent))
    }

    /// Finds the input in the cache as far as it is there, and keeps it up to the last mark.
    fn input(&self, body: &Value) -> Used {
        let kept = &mut self.books.lock().unwrap().kept;
        let (mut used, mut prefix, mut all, mut done) = (Used::default(), String::new(), 0, 0);
        for Part(text, n, mark) in parts(body) {
            prefix.push_str(&text);
            prefix.push('\0');
            all += n;
            let Some(time) = mark else { continue };
            if !kept.insert(prefix.clone()) {
                used = Used { read: all, ..Used::default() };
            } else if time == "1h" {
                used.written_1h += all - done;
            } else {
                used.written += all - done;
            }
            done = all;
        }
        Used { sent: all - done, ..used }
    }

    /// Answers with a text or calls of tools within `max_tokens`, of which reasoning takes a part.
    fn answer(&self, sent: &Sent) -> Vec<Act> {
        assert!(sent.head.contains(KEY));
        let body = &sent.body;
        let most = body["max_tokens"].as_u64().unwrap();
        let mut used = self.input(body);
        let (content, said) = self.calls(body, most).unwrap_or_else(|| {
            let (text, said) = self.biller.text(most);
            (vec![json!({"type": "text", "text": text})], said)
        });
        used.reasoned = self.biller.below(most - said + 1);
        used.received = used.reasoned + said;
        self.biller.charge(used.cost());
        let end = match content[0]["type"].as_str() {
            Some("tool_use") => "tool_use",
            _ if said == most => "max_tokens",
            _ => "end_turn",
        };
        let fate = if self.fails { self.biller.fate() } else { Fate::Good };
        {
            let mut books = self.books.lock().unwrap();
            books.used = books.used.and(used);
            books.untold += u64::from(fate != Fate::Good);
        }
        // Some tell what was sent, and not what was received.
        let told = [fate != Fate::Untold || self.biller.below(2) == 0, fate != Fate::Untold];
        let reply = Reply { content, end, used, told };
        reply.acts(body, fate)
    }

    /// Calls of one tool or of both, now and then, if they fit; and their tokens.
    fn calls(&self, body: &Value, most: u64) -> Option<(Vec<Value>, u64)> {
        let tools = body.get("tools")?.as_array()?;
        let first = usize::try_from(self.biller.below(5)).unwrap();
        let calls = tools.iter().skip(first).map(|tool| {
            let id = format!("t{}", self.biller.below(u64::MAX));
            // One in four is called with what it does not take.
            let input = match self.biller.below(4) {
                0 => json!({"wrong": 1}),
                _ => json!({"word": "harbour"}),
            };
            json!({"type": "tool_use", "id": id, "name": tool["name"], "input": input})
        });
        let calls: Vec<_> = calls.collect();
        let said = calls.iter().map(|call| tokens(&call.to_string())).sum();
        (!calls.is_empty() && said <= most).then_some((calls, said))
    }
}

/// An answer, and whether it tells what was sent and what was received.
pub struct Reply {
    pub content: Vec<Value>,
    pub end: &'static str,
    pub used: Used,
    pub told: [bool; 2],
}

impl Reply {
    pub fn acts(&self, asked: &Value, fate: Fate) -> Vec<Act> {
        if asked["stream"] == true {
            return self.streamed(fate);
        }
        let mut body = json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": self.end,
            "content": self.content, "usage": self.used.input()});
        for (word, n) in self.used.output().as_object().unwrap() {
            body["usage"][word] = n.clone();
        }
        if self.told != [true; 2] {
            body.as_object_mut().unwrap().remove("usage");
        }
        said(fate, &body.to_string())
    }

    fn streamed(&self, fate: Fate) -> Vec<Act> {
        let mut begin = json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant",
            "content": [], "model": "m", "stop_reason": null}});
        let mut end = json!({"type": "message_delta", "delta": {"stop_reason": self.end}});
        if self.told[0] {
            begin["message"]["usage"] = self.used.input();
        }
        if self.told[1] {
            end["usage"] = self.used.output();
        }
        let mut events = vec![sse(&begin.to_string())];
        for (i, block) in self.content.iter().enumerate() {
            let mut empty = block.clone();
            let pieces = if let Some(text) = block["text"].as_str() {
                empty["text"] = "".into();
                piece(Wire::Anthropic, text)
            } else {
                empty["input"] = json!({});
                let delta = json!({"type": "input_json_delta", "partial_json": block["input"].to_string()});
                sse(&json!({"type": "content_block_delta", "index": i, "delta": delta}).to_string())
            };
            events.push(sse(
                &json!({"type": "content_block_start", "index": i, "content_block": empty}).to_string()
            ));
            events.push(pieces);
        }
        let half = vec![events.concat()];
        let whole =
            [events, vec![sse(&end.to_string()), sse(r#"{"type":"message_stop"}"#)]].concat().concat();
        match fate {
            Fate::Good | Fate::Untold => stream(kind(Wire::Anthropic), &[whole], End::Clean),
            Fate::Failed => {
                stream(kind(Wire::Anthropic), &[half, vec![trouble(Wire::Anthropic)]].concat(), End::Clean)
            }
            Fate::Cut => stream(kind(Wire::Anthropic), &half, End::Cut),
            Fate::Silent => stream(kind(Wire::Anthropic), &half, End::Hang),
        }
    }
}
