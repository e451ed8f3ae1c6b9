//! Chapter 1: three steps, one after the other.

use flujo::prelude::*;
use serde::{Deserialize, Serialize};

/// An order, as the shop knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    number: u32,
    item: String,
    status: String,
}

/// Finds the number of the order in a ticket.
#[step]
async fn find_number(ticket: String) -> Result<u32> {
    ticket
        .split(|c: char| !c.is_ascii_digit())
        .find_map(|word| word.parse().ok())
        .ok_or_else(|| StepError::fatal("the ticket names no order"))
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
#[step]
async fn write_reply(order: Order) -> Result<String> {
    Ok(format!("Your {} (order {}) is {}.", order.item, order.number, order.status))
}

pipeline! {
    /// Answers a ticket.
    fn support(ticket: String) -> String {
        let number = find_number(ticket);
        let order = look_up(number);
        write_reply(order)
    }
}

#[tokio::main]
async fn main() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().build()?;
    for ticket in ["Where is my order 1041?", "Order 999 is late!", "Hello?"] {
        println!("> {ticket}");
        let result = flujo.run(support(ticket.to_string())).await;
        for step in &result.steps {
            println!("  {}: {}", step.path(), if step.is_done() { "done" } else { "failed" });
        }
        match result.into_output() {
            Ok(reply) => println!("< {reply}"),
            Err(error) => println!("! {error}"),
        }
    }
    Ok(())
}
