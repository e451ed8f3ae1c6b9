//! Chapter 9: runs in a file, with a command line, pages and an HTTP interface.

use flujo::model::{Prices, Rates};
use flujo::prelude::*;
use flujo_cli::Cli;
use flujo_server::Live;
use flujo_sqlite::Sqlite;
use helpdesk::desk::{Bank, Orders, Shop, support};
use helpdesk::offline;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let live = Live::new();
    let flujo = Flujo::builder()
        .engine(Sqlite::open("helpdesk.db")?)
        .observer(live.clone())
        .models(offline::script())
        .prices(Prices::new().model("openai:gpt-4o-mini", Rates::usd("0.15", "0.60")?))
        .limits(UsageLimits::usd("0.01"))
        .resources(Shop { orders: Orders::open(), bank: Bank::default() })
        .pipeline::<support>()
        .build()?;
    Ok(Cli::new(flujo).live(live).works().run().await)
}
