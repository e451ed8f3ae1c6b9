//! A support desk: a model reads each ticket, a person decides about large refunds, a model writes the reply.
//!
//! This file is the workflow. `main.rs` runs it, `tests/pipeline.rs` tests it without a model and without waiting.

use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Refunds of more than this many cents are decided by a person.
pub const LARGE: u64 = 5_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    pub customer: String,
    pub text: String,
}

/// The answer of a model has a type: it is checked against the type's JSON Schema, and asked for again if it does not fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Request {
    Refund { cents: u64 },
    Question,
}

#[step(
    model = "openai:gpt-4o-mini",
    max_tokens = 500,
    retries = 2,
    timeout = "30s"
)]
pub fn read(ticket: Ticket) -> Prompt<Request> {
    Prompt::system("You sort the tickets of a shop. A refund has an amount in cents.")
        .user(ticket.text)
}

/// Every run of a step has the same key, so that money is moved once even if the process dies in the middle.
#[step(retries = 3, timeout = "10s")]
pub async fn refund(customer: String, cents: u64, run: &RunInfo) -> Result<String> {
    let _key = run.idempotency_key(); // for the payment provider
    Ok(format!(
        "{customer} gets {}.{:02} back",
        cents / 100,
        cents % 100
    ))
}

#[step(
    model = "openai:gpt-4o-mini",
    max_tokens = 500,
    retries = 2,
    timeout = "30s"
)]
pub fn reply(ticket: Ticket, decision: String) -> Prompt<String> {
    Prompt::system("You write short, friendly replies to customers of a shop.").user(format!(
        "The customer wrote: {}\nThe decision is: {decision}",
        ticket.text
    ))
}

pipeline! {
    /// Answers one ticket.
    pub fn answer(ticket: Ticket) -> String {
        let request = read(ticket.clone());
        let decision = match request {
            Request::Question => "answer the question".to_owned(),
            Request::Refund { cents } => {
                let allowed = if cents > LARGE {
                    let allowed: bool = ask(format!("Refund {cents} cents?")).showing(&ticket);
                    allowed
                } else {
                    true
                };
                if allowed { refund(ticket.customer.clone(), cents) } else { "no refund".to_owned() }
            }
        };
        reply(ticket, decision)
    }
}
