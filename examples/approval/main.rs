//! Approval: a run that waits for a person, for as long as it takes, and goes on where it stopped.
//!
//! `cargo run --example approval` tells it in one process. With the feature `sqlite` the run is in a file, and each of
//! these is a process of its own, in whatever shell, as much later as one likes:
//!
//! ```sh
//! cargo run --example approval --features flujo-examples/sqlite -- start runs.db
//! cargo run --example approval --features flujo-examples/sqlite -- reply runs.db pay
//! cargo run --example approval --features flujo-examples/sqlite -- finish runs.db
//! ```
#![allow(clippy::print_stdout, reason = "it tells a story")]

#[cfg(feature = "sqlite")]
mod across;

use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Invoice {
    from: String,
    cents: u64,
}

/// What the person may reply: the JSON Schema of this type goes with the question.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Pay,
    Refuse { why: String },
}

/// The bank. It counts, so that one sees that nothing is paid twice.
#[derive(Debug, Default)]
struct Bank(AtomicU32);

#[resources]
#[derive(Debug, Default)]
struct Office {
    bank: Bank,
}

#[step]
async fn check(invoice: Invoice) -> Result<Invoice> {
    if invoice.cents == 0 {
        return Err(StepError::fatal("an invoice over nothing"));
    }
    Ok(invoice)
}

/// The key is the same however often this runs: the bank would know the payment again.
#[step(retries = 3)]
async fn pay(invoice: Invoice, bank: &Bank, run: &RunInfo) -> Result<String> {
    let number = bank.0.fetch_add(1, Ordering::Relaxed) + 1;
    let key = run.idempotency_key();
    let key = key.get(..8).unwrap_or(&key);
    Ok(format!("payment {number} (key {key}..) to {}: {} cents", invoice.from, invoice.cents))
}

pipeline! {
    /// Small invoices are paid at once; somebody looks at the others.
    fn approve(invoice: Invoice, office: &Office) -> String {
        let invoice = check(invoice);
        if invoice.cents <= 10_000 {
            pay(invoice)
        } else {
            let decision: Decision = ask(format!("Pay {} cents to {}?", invoice.cents, invoice.from)).showing(&invoice);
            match decision {
                Decision::Pay => pay(invoice).named("pay_approved"),
                Decision::Refuse { why } => fail(format!("refused: {why}")),
            }
        }
    }
}

fn invoice(from: &str, cents: u64) -> Invoice {
    Invoice { from: from.to_owned(), cents }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() { Ok(here().await?) } else { across(&words).await }
}

#[cfg(feature = "sqlite")]
async fn across(words: &[String]) -> std::result::Result<(), Box<dyn std::error::Error>> {
    across::process(words).await
}
#[cfg(not(feature = "sqlite"))]
fn across(_: &[String]) -> std::future::Ready<std::result::Result<(), Box<dyn std::error::Error>>> {
    let what = "runs that outlive their process need `--features flujo-examples/sqlite`";
    std::future::ready(Err(what.into()))
}

/// All of it in one process.
async fn here() -> std::result::Result<(), flujo::Error> {
    let flujo = Flujo::builder().resources(Office::default()).build()?;

    println!("small: {}", flujo.run(approve(invoice("Stationers", 4_200))).id("small").await.into_output()?);

    // Three that have to wait. Nothing of the process needs to stay alive for it: a run is its records.
    for (id, from) in [("a", "Roofers"), ("b", "Astrologers"), ("c", "Plumbers")] {
        let paused = flujo.run(approve(invoice(from, 250_000))).id(id).await;
        for question in paused.questions() {
            println!("{id}: {} asks: {}", question.path, question.message);
        }
    }

    // A reply that does not fit is refused, and the question stays open.
    if let Err(error) = flujo.resume::<approve>("a").reply("perhaps").await {
        println!("a: {error}");
    }
    let paid = flujo.resume::<approve>("a").reply(Decision::Pay).by("Ada").await?;
    for answered in &paid.hitl_history {
        println!("a: answered by {}", answered.reply.by.as_deref().unwrap_or("nobody"));
    }
    println!("a: {}", paid.into_output()?);

    let why = "the stars say no".to_owned();
    let refused = flujo.resume::<approve>("b").reply(Decision::Refuse { why }).by("Ada").await?;
    if let Outcome::Failed(error) = refused.outcome {
        println!("b: {error}");
    }

    // Whoever asks again for a run that is there gets it as it is: what is paid is not paid a second time, and what
    // waits goes on waiting.
    println!("a: {}", flujo.run(approve(invoice("Roofers", 250_000))).id("a").await.into_output()?);
    let waiting = flujo.run(approve(invoice("Plumbers", 250_000))).id("c").await;
    println!("c: waits for {} reply", waiting.questions().len());
    println!("payments: {}", flujo.resources().bank.0.load(Ordering::Relaxed));
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
#[path = "../kills/approval.rs"]
mod kills;
