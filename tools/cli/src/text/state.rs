//! States in sentences.

use flujo::engine::RunState;

/// Returns the state as the end of a sentence: `is done`, `has failed`.
pub(crate) fn phrase(state: RunState) -> String {
    let verb = match state {
        RunState::Failed | RunState::Crashed => "has",
        RunState::Cancelled => "was",
        _ => "is",
    };
    format!("{verb} {state}")
}
