use crate::clock::Timestamp;
use crate::engine::{Key, Record};
use crate::path::Path;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The records of a run in order, indexed by path and attempt, and the deadlines of its timers.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::clock::Timestamp;
/// use flujo::engine::kit::Records;
/// use flujo::engine::{Key, Kind};
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// let mut records = Records::new(1, std::iter::empty());
/// assert!(records.is_empty());
/// let record = view.records[0].clone();
/// records.push(record.clone());
/// assert_eq!(records.find(&record.key), Some(&record));
/// assert_eq!((records.attempts(&record.key.path), records.len()), (1, 1));
///
/// let nap = Key { path: "welcome/nap".into(), kind: Kind::Sleep, n: 1 };
/// records.set_timer(nap.clone(), Timestamp(7));
/// assert_eq!(records.timer(&nap), Some(Timestamp(7)));
/// assert_eq!(records.to_vec(), [record]);
/// # Ok(())
/// # }
/// ```
pub struct Records {
    order: Vec<Arc<Record>>,
    /// Positions by path and attempt. The kind is not part of a name: it is compared when a record is replayed.
    index: HashMap<Name, usize, BuildHasherDefault<NameHasher>>,
    /// The position after the last record found: a replay looks records up in their order.
    next: Cell<usize>,
    timers: BTreeMap<Key, Timestamp>,
}

/// 128 bits of a path and an attempt. Paths come from code, not from input, so collisions cannot be forced.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name(u128);

impl Name {
    fn of(key: &Key) -> Self {
        Self(xxh3_128_with_seed(key.path.as_str().as_bytes(), key.n.into()))
    }
}

/// The hash of a [`Name`]: one half of it.
#[derive(Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let half = bytes.first_chunk::<8>().copied().unwrap_or_default();
        self.0 = u64::from_le_bytes(half);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl Records {
    /// Creates the records of a run with about `nodes` nodes; `first` are the records it already has, in order.
    pub fn new(nodes: usize, first: impl ExactSizeIterator<Item = Arc<Record>>) -> Self {
        let room = nodes.max(first.len());
        let mut records = Self {
            order: Vec::with_capacity(room),
            index: HashMap::with_capacity_and_hasher(room, BuildHasherDefault::default()),
            next: Cell::new(0),
            timers: BTreeMap::new(),
        };
        for record in first {
            records.push(record);
        }
        records.next.set(0);
        records
    }

    /// Returns the record of an attempt.
    pub fn find(&self, key: &Key) -> Option<&Arc<Record>> {
        let is = |record: &&Arc<Record>| record.key.n == key.n && record.key.path == key.path;
        let place = match self.order.get(self.next.get()).filter(is) {
            Some(_) => self.next.get(),
            None => *self.index.get(&Name::of(key))?,
        };
        let found = self.order.get(place).filter(is)?;
        self.next.set(place + 1);
        Some(found)
    }

    /// Returns the number of attempts recorded for a path.
    pub fn attempts(&self, path: &Path) -> u32 {
        self.order.iter().filter(|r| r.key.path == *path).map(|r| r.key.n).max().unwrap_or(0)
    }

    /// Appends a record.
    pub fn push(&mut self, record: Arc<Record>) {
        self.index.insert(Name::of(&record.key), self.order.len());
        self.order.push(record);
        // The next lookup after an append misses: start past the end.
        self.next.set(self.order.len());
    }

    /// Returns the deadline of a timer that was set.
    pub fn timer(&self, key: &Key) -> Option<Timestamp> {
        self.timers.get(key).copied()
    }

    /// Sets a timer.
    pub fn set_timer(&mut self, key: Key, deadline: Timestamp) {
        self.timers.insert(key, deadline);
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns true if there are no records.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Returns the records in their order.
    pub fn to_vec(&self) -> Vec<Arc<Record>> {
        self.order.clone()
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("records", &self.order.len()).finish_non_exhaustive()
    }
}
