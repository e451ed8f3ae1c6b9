//! Words for runs that do not fit the code.

use flujo::Error;
use flujo::engine::{RunId, RunView};
use flujo::error::{Mismatch, Signal};

/// What a person may rely on.
pub(crate) const UNCHANGED: &str = "nothing was changed; the run goes on with the code that it knows";

/// Why a run does not fit.
pub(crate) fn phrase(Mismatch { path, what }: &Mismatch) -> String {
    format!("does not fit this code: {path}: {what}")
}

/// The mismatch of a run that has not ended.
pub(crate) fn of(view: &RunView) -> Option<&Mismatch> {
    match &view.stopped {
        Some(Signal::JournalMismatch(mismatch)) => Some(mismatch),
        _ => None,
    }
}

/// The line of a run that a worker cannot resume.
pub(crate) fn problem(id: &RunId, error: &Error) -> String {
    match error.signal() {
        Some(Signal::JournalMismatch(mismatch)) => format!("{id} {}; {UNCHANGED}", phrase(mismatch)),
        _ => format!("{id} does not go on: {error}"),
    }
}
