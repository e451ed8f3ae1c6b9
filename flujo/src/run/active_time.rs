use crate::clock::Clock;
use crate::error::{RunResult, Signal};
use crate::future::BoxFuture;
use crate::path::Path;
use crate::usage::{Amount, LimitExceeded, LimitOf};
use std::sync::Arc;
use std::time::Duration;

/// Drives a run that may be worked on for `limit`, of which `used` went by in earlier executions. What is under
/// way when the time is used up is dropped, and charged.
pub(super) async fn within_active_time(
    clock: Arc<dyn Clock>,
    (limit, used): (Duration, Duration),
    pipeline: &str,
    run: BoxFuture<'_, RunResult<()>>,
) -> RunResult<()> {
    // Equal to the limit is allowed.
    let left = limit.checked_sub(used).map(|left| left.saturating_add(Duration::from_nanos(1)));
    if let Some(left) = left {
        tokio::select! {
            biased;
            done = run => return done,
            () = clock.sleep(left) => {}
        }
    }
    let (limit, none) = (Amount::Time(limit), Amount::Time(Duration::ZERO));
    let exceeded = LimitExceeded {
        path: Path::from(pipeline),
        of: LimitOf::Run,
        limit,
        spent: limit,
        reserved: none,
        needed: none,
    };
    Err(Signal::RunLimit(Box::new(exceeded)).into())
}
