//! Validators: strict, lenient, and those that panic.

use flujo::prelude::*;
use flujo_tests::world::*;
use std::time::Duration;

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
        assert_eq!(result.step("listening/listens").map(flujo::StepResult::attempts), Some(2));
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
