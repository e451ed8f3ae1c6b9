//! The pipeline of the workers. Its steps write lines to a log, as proof of what was done where.

use crate::log::Log;
use flujo::prelude::*;
use std::time::Duration;

/// The number of steps of a run.
pub(crate) const STEPS: usize = 10;

/// The arms of a run that have steps: three parcels, and the invoice beside them.
pub(crate) const ARMS: usize = 4;

/// The services of the steps.
#[resources]
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) log: Log,
}

/// The work of every step: it takes a while, and a worker may be killed in it.
async fn work<T>(log: &Log, run: &RunInfo, result: T) -> Result<T> {
    log.write("begins", run)?;
    tokio::time::sleep(Duration::from_millis(60)).await;
    log.write("ends", run)?;
    Ok(result)
}

/// Returns the items of an order.
#[step]
async fn read(order: u64, log: &Log, run: &RunInfo) -> Result<Vec<u64>> {
    work(log, run, vec![order, order + 1, order + 2]).await
}

/// Returns the weight of an item.
#[step]
async fn pick(item: u64, log: &Log, run: &RunInfo) -> Result<u64> {
    work(log, run, item * 10).await
}

/// Returns the weight of an item in its box.
#[step]
async fn pack(weight: u64, log: &Log, run: &RunInfo) -> Result<u64> {
    work(log, run, weight + 1).await
}

/// Returns the price of an order.
#[step]
async fn price(items: Vec<u64>, log: &Log, run: &RunInfo) -> Result<u64> {
    work(log, run, items.iter().sum::<u64>() * 100).await
}

/// Returns the price with its tax.
#[step]
async fn tax(cents: u64, log: &Log, run: &RunInfo) -> Result<u64> {
    work(log, run, cents + cents / 4).await
}

/// Returns the line that stands on the parcels.
#[step]
async fn ship(parcels: Vec<u64>, cents: u64, log: &Log, run: &RunInfo) -> Result<String> {
    let weight: u64 = parcels.iter().sum();
    work(log, run, format!("{} parcels, {weight} grams, {cents} cents", parcels.len())).await
}

pipeline! {
    /// An arm of `order`.
    fn invoice(items: Vec<u64>, site: &Site) -> u64 {
        items >> price >> tax
    }
}

pipeline! {
    /// Parcels are packed beside each other, and beside the invoice. Then a person agrees, or does not.
    pub(crate) fn order(number: u64, site: &Site) -> String {
        let items = read(number);
        let (parcels, cents) = join(
            map(items.clone(), |item| item >> pick >> pack).named("parcels"),
            invoice(items.clone()),
        );
        let agreed: bool = ask("May it leave?").showing(&cents);
        if agreed {
            ship(parcels, cents)
        } else {
            fail("it stays here")
        }
    }
}

/// The right result of an order: the same by hand.
pub(crate) fn expected(number: u64) -> String {
    let items = number * 3 + 3;
    format!("3 parcels, {} grams, {} cents", items * 10 + 3, items * 125)
}
