//! Whether the records of a run fit the code that is here.

use flujo::engine::RunView;
use flujo::error::{Mismatch, Signal};
use flujo::path::Path;
use flujo::run::Replay;
use schemars::JsonSchema;
use serde::Serialize;

/// The mismatch of a run that has not ended and does not fit the code.
pub(crate) fn mismatch(view: &RunView) -> Option<&Mismatch> {
    match &view.stopped {
        Some(Signal::JournalMismatch(mismatch)) => Some(mismatch),
        _ => None,
    }
}

/// Why a run does not go on, in words.
pub(super) fn stopped(signal: &Signal) -> String {
    match signal {
        Signal::JournalMismatch(mismatch) => format!("{}: {signal}", mismatch.path),
        _ => signal.to_string(),
    }
}

/// The result of a replay.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Replay")]
pub(crate) struct ReplayBody {
    /// The first record that does not fit the code; `null` if all fit.
    mismatch: Option<MismatchBody>,
    /// Nodes without a record, in front of something that was therefore not compared.
    ended_at: Vec<String>,
    /// Nodes with records or questions that were not compared: that is done when the run goes on.
    not_compared: Vec<String>,
}

impl ReplayBody {
    pub(crate) fn of(replay: &Replay) -> Self {
        let texts = |paths: &[Path]| paths.iter().map(Path::to_string).collect();
        Self {
            mismatch: replay.mismatch.as_ref().map(MismatchBody::of),
            ended_at: texts(&replay.ended_at),
            not_compared: texts(&replay.not_compared),
        }
    }
}

/// A record that does not fit the code.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Mismatch")]
pub(crate) struct MismatchBody {
    /// The node.
    path: String,
    /// The difference.
    what: String,
}

impl MismatchBody {
    pub(crate) fn of(mismatch: &Mismatch) -> Self {
        Self { path: mismatch.path.to_string(), what: mismatch.what.clone() }
    }
}
