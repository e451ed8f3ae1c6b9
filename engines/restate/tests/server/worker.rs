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

/// Listens from now on: a test may send the signal as soon as it has the address.
#[cfg(unix)]
fn told_to_end() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate()).expect("signals");
    async move {
        terminated.recv().await;
    }
}

/// Where no process is told to end, the tests kill it.
#[cfg(not(unix))]
fn told_to_end() -> impl Future<Output = ()> + Send + 'static {
    std::future::pending()
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
    let stop = told_to_end();
    println!("http://{}", listener.local_addr().expect("an address"));
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
