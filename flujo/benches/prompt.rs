//! What flujo adds to a call of a model, client and network excluded, against serializing the same request; and
//! what it costs to mend an answer, against reading a clean one.
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

use common::{block_on, case, ratio, report};
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Script, Tokens, repair};
use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::Instant;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Label {
    name: String,
    why: String,
    confidence: f64,
    tags: Vec<String>,
}

/// A prompt as they are: rules, a few examples, what somebody wrote.
#[step(model = "openai:gpt-4o-mini", temperature = 0.2, max_tokens = 200)]
fn label(post: String) -> Prompt<Label> {
    let mut prompt = Prompt::system(RULES);
    for n in 0..3 {
        prompt = prompt.example(format!("Example {n}: {post}"), &answer());
    }
    prompt.user(post)
}

const RULES: &str = "You judge whether a post is sarcastic. Look at what is said and at what is meant: praise for what \
    nobody would praise, thanks for what nobody asked for, joy about a Monday. Say which words made you think so. \
    Where you are not sure, say so with a confidence below one half, and do not guess what the author feels.";

const CALLS: usize = 4;

pipeline! {
    fn labelling(post: String) -> Label {
        let _a = label(post.clone());
        let _b = label(post.clone()).named("b");
        let _c = label(post.clone()).named("c");
        label(post).named("d")
    }
}

fn answer() -> Label {
    let why = "praise for what nobody would praise: \"just what everybody here was waiting for\"".repeat(3);
    let tags = vec!["mood".into(), "weekday".into()];
    Label { name: "sarcastic".into(), why, confidence: 0.75, tags }
}

/// Answers at once.
struct Ready(String);

#[flujo::async_trait]
impl ModelClient for Ready {
    async fn call(
        &self,
        _: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        Ok(ModelReply::new(self.0.clone()).used(Tokens::new(900, 60)))
    }
}

/// The request of one of the calls.
fn request(post: &str) -> ModelRequest {
    let script = Script::new().otherwise(|_| serde_json::to_string(&answer()).expect("JSON"));
    let flujo = Flujo::builder().models(script.clone()).build().expect("an engine");
    block_on(async { flujo.run(labelling(post.to_owned())).await }).into_output().expect("an answer");
    script.requests().pop().expect("a request")
}

fn prompt_overhead() -> f64 {
    let post = case(7).text;
    let request = request(&post);
    let client = Ready(serde_json::to_string(&answer()).expect("JSON"));
    let flujo = Flujo::builder().models(client).ephemeral().build().expect("an engine");
    ratio(
        || {
            let started = Instant::now();
            let result = block_on(async { flujo.run(labelling(post.clone())).await });
            let took = started.elapsed();
            assert_eq!(result.into_output().as_ref().ok(), Some(&answer()));
            took
        },
        || {
            let started = Instant::now();
            for _ in 0..CALLS {
                let body = serde_json::json!({
                    "model": request.model,
                    "messages": request.messages,
                    "response_format": {"json_schema": {"name": "answer", "schema": request.schema}},
                    "temperature": request.temperature,
                    "max_tokens": request.max_tokens,
                });
                black_box(serde_json::to_string(&body).expect("JSON"));
            }
            started.elapsed()
        },
    )
}

fn parse_repair() -> f64 {
    let clean = serde_json::to_string(&answer()).expect("JSON");
    let fields = clean.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).expect("an object");
    let dirty = format!("Here you are:\n```json\n{{{},}}\n```\n", fields.replace("\"name\"", "name"));
    let rounds = 50;
    ratio(
        || {
            let started = Instant::now();
            for _ in 0..rounds {
                let mended = repair(black_box(&dirty)).expect("JSON");
                let label: Label = serde_json::from_str(&mended.json).expect("a label");
                black_box(label);
            }
            started.elapsed()
        },
        || {
            let started = Instant::now();
            for _ in 0..rounds {
                let label: Label = serde_json::from_str(black_box(&clean)).expect("a label");
                black_box(label);
            }
            started.elapsed()
        },
    )
}

fn main() {
    let overhead = report("prompt_overhead", prompt_overhead(), 3.0);
    let repair = report("parse_repair", parse_repair(), 3.0);
    if !(overhead && repair) {
        std::process::exit(1);
    }
}
