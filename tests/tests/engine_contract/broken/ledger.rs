//! Faults of the ledger.

use super::{Fault, On, lock};
use async_trait::async_trait;
use flujo::Usage;
use flujo::engine::{Account, AttemptCommand, Body, Key, NodeLimits, Record, Refusal, Reservation};
use flujo::error::Signal;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

type Around = Option<Arc<NodeLimits>>;

/// The reservations of a dead process are given back, not charged.
#[derive(Default)]
pub struct ForgetsReservations(Mutex<BTreeSet<Key>>);
struct GivesBack {
    account: Arc<dyn Account>,
    keys: BTreeSet<Key>,
}
impl Drop for GivesBack {
    fn drop(&mut self) {
        for key in &self.keys {
            self.account.forfeit(key, Usage::default(), &None);
        }
    }
}
struct Noting {
    inner: Arc<dyn Account>,
    fault: Arc<ForgetsReservations>,
}
#[async_trait]
impl Account for Noting {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        lock(&self.fault.0).insert(reservation.key.clone());
        self.inner.reserve(reservation).await
    }
    async fn check(&self, key: &Key, within: &Around) -> Result<(), Refusal> {
        self.inner.check(key, within).await
    }
    async fn settle(&self, key: &Key, used: Usage, within: &Around) -> Result<(), Signal> {
        self.inner.settle(key, used, within).await
    }
    fn forfeit(&self, key: &Key, used: Usage, within: &Around) {
        self.inner.forfeit(key, used, within);
    }
}
#[async_trait]
impl Fault for ForgetsReservations {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let mut back = GivesBack { account: on.inner.account(), keys: BTreeSet::from([command.key.clone()]) };
        let ended = on.inner.attempt(command, body).await;
        back.keys.clear();
        ended
    }
    fn account(self: &Arc<Self>, inner: Arc<dyn Account>) -> Arc<dyn Account> {
        Arc::new(Noting { inner, fault: Arc::clone(self) })
    }
}

/// A second settlement counts too.
#[derive(Default)]
pub struct SettlesTwice(Mutex<BTreeSet<Key>>);
struct Twice {
    inner: Arc<dyn Account>,
    fault: Arc<SettlesTwice>,
}
#[async_trait]
impl Account for Twice {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        self.inner.reserve(reservation).await
    }
    async fn check(&self, key: &Key, within: &Around) -> Result<(), Refusal> {
        self.inner.check(key, within).await
    }
    async fn settle(&self, key: &Key, used: Usage, within: &Around) -> Result<(), Signal> {
        if !lock(&self.fault.0).insert(key.clone()) {
            self.inner.forfeit(key, used, within);
        }
        self.inner.settle(key, used, within).await
    }
    fn forfeit(&self, key: &Key, used: Usage, within: &Around) {
        self.inner.forfeit(key, used, within);
    }
}
impl Fault for SettlesTwice {
    fn account(self: &Arc<Self>, inner: Arc<dyn Account>) -> Arc<dyn Account> {
        Arc::new(Twice { inner, fault: Arc::clone(self) })
    }
}

/// Every reservation is allowed, and none is written.
#[derive(Default)]
pub struct ReservesNothing;
struct Generous(Arc<dyn Account>);
#[async_trait]
impl Account for Generous {
    async fn reserve(&self, _: Reservation) -> Result<(), Refusal> {
        Ok(())
    }
    async fn check(&self, key: &Key, within: &Around) -> Result<(), Refusal> {
        self.0.check(key, within).await
    }
    async fn settle(&self, key: &Key, used: Usage, within: &Around) -> Result<(), Signal> {
        self.0.settle(key, used, within).await
    }
    fn forfeit(&self, key: &Key, used: Usage, within: &Around) {
        self.0.forfeit(key, used, within);
    }
}
impl Fault for ReservesNothing {
    fn account(self: &Arc<Self>, inner: Arc<dyn Account>) -> Arc<dyn Account> {
        Arc::new(Generous(inner))
    }
}

/// The usage of a record is counted again on each replay.
#[derive(Default)]
pub struct ChargesReplays;
#[async_trait]
impl Fault for ChargesReplays {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let ran = AtomicBool::new(false);
        let watched: Body<'_> = Box::pin(async {
            ran.store(true, Ordering::SeqCst);
            body.await
        });
        let record = on.inner.attempt(command, watched).await?;
        if !ran.load(Ordering::SeqCst) {
            on.inner.account().forfeit(&record.key, record.usage, &None);
        }
        Ok(record)
    }
}

/// A limit that is exceeded stops nothing.
#[derive(Default)]
pub struct NeverChecks;
struct Unchecked(Arc<dyn Account>);
#[async_trait]
impl Account for Unchecked {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        self.0.reserve(reservation).await
    }
    async fn check(&self, _: &Key, _: &Around) -> Result<(), Refusal> {
        Ok(())
    }
    async fn settle(&self, key: &Key, used: Usage, within: &Around) -> Result<(), Signal> {
        self.0.settle(key, used, within).await
    }
    fn forfeit(&self, key: &Key, used: Usage, within: &Around) {
        self.0.forfeit(key, used, within);
    }
}
impl Fault for NeverChecks {
    fn account(self: &Arc<Self>, inner: Arc<dyn Account>) -> Arc<dyn Account> {
        Arc::new(Unchecked(inner))
    }
}
