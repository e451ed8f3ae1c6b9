//! Outputs kept between runs: `.cached("1h")` at a call, `cached = "1h"` on a step.
//!
//! | kind | the key |
//! |---|---|
//! | code step | the step, its `version`, its inputs, and the context parts that it takes |
//! | model step | the rendered request: model, messages, sampling, schema |
//!
//! Services are not part of the key: **a step that takes `&R` gives what it gave, whatever the service says
//! now**. Count up its `version` by hand when the service changes its mind, or keep the time to live short.
//!
//! What is kept is the raw output, as the step returned it, and what the step wrote into the context; only of
//! attempts that succeeded. Plugins and validators look at a hit as at any other output; one that they reject
//! is dropped, and the step is called in the same attempt. An attempt that was told why the last one was
//! rejected neither reads nor writes the cache. A hit costs nothing, and its record and
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

/// How long a cached output may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    /// The time to live; `None` is for ever.
    ttl: Option<Duration>,
}

impl CachePolicy {
    /// As long as the cache keeps it.
    pub const FOREVER: Self = Self { ttl: None };

    /// Until it is this old, on the clock of the engine.
    pub const fn ttl(ttl: Duration) -> Self {
        Self { ttl: Some(ttl) }
    }

    /// Whether an output of that age may be used.
    pub(crate) fn allows(self, age: Duration) -> bool {
        self.ttl.is_none_or(|ttl| age < ttl)
    }
}

/// What a cached output is kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheKey(pub Digest);

/// What is kept of an attempt that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// The output as the step returned it, before plugins.
    pub output: Json,
    /// Context parts that the step changed, by name, as it left them.
    pub parts: Vec<(String, Json)>,
    /// When it was stored.
    pub stored: Timestamp,
}

/// Where outputs are kept: [`MemoryCache`], or one of your own, given with
/// [`Builder::cache`](crate::run::Builder::cache).
///
/// A cache has no errors to report: one that cannot answer has nothing, and one that panics is treated so.
/// It need not look at the age of an entry; the runtime does.
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// What is kept under this key.
    async fn get(&self, key: &CacheKey) -> Option<CacheEntry>;
    /// Keeps it, in place of what was there.
    async fn put(&self, key: &CacheKey, entry: CacheEntry);
    /// Forgets it: it is too old, or was rejected.
    async fn remove(&self, key: &CacheKey);
}
