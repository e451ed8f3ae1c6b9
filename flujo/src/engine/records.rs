use super::{Key, Record};
use crate::clock::Timestamp;
use crate::path::Path;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// What an engine that keeps records by path knows of a run: its records in order, and where each one is.
pub(crate) struct Records {
    pub(crate) order: Vec<Arc<Record>>,
    /// By path and attempt: a step and a model step of one name would share them, and the kind is compared.
    index: HashMap<Name, usize, BuildHasherDefault<Ready>>,
    /// Behind what was found last: a run that goes on mostly comes by its records in their order.
    next: Cell<usize>,
    /// Absolute deadlines of timers.
    pub(crate) timers: BTreeMap<Key, Timestamp>,
}

/// 128 bits of a path and an attempt. Paths come from code, not from strangers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name(u128);

impl Name {
    fn of(key: &Key) -> Self {
        Self(xxh3_128_with_seed(key.path.as_str().as_bytes(), key.n.into()))
    }
}

/// The hash of a [`Name`]: half of it.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn write(&mut self, bytes: &[u8]) {
        let half = bytes.first_chunk::<8>().copied().unwrap_or_default();
        self.0 = u64::from_le_bytes(half);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl Records {
    /// Of a run with so many nodes, and records that it begins with.
    pub(crate) fn of(nodes: usize, seed: impl ExactSizeIterator<Item = Arc<Record>>) -> Self {
        let room = nodes.max(seed.len());
        let mut records = Self {
            order: Vec::with_capacity(room),
            index: HashMap::with_capacity_and_hasher(room, BuildHasherDefault::default()),
            next: Cell::new(0),
            timers: BTreeMap::new(),
        };
        for record in seed {
            records.push(record);
        }
        records.next.set(0);
        records
    }

    pub(crate) fn find(&self, key: &Key) -> Option<&Arc<Record>> {
        let is = |record: &&Arc<Record>| record.key.n == key.n && record.key.path == key.path;
        let place = match self.order.get(self.next.get()).filter(is) {
            Some(_) => self.next.get(),
            None => *self.index.get(&Name::of(key))?,
        };
        let found = self.order.get(place).filter(is)?;
        self.next.set(place + 1);
        Some(found)
    }

    /// The number of attempts recorded for a path.
    pub(crate) fn attempts(&self, path: &Path) -> u32 {
        self.order.iter().filter(|r| r.key.path == *path).map(|r| r.key.n).max().unwrap_or(0)
    }

    pub(crate) fn push(&mut self, record: Arc<Record>) {
        self.index.insert(Name::of(&record.key), self.order.len());
        self.order.push(record);
        // Behind what is new comes what is new.
        self.next.set(self.order.len());
    }
}
