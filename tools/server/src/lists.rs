//! Lists that many people look at.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use flujo::engine::{RunCount, RunFilter, RunSummary};
use flujo::error::RunResult;
use flujo::run::Control;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many times as long an answer is used as it took: what is asked again and again takes at most that part of the time.
const SHARE: u32 = 19;
/// The most lists that are kept.
const KEPT: usize = 64;

/// The lists and numbers of runs that pages show: asked for once for all who look at the same time. An answer that took a
/// millisecond is used for nineteen, so that the runs keep the processor however many people look. What somebody changes
/// through this server is seen at once.
#[derive(Clone)]
pub(crate) struct Lists(Arc<Inner>);

struct Inner {
    control: Arc<dyn Control>,
    runs: Shared<Vec<RunSummary>>,
    counts: Shared<Vec<RunCount>>,
}

impl Lists {
    pub(crate) fn new(control: Arc<dyn Control>) -> Self {
        Self(Arc::new(Inner { control, runs: Shared::default(), counts: Shared::default() }))
    }

    /// The runs that match a filter.
    pub(crate) async fn list(&self, filter: &RunFilter) -> RunResult<Arc<Vec<RunSummary>>> {
        self.0.runs.get(format!("{filter:?}"), async || self.0.control.list(filter).await).await
    }

    /// The numbers of the runs that match a filter.
    pub(crate) async fn count(&self, filter: &RunFilter) -> RunResult<Arc<Vec<RunCount>>> {
        self.0.counts.get(format!("{filter:?}"), async || self.0.control.count(filter).await).await
    }

    /// Forgets what is kept: somebody has changed something.
    fn forget(&self) {
        self.0.runs.forget();
        self.0.counts.forget();
    }
}

/// Forgets what is kept after a request that may have changed something.
pub(crate) async fn after_changes(State(lists): State<Lists>, request: Request, next: Next) -> Response {
    let may_change = !request.method().is_safe();
    let response = next.run(request).await;
    if may_change {
        lists.forget();
    }
    response
}

/// An answer, and until when it is used.
type Slot<T> = Arc<tokio::sync::Mutex<Option<(Arc<T>, Instant)>>>;

struct Shared<T>(Mutex<HashMap<String, Slot<T>>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shared<T> {
    async fn get(&self, question: String, ask: impl AsyncFnOnce() -> RunResult<T>) -> RunResult<Arc<T>> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if slots.len() >= KEPT && !slots.contains_key(&question) {
                slots.clear();
            }
            Arc::clone(slots.entry(question).or_default())
        };
        // Who comes while it is asked waits, and has the same answer.
        let mut known = slot.lock().await;
        let start = Instant::now();
        if let Some((answer, until)) = &*known
            && start < *until
        {
            return Ok(Arc::clone(answer));
        }
        let answer = Arc::new(ask().await?);
        let now = Instant::now();
        let time: Duration = now.duration_since(start).saturating_mul(SHARE);
        *known = now.checked_add(time).map(|until| (Arc::clone(&answer), until));
        Ok(answer)
    }

    /// Those who wait for an answer still get it: it was asked for before.
    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_used_for_nineteen_times_as_long_as_it_took() {
        let (shared, asked) = (Shared::<u32>::default(), AtomicU32::new(0));
        let get = async |question: &str| {
            let ask = async || {
                sleep(Duration::from_millis(10)).await;
                Ok(asked.fetch_add(1, Ordering::Relaxed))
            };
            *shared.get(question.to_owned(), ask).await.unwrap()
        };
        // Together, and one after the other while it is good.
        let (first, second, other) = tokio::join!(get("a"), get("a"), get("b"));
        assert_eq!((first, first + other), (second, 1));
        sleep(Duration::from_millis(189)).await;
        assert_eq!(get("a").await, first);
        sleep(Duration::from_millis(1)).await;
        assert_eq!((get("a").await, get("a").await), (2, 2));
        // After a change no earlier answer is used.
        shared.forget();
        assert_eq!(get("a").await, 3);
        for n in 0..200 {
            get(&n.to_string()).await;
            assert!(shared.0.lock().unwrap().len() <= KEPT);
        }
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let shared = Shared::<u32>::default();
        let fail = async || Err(flujo::Error::from(flujo::error::EngineError::new("full")));
        assert!(shared.get("a".to_owned(), fail).await.is_err());
        assert_eq!(*shared.get("a".to_owned(), async || Ok(7)).await.unwrap(), 7);
    }
}
