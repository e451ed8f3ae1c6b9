//! Validators on a value, and timers.

use flujo::ErrorKind;
use flujo::clock::Clock;
use flujo::prelude::*;
use flujo_tests::world::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Rejects what is longer than this.
struct Short(usize);
impl Validator<String> for Short {
    fn validate(&self, text: &String) -> ValidationResult {
        ASKED.fetch_add(1, Ordering::SeqCst);
        if text.len() > self.0 {
            ValidationResult::invalid(format!("longer than {}", self.0))
        } else {
            ValidationResult::valid()
        }
    }
}

/// Rejects digits.
struct NoDigits;
impl Validator<String> for NoDigits {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.contains(char::is_numeric) {
            ValidationResult::invalid("holds a digit")
        } else {
            ValidationResult::valid()
        }
    }
}

/// Panics.
struct Faulty;
impl Validator<String> for Faulty {
    fn validate(&self, _: &String) -> ValidationResult {
        panic!("the validator is broken")
    }
}

pipeline! {
    fn gated(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let text = gate(text, (Short(3), NoDigits));
        add(text).named("after")
    }
}

#[test]
fn a_gate_lets_pass_what_all_validators_accept() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(gated("abc".into())).id("r").await;
        assert_eq!(result.context.log, ["abc", "abc"]);
        let step = result.steps.iter().find(|step| step.path() == "gated/gate").unwrap();
        assert!(step.is_done() && step.findings().is_empty());
        assert_eq!(result.usage, flujo::Usage::default());
        assert_eq!(result.into_output().unwrap(), "abc");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn a_rejected_value_fails_the_gate_at_once_with_every_reason() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let before = ASKED.load(Ordering::SeqCst);
        let result = flujo.run(gated("abc1".into())).id("r").await;
        assert_eq!(result.context.log, ["abc1"]);
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "gated/gate: rejected: longer than 3; holds a digit");
        assert_eq!(error.last_output::<String>().as_deref(), Some("abc1"));
        // the value is fixed, so nothing was retried, and nothing after it ran
        assert!(ASKED.load(Ordering::SeqCst) > before);
        assert_eq!(calls.len(), 1);
        assert!(matches!(error.kind(), ErrorKind::Rejected { .. }), "{error:?}");
        // a resumed run asks again
        let error = flujo.resume::<gated>("r").await.unwrap().into_output().unwrap_err();
        assert!(
            error.to_string().starts_with("gated/gate: rejected: longer than 3; holds a digit"),
            "{error}"
        );
        assert_eq!(calls.len(), 1);
    });
}

#[test]
fn a_lenient_gate_passes_the_value_with_findings() {
    pipeline! {
        fn lenient(text: String, strict: bool, world: &World) -> String {
            let text = gate(text, Short(3)).strict(strict).named("length");
            gate(text, (NoDigits,)).strict(false).named("digits")
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(lenient("abc1".into(), false)).await;
        let findings = |path: &str| {
            let step = result.steps.iter().find(|step| step.path() == path).unwrap();
            step.findings().iter().map(|finding| finding.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(findings("lenient/length"), ["longer than 3"]);
        assert_eq!(findings("lenient/digits"), ["holds a digit"]);
        assert_eq!(result.into_output().unwrap(), "abc1");
        let error = flujo.run(lenient("abc1".into(), true)).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "lenient/length: rejected: longer than 3");
    });
}

#[test]
fn a_validator_that_panics_rejects_at_a_gate_too() {
    pipeline! {
        fn faulty(text: String, world: &World) -> String {
            gate(text, Faulty)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let error = flujo.run(faulty("a".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "faulty/gate: rejected: validator `Faulty` panicked");
    });
}

#[test]
fn gates_and_timers_stand_in_rounds_and_items() {
    pipeline! {
        fn everywhere(items: Vec<String>, ctx: &mut State, world: &World) -> Vec<String> {
            let items = map(items, |item| {
                let item = repeat(item, |item| {
                    wait("1min");
                    let item = add(format!("{item}!"));
                    gate(item, Short(3)).strict(false)
                }).until(|item| item.len() == 3).max(4);
                let more: String = ask("more?");
                format!("{item}{more}")
            });
            items
        }
    }
    on_all(async |engine, clock| {
        let (flujo, _) = flujo(&engine);
        let began = clock.now();
        let result = flujo.run(everywhere(vec!["a".into(), "bc".into()])).id("r").await;
        assert_eq!(clock.now().since(began), Duration::from_secs(120));
        assert_eq!(result.questions().len(), 2);
        drop(flujo.resume::<everywhere>("r").reply_to("everywhere/items[0]/more", "x").await.unwrap());
        let result = flujo.resume::<everywhere>("r").reply("y").await.unwrap();
        assert_eq!(clock.now().since(began), Duration::from_secs(120));
        assert_eq!(result.context.log, ["a!", "a!!", "bc!"]);
        assert_eq!(result.into_output().unwrap(), ["a!!x", "bc!y"]);
    });
}

pipeline! {
    fn waiting(text: String, wait_for: Duration, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        wait("2h");
        wait(wait_for * 2).named("second");
        add(text).named("after")
    }
}

#[test]
fn a_timer_waits_on_the_injected_clock() {
    on_all(async |engine, clock| {
        let (flujo, calls) = flujo(&engine);
        let began = clock.now();
        let result = flujo.run(waiting("a".into(), Duration::from_secs(3))).await;
        assert_eq!(clock.now().since(began), Duration::from_secs(2 * 3600 + 6));
        assert_eq!(result.into_output().unwrap(), "a");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn a_restart_waits_for_what_is_left_of_a_timer() {
    const HOUR: Duration = Duration::from_secs(3600);
    async fn goes_on() {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
    on_all(async |engine, clock| {
        clock.hold();
        let (first, calls) = flujo(&engine);
        let run = tokio::spawn(async move { first.run(waiting("a".into(), HOUR)).id("r").await });
        goes_on().await;
        assert_eq!(calls.all(), [("waiting/add".to_owned(), 1)]);
        run.abort();
        goes_on().await;

        // an hour of two is over while nobody works on the run
        clock.advance(HOUR);
        let (second, more) = flujo(&engine);
        let run = tokio::spawn(async move { second.resume::<waiting>("r").await.unwrap() });
        goes_on().await;
        clock.advance(Duration::from_secs(3599));
        goes_on().await;
        assert!(!run.is_finished() && more.len() == 0);
        clock.advance(Duration::from_secs(1));
        goes_on().await;
        // the second timer began when the first had ended
        clock.advance(Duration::from_secs(7199));
        goes_on().await;
        assert!(!run.is_finished() && more.len() == 0);
        clock.advance(Duration::from_secs(1));
        assert_eq!(run.await.unwrap().into_output().unwrap(), "a");
        assert_eq!(more.all(), [("waiting/after".to_owned(), 1)]);
    });
}
