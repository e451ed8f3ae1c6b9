//! Attempts and options.

use crate::world::*;
use flujo::engine::{Kind, RecordOutcome};
use flujo::prelude::*;
use flujo::{Cost, ErrorKind, Usage};
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
        assert_eq!(result.step("trying/flaky").map(|s| s.attempts()), Some(3));
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
        assert_eq!(error.to_string(), "fatal/broken: broken by me (attempt 1 of 6)");
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
        assert_eq!(error.to_string(), "panicking/panics: panicked: not empty: x (attempt 1 of 5)");
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
        assert_eq!(result.step("hanging/hangs").map(|s| s.latency()), Some(Duration::from_secs(2)));
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

struct NoShouting;
impl Validator<String> for NoShouting {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.chars().any(char::is_lowercase) {
            ValidationResult::valid()
        } else {
            ValidationResult::invalid("do not shout")
        }
    }
}
struct Short;
impl Validator<String> for Short {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() < 6 { ValidationResult::valid() } else { ValidationResult::invalid("too long") }
    }
}
struct Crashes;
impl Validator<String> for Crashes {
    fn validate(&self, _: &String) -> ValidationResult {
        panic!("a validator's own mistake")
    }
}

/// Listens: shouts until it is told not to.
#[step(retries = 2)]
async fn listens(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    log.push(run.feedback().unwrap_or("nothing").to_owned());
    Ok(if run.feedback().is_some() { text } else { text.to_uppercase() })
}

#[test]
fn a_rejection_is_the_feedback_of_the_next_attempt() {
    pipeline! {
        fn listening(text: String, ctx: &mut State, world: &World) -> String {
            listens(text).validate((NoShouting, Short))
        }
    }
    on_all(async |engine, clock| {
        use flujo::clock::Clock as _;
        let (flujo, calls) = flujo(&engine);
        let start = clock.now();
        let result = flujo.run(listening("quietly".into())).await;
        // All validators are asked, and no time is spent waiting after a rejection.
        assert_eq!(clock.now().since(start), Duration::ZERO);
        assert_eq!(calls.len(), 3);
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "listening/listens: rejected: too long (attempt 3 of 3)");
        assert_eq!(error.last_output::<String>().as_deref(), Some("quietly"));
        assert_eq!(error.feedback(), Some("too long"));

        let result = flujo.run(listening("hush".into())).await;
        assert_eq!(result.context.log, ["do not shout"]);
        assert_eq!(result.step("listening/listens").map(|s| s.attempts()), Some(2));
        assert_eq!(result.into_output().unwrap(), "hush");
    });
}

#[test]
fn lenient_validation_passes_the_output_with_findings() {
    pipeline! {
        fn lenient(text: String, ctx: &mut State, world: &World) -> String {
            listens(text).validate((NoShouting, Short)).strict(false)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(lenient("quietly".into())).await;
        let step = result.step("lenient/listens").unwrap();
        let findings: Vec<_> = step.findings().iter().map(|f| f.message.as_str()).collect();
        assert_eq!(findings, ["do not shout", "too long"]);
        assert!(!step.validation_passed());
        assert_eq!((step.attempts(), calls.len()), (1, 1));
        assert_eq!(result.into_output().unwrap(), "QUIETLY");
    });
}

#[test]
fn a_validator_that_panics_rejects_and_is_named() {
    pipeline! {
        fn crashing(text: String, world: &World) -> String { echo(text).validate(Crashes) }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let error = flujo.run(crashing("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "crashing/echo: rejected: validator `Crashes` panicked");
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
            "failing_twice/broken!also_broken: no x either; it stood in for: failing_twice/broken: broken by x"
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

pipeline! {
    fn labelling(text: String, world: &World) -> String {
        let label = label(text);
        label.name
    }
}

#[test]
fn a_model_answer_that_does_not_fit_goes_back_as_feedback() {
    on_all(async |engine, _| {
        let model = Scripted::new(&["not json", r#"{"name":"sarcastic"}"#]);
        let (flujo, _) = with_model(&engine, model.clone());
        let result = flujo.run(labelling("great, rain".into())).await;
        let requests = model.requests.lock().unwrap().clone();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].model, "test:small");
        assert_eq!(requests[0].max_tokens, Some(50));
        assert_eq!(requests[0].path, "labelling/label");
        assert_eq!(requests[0].messages.len(), 2);
        let told = &requests[1].messages[2].text;
        assert_eq!(
            told,
            "Your last answer was not accepted: the answer does not fit: expected ident at line 1 column 2"
        );
        // Both attempts cost.
        assert_eq!(result.usage, one_call() + one_call());
        assert_eq!(result.step("labelling/label").map(|s| s.usage()), Some(one_call() + one_call()));
        assert_eq!(result.into_output().unwrap(), "sarcastic");
    });
}

#[test]
fn a_model_step_without_anybody_to_answer_says_so() {
    on_all(async |engine, _| {
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls });
        let flujo = crate::engines::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let error = flujo.run(labelling("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "labelling/label: nobody answers `test:small`: give the engine a client with `.models(..)`, \
             or stub the step (attempt 1 of 2)"
        );
    });
}

#[test]
fn stubs_answer_in_place_of_their_step() {
    on_all(async |engine, _| {
        let stub = flujo_testing::StubAgent::of(label, [Label { name: "stubbed".into() }]);
        let builder = Flujo::builder().resources(World { calls: Calls::default() }).stub(&stub);
        let flujo = crate::engines::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let result = flujo.run(labelling("x".into())).await;
        assert_eq!(result.usage, Usage::default());
        assert_eq!(result.into_output().unwrap(), "stubbed");
        assert_eq!(stub.calls(), [("x".to_owned(),)]);
        let error = flujo.run(labelling("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "labelling/label: the stub of `label` was called 2 times, but has only 1 outputs (attempt 1 of 2)"
        );
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
    run.spend(Usage { cost: Cost(7), ..Usage::default() });
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
                (path.clone(), Kind::Step, 3, true)
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
