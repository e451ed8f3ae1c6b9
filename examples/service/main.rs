//! A service: an axum application of its own, with flujo's interface and console in it, and a worker beside it.
//!
//! ```sh
//! FLUJO_TOKEN=$(openssl rand -hex 32) cargo run --example service
//! curl -X POST localhost:8080/orders -H 'content-type: application/json' \
//!     -d '{"id": "o-1", "customer": "Ada", "cents": 2500}'
//! ```
//!
//! An order is a run. Its id is that of the order, so an order that arrives twice is one run. Large orders wait for a
//! person, who finds them at `http://localhost:8080/inbox` after a login with the token. When the process is told to end
//! it takes no further requests, finishes what it can within ten seconds, and leaves the rest to the next process.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it says where it listens, or why not")]

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use flujo::Secret;
use flujo::codec::Json as Recorded;
use flujo::engine::Labels;
use flujo::prelude::*;
use flujo::run::{Control, StartRun};
use flujo_examples::signals::told_to_end;
use flujo_server::{Live, Role, Server};
use flujo_sqlite::Sqlite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::sync::watch;

/// Orders of this many cents and more wait for a person.
const LARGE: u64 = 100_000;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    id: String,
    customer: String,
    cents: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Accept,
    Refuse { reason: String },
}

/// What the steps use: here would be the shop's database, and its bank.
#[resources]
#[derive(Debug)]
struct Shop {
    stock: Stock,
}

#[derive(Debug)]
struct Stock;

#[step(retries = 3, timeout = "5s")]
async fn reserve(
    order: Order,
    #[expect(unused, reason = "an example")] stock: &Stock,
    run: &RunInfo,
) -> Result<String> {
    // The key is the same whenever this step runs again, so that nothing is reserved twice.
    let key = run.idempotency_key();
    Ok(format!("{}-{}", order.id, key.get(..6).unwrap_or(&key)))
}

#[step]
async fn confirm(order: Order, reservation: String) -> Result<String> {
    Ok(format!("{}, your order is reserved as {reservation}", order.customer))
}

pipeline! {
    /// Takes an order.
    fn take_order(order: Order, shop: &Shop) -> String {
        if order.cents >= LARGE {
            let decision: Decision = ask(format!("Accept an order over {} cents?", order.cents)).showing(&order);
            match decision {
                Decision::Accept => {}
                Decision::Refuse { reason } => fail(format!("refused: {reason}")),
            }
        }
        let reservation = reserve(order.clone());
        confirm(order, reservation)
    }
}

/// `POST /orders`: it is recorded when the answer says so, and runs whatever becomes of this process.
async fn order(State(flujo): State<Flujo<Shop>>, Json(order): Json<Order>) -> (StatusCode, String) {
    let (id, customer) = (order.id.clone(), order.customer.clone());
    let run = async {
        let mut labels = Labels::default();
        labels.set("customer", customer)?;
        let run = StartRun::new("take_order", id.as_str(), Recorded::encode(&(order,))?);
        Ok::<_, Box<dyn Error + Send + Sync>>(Control::start(&flujo, &run.labels(labels).by("shop")).await?)
    };
    match run.await {
        Ok(_) => (StatusCode::ACCEPTED, format!("/runs/{id}\n")),
        Err(error) => (StatusCode::CONFLICT, format!("{error}\n")),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let token = std::env::var("FLUJO_TOKEN").unwrap_or_default();
    if token.is_empty() {
        return Err("FLUJO_TOKEN is not set: it is the token of those who operate this".into());
    }
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let address: SocketAddr =
        address.parse().map_err(|_| format!("ADDRESS is `{address}`: write it as 127.0.0.1:8080"))?;

    let live = Live::new();
    let flujo = Flujo::builder()
        .engine(Sqlite::open("service.db")?)
        .observer(live.clone())
        .resources(Shop { stock: Stock })
        .pipeline::<take_order>()
        .build()?;

    let console = Server::new(flujo.clone()).live(live).token("operator", Role::Operator, Secret::new(token));
    let shop = Router::new().route("/orders", post(order)).route("/version", get(|| async { "1\n" }));

    // One signal ends everything.
    let (end, ends) = watch::channel(());
    let ended = |mut ends: watch::Receiver<()>| async move { _ = ends.changed().await };
    let application = shop.with_state(flujo.clone()).merge(console.router_until(ended(ends.clone())));
    let worker = tokio::spawn(flujo.worker().until(ended(ends.clone())));
    tokio::spawn(async move {
        _ = told_to_end().await;
        drop(end);
    });

    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let service = application.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(ended(ends)).await?;
    worker.await??;
    println!("stopped");
    Ok(())
}
