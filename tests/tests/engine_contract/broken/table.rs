//! Every fault, and the sentences that the suite finds broken.

use super::{Broken, Fault, Nothing, Sound, attempts, control, forks, ledger, questions, runs};
use crate::sound::block_on;
use flujo::engine::Memory;
use flujo_testing::OrderedLog;
use flujo_testing::conformance::Report;

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
    attempts::ForgetsFailures => [],
    attempts::RunsRecordedBodies => [],
    attempts::IgnoresInput => [],
    attempts::RecordsLate => [],
    attempts::RoundsFloats => [],
    attempts::LosesFindings => [],
    attempts::RecordsSignals => [],
    attempts::SortsRecords => [],
    attempts::GoesOnWithoutOwnership => [],
    questions::TellsTooSoon => [],
    questions::TellsAgain => [],
    questions::LastReplyWins => [],
    questions::AnswersAll => [],
    questions::TakesAnyReply => [],
    questions::KeepsWithdrawn => [],
    questions::LosesDeadlines => [],
    questions::RestartsSleeps => [],
    forks::OneArmAtATime => [],
    forks::AllArmsAtOnce => [],
    forks::NeverSettles => [],
    forks::AlwaysSettles => [],
    forks::ReversesEnds => [],
    ledger::ForgetsReservations => [],
    ledger::SettlesTwice => [],
    ledger::ReservesNothing => [],
    ledger::ChargesReplays => [],
    runs::Overwrites => [],
    runs::EndsTwice => [],
    runs::IgnoresSeeds => [],
    control::CancelsAtTheEnd => [],
    control::StealsRuns => [],
    control::ListsByAge => [],
    control::IgnoresFilters => [],
    control::PanicsInLists => [],
    control::NeverIdle => [],
    control::SpinsInIdle => [],
    control::NeverReopens => [],
    control::KnowsEveryRun => [],
    control::OwnClock => [],
    control::ForgetsTime => [],
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

#[test]
fn a_fault_around_an_ordered_log_is_found_too() {
    for (name, _, on_ordered_log, expected) in faults() {
        let report = on_ordered_log();
        println!("{name}: {:?}", report.broken());
        assert!(expected.iter().any(|id| report.broken().contains(id)), "{name}: {report}");
    }
}

#[test]
fn without_a_fault_nothing_is_broken_and_nothing_skipped() {
    for report in [report::<Memory, Nothing>(), report::<OrderedLog, Nothing>()] {
        report.assert_kept();
        assert_eq!(report.skipped(), [""; 0]);
    }
}
