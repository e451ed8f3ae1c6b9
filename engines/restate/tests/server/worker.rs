//! A process that serves the pipelines of the tests until SIGTERM, or until it is killed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a process of tests"
)]

mod pipelines;

use flujo_restate::Restate;
use std::time::Duration;
use tokio::net::TcpListener;

fn millis(variable: &str) -> Option<Duration> {
    let text = std::env::var(variable).ok()?;
    Some(Duration::from_millis(text.parse().expect("milliseconds")))
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, ingress, admin] = args.as_slice() else { panic!("restate_worker INGRESS ADMIN") };
    let address = std::env::var("FLUJO_ADDRESS").unwrap_or_else(|_| "127.0.0.1:0".to_owned());
    let mut engine = Restate::connect(ingress, admin).expect("addresses");
    if let Ok(bytes) = std::env::var("FLUJO_VALUE_LIMIT") {
        engine = engine.value_limit(bytes.parse().expect("bytes"));
    }
    let make = match std::env::var("FLUJO_BUILD").as_deref() {
        Ok("changed") => pipelines::builds::changed,
        Ok("foreign") => pipelines::builds::foreign,
        _ => pipelines::all,
    };
    let flujo = make(engine);
    let listener = TcpListener::bind(&address).await.expect("an address of its own");
    println!("http://{}", listener.local_addr().expect("an address"));
    let mut terminated =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("signals");
    let stop = async move {
        terminated.recv().await;
    };
    let mut serve = flujo_restate::serve(&flujo, listener);
    if let Some(timeout) = millis("FLUJO_INACTIVITY_MS") {
        serve = serve.inactivity_timeout(timeout);
    }
    if let Some(limit) = millis("FLUJO_ATTEMPT_LIMIT_MS") {
        serve = serve.attempt_limit(limit);
    }
    serve.until(stop).await.expect("services");
    println!("stopped");
}
