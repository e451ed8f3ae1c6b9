//! Parallel arms: order, failures, forks of the context, merge rules.

use flujo::ErrorKind;
use flujo::error::FailureKind;
use flujo::prelude::*;
use flujo_tests::world::*;

pipeline! {
    pub fn both(text: String, ctx: &mut State, world: &World) -> String {
        let first = add(text);
        let (a, b, c) = join(
            add(format!("{first}1")).named("one"),
            {
                let two = add(format!("{first}2")).named("two");
                count(5);
                write(two)
            },
            || count(7).named("count_c"),
        );
        let n = ctx.total;
        add(format!("{a} {b} {c} {n}")).named("last")
    }
}

#[test]
fn arms_work_on_forks_and_are_merged_part_by_part() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(both("a".into())).await;
        assert_eq!(result.context.log, ["a", "a1", "a2", "a1 a2 7 12"]);
        assert_eq!(result.context.total, 12);
        assert_eq!(result.context.draft.text, "a2");
        assert_eq!(result.into_output().unwrap(), "a1 a2 7 12");
    });
}

/// Waits until somebody else has been called.
#[step]
async fn waits_for_other(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    for _ in 0..100 {
        if calls.len() >= 2 {
            return Ok(text);
        }
        tokio::task::yield_now().await;
    }
    Err(StepError::fatal("nobody else came"))
}

#[test]
fn arms_run_beside_each_other() {
    pipeline! {
        fn meeting(text: String, world: &World) -> (String, String) {
            join(waits_for_other(text.clone()), waits_for_other(text).named("second"))
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let output = flujo.run(meeting("x".into())).await.into_output().unwrap();
        assert_eq!(output, ("x".to_owned(), "x".to_owned()));
    });
}

#[step]
async fn never_ends(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    log.push(text);
    std::future::pending().await
}

#[test]
fn the_first_failure_cancels_the_siblings() {
    pipeline! {
        fn failing(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let (a, _) = join(never_ends(text.clone()), {
                label(text.clone());
                broken(text)
            });
            a
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(failing("x".into())).await;
        // The context is that of the fork point; what the arms spent counts.
        assert_eq!(result.context.log, ["x"]);
        assert_eq!(result.usage, one_call());
        assert_eq!(calls.of("failing/never_ends"), 1);
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "failing/broken: broken by x");
    });
}

#[test]
fn settled_arms_go_on_and_a_failed_one_contributes_nothing() {
    pipeline! {
        fn settling(text: String, ctx: &mut State, world: &World) -> String {
            let (a, b) = join(
                add(text.clone()),
                { let two = add(text.clone()).named("two"); broken(two) },
            ).settle();
            let failure = b.unwrap_err();
            format!("{} {} {:?}", a.unwrap(), failure.path, failure.kind)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(settling("x".into())).await;
        assert_eq!(result.context.log, ["x"]);
        let expected = format!("x settling/broken {:?}", FailureKind::Failed);
        assert_eq!(result.into_output().unwrap(), expected);
    });
}

#[step]
async fn forgets(text: String, log: &mut Vec<String>) -> Result<String> {
    log.clear();
    Ok(text)
}

#[test]
fn a_rule_that_cannot_apply_is_a_merge_conflict() {
    pipeline! {
        fn conflicting(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let (a, _) = join(add(text.clone()).named("two"), forgets(text));
            a
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(conflicting("x".into())).await;
        assert_eq!(result.context.log, ["x"]);
        let error = result.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "conflicting/join:two: merge conflict: context part `log`, arm 2: \
             `append` needs what was there before to stay as it was"
        );
        assert!(matches!(error.kind(), ErrorKind::MergeConflict(_)));
    });
}

#[step]
async fn holds(text: String, log: &mut Vec<String>, n: &mut u64) -> Result<String> {
    let _ = (log, n);
    Ok(text)
}

/// Everything that `last` can tell: whether the second arm counts as a writer.
#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Last {
    #[context(part, merge = last)]
    pub log: Vec<String>,
    #[context(part, merge = max)]
    pub total: u64,
}

#[test]
fn an_arm_wrote_what_its_step_held_changed_or_not() {
    pipeline! {
        fn holding(text: String, ctx: &mut Last, world: &World) -> String {
            let (a, b) = join(add(text.clone()), holds(text));
            format!("{a}{b}")
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(holding("x".into())).id("r").await;
        // The last arm held the log and left it empty.
        assert_eq!(result.context.log, Vec::<String>::new());
        assert_eq!(result.into_output().unwrap(), "xx");
    });
}

#[test]
fn nested_joins_and_pipelines_in_arms() {
    pipeline! {
        fn inner(text: String, ctx: &mut State, world: &World) -> String {
            let (a, b) = join(add(text.clone()), add(format!("{text}'")).named("second"));
            format!("{a}{b}")
        }
    }
    pipeline! {
        fn nesting(text: String, ctx: &mut State, world: &World) -> String {
            let (a, (b, c)) = join(inner(text.clone()), {
                join(inner(format!("{text}x")).named("inner_x"), inner(format!("{text}y")).named("inner_y"))
            });
            format!("{a} {b} {c}")
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(nesting("t".into())).await;
        assert_eq!(result.context.log, ["t", "t'", "tx", "tx'", "ty", "ty'"]);
        assert_eq!(result.into_output().unwrap(), "tt' txtx' tyty'");
    });
}
