//! Attempts and options.

use flujo::engine::{Kind, RecordOutcome};
use flujo::prelude::*;
use flujo::{Cost, ErrorKind, Usage};
use flujo_tests::world::*;
use std::time::Duration;

pipeline! {
    pub fn trying(failures: u32, ctx: &mut State, world: &World) -> u32 {
        flaky(failures)
    }
}

#[test]
fn retries_are_extra_attempts() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(trying(2)).await;
        assert_eq!(result.step("trying/flaky").map(flujo::StepResult::attempts), Some(3));
        assert_eq!(calls.of("trying/flaky"), 3);
        // A failed attempt leaves no trace in the context.
        assert_eq!(result.context.log, ["attempt 3"]);
        assert_eq!(result.into_output().unwrap(), 3);
    });
}

#[test]
fn exhausted_retries_fail_the_run_at_the_step() {
    pipeline! {
        fn exhausting(text: String, ctx: &mut State, world: &World) -> u32 {
            let first = echo(text);
            let n = flaky(9).retries(1);
            let _last = echo(first).named("never");
            n
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(exhausting("a".into())).await;
        let paths: Vec<_> =
            result.steps.iter().map(|s| (s.path().to_string(), s.attempts(), s.is_done())).collect();
        assert_eq!(
            paths,
            [("exhausting/echo".to_owned(), 1, true), ("exhausting/flaky".to_owned(), 2, false)]
        );
        assert_eq!(calls.of("exhausting/never"), 0);
        assert_eq!(result.context, State::default());
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "exhausting/flaky: not yet (2) (attempt 2 of 2)");
        assert_eq!(error.attempt(), Some((2, 2)));
        assert_eq!(error.kind(), &ErrorKind::Failed("not yet (2)".into()));
    });
}

#[test]
fn fatal_errors_are_not_retried() {
    pipeline! {
        fn fatal(text: String, ctx: &mut State, world: &World) -> String {
            broken(text).retries(5)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(fatal("me".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "fatal/broken: broken by me (attempt 1; fatal, so not retried)");
        assert_eq!(calls.len(), 1);
    });
}

#[derive(Debug)]
struct Deep;
impl std::fmt::Display for Deep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the disk is full")
    }
}
impl std::error::Error for Deep {}

#[step(retries = 1, backoff = none)]
async fn converts(text: String, calls: &Calls, run: &RunInfo) -> Result<u8> {
    calls.note(run);
    let n: u8 = text.parse()?;
    Ok(n)
}

#[step]
async fn chains(text: String) -> Result<String> {
    let _ = text;
    Err(StepError::fatal(Box::<dyn std::error::Error + Send + Sync>::from(Deep)))
}

#[test]
fn errors_converted_by_question_mark_are_retried() {
    pipeline! {
        fn converting(text: String, world: &World) -> u8 { converts(text) }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(converting("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "converting/converts: invalid digit found in string (attempt 2 of 2)");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn the_error_keeps_its_source() {
    pipeline! {
        fn sourced(text: String) -> String { chains(text) }
    }
    // Where nothing is recorded, and nothing decoded, the user's own error is still the source.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime
        .block_on(async { Flujo::builder().ephemeral().build().unwrap().run(sourced("x".into())).await })
        .into_output()
        .unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.downcast_ref::<Deep>().is_some(), "{source}");
    // A recorded failure keeps the message of every cause.
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let error = flujo.run(sourced("x".into())).id("s").await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "sourced/chains: the disk is full");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is full");
    });
}

#[step(retries = 4)]
async fn panics(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    assert!(text.is_empty(), "not empty: {text}");
    Ok(text)
}

#[test]
fn a_panic_fails_the_step_for_good_and_the_engine_lives() {
    pipeline! {
        fn panicking(text: String, world: &World) -> String { panics(text) }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(panicking("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "panicking/panics: panicked: not empty: x (attempt 1; fatal, so not retried)"
        );
        assert_eq!(calls.len(), 1);
        assert_eq!(flujo.run(panicking(String::new())).await.into_output().unwrap(), "");
    });
}

#[step(retries = 2, backoff = none, timeout = "1s")]
async fn hangs(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    if run.attempt() < 3 {
        std::future::pending::<()>().await;
    }
    Ok(text)
}

#[test]
fn a_timeout_bounds_one_attempt_and_is_retried() {
    pipeline! {
        fn hanging(text: String, world: &World) -> String { hangs(text) }
    }
    pipeline! {
        fn hanging_less(text: String, world: &World) -> String { hangs(text).retries(1).timeout("3s") }
    }
    on_all(async |engine, clock| {
        use flujo::clock::Clock as _;
        let (flujo, calls) = flujo(&engine);
        let start = clock.now();
        let result = flujo.run(hanging("x".into())).await;
        assert_eq!(clock.now().since(start), Duration::from_secs(2));
        assert_eq!(
            result.step("hanging/hangs").map(flujo::StepResult::latency),
            Some(Duration::from_secs(2))
        );
        assert_eq!(result.into_output().unwrap(), "x");
        assert_eq!(calls.len(), 3);
        let error = flujo.run(hanging_less("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "hanging_less/hangs: timed out after 3s (attempt 2 of 2)");
        assert_eq!(error.kind(), &ErrorKind::TimedOut(Duration::from_secs(3)));
    });
}

#[test]
fn backoff_is_exponential_on_the_injected_clock() {
    pipeline! {
        fn backing_off(failures: u32, ctx: &mut State, world: &World) -> u32 {
            flaky(failures).backoff("100ms")
        }
    }
    on_all(async |engine, clock| {
        use flujo::clock::Clock as _;
        let (flujo, _) = flujo(&engine);
        let start = clock.now();
        assert_eq!(flujo.run(backing_off(3)).id("b").await.into_output().unwrap(), 4);
        let waited = clock.now().since(start);
        // 100 + 200 + 400 ms, each between half of it and all of it.
        assert!(waited >= Duration::from_millis(350) && waited <= Duration::from_millis(700), "{waited:?}");
    });
}

#[test]
fn a_fallback_runs_once_after_the_last_attempt() {
    pipeline! {
        fn falling_back(text: String, ctx: &mut State, world: &World) -> String {
            broken(text).fallback(write)
        }
    }
    pipeline! {
        fn failing_twice(text: String, ctx: &mut State, world: &World) -> String {
            broken(text.clone()).fallback(also_broken)
        }
    }
    #[step]
    async fn also_broken(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        Err(StepError::fatal(format!("no {text} either")))
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(falling_back("x".into())).await;
        let steps: Vec<_> =
            result.steps.iter().map(|s| (s.path().to_string(), s.is_done(), s.is_fallback())).collect();
        assert_eq!(
            steps,
            [
                ("falling_back/broken".to_owned(), false, false),
                ("falling_back/broken!write".to_owned(), true, true)
            ]
        );
        assert_eq!(result.context.draft.text, "x");
        assert_eq!(result.into_output().unwrap(), "x");

        let error = flujo.run(failing_twice("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "failing_twice/broken!also_broken: no x either; fallback of: failing_twice/broken: broken by x"
        );
        assert_eq!(error.original().unwrap().to_string(), "failing_twice/broken: broken by x");
        assert_eq!(calls.len(), 4);
    });
}

#[test]
fn a_settled_failure_is_a_value() {
    pipeline! {
        fn settling(text: String, ctx: &mut State, world: &World) -> String {
            let bad = broken(text.clone()).settle();
            let good = echo(text).settle();
            format!("{} / {good:?}", bad.unwrap_err())
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let output = flujo.run(settling("x".into())).await.into_output().unwrap();
        assert_eq!(output, "settling/broken: broken by x / Ok(\"x\")");
    });
}

#[step]
async fn tells(text: String, run: &RunInfo) -> Result<(String, String, u32, String)> {
    let (input,): (String,) = run.input()?;
    let _ = text;
    Ok((run.id().to_string(), run.path().to_string(), run.attempt(), input))
}

#[step]
async fn keyed(text: String, run: &RunInfo) -> Result<String> {
    let _ = text;
    run.spend(Usage::of_cost(Cost(7)));
    Ok(run.idempotency_key())
}

#[test]
fn run_info_tells_of_the_run() {
    pipeline! {
        fn telling(text: String) -> (String, String, u32, String) { tells(format!("{text}!")) }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let told = flujo.run(telling("x".into())).id("r7").await.into_output().unwrap();
        assert_eq!(told, ("r7".into(), "telling/tells".into(), 1, "x".into()));
    });
}

#[test]
fn the_idempotency_key_names_run_and_path() {
    pipeline! {
        fn keying(text: String) -> (String, String) {
            let one = keyed(text.clone());
            let two = keyed(text).named("other");
            (one, two)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(keying("x".into())).id("r7").await;
        // What a code step says it spent counts.
        assert_eq!(result.usage.cost(), Cost(14));
        // printf 'r7\0keying/keyed' | sha256sum | cut -c1-32
        let (one, two) = result.into_output().unwrap();
        assert_eq!(one, "4368eb1d358ed5c293c60579bd360999");
        assert_eq!(two, "a7e52b8046c3b333c2d71f42e9bf8ca9");
    });
}

#[test]
fn every_attempt_is_one_record_success_or_not() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        flujo.run(trying(2)).id("r").await.into_output().unwrap();
        let view = flujo.inspect("r").await.unwrap();
        let records: Vec<_> = view
            .records
            .iter()
            .map(|r| {
                (r.key.path.to_string(), r.key.kind, r.key.n, matches!(r.outcome, RecordOutcome::Output(_)))
            })
            .collect();
        let path = "trying/flaky".to_owned();
        assert_eq!(
            records,
            [
                (path.clone(), Kind::Step, 1, false),
                (path.clone(), Kind::Step, 2, false),
                (path, Kind::Step, 3, true)
            ]
        );
        let RecordOutcome::Failure(failure) = &view.records[0].outcome else { panic!("a failure") };
        assert_eq!(
            (failure.chain.as_slice(), failure.retryable),
            (["not yet (1)".to_owned()].as_slice(), true)
        );
        // Only what changed is stored, under the part's name.
        let parts: Vec<_> =
            view.records[2].parts.iter().map(|(name, json)| (name.as_str(), json.as_str())).collect();
        assert_eq!(parts, [("log", r#"["attempt 3"]"#)]);
    });
}
