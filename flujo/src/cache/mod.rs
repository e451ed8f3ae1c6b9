//! Cache of outputs between runs: `.cached("1h")` at a call, `cached = "1h"` on a step.
//!
//! ```
//! use flujo::prelude::*;
//!
//! #[step(cached = "1h")]
//! async fn size(text: String) -> Result<usize> {
//!     Ok(text.len())
//! }
//!
//! pipeline! {
//!     fn measure(text: String) -> usize {
//!         size(text)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let flujo = Flujo::builder().cache(flujo::MemoryCache::new(1_000)).build()?;
//! let first = flujo.run(measure("hello".to_string())).await;
//! assert!(!first.step("measure/size").is_some_and(|step| step.is_cached()));
//! let second = flujo.run(measure("hello".to_string())).await;
//! assert!(second.step("measure/size").is_some_and(|step| step.is_cached()));
//! assert_eq!(second.into_output()?, 5);
//! # Ok(())
//! # }
//! ```
//!
//! | kind | the key |
//! |---|---|
//! | code step | the step, its `version`, its inputs, and the context parts that it takes |
//! | model step | the rendered request: model (of a list the first), messages, sampling, options, schema |
//!
//! Services are not part of the key: **a step that takes `&R` gives what it gave, whatever the service says
//! now**. Count up its `version` by hand when the service changes its mind, or keep the time to live short.
//!
//! What is kept is the raw output, as the step returned it, and what the step wrote into the context; only of
//! attempts that succeeded. Plugins and validators look at a hit as at any other output; one that they reject
//! is dropped, and the step is called in the same attempt. An attempt with the feedback of a
//! rejection neither reads nor writes the cache. A hit costs nothing, and its record and
//! [`StepResult::is_cached`](crate::StepResult::is_cached) say so: a resumed run takes it from the record, and
//! does not ask the cache again.

mod memory;
mod under_way;

pub use memory::MemoryCache;
pub(crate) use under_way::CacheUse;

use crate::clock::Timestamp;
use crate::codec::{Digest, Json};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The time to live of a cached output.
///
/// ```
/// use flujo::CachePolicy;
/// use std::time::Duration;
///
/// let for_an_hour = CachePolicy::ttl(Duration::from_secs(3600));
/// assert_ne!(for_an_hour, CachePolicy::FOREVER);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    /// The time to live; `None` is for ever.
    ttl: Option<Duration>,
}

impl CachePolicy {
    /// No time to live: as long as the cache keeps the output.
    pub const FOREVER: Self = Self { ttl: None };

    /// Sets the time to live, on the clock of the engine.
    pub const fn ttl(ttl: Duration) -> Self {
        Self { ttl: Some(ttl) }
    }

    /// Whether an output of that age may be used.
    pub(crate) fn allows(self, age: Duration) -> bool {
        self.ttl.is_none_or(|ttl| age < ttl)
    }
}

/// The key of a cached output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheKey(pub Digest);

/// The cached result of a successful attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// The output as the step returned it, before plugins.
    pub output: Json,
    /// Context parts that the step changed, by name, as it left them.
    pub parts: Vec<(String, Json)>,
    /// The time when it was stored.
    pub stored: Timestamp,
}

/// A store of outputs: [`MemoryCache`], or one of your own, given with
/// [`Builder::cache`](crate::run::Builder::cache).
///
/// A cache has no errors to report: one that cannot answer has nothing, and one that panics is treated so.
/// It need not look at the age of an entry; the runtime does.
///
/// ```
/// use flujo::Cache;
/// use flujo::cache::{CacheEntry, CacheKey};
/// use std::collections::HashMap;
/// use std::sync::Mutex;
///
/// /// Outputs in a map; in its place could be Redis.
/// #[derive(Default)]
/// struct Mine(Mutex<HashMap<CacheKey, CacheEntry>>);
///
/// #[flujo::async_trait]
/// impl Cache for Mine {
///     async fn get(&self, key: &CacheKey) -> Option<CacheEntry> {
///         self.0.lock().unwrap().get(key).cloned()
///     }
///     async fn put(&self, key: &CacheKey, entry: CacheEntry) {
///         self.0.lock().unwrap().insert(*key, entry);
///     }
///     async fn remove(&self, key: &CacheKey) {
///         self.0.lock().unwrap().remove(key);
///     }
/// }
///
/// let flujo = flujo::Flujo::builder().cache(Mine::default()).build()?;
/// # drop(flujo);
/// # Ok::<(), flujo::Error>(())
/// ```
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// Returns the entry of this key.
    async fn get(&self, key: &CacheKey) -> Option<CacheEntry>;
    /// Stores an entry in place of the one that was there.
    async fn put(&self, key: &CacheKey, entry: CacheEntry);
    /// Removes the entry: it is too old, or was rejected.
    async fn remove(&self, key: &CacheKey);
}
