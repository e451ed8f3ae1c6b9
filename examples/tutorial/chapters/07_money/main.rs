//! Chapter 7: prices, limits and a budget.

use flujo::model::{Prices, Rates};
use flujo::prelude::*;
use helpdesk::desk::{Bank, Case, Orders, Shop, Ticket, support};
use helpdesk::offline;

/// The limit of one ticket.
const EACH_TICKET: UsageLimits = UsageLimits::usd("0.01");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Dollars for a million tokens, sent and received.
    let prices = Prices::new().model("openai:gpt-4o-mini", Rates::usd("0.15", "0.60")?);
    let budget = SharedBudget::usd("0.0017");
    let bank = Bank::default();
    let flujo = Flujo::builder()
        .models(offline::script())
        .prices(prices)
        .limits(EACH_TICKET)
        .budget(budget.clone())
        .resources(Shop { orders: Orders::open(), bank: bank.clone() })
        .pipeline::<support>()
        .build()?;
    println!("a ticket makes at most {:?} model calls", support::BOUNDS.model_calls);

    for (customer, text) in [
        ("Ada", "Where is my order 1041?"),
        ("Bob", "The mug of order 1041 is chipped."),
        ("Dan", "Where is my order 1041?"),
        ("Cy", "Do you sell lamps?"),
        ("Eve", "Do you sell lamps, and in which colours?"),
    ] {
        println!("> {customer}: {text}");
        let ticket = Ticket { customer: customer.to_string(), text: text.to_string() };
        let result = flujo.run(support(ticket)).context(Case::default()).await;
        for (model, usage) in result.by_model() {
            let (calls, cost) = (usage.model_calls, usage.cost());
            println!("  {model}: {calls} calls, {} tokens, {cost}", usage.total_tokens());
        }
        println!("  notes: {:?}", result.context.notes);
        match result.into_output() {
            Ok(reply) => println!("< {reply}"),
            Err(error) => println!("! {error}"),
        }
    }
    println!("all models together cost {}, and {} cents were paid back", budget.spent().cost(), bank.paid());
    Ok(())
}
