//! Attempts that have to end in time, whatever the step makes of it.

use super::retry::Failed;
use crate::clock::Clock;
use crate::error::FailureRecord;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

/// Runs an attempt within its timeout.
///
/// One that is late fails, however it is late: it is dropped when its time is up; if it held the thread and
/// could not be dropped, what it gives afterwards is not taken; what it started elsewhere, with
/// `spawn_blocking` for instance, continues with copies that have no effect. A future that panics when it is
/// dropped has failed already.
pub(super) async fn in_time<T>(
    mut attempt: Pin<Box<impl Future<Output = Result<T, Box<Failed>>> + Send>>,
    limit: Duration,
    clock: &dyn Clock,
) -> Result<T, Box<Failed>> {
    let begun = clock.tick();
    let done = tokio::select! {
        biased;
        done = &mut attempt => Some(done),
        () = clock.sleep(limit) => None,
    };
    drop(catch_unwind(AssertUnwindSafe(|| drop(attempt))));
    match done {
        // A signal is no matter of time.
        Some(Err(failed)) if failed.signal().is_some() => Err(failed),
        Some(done) if u128::from(clock.nanos_since(begun)) <= limit.as_nanos() => done,
        Some(_) | None => Err(FailureRecord::timed_out(limit).into()),
    }
}
