//! Plugins: replace, reject, redirect, by priority.

use crate::redirects::redirected;
use flujo::clock::Clock;
use flujo::engine::RecordOutcome;
use flujo::prelude::*;
use flujo::{Cost, ErrorKind};
use flujo_testing::{Crash, Moment};
use flujo_tests::pieces::{Adds, Ends, Quiet};
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Rejects what holds this.
struct Rejects(&'static str);
#[flujo::async_trait]
impl Plugin<String> for Rejects {
    async fn review(&self, text: &String, _: &RunInfo) -> PluginResult<String> {
        if text.contains(self.0) {
            PluginResult::reject(format!("holds `{}`", self.0))
        } else {
            PluginResult::Accept
        }
    }
}

struct Panics;
#[flujo::async_trait]
impl Plugin<String> for Panics {
    async fn review(&self, _: &String, _: &RunInfo) -> PluginResult<String> {
        tokio::task::yield_now().await;
        panic!("a plugin's own mistake")
    }
}

/// Never says anything.
struct Hangs;
#[flujo::async_trait]
impl Plugin<String> for Hangs {
    async fn review(&self, _: &String, _: &RunInfo) -> PluginResult<String> {
        std::future::pending().await
    }
}

/// Repeats its feedback.
#[step]
async fn repeats(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    let text = run.feedback().unwrap_or(&text).to_owned();
    log.push(text.clone());
    Ok(text)
}

#[test]
fn plugins_run_by_priority_before_validators_on_what_was_replaced() {
    pipeline! {
        fn ordered(text: String, world: &World) -> String {
            echo(text)
                .plugin(Adds("c"))
                .validate(Ends("abcd"))
                .plugin(Priority(-1, Adds("d")))
                .plugin(Priority(7, Adds("a")))
                .plugin(Priority(7, Adds("b")))
        }
    }
    #[step(plugin = (Adds("2"), Priority(1, Adds("1"))), validate = Ends("12"))]
    async fn counts(text: String) -> Result<String> {
        Ok(text)
    }
    pipeline! {
        fn by_attribute(text: String) -> String { counts(text).plugin(Adds("3")) }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(ordered("x".into())).id("r").await;
        assert_eq!((calls.len(), result.usage.cost()), (1, Cost(4)));
        assert!(result.step("ordered/echo").unwrap().validation_passed());
        assert_eq!(result.into_output().unwrap(), "xabcd");
        // What was replaced is what is recorded.
        let view = flujo.inspect("r").await.unwrap();
        let RecordOutcome::Output(output) = &view.records[0].outcome else { panic!("an output") };
        assert_eq!(output.as_str(), r#""xabcd""#);
        let error = flujo.run(by_attribute("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "by_attribute/counts: rejected: `x123` does not end with 12");
    });
}

#[test]
fn a_plugin_that_rejects_gives_feedback_and_validators_are_not_asked() {
    pipeline! {
        fn rejecting(text: String, ctx: &mut State, world: &World) -> String {
            repeats(text).retries(1).plugin(Rejects("x")).plugin(Adds(".")).validate(Ends("never"))
        }
    }
    on_all(async |engine, clock| {
        let (flujo, calls) = flujo(&engine);
        let start = clock.now();
        let result = flujo.run(rejecting("x".into())).await;
        // A rejection is not waited after, and leaves no trace.
        assert_eq!(clock.now().since(start), Duration::ZERO);
        assert_eq!(calls.of("rejecting/repeats"), 2);
        assert_eq!(result.context, State::default());
        assert_eq!(result.usage.cost(), Cost(0));
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "rejecting/repeats: rejected: holds `x` (attempt 2 of 2)");
        assert_eq!(error.last_output::<String>().as_deref(), Some("holds `x`"));
    });
}

#[test]
fn a_lenient_call_keeps_what_plugins_reject_as_findings() {
    pipeline! {
        fn lenient(text: String, world: &World) -> String {
            echo(text).plugin(Rejects("x")).plugin(Adds("?")).validate(Ends("!")).strict(false)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(lenient("x".into())).await;
        let step = result.step("lenient/echo").unwrap();
        let findings: Vec<_> = step.findings().iter().map(|f| f.message.as_str()).collect();
        assert_eq!(findings, ["holds `x`", "`x?` does not end with !"]);
        assert_eq!(calls.len(), 1);
        assert_eq!(result.into_output().unwrap(), "x?");
    });
}

#[test]
fn a_plugin_that_panics_rejects_and_is_named() {
    pipeline! {
        fn panicking(text: String, world: &World) -> String {
            echo(text).retries(1).plugin(Priority(3, Panics))
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(panicking("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "panicking/echo: rejected: plugin `Panics` panicked (attempt 2 of 2)");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn the_timeout_of_an_attempt_bounds_its_plugins() {
    pipeline! {
        fn hanging(text: String, world: &World) -> String {
            echo(text).plugin(Hangs).timeout("3s")
        }
    }
    on_all(async |engine, clock| {
        let (flujo, _) = flujo(&engine);
        let start = clock.now();
        let error = flujo.run(hanging("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::TimedOut(Duration::from_secs(3)));
        assert_eq!(clock.now().since(start), Duration::from_secs(3));
    });
}

static REVIEWED: AtomicUsize = AtomicUsize::new(0);
struct Counted;
#[flujo::async_trait]
impl Plugin<String> for Counted {
    async fn review(&self, text: &String, _: &RunInfo) -> PluginResult<String> {
        REVIEWED.fetch_add(1, Ordering::SeqCst);
        PluginResult::Replace(format!("{text}."))
    }
}

#[test]
fn plugins_of_a_gate_may_replace_and_are_not_asked_again() {
    pipeline! {
        fn gated(text: String, ctx: &mut State, world: &World) -> String {
            let text = gate(text, Ends("a.")).plugin(Counted).plugin(Priority(1, Adds("a"))).named("first");
            let reply: String = ask("go on?");
            let text = gate(format!("{text}{reply}"), Ends("")).plugin(Rejects("b")).strict(false);
            add(text)
        }
    }
    pipeline! {
        fn redirecting(text: String) -> String { gate(text, Ends("")).plugin(Quiet) }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let before = REVIEWED.load(Ordering::SeqCst);
        let result = flujo.run(gated("x".into())).id("r").await;
        assert_eq!(result.questions().len(), 1);
        let result = flujo.resume::<gated>("r").reply("b").await.unwrap();
        assert_eq!(REVIEWED.load(Ordering::SeqCst) - before, 1);
        assert_eq!((result.usage.cost(), calls.len()), (Cost(1), 1));
        let found = |path| result.step(path).unwrap().findings().iter().map(|f| f.message.clone()).collect();
        assert_eq!((found("gated/first"), found("gated/gate")), (vec![], vec!["holds `b`".to_owned()]));
        assert_eq!(result.into_output().unwrap(), "xa.b");
        let error = flujo.run(redirecting("x!".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "redirecting/gate: plugin `Quiet` redirected, but a gate calls no step: reject the value"
        );
    });
}

#[test]
fn a_crash_in_a_plugin_runs_the_attempt_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (engine, _) in flujo_tests::engines::all() {
        runtime.block_on(async {
            let calls = Calls::default();
            let world = || World { calls: calls.clone() };
            let dying = with_engine!(&engine, e => {
                Flujo::builder().resources(world()).engine(Crash::new(Arc::clone(e), 2, Moment::Before)).build()
            });
            drop(dying.unwrap().run(redirected("x".into())).id("r").await);
            assert_eq!(calls.len(), 2);
            let flujo = with_engine!(&engine, e => {
                Flujo::builder().resources(world()).engine(Arc::clone(e)).build()
            });
            let result = flujo.unwrap().resume::<redirected>("r").await.unwrap();
            assert_eq!(result.into_output().unwrap(), "(x)");
            // The attempt that was redirected is finished; the one after it runs again.
            let paths: Vec<_> = calls.all().into_iter().map(|(path, n)| format!("{path} {n}")).collect();
            assert_eq!(
                paths,
                [
                    "redirected/shouts 1",
                    "redirected/shouts!whispers 2",
                    "redirected/shouts!whispers 2",
                    "redirected/add 1"
                ]
            );
        });
    }
}
