//! Attempts that a plugin redirects to another step.

use flujo::ErrorKind;
use flujo::clock::Clock;
use flujo::prelude::*;
use flujo_tests::pieces::{Adds, Ends, Quiet, shouts, whispers};
use flujo_tests::world::*;
use std::time::Duration;

pipeline! {
    pub fn redirected(text: String, ctx: &mut State, world: &World) -> String {
        let text = shouts(text).plugin(Quiet).redirect(whispers).validate(Ends(")"));
        add(text)
    }
}

#[test]
fn a_redirect_makes_the_next_attempt_one_of_the_named_step() {
    on_all(async |engine, clock| {
        let (flujo, calls) = flujo(&engine);
        let start = clock.now();
        let result = flujo.run(redirected("x".into())).id("r").await;
        assert_eq!(clock.now().since(start), Duration::ZERO);
        let steps: Vec<_> =
            result.steps.iter().map(|s| (s.path().to_string(), s.attempts(), s.is_done())).collect();
        assert_eq!(
            steps,
            [
                ("redirected/shouts".to_owned(), 1, false),
                ("redirected/shouts!whispers".to_owned(), 1, true),
                ("redirected/add".to_owned(), 1, true),
            ]
        );
        let (first, second) =
            (("redirected/shouts".to_owned(), 1), ("redirected/shouts!whispers".to_owned(), 2));
        assert_eq!(calls.all()[..2], [first, second]);
        // The attempt that was redirected left no trace; the other one did.
        assert_eq!((result.context.log.as_slice(), result.context.total), (["(x)".to_owned()].as_slice(), 2));
        assert_eq!(result.into_output().unwrap(), "(x)");
        let view = flujo.inspect("r").await.unwrap();
        let versions: Vec<_> = view.records.iter().map(|r| (r.key.n, r.version)).collect();
        assert_eq!(versions, [(1, 1), (2, 3), (1, 1)]);
        // Plugins and validators belong to the call: they look at the output of either.
        let error = flujo.run(redirected("!".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "redirected/shouts!whispers: rejected: plugin `Quiet` redirected (attempt 3 of 3)"
        );
    });
}

#[test]
fn a_redirect_counts_as_an_attempt_and_resuming_gives_fresh_ones() {
    pipeline! {
        fn without_one(text: String, ctx: &mut State, world: &World) -> String {
            shouts(text).retries(0).plugin(Quiet).redirect(whispers)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(without_one("x".into())).id("r").await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "without_one/shouts: rejected: plugin `Quiet` redirected");
        assert_eq!(calls.len(), 1);
        let result = flujo.resume::<without_one>("r").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "(x)");
        assert_eq!(calls.all()[1], ("without_one/shouts!whispers".to_owned(), 2));
    });
}

#[test]
fn a_redirect_to_nowhere_fails_for_good_and_says_so() {
    pipeline! {
        fn nowhere(text: String, ctx: &mut State, world: &World) -> String {
            shouts(text).plugin(Quiet)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(nowhere("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "nowhere/shouts: plugin `Quiet` redirected, but the call names no step for it: \
             add `.redirect(step)` (attempt 1; fatal, so not retried)"
        );
        assert!(matches!(error.kind(), ErrorKind::Unconfigured(_)));
        assert_eq!(calls.len(), 1);
    });
}

#[test]
fn a_redirect_stands_in_the_attribute_and_beside_a_fallback() {
    #[step(plugin = Quiet, redirect = whispers, fallback = echo, retries = 1)]
    async fn loud(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        Ok(format!("{text}!"))
    }
    pipeline! {
        fn both(text: String, ctx: &mut State, world: &World) -> String { loud(text) }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(both("x".into())).await.into_output().unwrap(), "(x)");
        assert_eq!(flujo.run(both("x!".into())).await.into_output().unwrap(), "x!");
        let paths: Vec<_> = calls.all().into_iter().skip(2).map(|(path, _)| path).collect();
        assert_eq!(paths, ["both/loud", "both/loud!whispers", "both/loud!echo"]);
    });
    // One attempt of its own, one of either, and the fallback.
    assert_eq!(both::BOUNDS.step_runs, Some(3));
    assert_eq!(redirected::BOUNDS.step_runs, Some(4));
}

/// Asks a question, whatever it is given; what it may not ask is rejected.
#[step(plugin = Adds("?"), validate = Polite, retries = 1)]
async fn asks_back(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(run.feedback().map_or(text, |said| format!("so {said}")))
}
struct Polite;
impl Validator<String> for Polite {
    fn validate(&self, text: &String) -> ValidationResult {
        if text == "loud?" { ValidationResult::invalid("rude") } else { ValidationResult::valid() }
    }
}

#[test]
fn what_stands_in_for_a_step_brings_its_own_plugins_and_validators() {
    pipeline! {
        fn standing_in(text: String, ctx: &mut State, world: &World) -> (String, String) {
            let one = broken(text.clone()).fallback(asks_back);
            let two = shouts(text).plugin(Quiet).redirect(asks_back);
            value((one, two))
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let both = |text: &str| (text.to_owned(), text.to_owned());
        assert_eq!(flujo.run(standing_in("x".into())).await.into_output().unwrap(), both("x?"));
        let from = calls.len();
        assert_eq!(flujo.run(standing_in("loud".into())).await.into_output().unwrap(), both("so rude?"));
        let paths: Vec<_> = calls.all().into_iter().skip(from).collect();
        let at = |path: &str, n| (format!("standing_in/{path}"), n);
        assert_eq!(
            paths,
            [
                at("broken", 1),
                at("broken!asks_back", 1),
                at("broken!asks_back", 2),
                at("shouts", 1),
                at("shouts!asks_back", 2),
                at("shouts!asks_back", 3),
            ]
        );
    });
}

#[test]
fn a_model_step_may_redirect_to_another_model() {
    #[step(model = "test:large", max_tokens = 50)]
    fn careful(text: String) -> Prompt<Label> {
        Prompt::system("Label it well.").user(text)
    }
    struct Unsure;
    #[flujo::async_trait]
    impl Plugin<Label> for Unsure {
        async fn review(&self, label: &Label, _: &RunInfo) -> PluginResult<Label> {
            if label.name == "?" { PluginResult::Redirect } else { PluginResult::Accept }
        }
    }
    pipeline! {
        fn labels(text: String) -> Label {
            label(text).model("test:tiny").plugin(Unsure).redirect(careful)
        }
    }
    on_all(async |engine, _| {
        let model = Scripted::new(&[r#"{"name":"?"}"#, r#"{"name":"calm"}"#]);
        let (flujo, _) = with_model(&engine, model.clone());
        let result = flujo.run(labels("x".into())).await;
        assert_eq!(result.usage, calls_of_the_model(2));
        assert_eq!(result.into_output().unwrap().name, "calm");
        let asked: Vec<_> = model.requests.lock().unwrap().iter().map(|r| r.model.clone()).collect();
        assert_eq!(asked, ["test:tiny", "test:large"]);
    });
    assert_eq!(labels::BOUNDS.model_calls, Some(2));
}
