//! Chapter 4: a branch for each kind of ticket, a loop, and a critic.

use flujo::model::{ModelRequest, Script};
use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// The parcel of an order, on its way from carrier to carrier.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parcel {
    number: u32,
    carrier: String,
    /// The place where the last carrier has it.
    seen: Option<String>,
}

impl Parcel {
    fn sent(number: u32) -> Self {
        Self { number, carrier: "SeaLine".to_string(), seen: None }
    }

    fn is_found(&self) -> bool {
        self.seen.is_some()
    }
}

/// Asks a carrier for the parcel. In a real shop this is a request to its tracking API.
#[step(retries = 2, timeout = "5s")]
async fn track(parcel: Parcel) -> Result<Parcel> {
    let (carrier, seen) = match parcel.carrier.as_str() {
        "SeaLine" => ("RailFast", None),
        "RailFast" => ("CityBike", None),
        _ => ("CityBike", Some("on a bicycle in your town".to_string())),
    };
    Ok(Parcel { carrier: carrier.to_string(), seen, ..parcel })
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

/// An order, as the shop knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    number: u32,
    item: String,
    cents: u64,
}

/// A client of the order service.
#[derive(Debug)]
struct Orders(BTreeMap<u32, Order>);

impl Orders {
    fn open() -> Self {
        let order = |number, item: &str, cents| (number, Order { number, item: item.to_string(), cents });
        Self([order(1041, "mug", 1_800), order(2207, "chair", 12_900)].into())
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
#[step(retries = 2, timeout = "5s")]
async fn look_up(number: u32, orders: &Orders, notes: &mut Vec<String>) -> Result<Order> {
    notes.push(format!("looked order {number} up"));
    let order = orders.0.get(&number).cloned();
    order.ok_or_else(|| StepError::fatal(format!("there is no order {number}")))
}

/// Writes the reply, or a better one with the critic's feedback.
#[step(model = "openai:gpt-4o-mini", max_tokens = 300, timeout = "30s", retries = 1)]
fn draft(
    request: Request,
    order: Order,
    parcel: Parcel,
    feedback: Option<Feedback>,
    #[ctx] case: &Case,
) -> Prompt<String> {
    let prompt = Prompt::system("Answer the customer of a shop in one or two friendly sentences.")
        .user(format!("{} asks: {}", case.customer, request.summary))
        .user(format!("Facts: {}, {}, {parcel:?}", order.number, order.item));
    match feedback {
        None => prompt,
        Some(feedback) => prompt.user(format!("Your last draft was sent back: {feedback}")),
    }
}

/// Reads a draft as a customer would.
#[step(model = "openai:gpt-4o-mini", max_tokens = 100, timeout = "30s", retries = 1)]
fn review(text: String) -> Prompt<Critique> {
    Prompt::system("Accept a reply that greets the customer and says where the parcel is.").user(text)
}

/// Pays an order back.
#[step]
async fn refund(order: Order, notes: &mut Vec<String>) -> Result<String> {
    notes.push(format!("refunded {} cents", order.cents));
    Ok(format!("We are sorry about the {}. Your money is on its way back.", order.item))
}

/// Hands the ticket over to a colleague.
#[step]
async fn hand_over(summary: String, notes: &mut Vec<String>) -> Result<String> {
    notes.push(format!("for a colleague: {summary}"));
    Ok("Thank you for your message. A colleague will answer you today.".to_string())
}

pipeline! {
    /// Answers a ticket.
    fn support(ticket: Ticket, ctx: &mut Case, shop: &Shop) -> String {
        let text = open_case(ticket);
        let request = classify(text);
        match (request.kind, request.order) {
            (Kind::Status, Some(number)) => {
                let order = look_up(number);
                let parcel = repeat(Parcel::sent(number), |parcel| track(parcel)).until(Parcel::is_found).max(5);
                refine(
                    |feedback| draft(request.clone(), order.clone(), parcel.clone(), feedback),
                    |text| review(text),
                ).max(3).or_last()
            }
            (Kind::Refund, Some(number)) => {
                let order = look_up(number).named("look_up_refund");
                refund(order)
            }
            (Kind::Other, _) | (_, None) => hand_over(request.summary),
        }
    }
}

/// Answers in place of a model.
fn offline(request: &ModelRequest) -> &'static str {
    let prompt: Vec<_> = request.messages.iter().map(|message| message.text.as_str()).collect();
    let prompt = prompt.join("\n");
    let has = |words: &str| prompt.contains(words);
    match request.path.as_str() {
        "support/classify" if has("1041") => r#"{"kind": "status", "order": 1041, "summary": "A late mug."}"#,
        "support/classify" if has("2207") => r#"{"kind": "refund", "order": 2207, "summary": "A chair."}"#,
        "support/classify" => r#"{"kind": "other", "order": null, "summary": "Asks for lamps."}"#,
        path if path.starts_with("support/review") && has("Hello") => r#""Accept""#,
        path if path.starts_with("support/review") => r#"{"Revise": "greet the customer by name"}"#,
        _ if has("sent back") => "Hello Ada, your mug is on a bicycle in your town.",
        _ => "Your mug is on a bicycle in your town.",
    }
}

#[tokio::main]
async fn main() -> Result<(), flujo::Error> {
    let shop = Shop { orders: Orders::open() };
    let flujo = Flujo::builder().models(Script::new().otherwise(offline)).resources(shop).build()?;

    for (customer, text) in [
        ("Ada", "Where is my order 1041?"),
        ("Bob", "The chair of order 2207 has three legs. I want my money back!"),
        ("Cy", "Do you sell lamps?"),
    ] {
        println!("> {text}");
        let ticket = Ticket { customer: customer.to_string(), text: text.to_string() };
        let result = flujo.run(support(ticket)).context(Case::default()).await;
        for step in &result.steps {
            println!("  {}", step.path());
        }
        println!("  notes: {:?}", result.context.notes);
        println!("< {}", result.into_output()?);
    }
    Ok(())
}
