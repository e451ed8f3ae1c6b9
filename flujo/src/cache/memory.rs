use super::{Cache, CacheEntry, CacheKey};
use async_trait::async_trait;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A cache in memory, which forgets the oldest entries first. Every engine has one of 1,024 entries if it was
/// given no other.
pub struct MemoryCache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    entries: HashMap<CacheKey, CacheEntry>,
    /// Each key once, the oldest first.
    order: VecDeque<CacheKey>,
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl MemoryCache {
    /// Room for so many entries.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::default() }
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.with(|all| all.entries.len())
    }

    /// Returns true if there are no entries.
    ///
    /// ```
    /// use flujo::MemoryCache;
    /// assert!(MemoryCache::new(10).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        change(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new(1024)
    }
}

impl Entries {
    fn remove(&mut self, key: &CacheKey) {
        if self.entries.remove(key).is_some() {
            self.order.retain(|other| other != key);
        }
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &CacheKey) -> Option<CacheEntry> {
        self.with(|all| all.entries.get(key).cloned())
    }
    async fn put(&self, key: &CacheKey, entry: CacheEntry) {
        self.with(|all| {
            all.remove(key);
            all.entries.insert(*key, entry);
            all.order.push_back(*key);
            while all.entries.len() > self.capacity {
                let Some(oldest) = all.order.pop_front() else { break };
                all.entries.remove(&oldest);
            }
        });
    }
    async fn remove(&self, key: &CacheKey) {
        self.with(|all| all.remove(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::codec::{Digest, Json};

    #[tokio::test]
    async fn the_oldest_goes_first() {
        let cache = MemoryCache::new(2);
        let key = |n: u8| CacheKey(Digest::of(&[n]));
        let entry = |n| CacheEntry { output: Json::null(), parts: Vec::new(), stored: Timestamp(n) };
        cache.put(&key(1), entry(1)).await;
        cache.put(&key(2), entry(2)).await;
        cache.put(&key(1), entry(3)).await;
        cache.put(&key(3), entry(4)).await;
        assert_eq!(cache.len(), 2);
        assert_eq!(cache.get(&key(2)).await, None);
        assert_eq!(cache.get(&key(1)).await, Some(entry(3)));
        cache.remove(&key(1)).await;
        assert_eq!((cache.get(&key(1)).await, cache.len()), (None, 1));
    }
}
