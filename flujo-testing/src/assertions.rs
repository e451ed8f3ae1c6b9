//! Assertions on results of runs. Expected and actual values are compared line by line, and a difference is
//! shown as a diff.

// Assertions panic.
#![allow(clippy::panic, reason = "an assertion that does not hold panics")]

use crate::EventLog;
use flujo::{Outcome, PipelineResult, StepResult};
use serde::Serialize;
use similar::TextDiff;
use std::fmt::Display;

/// Asserts the paths of all steps of a run, in order: those that ran, however they ended.
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo_testing::assert_paths;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> {
/// #     Ok(format!("Hello, {name}!"))
/// # }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let result = Flujo::builder().build()?.run(welcome("Ada".to_string())).await;
/// assert_paths(&result, ["welcome/greet"]);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// The paths differ.
#[track_caller]
pub fn assert_paths<T, C, P: Display>(result: &PipelineResult<T, C>, expected: impl IntoIterator<Item = P>) {
    same("the paths of the steps", &lines(expected), &lines(result.steps.iter().map(StepResult::path)));
}

/// Asserts the context at the end of a run, field by field.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::{Cost, Usage};
/// use flujo_testing::{EventLog, assert_asks, assert_context, assert_events, assert_events_at, assert_failed, assert_usage};
///
/// #[context]
/// #[derive(Debug, Default)]
/// struct Bill {
///     #[context(part)]
///     lines: Vec<String>,
/// }
/// #[step]
/// async fn book(what: String, lines: &mut Vec<String>, run: &RunInfo) -> Result<String> {
///     if what.is_empty() {
///         return Err(StepError::fatal("nothing to book"));
///     }
///     run.spend(Usage::of_cost(Cost(7)));
///     lines.push(what.clone());
///     Ok(what)
/// }
/// pipeline! {
///     fn shop(what: String, ctx: &mut Bill) -> String {
///         let booked = book(what);
///         let sure: bool = ask("Sure?").showing(&booked);
///         value(if sure { booked } else { "nothing".to_owned() })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let log = EventLog::with_values();
/// let flujo = Flujo::builder().observer(log.clone()).build()?;
/// let paused = flujo.run(shop("a lamp".to_owned())).await;
/// assert_asks(&paused, ["shop/sure"]);
/// assert_context(&paused, &Bill { lines: vec!["a lamp".to_owned()] });
/// assert_usage(&paused, &Usage::of_cost(Cost(7)));
/// assert_events_at(&log, "shop/book", ["node_started", "attempt_started", "attempt_ended", "node_ended"]);
///
/// log.take();
/// let failed = flujo.run(shop(String::new())).await;
/// assert_failed(&failed, "shop/book: nothing to book");
/// let seen = ["run_started shop", "node_started shop", "node_started shop/book", "attempt_started shop/book"];
/// let seen = seen.into_iter().chain(["attempt_ended shop/book", "node_ended shop/book", "node_ended shop", "run_ended shop"]);
/// assert_events(&log, seen);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// The context differs, or cannot be encoded as JSON.
#[track_caller]
pub fn assert_context<T, C: Serialize>(result: &PipelineResult<T, C>, expected: &C) {
    same("the contexts", &json(expected), &json(&result.context));
}

/// Asserts the usage of a run: tokens, calls, nano-dollars.
///
/// # Panics
/// The usage differs.
#[track_caller]
pub fn assert_usage<T, C>(result: &PipelineResult<T, C>, expected: &flujo::Usage) {
    same("the usages", &json(expected), &json(&result.usage));
}

/// Asserts that a run is done, with this output.
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo_testing::assert_done;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> {
/// #     Ok(format!("Hello, {name}!"))
/// # }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let result = Flujo::builder().build()?.run(welcome("Ada".to_string())).await;
/// assert_done(&result, &"Hello, Ada!".to_string());
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// The output differs, or the run is not done; the message says how it ended.
#[track_caller]
pub fn assert_done<T: Serialize, C>(result: &PipelineResult<T, C>, expected: &T) {
    let found = match &result.outcome {
        Outcome::Done(output) => json(output),
        other => ended(other),
    };
    same("the outputs", &json(expected), &found);
}

/// Asserts that a run has failed with this error, as it is displayed: `answer/understand: the line is busy
/// (attempt 3 of 3)`.
///
/// # Panics
/// The error differs, or the run has not failed.
#[track_caller]
pub fn assert_failed<T: Serialize, C>(result: &PipelineResult<T, C>, expected: &str) {
    let found = match &result.outcome {
        Outcome::Failed(error) => error.to_string(),
        Outcome::Done(output) => format!("no failure, but the output {}", json(output)),
        other => ended(other),
    };
    same("the failures", &format!("{expected}\n"), &format!("{found}\n"));
}

/// Asserts that a run is paused, with the paths of its open questions in the order in which they were asked.
///
/// # Panics
/// The paths differ, or the run is not paused; the message says how it ended.
#[track_caller]
pub fn assert_asks<T: Serialize, C, P: Display>(
    result: &PipelineResult<T, C>,
    expected: impl IntoIterator<Item = P>,
) {
    let found = match &result.outcome {
        Outcome::Paused(questions) => lines(questions.iter().map(|question| &question.path)),
        Outcome::Done(output) => format!("no question, but the output {}\n", json(output)),
        other => format!("{}\n", ended(other)),
    };
    same("the open questions", &lines(expected), &found);
}

/// Asserts the observed events, one per line: the word of the event and its path, as in `attempt_started
/// welcome/greet`.
///
/// # Panics
/// The events differ.
#[track_caller]
pub fn assert_events<P: Display>(log: &EventLog, expected: impl IntoIterator<Item = P>) {
    let seen = log.events().into_iter().map(|event| format!("{} {}", event.kind.word(), event.path));
    same("the events", &lines(expected), &lines(seen));
}

/// Asserts the observed events of one path, one per line: the word of the event, as in `attempt_started`.
///
/// # Panics
/// The events differ.
#[track_caller]
pub fn assert_events_at<P: Display>(log: &EventLog, path: &str, expected: impl IntoIterator<Item = P>) {
    let seen = log.events().into_iter().filter(|event| event.path == *path).map(|event| event.kind.word());
    same(&format!("the events at {path}"), &lines(expected), &lines(seen));
}

/// Describes the outcome of a run without its output.
fn ended<T>(outcome: &Outcome<T>) -> String {
    match outcome {
        Outcome::Done(_) => "done".to_owned(),
        Outcome::Paused(questions) => {
            let paths: Vec<_> = questions.iter().map(|question| question.path.as_str()).collect();
            format!("paused: waiting for replies at {}", paths.join(", "))
        }
        Outcome::Failed(error) => format!("failed: {error}"),
        Outcome::Cancelled => "cancelled".to_owned(),
    }
}

fn lines<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().fold(String::new(), |text, item| text + &item.to_string() + "\n")
}

#[track_caller]
fn json<T: Serialize>(value: &T) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(text) => text,
        Err(error) => panic!("this cannot be compared: {error}"),
    }
}

#[track_caller]
fn same(what: &str, expected: &str, found: &str) {
    if expected != found {
        let diff = TextDiff::from_lines(expected, found);
        let diff = diff.unified_diff().context_radius(3).to_string();
        panic!("{what} differ (- expected, + found):\n{diff}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Replies, StubAgent};
    use flujo::prelude::*;
    use flujo::{Cost, Usage};

    #[context]
    #[derive(Debug, Default)]
    struct Bill {
        #[context(part)]
        lines: Vec<String>,
    }

    #[step]
    async fn book(what: String, lines: &mut Vec<String>, run: &RunInfo) -> Result<()> {
        run.spend(Usage::of_cost(Cost(7)));
        lines.push(what);
        Ok(())
    }

    pipeline! {
        fn shop(ctx: &mut Bill) -> () {
            book("a lamp".to_owned());
            book("a bell".to_owned()).named("more")
        }
    }

    async fn shopped() -> (PipelineResult<(), Bill>, EventLog) {
        let log = EventLog::new();
        let flujo = Flujo::builder().observer(log.clone()).build().unwrap();
        (flujo.run(shop()).await, log)
    }

    #[tokio::test]
    async fn what_is_expected_is_found() {
        let (result, log) = shopped().await;
        assert_paths(&result, ["shop/book", "shop/more"]);
        assert_context(&result, &Bill { lines: vec!["a lamp".to_owned(), "a bell".to_owned()] });
        assert_usage(&result, &Usage::of_cost(Cost(14)));
        assert_events(
            &log,
            [
                "run_started shop",
                "node_started shop",
                "node_started shop/book",
                "attempt_started shop/book",
                "attempt_ended shop/book",
                "node_ended shop/book",
                "node_started shop/more",
                "attempt_started shop/more",
                "attempt_ended shop/more",
                "node_ended shop/more",
                "node_ended shop",
                "run_ended shop",
            ],
        );
    }

    #[tokio::test]
    #[should_panic(
        expected = "the paths of the steps differ (- expected, + found):\n@@ -1,2 +1,2 @@\n shop/book\n-shop/pay\n+shop/more\n"
    )]
    async fn another_path_is_shown() {
        assert_paths(&shopped().await.0, ["shop/book", "shop/pay"]);
    }

    #[tokio::test]
    #[should_panic(expected = "-    \"a lamp\"\n+    \"a lamp\",\n+    \"a bell\"\n")]
    async fn another_context_is_shown() {
        assert_context(&shopped().await.0, &Bill { lines: vec!["a lamp".to_owned()] });
    }

    #[tokio::test]
    #[should_panic(expected = "-  \"cost\": 13,\n+  \"cost\": 14,\n")]
    async fn another_usage_is_shown() {
        assert_usage(&shopped().await.0, &Usage::of_cost(Cost(13)));
    }

    #[step(retries = 1, backoff = none)]
    async fn price(what: String) -> Result<u64> {
        Ok(what.len() as u64)
    }

    pipeline! {
        fn order(what: String) -> u64 {
            let price = price(what);
            let fine: bool = ask("Fine?").showing(&price);
            if fine { price } else { fail("too dear") }
        }
    }

    async fn ordered(fine: Option<bool>) -> (PipelineResult<u64, ()>, EventLog) {
        let log = EventLog::new();
        let stub = StubAgent::of(price, [7]);
        let flujo = Flujo::builder().observer(log.clone()).stub(&stub).build().unwrap();
        let replies =
            fine.into_iter().fold(Replies::new(), |replies, fine| replies.reply("order/fine", fine));
        ({ replies }.run(flujo.run(order("a lamp".to_owned()))).await.unwrap(), log)
    }

    #[tokio::test]
    async fn ends_are_what_is_expected() {
        assert_done(&ordered(Some(true)).await.0, &7);
        assert_failed(&ordered(Some(false)).await.0, "order: too dear");
        assert_asks(&ordered(None).await.0, ["order/fine"]);
        let log = ordered(Some(true)).await.1;
        assert_events_at(&log, "order/fine", ["question_asked", "question_answered"]);
    }

    #[tokio::test]
    #[should_panic(expected = "the outputs differ (- expected, + found):\n@@ -1 +1 @@\n-8\n")]
    async fn another_output_is_shown() {
        assert_done(&ordered(Some(true)).await.0, &8);
    }

    #[tokio::test]
    #[should_panic(expected = "+paused: waiting for replies at order/fine")]
    async fn a_pause_is_shown_where_an_output_was_expected() {
        assert_done(&ordered(None).await.0, &7);
    }

    #[tokio::test]
    #[should_panic(expected = "+failed: order: too dear")]
    async fn a_failure_is_shown_where_an_output_was_expected() {
        assert_done(&ordered(Some(false)).await.0, &7);
    }

    #[tokio::test]
    #[should_panic(
        expected = "the failures differ (- expected, + found):\n@@ -1 +1 @@\n-order: no\n+no failure, but the output 7\n"
    )]
    async fn an_output_is_shown_where_a_failure_was_expected() {
        assert_failed(&ordered(Some(true)).await.0, "order: no");
    }

    #[tokio::test]
    #[should_panic(
        expected = "the open questions differ (- expected, + found):\n@@ -1 +1 @@\n-order/sure\n+order/fine\n"
    )]
    async fn another_question_is_shown() {
        assert_asks(&ordered(None).await.0, ["order/sure"]);
    }

    #[tokio::test]
    #[should_panic(expected = " attempt_started\n-attempt_failed\n+attempt_ended\n")]
    async fn another_event_at_a_place_is_shown() {
        let log = ordered(Some(true)).await.1;
        assert_events_at(
            &log,
            "order/price",
            ["node_started", "attempt_started", "attempt_failed", "node_ended"],
        );
    }

    #[tokio::test]
    #[should_panic(
        expected = "the events differ (- expected, + found):\n@@ -0,0 +1,12 @@\n+run_started shop\n"
    )]
    async fn events_that_nobody_expects_are_shown() {
        assert_events(&shopped().await.1, [""; 0]);
    }
}
