//! The runs with an execution in this process.

use flujo::engine::RunId;
use flujo::error::{Error, ErrorKind};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The slots of runs, each with an entry `E` while an execution works on it.
pub(crate) struct ActiveRuns<E> {
    slots: Mutex<Slots<E>>,
    /// Runs whose executions have ended, but whose release could not be written: each with its fencing token.
    unreleased: Mutex<Vec<(i64, i64)>>,
    /// The number of callers that wait for runs of other processes.
    watchers: AtomicUsize,
    /// Notified when a run was released, and at every tick while there are watchers.
    pub(crate) changed: Notify,
}

struct Slots<E> {
    taken: HashSet<RunId>,
    entries: HashMap<i64, Arc<E>>,
}

impl<E> Default for ActiveRuns<E> {
    fn default() -> Self {
        let slots = Slots { taken: HashSet::new(), entries: HashMap::new() };
        Self {
            slots: Mutex::new(slots),
            unreleased: Mutex::default(),
            watchers: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }
}

impl<E> ActiveRuns<E> {
    fn slots(&self) -> MutexGuard<'_, Slots<E>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the one slot that a run has in this process.
    pub(crate) fn occupy(self: &Arc<Self>, id: &RunId) -> Result<RunSlot<E>, Error> {
        if !self.slots().taken.insert(id.clone()) {
            return Err(Error::new(ErrorKind::Busy(id.to_string())));
        }
        Ok(RunSlot { active: Arc::clone(self), id: id.clone(), run: None })
    }

    pub(crate) fn is_active(&self, id: &RunId) -> bool {
        self.slots().taken.contains(id)
    }

    pub(crate) fn entry(&self, run: i64) -> Option<Arc<E>> {
        self.slots().entries.get(&run).cloned()
    }

    /// The numbers of the runs with an execution here.
    pub(crate) fn runs(&self) -> Vec<i64> {
        self.slots().entries.keys().copied().collect()
    }

    /// Releases a run with the next heartbeat: its execution has ended, and that could not be written.
    pub(crate) fn release_later(&self, run: i64, token: i64) {
        self.unreleased.lock().unwrap_or_else(PoisonError::into_inner).push((run, token));
    }

    /// Takes the runs that are to be released, each with its fencing token.
    pub(crate) fn unreleased(&self) -> Vec<(i64, i64)> {
        std::mem::take(&mut *self.unreleased.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// True if no run is active here and there are no watchers: the writer may block.
    pub(crate) fn may_block(&self) -> bool {
        self.watchers.load(Ordering::SeqCst) == 0 && self.slots().taken.is_empty()
    }

    /// Keeps the ticks coming while a caller waits for runs of other processes.
    pub(crate) fn watch(self: &Arc<Self>) -> WatchGuard<E> {
        self.watchers.fetch_add(1, Ordering::SeqCst);
        WatchGuard(Arc::clone(self))
    }
}

/// The slot of a run, until it is dropped.
pub(crate) struct RunSlot<E> {
    active: Arc<ActiveRuns<E>>,
    id: RunId,
    run: Option<i64>,
}

impl<E> RunSlot<E> {
    /// Puts the run into the slot, where replies and cancellations find it.
    pub(crate) fn fill(&mut self, run: i64, entry: &Arc<E>) {
        self.run = Some(run);
        self.active.slots().entries.insert(run, Arc::clone(entry));
    }
}

impl<E> Drop for RunSlot<E> {
    fn drop(&mut self) {
        let mut slots = self.active.slots();
        slots.taken.remove(&self.id);
        if let Some(run) = self.run {
            slots.entries.remove(&run);
        }
        drop(slots);
        self.active.changed.notify_waiters();
    }
}

/// Counts a watcher, until it is dropped.
pub(crate) struct WatchGuard<E>(Arc<ActiveRuns<E>>);

impl<E> Drop for WatchGuard<E> {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::SeqCst);
    }
}
