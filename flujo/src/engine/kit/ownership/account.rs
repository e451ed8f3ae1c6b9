//! Reservations and usage of a run, written by its owner.

use super::Ownership;
use crate::engine::kit::{Change, Journal};
use crate::engine::{Account, Key, LimitScope, Refusal, Reservation};
use crate::error::Signal;
use crate::usage::Usage;
use async_trait::async_trait;
use std::borrow::Cow;

#[async_trait]
impl<J: Journal> Account for Ownership<J> {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        let ack = {
            let mut state = self.issuing()?;
            if !state.ledger.reserve(&reservation).map_err(Refusal::Limit)? {
                return Ok(());
            }
            state.journal.write(Change::Reserved(Cow::Borrowed(&reservation)))
        };
        Ok(self.durable(ack).await?)
    }

    async fn check(&self, key: &Key, within: &LimitScope) -> Result<(), Refusal> {
        self.issuing()?.ledger.check(key, within).map_err(Refusal::Limit)
    }

    async fn settle(&self, key: &Key, used: Usage, within: &LimitScope) -> Result<(), Signal> {
        let ack = {
            let mut state = self.owned()?;
            state.ledger.settle(key, used, within);
            let (key, within) = (Cow::Borrowed(key), Cow::Borrowed(within));
            state.journal.write(Change::Settled { key, used, within })
        };
        self.durable(ack).await
    }

    fn forfeit(&self, key: &Key, used: Usage, within: &LimitScope) {
        // If another owner took the run over, it has charged the open reservations.
        if let Ok(mut state) = self.owned() {
            state.ledger.forfeit(key, used, within);
            let (key, within) = (Cow::Borrowed(key), Cow::Borrowed(within));
            drop(state.journal.write(Change::Forfeited { key, used, within }));
        }
    }
}
