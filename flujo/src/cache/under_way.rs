use super::{Cache, CacheEntry, CacheKey, CachePolicy};
use crate::clock::Clock;
use crate::codec::Json;
use crate::panic::survives;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The cache as one attempt uses it.
pub(crate) struct CacheUse {
    store: Arc<dyn Cache>,
    clock: Arc<dyn Clock>,
    policy: CachePolicy,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Neither read nor written: the attempt has the feedback of a rejection.
    bypass: bool,
    /// A hit was rejected: the step is called in spite of the entry.
    call: bool,
    key: Option<CacheKey>,
    hit: bool,
    /// The output that the step returned.
    raw: Option<Json>,
}

impl CacheUse {
    pub(crate) fn new(store: Arc<dyn Cache>, clock: Arc<dyn Clock>, policy: CachePolicy) -> Self {
        Self { store, clock, policy, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes ready for another attempt.
    pub(crate) fn again(&mut self, bypass: bool) {
        *self.state() = State { bypass, ..State::default() };
    }

    /// The entry of this key, unless it is too old.
    pub(crate) async fn look_up(&self, key: CacheKey) -> Option<CacheEntry> {
        {
            let mut state = self.state();
            if state.bypass {
                return None;
            }
            state.key = Some(key);
            if state.call {
                return None;
            }
        }
        let entry = survives(self.store.get(&key)).await.flatten()?;
        if self.policy.allows(self.clock.now().since(entry.stored)) {
            return Some(entry);
        }
        self.forget(key).await;
        None
    }

    /// The entry is used.
    pub(crate) fn hit(&self) {
        self.state().hit = true;
    }

    pub(crate) fn is_hit(&self) -> bool {
        self.state().hit
    }

    /// Drops what was found: it was rejected, or no longer decodes.
    pub(crate) async fn reject(&self) {
        let key = {
            let mut state = self.state();
            (state.hit, state.call) = (false, true);
            state.key
        };
        if let Some(key) = key {
            self.forget(key).await;
        }
    }

    async fn forget(&self, key: CacheKey) {
        survives(self.store.remove(&key)).await;
    }

    /// Sets the output of the step; if it cannot be recorded, the attempt fails anyway.
    pub(crate) fn returned(&self, raw: Option<Json>) {
        self.state().raw = raw;
    }

    /// The attempt succeeded and changed these parts.
    pub(crate) async fn store(&self, parts: &[(String, Json)]) {
        let (key, output) = {
            let mut state = self.state();
            match (state.key, state.raw.take()) {
                (Some(key), Some(raw)) if !state.hit => (key, raw),
                _ => return,
            }
        };
        let entry = CacheEntry { output, parts: parts.to_vec(), stored: self.clock.now() };
        survives(self.store.put(&key, entry)).await;
    }
}
