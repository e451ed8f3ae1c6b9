//! Chapter 6: a large refund waits for a person.

use flujo::model::{ModelRequest, Script};
use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// The numbers of the orders that the ticket is about.
    orders: Vec<u32>,
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

/// The state of one run.
#[context]
#[derive(Debug, Default)]
struct Case {
    customer: String,
    /// A log for the colleague who opens the ticket later.
    #[context(part, merge = append)]
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

/// The refunds, by idempotency key. In a real shop this is a client of the bank's API: its clones share one account.
#[derive(Clone, Debug, Default)]
struct Bank(Arc<Mutex<BTreeMap<String, u64>>>);

impl Bank {
    /// Pays, unless it has paid for this key before.
    fn pay(&self, key: String, cents: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(cents);
    }

    fn paid(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

/// The services that all runs share.
#[resources]
#[derive(Debug)]
struct Shop {
    orders: Orders,
    bank: Bank,
}

/// Refunds of more than this wait for a person.
const ASK_ABOVE: u64 = 5_000;

/// A person's decision about a refund.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Pay,
    Refuse { reason: String },
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

/// Writes the reply, or a better one with the critic's feedback.
#[step(model = "openai:gpt-4o-mini", max_tokens = 300, timeout = "30s", retries = 1)]
fn draft(
    request: Request,
    orders: Vec<Order>,
    parcels: Vec<Parcel>,
    feedback: Option<Feedback>,
    #[ctx] case: &Case,
) -> Prompt<String> {
    let prompt = Prompt::system("Answer the customer of a shop in one or two friendly sentences.")
        .user(format!("{} asks: {}", case.customer, request.summary))
        .user(format!("Facts: {orders:?}, {parcels:?}"));
    match feedback {
        None => prompt,
        Some(feedback) => prompt.user(format!("Your last draft was sent back: {feedback}")),
    }
}

/// Holds a draft to the rules of the shop.
#[step(model = "openai:gpt-4o-mini", max_tokens = 100, timeout = "30s", retries = 1)]
fn check_policy(text: String) -> Prompt<Critique> {
    Prompt::system("Accept a reply that promises no date and no discount.").user(text)
}

/// Reads a draft as a customer would.
#[step(model = "openai:gpt-4o-mini", max_tokens = 100, timeout = "30s", retries = 1)]
fn check_tone(text: String) -> Prompt<Critique> {
    Prompt::system("Accept a reply that greets the customer by name.").user(text)
}

/// Combines the verdicts of two critics.
fn both(policy: Critique, tone: Critique) -> Critique {
    match (policy, tone) {
        (Critique::Accept, other) | (other, Critique::Accept) => other,
        (Critique::Revise(one), Critique::Revise(other)) => Critique::revise(format!("{one}; {other}")),
    }
}

/// A last check, which needs no model.
struct NoInternals;

impl Validator<String> for NoInternals {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.contains("Parcel {") {
            return ValidationResult::invalid("it shows the inside of our program");
        }
        ValidationResult::valid()
    }
}

/// Pays orders back.
#[step(retries = 2)]
async fn refund(cents: u64, bank: &Bank, notes: &mut Vec<String>, run: &RunInfo) -> Result<String> {
    bank.pay(run.idempotency_key(), cents);
    notes.push(format!("refunded {cents} cents"));
    Ok("We are sorry. Your money is on its way back.".to_string())
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
        let found = map(request.orders.clone(), |number| look_up(number).settle()).concurrency(4).max(10);
        // Unknown orders are left out.
        let orders: Vec<Order> = found.into_iter().flatten().collect();
        let reply = match request.kind {
            Kind::Status if !orders.is_empty() => {
                let parcels = map(orders.clone(), |order| {
                    repeat(Parcel::sent(order.number), |parcel| track(parcel)).until(Parcel::is_found).max(5)
                });
                refine(
                    |feedback| draft(request.clone(), orders.clone(), parcels.clone(), feedback),
                    |text| {
                        let (policy, tone) = join(check_policy(text.clone()), check_tone(text));
                        value(both(policy, tone))
                    },
                ).max(3)
            }
            Kind::Refund if !orders.is_empty() => {
                let cents: u64 = orders.iter().map(|order| order.cents).sum();
                let decision = if cents > ASK_ABOVE {
                    let decision: Decision = ask(format!("Refund {cents} cents?"))
                        .showing(&orders)
                        .timeout("2d", Decision::Refuse { reason: "it was not decided in time".to_string() });
                    decision
                } else {
                    Decision::Pay
                };
                match decision {
                    Decision::Pay => refund(cents),
                    Decision::Refuse { reason } => format!("We cannot refund this: {reason}."),
                }
            }
            _ => hand_over(request.summary),
        };
        gate(reply, NoInternals)
    }
}

/// Answers in place of a model.
fn offline(request: &ModelRequest) -> &'static str {
    let prompt: Vec<_> = request.messages.iter().map(|message| message.text.as_str()).collect();
    let prompt = prompt.join("\n");
    match request.path.as_str() {
        "support/classify" if prompt.contains("1041") => {
            r#"{"kind": "refund", "orders": [1041], "summary": "The mug is chipped."}"#
        }
        "support/classify" => {
            r#"{"kind": "refund", "orders": [2207], "summary": "The chair has three legs."}"#
        }
        path => panic!("{path} is not part of this chapter"),
    }
}

#[tokio::main]
async fn main() -> Result<(), flujo::Error> {
    let shop = Shop { orders: Orders::open(), bank: Bank::default() };
    let script = Script::new().otherwise(offline);
    let flujo = Flujo::builder().models(script.clone()).resources(shop).build()?;

    let tickets =
        [("mug", "The mug of order 1041 is chipped."), ("chair", "The chair of order 2207 has three legs!")];
    for (id, text) in tickets {
        println!("> {text}");
        let ticket = Ticket { customer: "Bob".to_string(), text: text.to_string() };
        let result = flujo.run(support(ticket)).id(id).context(Case::default()).await;
        match &result.outcome {
            Outcome::Done(reply) => println!("< {reply}"),
            Outcome::Paused(questions) => {
                for question in questions {
                    println!("? {}: {}", question.path, question.message);
                    println!("  {}", question.shown.as_ref().map(ToString::to_string).unwrap_or_default());
                }
            }
            outcome => println!("! {outcome:?}"),
        }
        println!(
            "  {} cents are paid, models were asked {} times",
            flujo.resources().bank.paid(),
            script.requests().len()
        );
    }

    // Days later. All that is needed is the id of the run.
    let result = flujo.resume::<support>("chair").reply(Decision::Pay).by("Zoe").await?;
    for answered in &result.hitl_history {
        println!("{} says {}", answered.reply.by.as_deref().unwrap_or("?"), answered.reply.value);
    }
    println!(
        "  {} cents are paid, models were asked {} times",
        flujo.resources().bank.paid(),
        script.requests().len()
    );
    println!("  notes: {:?}", result.context.notes);
    println!("< {}", result.into_output()?);
    Ok(())
}
