//! States and kinds as words.

use flujo::engine::{RunOrder, RunState};
use flujo::error::FailureKind;

const STATES: [(RunState, &str); 8] = [
    (RunState::Created, "created"),
    (RunState::Running, "running"),
    (RunState::Interrupted, "interrupted"),
    (RunState::Paused, "paused"),
    (RunState::Done, "done"),
    (RunState::Failed, "failed"),
    (RunState::Cancelled, "cancelled"),
    (RunState::Crashed, "crashed"),
];

/// The states as words, for messages.
pub(crate) const ALL_STATES: &str = "created, running, interrupted, paused, done, failed, cancelled, crashed";

/// Returns the word of a state.
pub(crate) fn state(state: RunState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("unknown", |(_, word)| word)
}

/// Returns the state of a word.
pub(crate) fn state_of(word: &str) -> Option<RunState> {
    STATES.iter().find(|(_, known)| *known == word).map(|(state, _)| *state)
}

/// Returns the order of a word.
pub(crate) fn order_of(word: &str) -> Option<RunOrder> {
    match word {
        "id" => Some(RunOrder::Id),
        "created" => Some(RunOrder::Created),
        "changed" => Some(RunOrder::Changed),
        _ => None,
    }
}

/// Returns the word of a kind of failures.
pub(crate) fn failure(kind: FailureKind) -> String {
    snake(&format!("{kind:?}"))
}

fn snake(camel: &str) -> String {
    let mut word = String::with_capacity(camel.len() + 2);
    for (i, letter) in camel.chars().enumerate() {
        if letter.is_ascii_uppercase() && i > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_a_word_and_each_word_a_state() {
        for (known, word) in STATES {
            assert_eq!((state(known), state_of(word)), (word, Some(known)));
        }
        let all: Vec<_> = STATES.iter().map(|(_, word)| *word).collect();
        assert_eq!((ALL_STATES, state_of("Done"), state_of("")), (all.join(", ").as_str(), None, None));
        assert_eq!(failure(FailureKind::TimedOut), "timed_out");
    }
}
