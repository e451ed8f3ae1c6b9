//! The words of states.

use flujo::engine::RunState;

pub(crate) const WORDS: [&str; 8] =
    ["created", "running", "interrupted", "paused", "done", "failed", "cancelled", "crashed"];

const STATES: [RunState; 8] = [
    RunState::Created,
    RunState::Running,
    RunState::Interrupted,
    RunState::Paused,
    RunState::Done,
    RunState::Failed,
    RunState::Cancelled,
    RunState::Crashed,
];

pub(crate) fn word(state: RunState) -> &'static str {
    let found = STATES.iter().zip(WORDS).find(|(known, _)| **known == state);
    found.map_or("unknown", |(_, word)| word)
}

/// Returns the state as the end of a sentence: `is done`, `has failed`.
pub(crate) fn phrase(state: RunState) -> String {
    let verb = match state {
        RunState::Failed | RunState::Crashed => "has",
        RunState::Cancelled => "was",
        _ => "is",
    };
    format!("{verb} {}", word(state))
}

pub(crate) fn parse(text: &str) -> Option<RunState> {
    WORDS.iter().zip(STATES).find(|(word, _)| **word == text).map(|(_, state)| state)
}

/// Returns true if nothing happens to such a run any more, but for a retry.
pub(crate) fn has_ended(state: RunState) -> bool {
    matches!(state, RunState::Done | RunState::Failed | RunState::Cancelled | RunState::Crashed)
}
