//! Whose turn it is: first come, first served.

use super::RateLimits;
use super::rate::Meter;
use crate::clock::Clock;
use crate::model::Permit;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};

/// The calls of one provider, or of one model.
pub(super) struct Turns {
    places: Option<Arc<Semaphore>>,
    /// Whoever has it is next; the others wait in their order.
    next: Mutex<()>,
    calls: Option<Meter>,
    tokens: Option<Meter>,
}

impl Turns {
    pub(super) fn new(limits: RateLimits, clock: &Arc<dyn Clock>) -> Self {
        let places = limits.concurrent.map(|most| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))));
        let meter = |rate: Option<super::Rate>| rate.and_then(|rate| rate.meter(clock));
        Self { places, next: Mutex::new(()), calls: meter(limits.calls), tokens: meter(limits.tokens) }
    }

    /// Waits for the turn of a call of so many tokens. What it gives keeps the place of the call.
    pub(super) async fn next(&self, tokens: u64) -> Option<Permit> {
        let place = match &self.places {
            // It is never closed.
            Some(places) => Arc::clone(places).acquire_owned().await.ok(),
            None => None,
        };
        let _next = self.next.lock().await;
        if let Some(calls) = &self.calls {
            calls.pass(1).await;
        }
        if let Some(meter) = &self.tokens {
            meter.pass(tokens).await;
        }
        place.map(Permit::holding)
    }
}
