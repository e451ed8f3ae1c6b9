use crate::clock::Clock;
use crate::error::{RunResult, Signal};
use crate::future::BoxFuture;
use crate::path::Path;
use crate::usage::{Amount, LimitExceeded, LimitOf};
use std::sync::Arc;
use std::time::Duration;

/// Drives a run whose working time is limited to `limit`, of which earlier executions have used `used`. Work in
/// progress when the time is used up is dropped, and charged.
pub(super) async fn within_active_time(
    clock: Arc<dyn Clock>,
    (limit, used): (Duration, Duration),
    pipeline: &str,
    run: BoxFuture<'_, RunResult<()>>,
) -> RunResult<()> {
    // A run may use exactly the limit, so the timer ends just after it.
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
