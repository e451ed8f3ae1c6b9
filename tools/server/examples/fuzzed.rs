//! A server with runs in every state, for a fuzzer: `.ci/run server` and `.ci/extra schemathesis` attack it.
//!
//! It prints its address, and ends with its standard input. The token of the only caller is `fuzzer`.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program for a check: what goes wrong ends it"
)]

use flujo::codec::Json;
use flujo::engine::{Memory, Retention, RunFilter, RunId};
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Prompt, Tokens};
use flujo::prelude::*;
use flujo::run::{Control, StartRun};
use flujo::{Cost, Usage};
use flujo_server::{Live, Role, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Size {
    Small,
    Large,
}

/// An order, as somebody writes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    size: Size,
    lines: Vec<String>,
    gift: Option<bool>,
    cents: u64,
}

#[context]
#[derive(Debug, Default)]
struct Notes {
    #[context(part)]
    lines: Vec<String>,
}

#[step]
async fn greet(name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[step]
async fn pay(cents: u64, run: &RunInfo) -> Result<u64> {
    run.emit("paying");
    run.spend(Usage::of_cost(Cost(cents)).model_calls(1).input_tokens(3));
    Ok(cents)
}

#[step]
async fn check(word: String) -> Result<String> {
    if word.starts_with('a') { Ok(word) } else { Err(StepError::fatal(format!("`{word}` is not good"))) }
}

#[step]
async fn note(line: String, lines: &mut Vec<String>) -> Result<usize> {
    lines.push(line);
    Ok(lines.len())
}

#[step]
async fn hang(name: String) -> Result<String> {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    Ok(name)
}

#[step(model = "test:small")]
fn judge(text: String) -> Prompt<String> {
    Prompt::system("Judge it.").user(text)
}

pipeline! {
    fn welcome(name: String) -> String { greet(name) }
}

pipeline! {
    fn refund(cents: u64) -> u64 {
        let approved: bool = ask("Refund this?").showing(&cents).timeout("3d", false);
        if approved { pay(cents) } else { fail("declined") }
    }
}

pipeline! {
    fn ordered(order: Order) -> u64 {
        let changed: Order = ask("Is it right?").showing(&order);
        pay(changed.cents)
    }
}

pipeline! {
    fn fragile(word: String) -> String {
        let greeting = greet(word.clone());
        let checked = check(word);
        format!("{greeting} {checked}")
    }
}

pipeline! {
    fn diary(a: String, b: String, notes: &mut Notes) -> usize {
        note(a);
        note(b).named("again")
    }
}

pipeline! {
    fn slow(name: String) -> String { hang(name) }
}

pipeline! {
    fn judged(text: String) -> String { judge(text) }
}

/// Answers with the name of the model.
struct Parrot;

#[flujo::async_trait]
impl ModelClient for Parrot {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        Ok(ModelReply::new(request.model).used(Tokens::new(100, 10)))
    }
}

async fn begun(flujo: &Flujo, pipeline: &str, id: &str, input: impl Serialize) {
    let mut run = StartRun::new(pipeline, id, Json::encode(&input).unwrap()).by("setup");
    run.labels.set("tenant", "acme").unwrap();
    Control::start(flujo, &run).await.unwrap();
}

/// Starts a run, and waits until it ends or pauses.
async fn ran(flujo: &Flujo, pipeline: &str, id: &str, input: impl Serialize) {
    begun(flujo, pipeline, id, input).await;
    Control::attach(flujo, &RunId::from(id)).await.unwrap();
}

/// The ids are those that the hooks of the fuzzer send.
async fn fill(flujo: &Flujo) {
    let order = Order { size: Size::Large, lines: vec!["a book".to_owned()], gift: None, cents: 7 };
    for n in 0..60 {
        ran(flujo, "welcome", &format!("done-{n}"), ("Ada",)).await;
    }
    ran(flujo, "diary", "diary", ("one", "two")).await;
    ran(flujo, "judged", "judged", ("text",)).await;
    for n in 0..10 {
        ran(flujo, "fragile", &format!("failed-{n}"), ("odd",)).await;
        ran(flujo, "refund", &format!("paused-{n}"), (9,)).await;
        ran(flujo, "ordered", &format!("ordered-{n}"), (&order,)).await;
        ran(flujo, "refund", &format!("cancelled-{n}"), (9,)).await;
        flujo.cancel(format!("cancelled-{n}")).await.unwrap();
    }
    begun(flujo, "slow", "running", ("x",)).await;
    // Executions that are dropped while a step runs.
    let dropped = Duration::from_millis(30);
    assert!(tokio::time::timeout(dropped, flujo.run(slow("x".into())).id("interrupted")).await.is_err());
    assert!(tokio::time::timeout(dropped, flujo.run(slow("x".into())).id("crashed")).await.is_err());
    for _ in 0..8 {
        let _ = tokio::time::timeout(dropped, flujo.resume::<slow>("crashed")).await;
    }
}

#[tokio::main]
async fn main() {
    let live = Live::new();
    let flujo = Flujo::builder()
        .engine(Memory::new().retention(Retention::ALL))
        .models(Parrot)
        .observer(live.clone())
        .pipeline::<welcome>()
        .pipeline::<refund>()
        .pipeline::<ordered>()
        .pipeline::<fragile>()
        .pipeline::<diary>()
        .pipeline::<slow>()
        .pipeline::<judged>()
        .build()
        .expect("a runtime");
    fill(&flujo).await;
    let runs = Control::list(&flujo, &RunFilter::default()).await.unwrap();
    let states: BTreeSet<_> = runs.iter().map(|run| format!("{:?}", run.state)).collect();
    println!("states: {}", states.into_iter().collect::<Vec<_>>().join(", "));

    let (end, ends) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(end);
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    println!("http://{}", listener.local_addr().expect("an address"));
    let server = Server::new(flujo).live(live).token("fuzzer", Role::Admin, "fuzzer");
    server.serve_on(listener, async move { drop(ends.await) }).await.expect("a server");
}
