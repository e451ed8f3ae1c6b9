//! Extract: typed records out of messy letters. What a model answers is mended where it can be, sent back where it
//! cannot, and what is no order at all is told apart.
//!
//! `cargo run --example extract` answers by a script. With a key set and the feature `models`, a real model reads:
//! `cargo run --example extract --features models -- openai:gpt-4o-mini`.
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::model::{ModelRequest, Script};
use flujo::prelude::*;
use flujo::{Failure, StepResult};
use flujo_examples::answers::{Answers, answers};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What lies on the desk: scripts answer by what stands in them.
const LETTERS: [&str; 4] = [
    include_str!("../data/letters/1-bakery.txt"),
    include_str!("../data/letters/2-school.txt"),
    include_str!("../data/letters/3-harbour.txt"),
    include_str!("../data/letters/4-empty.txt"),
];

/// What somebody wants.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    /// Who writes.
    customer: String,
    /// What they want; nothing if it is no order.
    items: Vec<Item>,
    /// By when, if they say so.
    by: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Item {
    name: String,
    /// How many: nobody orders a thousand.
    #[schemars(range(min = 1, max = 999))]
    count: u32,
}

/// The example is typed: one that the record has outgrown does not compile.
#[step(model = "script:clerk", max_tokens = 300, retries = 2, timeout = "60s")]
fn read(letter: String) -> Prompt<Order> {
    let nothing = Order { customer: "unknown".to_owned(), items: Vec::new(), by: None };
    Prompt::system("You read letters to a wholesaler, and write down what is ordered.")
        .example("Greetings from the seaside!", &nothing)
        .user(letter)
}

/// A letter without an order is no order: it fails here, and the others go on.
#[step]
async fn book(order: Order) -> Result<Order> {
    if order.items.is_empty() {
        return Err(StepError::fatal(format!("{} orders nothing", order.customer)));
    }
    Ok(order)
}

pipeline! {
    /// Reads one letter.
    fn extract(letter: String, model: String) -> Order {
        read(letter).model(model) >> book
    }
}

pipeline! {
    /// Reads all of them, side by side.
    fn desk(letters: Vec<String>, model: String) -> Vec<Result<Order, Failure>> {
        map(letters, |letter| extract(letter, model.clone()).settle()).named("letter")
    }
}

/// What models write: with words around it, in code, with a comma too many, and wrong the first time.
fn clerk(request: &ModelRequest) -> &'static str {
    let asked = request.messages.last().map(|turn| turn.text.as_str()).unwrap_or_default();
    let letter = request.messages.get(3).map(|turn| turn.text.as_str()).unwrap_or_default();
    if letter.contains("bakery") {
        "Sure! Here is the order:\n```json\n{customer: 'Rosa, bakery', items: [{name: 'flour, 25 kg', count: 12}, \
         {name: 'yeast, box', count: 3},], by: 'Friday'}\n```"
    } else if letter.contains("school") && asked.contains("not accepted") {
        r#"{"customer":"school kitchen","items":[{"name":"apples, crate","count":40},{"name":"pears, crate","count":2}],"by":null}"#
    } else if letter.contains("school") {
        r#"{"customer":"school kitchen","items":[{"name":"apples","count":4000}],"by":null}"#
    } else if letter.contains("Harbour") {
        r#"{"customer":"Harbour Office","items":[{"name":"anchor chain, 30 m","count":1}],"by":null}"#
    } else {
        r#"{"customer":"Spam & Sons","items":[],"by":null}"#
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Answers { builder, who, .. } = answers(Script::new().otherwise(clerk))?;
    let flujo = builder.build()?;
    let letters = LETTERS.map(str::to_owned).into();
    let result = flujo.run(desk(letters, who)).await;
    let reads: Vec<Option<StepResult>> =
        (0..LETTERS.len()).map(|i| result.step(&format!("desk/letter[{i}]/extract/read")).cloned()).collect();
    for (model, usage) in result.by_model() {
        println!("{model} answered {} times, {} tokens", usage.model_calls, usage.total_tokens());
    }
    for (order, read) in result.into_output()?.into_iter().zip(reads) {
        let attempts = read.as_ref().map_or(1, StepResult::attempts);
        let attempts = if attempts > 1 { format!(", at attempt {attempts}") } else { String::new() };
        let repairs = read.filter(StepResult::is_repaired).map(|read| read.repairs().join(", "));
        let repairs = repairs.map(|repairs| format!(", mended: {repairs}")).unwrap_or_default();
        match order {
            Ok(Order { customer, items, by }) => {
                let items: Vec<_> =
                    items.iter().map(|item| format!("{} x {}", item.count, item.name)).collect();
                let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
                println!("{customer}: {}{by}{attempts}{repairs}", items.join("; "));
            }
            Err(failure) => println!("no order: {failure}"),
        }
    }
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
#[path = "../kills/extract.rs"]
mod kills;
