//! The account of a run whose attempts are made on any machine: its ledger is in the object of the run.
//!
//! The body of an attempt cannot use the context of its invocation, which waits for it, so it calls the object from
//! outside. Only what calls a model, or is limited, has something to reserve.

use crate::client::Client;
use crate::request::{Answer, Request};
use async_trait::async_trait;
use flujo::Usage;
use flujo::engine::{Account, Key, LimitScope, Refusal, Reservation, RunId};
use flujo::error::{EngineError, Signal};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The accounts of all runs, for the bodies of one process.
#[derive(Clone)]
pub(crate) struct Accounts {
    client: Client,
    /// Two processes have other ones, and so have two lives of one process.
    process: Arc<str>,
    bodies: Arc<AtomicU64>,
}

impl Accounts {
    pub(crate) fn new(client: Client, process: String) -> Self {
        Self { client, process: process.into(), bodies: Arc::default() }
    }

    /// The account of one body, which puts the keys that it reserves for into `reserved`.
    pub(crate) fn of(&self, run: &RunId, reserved: &Arc<Mutex<HashSet<Key>>>) -> Arc<dyn Account> {
        let body = self.bodies.fetch_add(1, Ordering::Relaxed);
        Arc::new(RunAccount {
            client: self.client.clone(),
            run: run.clone(),
            reserved: Arc::clone(reserved),
            holder: format!("{} {body}", self.process),
        })
    }
}

struct RunAccount {
    client: Client,
    run: RunId,
    reserved: Arc<Mutex<HashSet<Key>>>,
    holder: String,
}

impl RunAccount {
    async fn ask(&self, request: Request) -> Result<(), Refusal> {
        match self.client.apply(&self.run, &request).await {
            Ok(Answer::Done) => Ok(()),
            Ok(Answer::Limit(exceeded)) => Err(Refusal::Limit(exceeded)),
            Ok(Answer::Cancelled) => Err(Refusal::Signal(Signal::Cancelled)),
            Ok(other) => Err(unexpected(&other).into()),
            Err(error) => Err(Signal::Engine(EngineError::new(error.to_string()).with_source(error)).into()),
        }
    }
}

/// An answer that does not belong to its request.
pub(crate) fn unexpected(answer: &Answer) -> Signal {
    Signal::Internal(format!("the object of the run answered {answer:?}"))
}

#[async_trait]
impl Account for RunAccount {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).insert(reservation.key.clone());
        self.ask(Request::Reserve { reservation, holder: self.holder.clone() }).await
    }

    async fn check(&self, key: &Key, within: &LimitScope) -> Result<(), Refusal> {
        self.ask(Request::Check { key: key.clone(), within: within.clone() }).await
    }

    async fn settle(&self, key: &Key, used: Usage, within: &LimitScope) -> Result<(), Signal> {
        let settled = Request::Settle { key: key.clone(), used, within: within.clone(), reserved: true };
        match self.ask(settled).await {
            Err(Refusal::Signal(signal)) => Err(signal),
            Ok(()) | Err(Refusal::Limit(_)) => Ok(()),
        }
    }

    fn forfeit(&self, key: &Key, used: Usage, within: &LimitScope) {
        let (client, run) = (self.client.clone(), self.run.clone());
        let forfeited = Request::Forfeit { key: key.clone(), used, within: within.clone() };
        // If this process dies first, or the object cannot be reached, the next body charges the reservation in full.
        drop(tokio::spawn(async move { client.apply(&run, &forfeited).await }));
    }
}
