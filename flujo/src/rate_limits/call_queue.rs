//! The queue of calls to one provider or model: first come, first served.

use super::RateLimits;
use super::rate::Meter;
use crate::clock::Clock;
use crate::model::Permit;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};

/// The rate limits of one provider, or of one model, and the calls that wait for them.
pub(super) struct CallQueue {
    places: Option<Arc<Semaphore>>,
    /// Held by the next call; the others wait in their order.
    next: Mutex<()>,
    calls: Option<Meter>,
    tokens: Option<Meter>,
}

impl CallQueue {
    pub(super) fn new(limits: RateLimits, clock: &Arc<dyn Clock>) -> Self {
        let places = limits.concurrent.map(|most| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))));
        let meter = |rate: Option<super::Rate>| rate.and_then(|rate| rate.meter(clock));
        Self { places, next: Mutex::new(()), calls: meter(limits.calls), tokens: meter(limits.tokens) }
    }

    /// Waits for a slot for a call of so many tokens. Hold the permit until the call ends.
    pub(super) async fn next(&self, tokens: u64) -> Option<Permit> {
        let place = match &self.places {
            // The semaphore is never closed.
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
