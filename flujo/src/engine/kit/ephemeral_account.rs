use super::Ledger;
use crate::engine::{Account, Key, LimitScope, Refusal, Reservation};
use crate::error::Signal;
use crate::usage::{Usage, UsageLimits};
use async_trait::async_trait;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The account of a run that records nothing.
#[derive(Debug, Default)]
pub(crate) struct EphemeralAccount(Mutex<Ledger>);

impl EphemeralAccount {
    pub(crate) fn new(limits: UsageLimits) -> Self {
        Self(Mutex::new(Ledger::new(limits)))
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Account for EphemeralAccount {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        self.ledger().reserve(&reservation).map(drop).map_err(Refusal::Limit)
    }
    async fn check(&self, key: &Key, within: &LimitScope) -> Result<(), Refusal> {
        self.ledger().check(key, within).map_err(Refusal::Limit)
    }
    async fn settle(&self, key: &Key, used: Usage, within: &LimitScope) -> Result<(), Signal> {
        self.ledger().settle(key, used, within);
        Ok(())
    }
    fn forfeit(&self, key: &Key, used: Usage, within: &LimitScope) {
        self.ledger().forfeit(key, used, within);
    }
}
