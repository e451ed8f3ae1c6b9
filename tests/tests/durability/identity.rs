//! Ids, attaching, resuming after a failure, cancelling.

use crate::evolution::{before, inserted};
use flujo::ErrorKind;
use flujo::prelude::*;
use flujo_tests::world::*;

pipeline! {
    fn plain(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        echo(text)
    }
}
pipeline! {
    fn other(text: String, ctx: &mut State, world: &World) -> String { echo(text) }
}

#[test]
fn the_same_id_and_input_attach() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let first = flujo.run(plain("x".into())).id("r").await;
        let second = flujo.run(plain("x".into())).id("r").await;
        assert_eq!(calls.len(), 2);
        assert_eq!(first.context, second.context);
        assert_eq!((first.steps.len(), second.steps.len()), (2, 2));
        assert_eq!(first.run_id(), second.run_id());
        assert_eq!(first.into_output().unwrap(), second.into_output().unwrap());
    });
}

#[test]
fn a_live_run_is_awaited_by_whoever_attaches() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let (a, b) =
            tokio::join!(flujo.run(plain("x".into())).id("r"), flujo.run(plain("x".into())).id("r"),);
        assert_eq!(a.into_output().unwrap(), "x");
        assert_eq!(b.into_output().unwrap(), "x");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn whoever_is_first_runs_it_and_all_get_the_result() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for (engine, _) in flujo_tests::engines::all() {
        let (flujo, calls) = flujo(&engine);
        runtime.block_on(async {
            for round in 0..50 {
                let runs: Vec<_> =
                    (0..8).map(|_| flujo.run(plain("x".into())).id(format!("r{round}")).start()).collect();
                for run in runs {
                    assert_eq!(run.wait().await.unwrap().into_output().unwrap(), "x");
                }
            }
        });
        assert_eq!(calls.len(), 100, "{}", engine.name());
    }
}

#[test]
fn an_id_that_is_taken_is_an_error() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(plain("x".into())).id("r").await);
        let error = flujo.run(plain("y".into())).id("r").await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "run `r` exists with another input: use another id, or the same input to attach"
        );
        let error = flujo.run(other("x".into())).id("r").await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "run `r` exists with another pipeline, `plain`");
        let error = flujo.resume::<other>("r").await.unwrap_err();
        assert_eq!(error.to_string(), "run `r` is one of pipeline `plain`, not of `other`");
    });
}

pipeline! {
    pub fn failing_once(text: String, ctx: &mut State, world: &World) -> u32 {
        let text = add(text);
        let n = flaky(3).retries(1);
        add(format!("{text}{n}")).named("after");
        n
    }
}

#[test]
fn resuming_after_a_failure_starts_at_the_failed_node() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(failing_once("x".into())).id("r").await;
        assert_eq!(result.into_output().unwrap_err().attempt(), Some((2, 2)));
        // `run` with the same id only looks at it.
        let again = flujo.run(failing_once("x".into())).id("r").await;
        assert!(again.into_output().is_err());
        assert_eq!(calls.of("failing_once/flaky"), 2);
        // Fresh attempts, numbered on.
        let result = flujo.resume::<failing_once>("r").await.unwrap();
        assert_eq!(calls.of("failing_once/add"), 1);
        assert_eq!(calls.of("failing_once/flaky"), 4);
        assert_eq!(result.context.log, ["x", "attempt 4", "x4"]);
        assert_eq!(result.step("failing_once/flaky").map(flujo::StepResult::attempts), Some(4));
        assert_eq!(result.into_output().unwrap(), 4);
        // Nothing is left to resume.
        let result = flujo.resume::<failing_once>("r").await.unwrap();
        assert_eq!(result.into_output().unwrap(), 4);
        assert_eq!(calls.len(), 6);
    });
}

#[test]
fn resuming_after_a_failure_in_an_arm_keeps_the_finished_arm() {
    pipeline! {
        fn arm_fails(text: String, ctx: &mut State, world: &World) -> String {
            let (a, b) = join(add(text.clone()), {
                let b = add(format!("{text}b")).named("b");
                let n = flaky(2).retries(0);
                format!("{b}{n}")
            });
            format!("{a}{b}")
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert!(flujo.run(arm_fails("x".into())).id("r").await.into_output().is_err());
        assert!(flujo.resume::<arm_fails>("r").await.unwrap().into_output().is_err());
        let result = flujo.resume::<arm_fails>("r").await.unwrap();
        assert_eq!(result.context.log, ["x", "xb", "attempt 3"]);
        assert_eq!(result.into_output().unwrap(), "xxb3");
        let mut calls = calls.all();
        calls.sort();
        let expected = [("add", 1), ("b", 1), ("flaky", 1), ("flaky", 2), ("flaky", 3)];
        assert_eq!(calls, expected.map(|(name, n)| (format!("arm_fails/{name}"), n)));
    });
}

#[test]
fn two_pipelines_of_one_durable_name_do_not_build() {
    let error = Flujo::builder()
        .resources(World { calls: Calls::default() })
        .pipeline::<before::evolving>()
        .pipeline::<inserted::evolving>()
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "two pipelines have the durable name `evolving`: give one another with `#[pipeline(name = \"..\")]`"
    );
    assert!(matches!(error.kind(), ErrorKind::Setup(_)));
}

#[test]
fn cancelling_is_durable() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        drop(flujo.run(before::evolving("x".into())).id("paused").await);
        flujo.cancel("paused").await.unwrap();
        let result = flujo.resume::<before::evolving>("paused").await.unwrap();
        assert!(matches!(result.outcome, Outcome::Cancelled));
        let error = flujo.resume::<before::evolving>("paused").reply("x").await.unwrap_err();
        assert_eq!(error.to_string(), "no question is open");
        // A run that has ended stays as it is.
        assert!(matches!(flujo.run(plain("x".into())).id("done").await.outcome, Outcome::Done(_)));
        flujo.cancel("done").await.unwrap();
        assert!(matches!(flujo.run(plain("x".into())).id("done").await.outcome, Outcome::Done(_)));
        assert!(flujo.cancel("nobody").await.is_err());
        assert_eq!(calls.len(), 3);
    });
}
