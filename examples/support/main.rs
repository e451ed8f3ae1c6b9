//! Support: a model answers customers with tools. It looks orders up, searches the handbook of an MCP server, escalates,
//! and refunds; above fifty dollars a person is asked first.
//!
//! `cargo run --example support` is offline: a script answers, and the handbook is in this process. `-- --reply deny` and
//! `--reply edit` are other replies of the person. With keys, `--features models -- --live` asks the real models.
//! `--features mcp -- --mcp npx -y SERVER` starts a real server; its tool has to be called `search`.
#![allow(clippy::print_stdout, reason = "it tells a story")]

mod asked;
mod handbook;
mod offline;
#[cfg(test)]
mod tests;

use crate::asked::Asked;
use crate::handbook::Handbook;
use flujo::Usage;
use flujo::events::ConsoleTracer;
use flujo::prelude::*;
use flujo_examples::answers::asking;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    item: String,
    cents: u64,
}

/// What was paid back, by order, with the key of the call that did it.
#[derive(Debug, Default)]
struct Bank(Mutex<BTreeMap<String, (String, u64)>>);

#[resources]
struct Shop {
    bank: Bank,
    handbook: Handbook,
}

#[context]
#[derive(Debug, Default)]
struct Case {
    /// Calls of one reply run beside each other: what each of them appends is kept.
    #[context(part, merge = append)]
    escalations: Vec<String>,
}

/// Looks an order up by its number.
// The doc comment is what the model reads. Two letters about one order within ten minutes look it up once.
#[step(retries = 2, timeout = "5s", cached = "10min")]
async fn look_up_order(order: String) -> Result<Order> {
    match order.as_str() {
        "1041" => Ok(Order { item: "mug".to_owned(), cents: 1_800 }),
        "2207" => Ok(Order { item: "chair".to_owned(), cents: 12_900 }),
        // The model is told, and may ask the customer.
        _ => Err(StepError::fatal(format!("there is no order {order}"))),
    }
}

/// Refunds an order, in whole or in part.
#[step(retries = 2)]
async fn refund(order: String, cents: u64, bank: &Bank, run: &RunInfo) -> Result<String> {
    let (said, key) = (format!("refunded {cents} cents of order {order}"), run.idempotency_key());
    let mut refunds = bank.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (first, _) = refunds.entry(order).or_insert((key.clone(), cents));
    // After a crash a call has the key that it had. Another key is a second refund: many small ones would get around the question.
    if *first == key { Ok(said) } else { Err(StepError::fatal("this order was refunded before")) }
}

/// Hands the case to a colleague, who writes to the customer.
#[step]
async fn escalate(why: String, escalations: &mut Vec<String>) -> Result<String> {
    escalations.push(why);
    Ok("a colleague takes over".to_owned())
}

#[step(
    // The second is asked where a call of the first fails.
    models = ["anthropic:claude-sonnet-4-6", "openai:gpt-4o"],
    max_tokens = 400,
    retries = 1,
    timeout = "60s",
    // Tools and rules are the same for every letter: the provider keeps them, and bills a tenth.
    prompt_cache = "5m",
    tools = [
        look_up_order,
        refund
            .ask_first("Refund this?")
            .ask_first_if(|_order, cents| *cents > 5_000)
            .timeout("2d", Approval::deny("nobody had time to look at it")),
        escalate,
        // Whatever else the server offers, the model may only search.
        mcp(Handbook).only(["search"]),
    ]
)]
fn help(letter: String) -> Prompt<String> {
    let rules = "You answer customers of a furniture shop. Refund as the handbook says; escalate what it does not cover.";
    Prompt::system(rules).user(letter)
}

pipeline! {
    fn support(letter: String, ctx: &mut Case, shop: &Shop) -> String {
        help(letter)
    }
}

/// What one letter may cost: a call that does not fit under it any more is not made.
const BUDGET: UsageLimits = UsageLimits::usd("0.10");

const LETTERS: [(&str, &str); 2] = [
    ("mug", "The mug of order 1041 arrived chipped."),
    ("chair", "The chair of order 2207 has three legs! I want my money back."),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let Asked { live, server, reply } = Asked::from_args(std::env::args().skip(1))?;
    let builder = match (live, &server[..]) {
        (true, _) => asking("real models", |client| client)?.builder,
        (false, []) => offline::standing_still(offline::script())?,
        (false, _) => offline::builder(offline::script())?,
    };
    let shop = Shop { bank: Bank::default(), handbook: Handbook::open(&server)? };
    // It tells no letters, arguments and answers, which may be private: `log_inputs` and `log_outputs` make it tell them.
    let console = ConsoleTracer::to(std::io::stdout());
    let flujo = builder.resources(shop).observer(console).limits(BUDGET).pipeline::<support>().build()?;
    for (id, letter) in LETTERS {
        println!("> {letter}");
        let mut result = flujo.run(support(letter.to_owned())).id(id).context(Case::default()).await;
        // The run is paused and recorded: the reply may come next week, and from another process.
        while let Some(question) = result.questions().first() {
            let shown = question.shown.as_ref().map(ToString::to_string).unwrap_or_default();
            println!("? {} waits: {} {shown}", question.path, question.message);
            result = flujo.resume::<support>(id).reply(reply.clone()).by("Ada").await?;
        }
        let Usage { cached_tokens, cache_write_tokens, .. } = result.usage;
        println!("prompt cache: {cache_write_tokens} tokens written, {cached_tokens} read");
        for why in &result.context.escalations {
            println!("a colleague has to look: {why}");
        }
        println!("< {}\n", result.into_output()?);
    }
    Ok(())
}
