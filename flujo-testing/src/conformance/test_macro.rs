//! A test for each check.

use super::Subject;
use flujo::engine::Engine;

/// Makes a `#[test]` of every check of the [conformance suite](crate::conformance), on the engine of an expression of type
/// [`Subject`].
///
/// The tests have the ids of the checks as names: `reply/first-wins` is `reply_first_wins`. Each runs on a tokio runtime of
/// its own, on one thread. The crate that they are in needs tokio only if its engine does.
///
/// ```
/// mod contract {
///     use flujo::engine::Memory;
///     use flujo_testing::conformance::{Ability, Subject};
///
///     fn subject() -> Subject<Memory> {
///         Subject::new("Memory", Memory::with_clock)
///             .takes_over(|_, memory, id| async move { memory.take_over(&id).map(drop) })
///             .lacks(Ability::Reopen, "keeps runs in memory")
///     }
///
///     flujo_testing::conformance_tests!(subject());
/// }
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($subject:expr $(,)?) => {
        $crate::__conformance_checks! { __conformance_test ($subject) }
    };
}

/// Calls a macro of this crate once for each check, with the name of its test and its id.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_checks {
    ($then:ident $args:tt) => {
        $crate::__conformance_checks! { @each $then $args
            (create_compare_and_set "create/compare-and-set")
            (create_one_of_two "create/one-of-two")
            (create_record_is_whole "create/record-is-whole")
            (create_runs_stay_apart "create/runs-stay-apart")
            (attempt_recorded_before_return "attempt/recorded-before-return")
            (attempt_failure_is_a_record "attempt/failure-is-a-record")
            (attempt_record_is_whole "attempt/record-is-whole")
            (attempt_appended_stays_appended "attempt/appended-stays-appended")
            (attempt_no_retries_of_its_own "attempt/no-retries-of-its-own")
            (attempt_runs_again_after_crash "attempt/runs-again-after-crash")
            (attempt_signal_leaves_no_record "attempt/signal-leaves-no-record")
            (attempt_keyed_by_path_and_number "attempt/keyed-by-path-and-number")
            (order_program_order "order/program-order")
            (value_live_equals_replayed "value/live-equals-replayed")
            (value_unaltered "value/unaltered")
            (replay_input_digest "replay/input-digest")
            (replay_kind "replay/kind")
            (replay_version "replay/version")
            (replay_migrated_version "replay/migrated-version")
            (replay_question "replay/question")
            (replay_mismatch_writes_nothing "replay/mismatch-writes-nothing")
            (sleep_waits "sleep/waits")
            (sleep_deadline_recorded "sleep/deadline-recorded")
            (sleep_over_stays_over "sleep/over-stays-over")
            (ask_durable_before_told "ask/durable-before-told")
            (ask_told_once "ask/told-once")
            (ask_question_is_whole "ask/question-is-whole")
            (ask_pauses_when_nothing_is_left "ask/pauses-when-nothing-is-left")
            (ask_withdrawn_with_its_arm "ask/withdrawn-with-its-arm")
            (ask_asked_again_after_withdrawal "ask/asked-again-after-withdrawal")
            (reply_taken_unaltered "reply/taken-unaltered")
            (reply_first_wins "reply/first-wins")
            (reply_one_of_two "reply/one-of-two")
            (reply_accepted_while_running "reply/accepted-while-running")
            (reply_unknown_refused "reply/unknown-refused")
            (reply_only_its_question "reply/only-its-question")
            (deadline_default_taken "deadline/default-taken")
            (deadline_recorded "deadline/recorded")
            (deadline_late_reply_refused "deadline/late-reply-refused")
            (deadline_reply_before_it "deadline/reply-before-it")
            (fork_arms_run_concurrently "fork/arms-run-concurrently")
            (fork_concurrency_limit "fork/concurrency-limit")
            (fork_arm_results "fork/arm-results")
            (fork_failure_drops_siblings "fork/failure-drops-siblings")
            (fork_settled_siblings_go_on "fork/settled-siblings-go-on")
            (fork_pause_keeps_siblings "fork/pause-keeps-siblings")
            (fork_signal_drops_siblings "fork/signal-drops-siblings")
            (fork_crash_inside "fork/crash-inside")
            (fork_nested "fork/nested")
            (seed_taken_instead_of_executing "seed/taken-instead-of-executing")
            (seed_costs_nothing "seed/costs-nothing")
            (seed_is_checked "seed/is-checked")
            (seed_origin_shown "seed/origin-shown")
            (ledger_record_settles "ledger/record-settles")
            (ledger_settle_once "ledger/settle-once")
            (ledger_unsettled_is_charged "ledger/unsettled-is-charged")
            (ledger_forfeit_is_charged "ledger/forfeit-is-charged")
            (ledger_counts_once "ledger/counts-once")
            (ledger_charged_at_the_end "ledger/charged-at-the-end")
            (limit_of_the_run "limit/of-the-run")
            (limit_of_a_node "limit/of-a-node")
            (limit_reserved_atomically "limit/reserved-atomically")
            (limit_check_refuses_what_follows "limit/check-refuses-what-follows")
            (limit_charged_calls_count "limit/charged-calls-count")
            (ownership_one_at_a_time "ownership/one-at-a-time")
            (ownership_stale_attempt_refused "ownership/stale-attempt-refused")
            (ownership_stale_command_refused "ownership/stale-command-refused")
            (ownership_stale_ledger_refused "ownership/stale-ledger-refused")
            (ownership_stale_outcome_refused "ownership/stale-outcome-refused")
            (ownership_five_takeovers_crash "ownership/five-takeovers-crash")
            (ownership_record_resets_takeovers "ownership/record-resets-takeovers")
            (ownership_pause_is_no_takeover "ownership/pause-is-no-takeover")
            (cancel_at_the_next_command "cancel/at-the-next-command")
            (cancel_drops_bodies "cancel/drops-bodies")
            (cancel_charges_reservations "cancel/charges-reservations")
            (cancel_ends_waits "cancel/ends-waits")
            (cancel_idle_run_ends_at_once "cancel/idle-run-ends-at-once")
            (cancel_survives_a_crash "cancel/survives-a-crash")
            (cancel_ended_run_stays "cancel/ended-run-stays")
            (outcome_is_whole "outcome/is-whole")
            (outcome_written_once "outcome/written-once")
            (outcome_signals_are_none "outcome/signals-are-none")
            (outcome_run_limit_fails "outcome/run-limit-fails")
            (reopen_attempts_forgiven "reopen/attempts-forgiven")
            (reopen_again "reopen/again")
            (reopen_failed_runs_only "reopen/failed-runs-only")
            (idle_waits_for_the_execution "idle/waits-for-the-execution")
            (idle_at_once "idle/at-once")
            (control_runs_beside_each_other "control/runs-beside-each-other")
            (control_unknown_run "control/unknown-run")
            (control_clock "control/clock")
            (control_active_time "control/active-time")
            (list_ordered_by_id "list/ordered-by-id")
            (list_states "list/states")
            (list_pipeline "list/pipeline")
            (list_pages "list/pages")
            (list_paused_runs "list/paused-runs")
            (summary_times "summary/times")
            (summary_contents "summary/contents")
            (summary_labels "summary/labels")
            (summary_periods "summary/periods")
            (summary_text "summary/text")
            (summary_newest_first "summary/newest-first")
            (summary_last_change_first "summary/last-change-first")
            (summary_counts "summary/counts")
            (summary_inbox "summary/inbox")
            (summary_actions "summary/actions")
            (process_view_survives "process/view-survives")
            (process_run_goes_on "process/run-goes-on")
            (process_reply_survives "process/reply-survives")
            (process_sleep_survives "process/sleep-survives")
            (process_reservation_survives "process/reservation-survives")
            (process_cancel_survives "process/cancel-survives")
            (process_takeovers_survive "process/takeovers-survive")
            (process_seed_survives "process/seed-survives")
        }
    };
    (@each $then:ident $args:tt $(($name:ident $id:literal))*) => {
        $($crate::$then! { $args $name $id })*
    };
}

/// The test of one check.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_test {
    (($subject:expr) $name:ident $id:literal) => {
        #[test]
        fn $name() {
            $crate::conformance::test_one(&$subject, $id);
        }
    };
}

/// Runs the check of one id, as a test.
///
/// # Panics
/// The sentence is broken, or the check was skipped without a reason.
#[doc(hidden)]
#[track_caller]
#[allow(clippy::expect_used, reason = "a test without a runtime has failed")]
pub fn test_one<E: Engine, S: Send + Sync + 'static>(subject: &Subject<E, S>, id: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let report = runtime.expect("a runtime on this thread").block_on(subject.check_one(id));
    for result in report.results().iter().filter(|result| report.skipped().contains(&result.id())) {
        // Shown with `--nocapture`; the reason is in the test's own source.
        eprintln!("{result}");
    }
    report.assert_kept();
}

#[cfg(test)]
mod tests {
    use crate::conformance::checks;

    #[test]
    fn every_check_has_its_test() {
        let names = include_str!("test_macro.rs").lines().filter_map(|line| {
            let (name, id) = line.trim().strip_prefix('(')?.strip_suffix("\")")?.split_once(" \"")?;
            Some((name.to_owned(), id.to_owned()))
        });
        let expected = checks().map(|check| (check.id().replace(['/', '-'], "_"), check.id().to_owned()));
        assert_eq!(names.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}
