//! The text of broken sentences in a report.

use super::{Broken, Fault, attempts, control, forks, ledger, questions};
use crate::sound::block_on;
use flujo::engine::Memory;
use flujo_testing::conformance::Verdict;

/// The sentence, what was expected and what was seen, of one check.
fn said<F: Fault>(id: &str) -> [String; 3] {
    let report = block_on(Broken::<Memory, F>::subject("it").check_one(id));
    let [result] = report.results() else { panic!("{report}") };
    let Verdict::Broken(breach) = result.verdict() else { panic!("{report}") };
    [result.sentence().to_owned(), breach.expected.clone(), breach.seen.clone()]
}

/// Asserts the beginning of the sentence, and the two texts.
fn says<F: Fault>(id: &str, begins: &str, expected: &str, seen: &str) {
    let [sentence, its_expected, its_seen] = said::<F>(id);
    assert!(sentence.starts_with(begins), "{id}: {sentence}");
    assert_eq!([its_expected.as_str(), its_seen.as_str()], [expected, seen], "{id}");
}

#[test]
fn the_report_says_which_sentence_is_broken_and_how() {
    says::<questions::TellsTooSoon>(
        "ask/durable-before-told",
        "A question is durable before the program is told that it is open",
        r#"the open questions after the death: ["q"]"#,
        "[]",
    );
    says::<questions::LastReplyWins>(
        "reply/first-wins",
        "A question takes one reply",
        "a reply is refused with `ErrorKind::Reply`: the question was answered before",
        "the reply is taken",
    );
    says::<attempts::IgnoresInput>(
        "replay/input-digest",
        "A record of another input does not answer an attempt",
        r#"the result of the replay: ["a.1 ends by JournalMismatch at a"]"#,
        r#"["a.1 = 1"]"#,
    );
    says::<attempts::RoundsFloats>(
        "value/live-equals-replayed",
        "An attempt is answered with the value decoded from its record, on first execution too",
        r#"the values, replayed: ["v0.1 = 0.30000000000000004", "v1.1 = [1.7976931348623157e+308,5e-324,-0.0,2.225073858507201e-308]"]"#,
        r#"["v0.1 = 0.30000001192092896", "v1.1 = [null,0.0,-0.0,0.0]"]"#,
    );
    says::<ledger::ForgetsReservations>(
        "ledger/unsettled-is-charged",
        "A reservation that a dead process left is durable, and is charged in full",
        "the ledger after the death: \"nothing used, 5 calls, 5 estimated reserved\"",
        "\"nothing used, nothing reserved\"",
    );
    says::<control::CancelsAtTheEnd>(
        "cancel/at-the-next-command",
        "A cancelled run issues no further command",
        r#"the effects of an attempt: ["first.1 runs", "cancelled"]"#,
        r#"["first.1 runs", "cancelled", "a.1 runs"]"#,
    );
    says::<control::StealsRuns>(
        "ownership/one-at-a-time",
        "A run that is worked on is not executed a second time",
        r#"the effects: ["a.1 runs", "second execution: busy", "b.1 runs"]"#,
        r#"["a.1 runs", "second execution: done"]"#,
    );
}

#[test]
fn what_hangs_spins_or_panics_is_a_broken_sentence_too() {
    says::<questions::RestartsSleeps>(
        "sleep/deadline-recorded",
        "The deadline of a sleep is recorded when it is first issued",
        "a sleep of 60 s ends at 60 s, after a crash at 20 s and 10 s without a process",
        "nothing goes on, and nothing wakes the check; noted until then: a.1 runs; a.1 runs; a.1 = 0",
    );
    says::<forks::OneArmAtATime>(
        "fork/arms-run-concurrently",
        "The arms of a fork are under way at the same time",
        "the bodies of three arms are under way at once",
        "nothing goes on, and nothing wakes the check; noted until then: a.1 runs",
    );
    says::<control::NeverIdle>(
        "idle/at-once",
        "`idle` returns at once",
        "`idle` returns at once",
        "nothing goes on, and nothing wakes the check; noted until then: nothing",
    );
    says::<control::SpinsInIdle>(
        "idle/at-once",
        "`idle` returns at once",
        "`idle` returns at once",
        "the engine is polled without end; noted until then: nothing",
    );
    says::<control::PanicsInLists>(
        "list/pipeline",
        "A list takes the runs of the pipeline it is asked for",
        "no panic",
        "a panic: lists are not implemented; noted until then: nothing",
    );
}
