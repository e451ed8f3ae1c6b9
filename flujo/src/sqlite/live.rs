//! The runs that this process works on.

use super::pen::Pen;
use crate::engine::RunId;
use crate::engine::kit::{ByPath, Entry};
use crate::error::{Error, ErrorKind};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Live {
    seats: Mutex<Seats>,
    /// Runs that this process has left, without being able to write that down.
    stuck: Mutex<Vec<(i64, i64)>>,
    /// How many wait for runs of other processes.
    watchers: AtomicUsize,
    /// Something may have changed: a run was left, or time has passed while somebody watches.
    pub(super) changed: Notify,
}

#[derive(Default)]
struct Seats {
    taken: HashSet<RunId>,
    entries: HashMap<i64, Arc<Entry<ByPath<Pen>>>>,
}

impl Live {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the one seat that a run has in this process.
    pub(super) fn sit(self: &Arc<Self>, id: &RunId) -> Result<Seat, Error> {
        if !self.seats().taken.insert(id.clone()) {
            return Err(Error::new(ErrorKind::Busy(id.to_string())));
        }
        Ok(Seat { live: Arc::clone(self), id: id.clone(), run: None })
    }

    pub(super) fn is_taken(&self, id: &RunId) -> bool {
        self.seats().taken.contains(id)
    }

    pub(super) fn entry(&self, run: i64) -> Option<Arc<Entry<ByPath<Pen>>>> {
        self.seats().entries.get(&run).cloned()
    }

    /// The runs that are worked on here.
    pub(super) fn runs(&self) -> Vec<i64> {
        self.seats().entries.keys().copied().collect()
    }

    /// The run is free, but that could not be written: it is tried again with the next heartbeat.
    pub(super) fn leave_later(&self, run: i64, token: i64) {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner).push((run, token));
    }

    /// What is still to be left: a run and the token that this process had.
    pub(super) fn stuck(&self) -> Vec<(i64, i64)> {
        std::mem::take(&mut *self.stuck.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether nobody would notice if this process slept.
    pub(super) fn is_quiet(&self) -> bool {
        self.watchers.load(Ordering::SeqCst) == 0 && self.seats().taken.is_empty()
    }

    /// Keeps the ticks coming while somebody watches runs of others.
    pub(super) fn watch(self: &Arc<Self>) -> Watching {
        self.watchers.fetch_add(1, Ordering::SeqCst);
        Watching(Arc::clone(self))
    }
}

/// A run's seat, until it is dropped.
pub(super) struct Seat {
    live: Arc<Live>,
    id: RunId,
    run: Option<i64>,
}

impl Seat {
    /// Whoever answers or cancels the run finds it here from now on.
    pub(super) fn fill(&mut self, run: i64, entry: &Arc<Entry<ByPath<Pen>>>) {
        self.run = Some(run);
        self.live.seats().entries.insert(run, Arc::clone(entry));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.live.seats();
        seats.taken.remove(&self.id);
        if let Some(run) = self.run {
            seats.entries.remove(&run);
        }
        drop(seats);
        self.live.changed.notify_waiters();
    }
}

pub(super) struct Watching(Arc<Live>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::SeqCst);
    }
}
