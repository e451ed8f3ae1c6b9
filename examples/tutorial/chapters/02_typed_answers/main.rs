//! Chapter 2: a model reads the ticket, and its answer has a type.

use flujo::model::Script;
use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The request in a ticket.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Request {
    kind: Kind,
    /// The number of the order that the ticket is about, if it names one.
    order: Option<u32>,
    /// The request in one sentence.
    summary: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Where is my order?
    Status,
    /// I want my money back.
    Refund,
    Other,
}

/// An order, as the shop knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    number: u32,
    item: String,
    status: String,
}

/// Sorts a ticket.
#[step(model = "openai:gpt-4o-mini", max_tokens = 200, timeout = "30s", retries = 2)]
fn classify(ticket: String) -> Prompt<Request> {
    Prompt::system("You sort the tickets of a shop that sells furniture and tableware.").user(ticket)
}

/// Looks an order up. In a real shop this is a request to another service.
#[step(retries = 2, timeout = "5s")]
async fn look_up(number: u32) -> Result<Order> {
    let (item, status) = match number {
        1041 => ("mug", "on its way"),
        2207 => ("chair", "delivered"),
        _ => return Err(StepError::fatal(format!("there is no order {number}"))),
    };
    Ok(Order { number, item: item.to_string(), status: status.to_string() })
}

/// Writes the reply.
#[step(model = "openai:gpt-4o-mini", max_tokens = 300, timeout = "30s", retries = 1)]
fn draft(request: Request, order: Order) -> Prompt<String> {
    Prompt::system("Answer the customer of a shop in one or two friendly sentences.")
        .user(format!("{}\nOrder {}: {}, {}.", request.summary, order.number, order.item, order.status))
}

pipeline! {
    /// Answers a ticket.
    fn support(ticket: String) -> String {
        let request = classify(ticket);
        if let Some(number) = request.order {
            let order = look_up(number);
            draft(request, order)
        } else {
            fail("the ticket names no order")
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), flujo::Error> {
    // A script in place of a model. The first answer has a kind that does not exist.
    let script = Script::new()
        .then(r#"{"kind": "question", "order": 1041, "summary": "Asks where the mug is."}"#)
        .then(r#"{"kind": "status", "order": 1041, "summary": "Asks where the mug is."}"#)
        .then("Your mug is on its way to you. Thank you for your patience!");
    let flujo = Flujo::builder().models(script.clone()).build()?;

    let result = flujo.run(support("Where is my order 1041?".to_string())).await;
    for step in &result.steps {
        println!("{}: {} attempts, {} tokens", step.path(), step.attempts(), step.usage().total_tokens());
    }
    let reply = result.into_output()?;
    for message in &script.requests()[1].messages {
        println!("{:?}: {}", message.role, message.text);
    }
    println!("{reply}");
    Ok(())
}
