//! What it costs to have a piece of an answer as an event with its path, against the bare client's stream: the same
//! client, which reads the lines that a provider sends, with nothing around it.
//!
//! Prints one line per figure, `RATIO <name> <measured> <= <bound>`, and exits non-zero on a miss.

// Benches print and abort by design.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::large_futures,
    reason = "a bench reports to its caller"
)]
#![allow(missing_docs, reason = "a bench has no readers of its docs")]

mod common;

use common::{block_on, ratio, report};
use flujo::events::{Event, EventKind};
use flujo::model::{ChunkSink, Message, ModelClient, ModelError, ModelReply, ModelRequest, Role, schema_of};
use flujo::prelude::*;
use flujo::run::Streamed;
use serde::Deserialize;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// A long answer, so that what a run costs once is a small part of it.
const PIECES: usize = 400;

#[step(model = "openai:gpt-4o-mini", max_tokens = 2_000)]
fn tell(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn telling(topic: String) -> String {
        tell(topic)
    }
}

/// What a chat completion sends for every piece.
#[derive(Deserialize)]
struct Frame {
    choices: Vec<Choice>,
}
#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}
#[derive(Deserialize)]
struct Delta {
    content: String,
}

/// Reads lines that have arrived already: the network is nobody's to measure here.
#[derive(Clone)]
struct Client(Arc<Vec<String>>);

#[flujo::async_trait]
impl ModelClient for Client {
    async fn call(
        &self,
        _: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let mut text = String::new();
        for line in self.0.iter() {
            let data = line.strip_prefix("data: ").expect("a line of data");
            let frame: Frame = serde_json::from_str(data).expect("JSON");
            for choice in frame.choices {
                text.push_str(&choice.delta.content);
                chunks.chunk(&choice.delta.content);
            }
            // As between two reads of a socket.
            tokio::task::yield_now().await;
        }
        Ok(ModelReply::new(text))
    }
}

/// Somebody who shows the pieces.
struct Shown(String);
impl ChunkSink for Shown {
    fn chunk(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

fn lines() -> Vec<String> {
    (0..PIECES)
        .map(|n| {
            format!(
                "data: {{\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\",\"created\":1694268190,\
                 \"model\":\"gpt-4o-mini\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{{\"index\":0,\
                 \"delta\":{{\"content\":\" piece{n}\"}},\"logprobs\":null,\"finish_reason\":null}}]}}"
            )
        })
        .collect()
}

fn stream_chunk() -> f64 {
    let client = Client(Arc::new(lines()));
    let expected = (0..PIECES).map(|n| format!(" piece{n}")).collect::<Vec<_>>().concat();
    let flujo = Flujo::builder().models(client.clone()).build().expect("an engine");
    let request = ModelRequest::new("openai:gpt-4o-mini", vec![Message::new(Role::User, "trains")])
        .schema(schema_of::<String>().expect("a schema"))
        .max_tokens(2_000)
        .stream(true)
        .path("telling/tell".into());
    ratio(
        || {
            let started = Instant::now();
            let shown = block_on(async {
                let mut shown = String::new();
                let mut stream = flujo.stream(telling("trains".to_owned()));
                while let Some(item) = stream.next().await {
                    match item {
                        Streamed::Event(Event { kind: EventKind::Chunk { text, .. }, .. }) => {
                            shown.push_str(&text);
                        }
                        Streamed::Event(_) => {}
                        Streamed::Result(result) => assert!(result.into_output().is_ok()),
                    }
                }
                shown
            });
            let took = started.elapsed();
            assert_eq!(shown, expected);
            took
        },
        || {
            let request = request.clone();
            let started = Instant::now();
            let mut shown = Shown(String::new());
            let reply = block_on(client.call(request, &mut shown)).expect("an answer");
            black_box(reply);
            let took = started.elapsed();
            assert_eq!(shown.0, expected);
            took
        },
    )
}

fn main() {
    if !report("stream_chunk", stream_chunk(), 2.0) {
        std::process::exit(1);
    }
}
