//! Every fault, and the sentences that the suite finds broken.

use super::{Broken, Fault, Nothing, Slow, Sound, attempts, control, ends, forks, ledger, questions, runs};
use crate::sound::block_on;
use flujo::engine::Memory;
use flujo_testing::OrderedLog;
use flujo_testing::conformance::{Check, Report, checks};
use std::collections::BTreeSet;

fn report<S: Sound, F: Fault>() -> Report {
    let name = std::any::type_name::<F>().rsplit("::").next().unwrap();
    block_on(Broken::<S, F>::subject(name).check())
}

macro_rules! faults {
    ($($fault:ty => [$($id:literal),* $(,)?]),* $(,)?) => {
        /// The name of each, how it does around either engine, and the ids that it must break around `Memory`.
        fn faults() -> Vec<(&'static str, fn() -> Report, fn() -> Report, Vec<&'static str>)> {
            vec![$((stringify!($fault), report::<Memory, $fault>, report::<OrderedLog, $fault>, vec![$($id),*])),*]
        }
    };
}

faults! {
    attempts::ForgetsFailures => [
        "attempt/failure-is-a-record",
        "attempt/keyed-by-path-and-number",
        "order/program-order",
        "fork/settled-siblings-go-on",
        "ledger/counts-once",
        "reopen/attempts-forgiven",
        "reopen/again",
    ],
    attempts::RunsRecordedBodies => [
        "attempt/recorded-before-return",
        "attempt/failure-is-a-record",
        "attempt/runs-again-after-crash",
        "attempt/keyed-by-path-and-number",
        "replay/migrated-version",
        "sleep/over-stays-over",
        "deadline/default-taken",
        "fork/arm-results",
        "fork/settled-siblings-go-on",
        "fork/pause-keeps-siblings",
        "fork/crash-inside",
        "fork/nested",
        "seed/taken-instead-of-executing",
        "outcome/signals-are-none",
        "reopen/attempts-forgiven",
        "process/run-goes-on",
        "process/seed-survives",
    ],
    attempts::IgnoresInput => ["replay/input-digest", "replay/mismatch-writes-nothing"],
    attempts::RecordsLate => ["create/runs-stay-apart", "attempt/recorded-before-return", "attempt/failure-is-a-record", "attempt/record-is-whole", "attempt/appended-stays-appended", "attempt/runs-again-after-crash", "attempt/keyed-by-path-and-number", "order/program-order", "value/unaltered", "replay/input-digest", "replay/kind", "replay/version", "replay/migrated-version", "replay/mismatch-writes-nothing", "deadline/default-taken", "fork/arm-results", "fork/settled-siblings-go-on", "fork/pause-keeps-siblings", "fork/nested", "seed/taken-instead-of-executing", "seed/is-checked", "ledger/record-settles", "ledger/unsettled-is-charged", "ledger/forfeit-is-charged", "ledger/counts-once", "ownership/stale-attempt-refused", "ownership/five-takeovers-crash", "cancel/drops-bodies", "cancel/charges-reservations", "outcome/signals-are-none", "reopen/attempts-forgiven", "reopen/again", "summary/contents", "process/reservation-survives", "process/cancel-survives", "process/takeovers-survive", "process/seed-survives"],
    attempts::RoundsFloats => ["value/live-equals-replayed", "value/unaltered"],
    attempts::LosesFindings => ["attempt/record-is-whole"],
    attempts::TakesAppendedForWhole => ["attempt/appended-stays-appended"],
    attempts::RecordsSignals => ["attempt/signal-leaves-no-record", "fork/signal-drops-siblings"],
    attempts::SortsRecords => ["order/program-order"],
    attempts::GoesOnWithoutOwnership => ["ownership/stale-attempt-refused"],
    questions::TellsTooSoon => [
        "ask/durable-before-told",
        "ask/asked-again-after-withdrawal",
        "seed/taken-instead-of-executing",
        "ownership/stale-command-refused",
        "cancel/at-the-next-command",
    ],
    questions::TellsAgain => [
        "replay/question",
        "ask/durable-before-told",
        "ask/told-once",
        "reply/only-its-question",
        "deadline/default-taken",
        "deadline/recorded",
        "fork/pause-keeps-siblings",
        "seed/taken-instead-of-executing",
        "ownership/stale-command-refused",
        "cancel/at-the-next-command",
        "process/reply-survives",
    ],
    questions::LastReplyWins => ["reply/first-wins", "reply/one-of-two", "deadline/late-reply-refused", "process/reply-survives"],
    questions::AnswersAll => ["reply/only-its-question", "list/paused-runs", "summary/inbox"],
    questions::TakesAnyReply => [
        "ask/withdrawn-with-its-arm",
        "reply/first-wins",
        "reply/one-of-two",
        "reply/unknown-refused",
        "deadline/late-reply-refused",
        "cancel/idle-run-ends-at-once",
        "process/reply-survives",
    ],
    questions::KeepsWithdrawn => ["ask/withdrawn-with-its-arm", "ask/asked-again-after-withdrawal"],
    questions::LosesDeadlines => [
        "ask/question-is-whole",
        "deadline/default-taken",
        "deadline/recorded",
        "deadline/late-reply-refused",
    ],
    questions::RestartsSleeps => [
        "sleep/deadline-recorded",
        "sleep/over-stays-over",
        "seed/taken-instead-of-executing",
        "process/sleep-survives",
    ],
    forks::OneArmAtATime => [
        "sleep/waits",
        "sleep/deadline-recorded",
        "sleep/over-stays-over",
        "ask/pauses-when-nothing-is-left",
        "ask/withdrawn-with-its-arm",
        "reply/accepted-while-running",
        "fork/arms-run-concurrently",
        "fork/concurrency-limit",
        "fork/arm-results",
        "fork/failure-drops-siblings",
        "fork/signal-drops-siblings",
        "fork/crash-inside",
        "fork/nested",
        "ledger/charged-at-the-end",
        "limit/reserved-atomically",
        "ownership/five-takeovers-crash",
        "cancel/drops-bodies",
        "cancel/ends-waits",
        "process/sleep-survives",
    ],
    forks::AllArmsAtOnce => ["fork/concurrency-limit"],
    forks::NeverSettles => ["fork/settled-siblings-go-on"],
    forks::AlwaysSettles => [
        "ask/withdrawn-with-its-arm",
        "fork/failure-drops-siblings",
        "ledger/charged-at-the-end",
    ],
    forks::ReversesEnds => [
        "ask/withdrawn-with-its-arm",
        "fork/failure-drops-siblings",
        "fork/settled-siblings-go-on",
        "fork/signal-drops-siblings",
    ],
    ledger::ForgetsReservations => [
        "ledger/unsettled-is-charged",
        "ledger/charged-at-the-end",
        "limit/charged-calls-count",
        "process/reservation-survives",
    ],
    ledger::SettlesTwice => ["ledger/settle-once"],
    ledger::ReservesNothing => [
        "ledger/record-settles",
        "ledger/unsettled-is-charged",
        "ledger/charged-at-the-end",
        "limit/of-the-run",
        "limit/of-a-node",
        "limit/reserved-atomically",
        "limit/charged-calls-count",
        "ownership/stale-ledger-refused",
        "cancel/charges-reservations",
        "process/reservation-survives",
    ],
    ledger::ChargesReplays => ["seed/taken-instead-of-executing", "seed/costs-nothing", "ledger/counts-once"],
    runs::Overwrites => ["create/compare-and-set", "create/one-of-two"],
    runs::EndsTwice => [
        "ownership/five-takeovers-crash",
        "cancel/idle-run-ends-at-once",
        "outcome/written-once",
    ],
    runs::IgnoresSeeds => ["seed/taken-instead-of-executing", "seed/is-checked", "process/seed-survives"],
    ends::LosesRetries => ["create/compare-and-set", "create/record-is-whole"],
    ends::LosesOrigins => ["seed/origin-shown", "summary/contents"],
    ends::SharesRecords => [
        "create/runs-stay-apart",
        "ownership/stale-command-refused",
        "cancel/at-the-next-command",
    ],
    ends::RestartsOnFailure => [
        "attempt/failure-is-a-record",
        "attempt/no-retries-of-its-own",
        "attempt/keyed-by-path-and-number",
        "order/program-order",
        "ask/withdrawn-with-its-arm",
        "ask/asked-again-after-withdrawal",
        "fork/failure-drops-siblings",
        "fork/settled-siblings-go-on",
        "ledger/charged-at-the-end",
    ],
    ends::LosesContexts => ["outcome/is-whole"],
    ends::StopsAtLimits => ["outcome/run-limit-fails"],
    ends::EndsBySignals => [
        "attempt/signal-leaves-no-record",
        "ownership/pause-is-no-takeover",
        "outcome/signals-are-none",
    ],
    ends::EndsWithoutOwnership => ["ownership/stale-outcome-refused"],
    ends::CancelsEndedRuns => ["cancel/ended-run-stays"],
    ends::ReopensAllRuns => ["reopen/failed-runs-only"],
    ends::CountsEveryExecution => [
        "ownership/five-takeovers-crash",
        "ownership/record-resets-takeovers",
        "ownership/pause-is-no-takeover",
    ],
    ends::NeverCrashes => ["ownership/five-takeovers-crash", "process/takeovers-survive"],
    questions::NeverSleeps => [
        "sleep/waits",
        "sleep/deadline-recorded",

        "process/sleep-survives",
    ],
    questions::ForgetsAuthors => ["reply/taken-unaltered", "seed/taken-instead-of-executing"],
    questions::PrefersDefaults => ["deadline/reply-before-it"],
    ledger::NeverChecks => ["limit/check-refuses-what-follows"],
    control::CancelsAtTheEnd => [
        "cancel/at-the-next-command",
        "cancel/drops-bodies",
        "cancel/charges-reservations",
        "cancel/ends-waits",
        "cancel/survives-a-crash",
        "process/cancel-survives",
    ],
    control::OneRunAtATime => ["control/runs-beside-each-other"],
    control::StealsRuns => ["ownership/one-at-a-time"],
    control::ListsByAge => ["list/ordered-by-id", "list/states", "list/pages", "summary/newest-first", "summary/last-change-first"],
    control::IgnoresFilters => ["list/states", "list/pipeline", "list/pages", "summary/labels", "summary/periods", "summary/text", "summary/newest-first", "summary/last-change-first"],
    control::LosesLabels => [
        "create/compare-and-set",
        "create/record-is-whole",
        "summary/contents",
        "summary/labels",
        "summary/counts",
    ],
    control::IgnoresOrders => ["summary/newest-first", "summary/last-change-first"],
    control::ShowsStatesAlone => ["summary/times", "summary/contents", "summary/newest-first", "summary/last-change-first", "summary/counts", "summary/inbox"],
    control::ForgetsCallers => ["summary/actions"],
    control::PanicsInLists => ["list/ordered-by-id", "list/states", "list/pipeline", "list/pages", "list/paused-runs", "summary/times", "summary/contents", "summary/labels", "summary/periods", "summary/text", "summary/newest-first", "summary/last-change-first", "summary/counts", "summary/inbox", "process/view-survives"],
    control::NeverIdle => ["idle/waits-for-the-execution", "idle/at-once", "control/unknown-run"],
    control::SpinsInIdle => ["idle/waits-for-the-execution", "idle/at-once", "control/unknown-run"],
    control::NeverReopens => ["ask/asked-again-after-withdrawal", "reopen/attempts-forgiven", "reopen/again", "summary/actions"],
    control::KnowsEveryRun => ["reply/unknown-refused", "control/unknown-run"],
    control::OwnClock => ["control/clock"],
    control::ForgetsTime => ["control/active-time"],
}

#[test]
fn each_fault_breaks_exactly_its_sentences() {
    let mut wrong = Vec::new();
    for (name, on_memory, _, expected) in faults() {
        let report = on_memory();
        assert_eq!(report.skipped(), [""; 0], "{name}");
        if report.broken() != expected {
            wrong.push(format!("{name} => {:?},", report.broken()));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Around an ordered log some faults break other sentences: less or more than around `Memory`.
const DIFFERENT: &[(&str, &[&str], &[&str])] = &[
    // The attempts in front of a pause are replayed for each arm that pauses.
    ("ledger::ChargesReplays", &[], &["summary/contents"]),
    // Its forks are records of their own, so a replay does not come to the attempts of their arms.
    ("attempts::ForgetsFailures", &["fork/settled-siblings-go-on"], &[]),
    ("attempts::RunsRecordedBodies", &["sleep/over-stays-over", "fork/settled-siblings-go-on"], &[]),
    (
        "attempts::RecordsLate",
        &["fork/settled-siblings-go-on"],
        &["fork/crash-inside", "process/run-goes-on"],
    ),
    // The ends of its arms are records, where those of `Memory` are at hand in their arms.
    (
        "forks::ReversesEnds",
        &[],
        &[
            "fork/pause-keeps-siblings",
            "fork/arm-results",
            "fork/crash-inside",
            "fork/nested",
            "process/run-goes-on",
        ],
    ),
    ("ends::EndsBySignals", &[], &["fork/signal-drops-siblings"]),
    // A command that is left out is another one at its number.
    (
        "ends::SharesRecords",
        &[],
        &[
            "attempt/recorded-before-return",
            "attempt/failure-is-a-record",
            "attempt/runs-again-after-crash",
            "replay/mismatch-writes-nothing",
            "fork/arm-results",
            "fork/crash-inside",
            "fork/nested",
            "ledger/counts-once",
            "ownership/five-takeovers-crash",
            "ownership/record-resets-takeovers",
            "process/run-goes-on",
        ],
    ),
];

#[test]
fn around_an_ordered_log_each_fault_breaks_exactly_its_sentences_too() {
    for (name, _, on_ordered_log, expected) in faults() {
        let report = on_ordered_log();
        let broken: BTreeSet<_> = report.broken().into_iter().collect();
        let mut expected: BTreeSet<_> = expected.into_iter().collect();
        if name == "ends::NeverCrashes" {
            // Its hidden command is the first one, at the number of another: nearly nothing can be replayed.
            assert!(expected.is_subset(&broken), "{report}");
            continue;
        }
        if let Some((_, less, more)) = DIFFERENT.iter().find(|(different, ..)| *different == name) {
            expected.retain(|id| !less.contains(id));
            expected.extend(*more);
        }
        assert_eq!(broken, expected, "{name}");
    }
}

#[test]
fn without_a_fault_nothing_is_broken_and_nothing_skipped() {
    for report in [
        report::<Memory, Nothing>(),
        report::<OrderedLog, Nothing>(),
        report::<Memory, Slow>(),
        report::<OrderedLog, Slow>(),
    ] {
        report.assert_kept();
        assert_eq!(report.skipped(), [""; 0]);
    }
}

#[test]
fn every_check_finds_a_fault() {
    let found: BTreeSet<_> = faults().into_iter().flat_map(|(_, _, _, expected)| expected).collect();
    let never: Vec<_> = checks().map(Check::id).filter(|id| !found.contains(id)).collect();
    assert_eq!(never, [""; 0], "checks that no fault breaks show nothing");
}
