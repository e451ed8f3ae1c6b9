//! Retries of a whole run.

use flujo::prelude::*;
use flujo_testing::{Crash, Moment};
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;

pipeline! {
    pub fn whole(text: String, failures: u32, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (n, text) = join(flaky(failures).retries(0), add(format!("{text}'")).named("beside"));
        add(format!("{text}{n}")).named("last")
    }
}

#[test]
fn retries_of_a_run_restart_at_the_failed_node() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(whole("a".into(), 2)).retries(2).id("r").await;
        assert_eq!(result.context.log, ["a", "attempt 3", "a'", "a'3"]);
        assert_eq!(result.into_output().unwrap(), "a'3");
        let flaky: Vec<_> = calls.all().into_iter().filter(|(path, _)| path == "whole/flaky").collect();
        assert_eq!(flaky.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((calls.of("whole/add"), calls.of("whole/last")), (1, 1));
    });
}

#[test]
fn what_the_run_says_goes_before_call_and_builder_and_what_failed_for_good_stays_failed() {
    pipeline! {
        fn fatal(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            broken(text)
        }
    }
    pipeline! {
        fn ends(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            fail(text)
        }
    }
    on_all(async |engine, _| {
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() }).retries(1);
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let tried =
            |from: usize| calls.all().iter().skip(from).filter(|(path, _)| path == "whole/flaky").count();
        drop(flujo.run(whole("a".into(), 9)).await);
        assert_eq!(tried(0), 2);
        let from = calls.len();
        drop(flujo.run(whole("a".into(), 9).retries(2)).await);
        assert_eq!(tried(from), 3);
        let from = calls.len();
        let result = flujo.run(whole("a".into(), 9).retries(2)).retries(0).id("r").await;
        assert_eq!(tried(from), 1);
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "whole/flaky: not yet (1)");
        assert!(error.is_retryable());
        // Going on by hand gives fresh attempts.
        let error = flujo.resume::<whole>("r").await.unwrap().into_output().unwrap_err();
        assert_eq!(error.to_string(), "whole/flaky: not yet (2) (attempt 2 of 2)");

        let from = calls.len();
        let error = flujo.run(fatal("a".into())).retries(5).await.into_output().unwrap_err();
        assert_eq!((calls.len() - from, error.is_retryable()), (2, false));
        let from = calls.len();
        drop(flujo.run(ends("a".into())).retries(5).await);
        assert_eq!(calls.len() - from, 1);
    });
}

#[test]
fn the_count_of_restarts_survives_a_crash() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for at in 1..20 {
        for (engine, _) in flujo_tests::engines::all() {
            runtime.block_on(async {
                let calls = Calls::default();
                let world = || World { calls: calls.clone() };
                let (dying, struck) = with_engine!(&engine, e => {
                    let crash = Arc::new(Crash::new(Arc::clone(e), at, Moment::After));
                    let dying = Flujo::builder().resources(world()).engine(Arc::clone(&crash)).build();
                    (dying.unwrap(), Box::new(move || crash.struck()) as Box<dyn Fn() -> Option<String>>)
                });
                drop(dying.run(whole("a".into(), 9)).retries(2).id("r").await);
                let flujo = with_engine!(&engine, e => {
                    Flujo::builder().resources(world()).engine(Arc::clone(e)).build()
                })
                .unwrap();
                let ended = flujo.run(whole("a".into(), 9)).id("r").await;
                if matches!(&ended.outcome, Outcome::Failed(e) if matches!(e.kind(), flujo::ErrorKind::Interrupted)) {
                    drop(flujo.resume::<whole>("r").await.unwrap());
                }
                // Three attempts, however often the process died.
                let view = flujo.inspect("r").await.unwrap();
                let n = view.records.iter().filter(|r| r.key.path == "whole/flaky").count();
                assert_eq!((n, view.run.retries), (3, 2), "{} {:?}", engine.name(), struck());
            });
        }
    }
}

#[test]
fn an_ephemeral_run_restarts_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let calls = Calls::default();
    let flujo =
        Flujo::builder().resources(World { calls: calls.clone() }).ephemeral().retries(2).build().unwrap();
    let result = runtime.block_on(async { flujo.run(whole("a".into(), 2)).await });
    assert_eq!(result.context.log, ["a", "attempt 3", "a'", "a'3"]);
    assert_eq!(calls.of("whole/add"), 1);
}
