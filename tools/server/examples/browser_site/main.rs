//! The site that the browser tests visit: runs of every kind in a file, which survives a kill of this process.
//!
//! `cargo run -p flujo-server --features sqlite --example browser_site -- runs.db 8080`
//!
//! The file is filled when it is new, unless `empty` follows the port. The first line that is printed is the address;
//! with port 0 the system chooses one. A run of `count` goes on from `n` once there is a file `<id>.<n>` beside the runs.
#![allow(
    clippy::print_stdout,
    unreachable_pub,
    reason = "the address is for whoever started it, and modules of one program show each other what they like"
)]

mod model;
mod pipelines;
mod seeds;

use flujo::SharedBudget;
use flujo::events::Redact;
use flujo::prelude::*;
use flujo::run::Control;
use flujo_server::{Live, Server};
use flujo_sqlite::Sqlite;
use pipelines::{Attempts, Gate, Office, broken, count, outbreak, post, questions, shout};
use std::error::Error;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("the first argument is the file of the runs")?;
    let port = args.next().map_or(Ok(0), |port| port.parse::<u16>())?;

    let folder = Path::new(&file).parent().map(Path::to_owned).unwrap_or_default();
    let live = Live::new();
    let budget = SharedBudget::usd("20");
    let builder = Flujo::builder()
        .engine(Sqlite::open(file)?)
        .resources(Office { attempts: Attempts::default(), gate: Gate(folder.clone()) })
        .models(model::Model(folder.clone()))
        .prices(model::Prices)
        .record_messages(Redact::new())
        .budget(budget.clone())
        .observer(live.clone());
    let builder = builder.pipeline::<post>().pipeline::<questions>().pipeline::<count>();
    let flujo = builder.pipeline::<broken>().pipeline::<outbreak>().pipeline::<shout>().build()?;
    let flujo = Arc::new(flujo);
    if args.next().as_deref() != Some("empty") {
        seeds::plant(&flujo).await?;
    }

    let worker = flujo.worker().every(Duration::from_millis(200));
    let worker = tokio::spawn(worker.until(std::future::pending::<()>()));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}", listener.local_addr()?);
    let control: Arc<dyn Control> = flujo;
    let server = Server::of(control).live(live).budget("all runs of this process", budget);
    server.poll_every(Duration::from_millis(100)).serve_on(listener, std::future::pending()).await?;
    worker.abort();
    Ok(())
}
