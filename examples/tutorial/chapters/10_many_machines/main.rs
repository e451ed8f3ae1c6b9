//! Chapter 10: runs on a Restate server, steps on any number of workers.

use flujo::model::{Prices, Rates};
use flujo::prelude::*;
use flujo_cli::Cli;
use flujo_restate::Restate;
use helpdesk::desk::{Bank, Orders, Shop, support};
use helpdesk::offline;
use std::env::var;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let address = |name: &str, default: &str| var(name).unwrap_or_else(|_| default.to_string());
    let ingress = address("RESTATE_INGRESS", "http://127.0.0.1:8080");
    let admin = address("RESTATE_ADMIN", "http://127.0.0.1:9070");
    let flujo = Flujo::builder()
        .engine(Restate::connect(&ingress, &admin)?)
        .models(offline::script())
        .prices(Prices::new().model("openai:gpt-4o-mini", Rates::usd("0.15", "0.60")?))
        .limits(UsageLimits::usd("0.01"))
        .resources(Shop { orders: Orders::open(), bank: Bank::default() })
        .pipeline::<support>()
        .build()?;

    // `helpdesk work 0.0.0.0:9080 http://worker-1:9080`: the address to listen on, and the address that the server calls.
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [command, listen, seen_as] = &words[..]
        && command == "work"
    {
        let ctrl_c = async { drop(tokio::signal::ctrl_c().await) };
        flujo_restate::serve(&flujo, listen.as_str()).register(seen_as.as_str()).until(ctrl_c).await?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(Cli::new(flujo).run().await)
}
