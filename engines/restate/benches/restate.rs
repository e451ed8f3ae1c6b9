//! The rate of steps on a Restate server, against the rate of bare `ctx.run` calls on the same server.
//!
//! Prints one line per figure, `RATIO <name> <measured> >= <bound>`, and exits non-zero on a miss. Without a server it
//! says so and measures nothing.

// Benches print and abort by design.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::large_futures,
    clippy::cast_precision_loss,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "a bench reports to its caller"
)]

#[path = "../../../flujo/benches/common/mod.rs"]
mod common;
#[path = "../tests/server/installed.rs"]
mod installed;

use common::chain::{STEPS, chain};
use common::{Case, case, median, work};
use flujo::clock::Timestamp;
use flujo::prelude::*;
use flujo_restate::Restate;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use installed::Installed;
use restate_sdk::prelude::{
    ContextSideEffects, Endpoint, HandlerError, HttpServer, Json, RunFuture, WorkflowContext,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::IntoFuture;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// The same steps, and their names, by hand.
struct Bare;

#[restate_sdk::workflow]
impl Bare {
    /// When the first step began, and when the last one ended, in nanoseconds.
    #[handler]
    async fn run(
        &self,
        cx: WorkflowContext<'_>,
        Json(mut case): Json<Case>,
    ) -> Result<Json<(u64, u64)>, HandlerError> {
        let began = nanos();
        for i in 0..STEPS {
            let before = case.clone();
            let step = cx.run(|| async move { Ok(Json(work(before))) });
            Json(case) = step.name(format!("chain/s{i} step 1")).await?;
        }
        Ok(Json((began, nanos())))
    }
}

fn nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(since.as_nanos()).expect("a clock before 2554")
}

/// Calls a handler, and waits for its answer.
async fn call<T: DeserializeOwned>(server: &Installed, handler: String, body: impl Serialize) -> T {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = hyper::Request::post(format!("{}/{handler}", server.ingress()))
        .header("content-type", "application/json")
        .body(Full::from(serde_json::to_vec(&body).unwrap()))
        .unwrap();
    let answer = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&answer).unwrap_or_else(|e| panic!("{e}: {answer:?}"))
}

/// Runs `n` at once by hand; returns their steps for each second.
async fn by_hand(server: &Installed, round: usize, n: usize) -> f64 {
    let spans = (0..n).map(|i| call(server, format!("Bare/bare-{round}-{n}-{i}/run"), case(7)));
    rate(&futures_util::future::join_all(spans).await)
}

/// Runs `n` at once; returns their steps for each second.
async fn ours(flujo: &Flujo, round: usize, n: usize) -> f64 {
    let id = |i: usize| format!("ours-{round}-{n}-{i}");
    let runs = (0..n).map(|i| flujo.run(chain(case(7))).id(id(i)).into_future());
    futures_util::future::join_all(runs).await;
    let mut spans = Vec::new();
    for i in 0..n {
        let view = flujo.inspect(id(i)).await.expect("a run");
        assert_eq!(view.records.len(), STEPS);
        let Timestamp(began) = view.records.iter().map(|record| record.started).min().expect("a step");
        let Timestamp(ended) = view.records.iter().map(|record| record.ended).max().expect("a step");
        spans.push((began, ended));
    }
    rate(&spans)
}

fn rate(spans: &[(u64, u64)]) -> f64 {
    let steps = spans.len() * STEPS;
    let began = spans.iter().map(|(began, _)| *began).min().expect("a run");
    let ended = spans.iter().map(|(_, ended)| *ended).max().expect("a run");
    steps as f64 / ((ended - began) as f64 / 1e9)
}

async fn report(name: &str, server: &Installed, flujo: &Flujo, (rounds, n): (usize, usize)) -> bool {
    const BOUND: f64 = 0.8;
    let mut ratios = Vec::new();
    let (mut best, mut floor) = (0.0_f64, 0.0_f64);
    for round in 0..rounds {
        // Which goes first alternates.
        let (a, b) = if round % 2 == 0 {
            let a = ours(flujo, round, n).await;
            (a, by_hand(server, round, n).await)
        } else {
            let b = by_hand(server, round, n).await;
            (ours(flujo, round, n).await, b)
        };
        (best, floor) = (best.max(a), floor.max(b));
        ratios.push(a / b);
    }
    let measured = median(ratios);
    let held = measured >= BOUND;
    println!("RATIO {name} {measured:.2} >= {BOUND:.1}{}", if held { "" } else { "  MISSED" });
    println!("# {name}: {best:.0} steps a second at best, by hand {floor:.0}");
    held
}

#[tokio::main]
async fn main() {
    let Some(server) = Installed::start_with(&[]).await else { return };
    let engine = Restate::connect(&server.ingress(), &server.admin()).expect("addresses");
    let flujo = Flujo::builder().engine(engine.clone()).pipeline::<chain>().build().expect("an engine");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let pipelines = flujo.clone();
    tokio::spawn(async move {
        flujo_restate::serve(&pipelines, listener).await.expect("services");
    });
    engine.register(&address).await.expect("a deployment");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(HttpServer::new(Endpoint::builder().bind(Bare).build()).serve(listener));
    engine.register(&address).await.expect("a deployment");
    // What is done for the first time is slower.
    ours(&flujo, usize::MAX, 4).await;
    by_hand(&server, usize::MAX, 4).await;
    let held = [
        report("restate_step", &server, &flujo, (21, 1)).await,
        report("restate_50_runs", &server, &flujo, (21, 50)).await,
    ];
    drop(server);
    if held.contains(&false) {
        std::process::exit(1);
    }
}
