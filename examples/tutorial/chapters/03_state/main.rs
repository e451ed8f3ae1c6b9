//! Chapter 3: state of a run, and services for all runs.

use flujo::model::Script;
use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// A message of a customer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Ticket {
    customer: String,
    text: String,
}

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

/// The state of one run.
#[context]
#[derive(Debug, Default)]
struct Case {
    customer: String,
    /// A log for the colleague who opens the ticket later.
    #[context(part)]
    notes: Vec<String>,
}

/// A client of the order service, which is unreliable: the first call always fails.
#[derive(Debug)]
struct Orders {
    known: BTreeMap<u32, Order>,
    was_called: AtomicBool,
}

impl Orders {
    fn open() -> Self {
        let known = [(1041, "mug", "on its way"), (2207, "chair", "delivered")];
        let known = known.map(|(number, item, status)| {
            (number, Order { number, item: item.to_string(), status: status.to_string() })
        });
        Self { known: known.into(), was_called: AtomicBool::new(false) }
    }

    async fn get(&self, number: u32) -> std::io::Result<Option<Order>> {
        if !self.was_called.swap(true, Ordering::Relaxed) {
            return Err(std::io::Error::other("the connection was closed"));
        }
        Ok(self.known.get(&number).cloned())
    }
}

/// The services that all runs share.
#[resources]
#[derive(Debug)]
struct Shop {
    orders: Orders,
}

/// Opens the case.
#[step]
async fn open_case(ticket: Ticket, ctx: &mut Case) -> Result<String> {
    ctx.customer = ticket.customer;
    Ok(ticket.text)
}

/// Sorts a ticket.
#[step(model = "openai:gpt-4o-mini", max_tokens = 200, timeout = "30s", retries = 2)]
fn classify(text: String) -> Prompt<Request> {
    Prompt::system("You sort the tickets of a shop that sells furniture and tableware.").user(text)
}

/// Looks an order up.
#[step(retries = 2, timeout = "5s", backoff = "10ms")]
async fn look_up(number: u32, orders: &Orders, notes: &mut Vec<String>) -> Result<Order> {
    notes.push(format!("looked order {number} up"));
    let order = orders.get(number).await?;
    order.ok_or_else(|| StepError::fatal(format!("there is no order {number}")))
}

/// Writes the reply.
#[step(model = "openai:gpt-4o-mini", max_tokens = 300, timeout = "30s", retries = 1)]
fn draft(request: Request, order: Order, #[ctx] case: &Case) -> Prompt<String> {
    Prompt::system("Answer the customer of a shop in one or two friendly sentences. Begin with the name.")
        .user(format!("{} asks: {}", case.customer, request.summary))
        .user(format!("Order {}: {}, {}.", order.number, order.item, order.status))
}

pipeline! {
    /// Answers a ticket.
    fn support(ticket: Ticket, ctx: &mut Case, shop: &Shop) -> String {
        let text = open_case(ticket);
        let request = classify(text);
        if let Some(number) = request.order {
            let order = look_up(number);
            draft(request, order)
        } else {
            fail(format!("the ticket of {} names no order", ctx.customer))
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), flujo::Error> {
    let script = Script::new()
        .then(r#"{"kind": "status", "order": 1041, "summary": "Where is the mug?"}"#)
        .then("Ada, your mug is on its way to you.")
        .then(r#"{"kind": "other", "order": null, "summary": "Says hello."}"#);
    let shop = Shop { orders: Orders::open() };
    let flujo = Flujo::builder().models(script).resources(shop).build()?;

    for (customer, text) in [("Ada", "Where is my order 1041?"), ("Bob", "Hello!")] {
        let ticket = Ticket { customer: customer.to_string(), text: text.to_string() };
        let result = flujo.run(support(ticket)).context(Case::default()).await;
        for step in result.steps.iter().filter(|step| step.attempts() > 1) {
            println!("{} took {} attempts", step.path(), step.attempts());
        }
        println!("{:?}", result.context);
        match result.into_output() {
            Ok(reply) => println!("< {reply}"),
            Err(error) => println!("! {error}"),
        }
    }
    Ok(())
}
