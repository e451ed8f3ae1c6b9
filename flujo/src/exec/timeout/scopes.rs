use super::stopwatch::Stopwatch;
use crate::clock::Timestamp;
use crate::path::Path;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// The stopwatches of all scopes of a run. An engine may replay the body once for every arm: passes of one
/// execution share their stopwatches, so an item counts the time of its siblings.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    known: Mutex<ScopeTable>,
    /// Notifies attempts that the time left to them got shorter.
    pub(crate) changed: Notify,
}

#[derive(Debug, Default)]
struct ScopeTable {
    watches: BTreeMap<Path, Arc<Stopwatch>>,
    /// Calls that began again, and when what made them do so had ended.
    restarts: BTreeMap<Path, Timestamp>,
}

impl Scopes {
    /// The stopwatch of the scope at `path`.
    pub(crate) fn enter(&self, path: &Path) -> Arc<Stopwatch> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let watch = Arc::clone(known.watches.entry(path.clone()).or_default());
        if let Some(at) = known.restarts.iter().filter(|(of, _)| path.is_within(of)).map(|(_, at)| *at).max()
        {
            watch.restart(at);
        }
        watch
    }

    /// The scope has ended for good: later passes only replay it.
    pub(crate) fn leave(&self, path: &Path) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).watches.remove(path);
    }

    /// Restarts the call at `path` with all of its time, after a failure that ended at `at`.
    pub(crate) fn restart(&self, path: &Path, at: Timestamp) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let last = known.restarts.entry(path.clone()).or_default();
        *last = at.max(*last);
        for (_, watch) in known.watches.iter().filter(|(scope, _)| scope.is_within(path)) {
            watch.restart(at);
        }
    }
}
