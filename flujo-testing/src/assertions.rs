//! Assertions on what a run came to. What is expected and what was found are compared line by line, and what
//! differs is shown as a diff.

// It is what assertions are for.
#![allow(clippy::panic, reason = "an assertion that does not hold panics")]

use crate::EventLog;
use flujo::{PipelineResult, StepResult};
use serde::Serialize;
use similar::TextDiff;
use std::fmt::Display;

/// The paths of all steps of a run, in order: those that ran, however they ended.
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
/// They are others.
#[track_caller]
pub fn assert_paths<T, C, P: Display>(result: &PipelineResult<T, C>, expected: impl IntoIterator<Item = P>) {
    same("the paths of the steps", &lines(expected), &lines(result.steps.iter().map(StepResult::path)));
}

/// The context at the end of a run, field by field.
///
/// # Panics
/// It is another one, or cannot be written as JSON.
#[track_caller]
pub fn assert_context<T, C: Serialize>(result: &PipelineResult<T, C>, expected: &C) {
    same("the contexts", &json(expected), &json(&result.context));
}

/// What a run has used: tokens, calls, nano-dollars.
///
/// # Panics
/// It is not that.
#[track_caller]
pub fn assert_usage<T, C>(result: &PipelineResult<T, C>, expected: &flujo::Usage) {
    same("the usages", &json(expected), &json(&result.usage));
}

/// What was observed, an event a line: its word and its path, as in `attempt_started welcome/greet`.
///
/// # Panics
/// It is something else.
#[track_caller]
pub fn assert_events<P: Display>(log: &EventLog, expected: impl IntoIterator<Item = P>) {
    let seen = log.events().into_iter().map(|event| format!("{} {}", event.kind.word(), event.path));
    same("the events", &lines(expected), &lines(seen));
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

    #[tokio::test]
    #[should_panic(
        expected = "the events differ (- expected, + found):\n@@ -0,0 +1,12 @@\n+run_started shop\n"
    )]
    async fn events_that_nobody_expects_are_shown() {
        assert_events(&shopped().await.1, [""; 0]);
    }
}
