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
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, ingress, admin] = args.as_slice() else { panic!("restate_worker INGRESS ADMIN") };
    let address = std::env::var("FLUJO_ADDRESS").unwrap_or_else(|_| "127.0.0.1:0".to_owned());
    let engine = Restate::connect(ingress, admin).expect("addresses");
    let is_changed = std::env::var("FLUJO_CHANGED").is_ok();
    let make = if is_changed { pipelines::changed } else { pipelines::all };
    let flujo = make(engine);
    let listener = TcpListener::bind(&address).await.expect("an address of its own");
    println!("http://{}", listener.local_addr().expect("an address"));
    let mut terminated =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("signals");
    let stop = async move {
        terminated.recv().await;
    };
    flujo_restate::serve(&flujo, listener).until(stop).await.expect("services");
    println!("stopped");
}
