//! What a conversation adds around a reply with one call of a tool: against the same records alone, made by model steps and code steps
//! that know nothing of each other.
//!
//! Prints one line per figure, `RATIO <name> <measured> <= <bound>`, and exits non-zero on a miss.

// Benches print and abort by design.
#![allow(clippy::expect_used, clippy::large_futures, reason = "a bench reports to its caller")]
#![allow(missing_docs, reason = "a bench has no readers of its docs")]

mod common;

use common::{block_on, ratio, report};
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Tokens};
use flujo::prelude::*;
use std::time::{Duration, Instant};

const RUNS: usize = 100;

/// The records of a conversation: a reply with a call, the call, the reply that answers, and the answer of the step.
const RECORDS: usize = 4;

const RULES: &str = "You answer questions of customers with the help of your tools. Look an order up before you say anything of \
    it, and say what you looked up. Where a tool fails, say so, and do not guess. Be brief, and be kind.";

/// Looks an order up.
#[step]
async fn look_up(order: String) -> Result<String> {
    Ok(format!("{order}: three lamps, paid, on its way since Monday; expected on Thursday"))
}

#[step(model = "test:m", max_tokens = 200, retries = 0, tools = [look_up])]
fn help(question: String) -> Prompt<String> {
    Prompt::system(RULES).user(question)
}

/// The same prompt without tools.
#[step(model = "test:m", max_tokens = 200, retries = 0)]
fn say(question: String) -> Prompt<String> {
    Prompt::system(RULES).user(question)
}

pipeline! {
    fn conversation(question: String) -> String {
        help(question)
    }
}

/// Takes an answer.
#[step]
async fn answer(said: String) -> Result<String> {
    Ok(said)
}

pipeline! {
    /// As many records of the same kinds.
    fn records(question: String) -> String {
        let said = say(question.clone());
        let _found = look_up(said);
        let said = say(question).named("last");
        answer(said)
    }
}

/// Calls the tool, then answers; without tools it answers.
struct Ready;

#[flujo::async_trait]
impl ModelClient for Ready {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let reply = |text: &str| ModelReply::new(text).used(Tokens::new(900, 60));
        let is_told = request.messages.iter().any(|message| message.answers.is_some());
        Ok(if request.tools.is_empty() || is_told {
            reply("Order 1042 is on its way.")
        } else {
            reply("").calls("look_up", r#"{"order":"1042"}"#)
        })
    }
}

fn flujo() -> Flujo {
    Flujo::builder().models(Ready).build().expect("an engine")
}

fn question() -> String {
    "Where is my order 1042? I ordered three lamps two weeks ago, and nothing has come so far.".to_owned()
}

fn took(once: &impl AsyncFn(&Flujo) -> usize) -> Duration {
    // A fresh engine each time: what earlier runs left behind is not what is measured.
    let flujo = flujo();
    let started = Instant::now();
    for _ in 0..RUNS {
        assert_eq!(block_on(once(&flujo)), RECORDS);
    }
    started.elapsed()
}

fn tool_round() -> f64 {
    ratio(
        || took(&async |flujo| flujo.run(conversation(question())).await.steps.len()),
        || took(&async |flujo| flujo.run(records(question())).await.steps.len()),
    )
}

fn main() {
    if !report("tool_round", tool_round(), 1.5) {
        std::process::exit(1);
    }
}
