//! The arms that a set selects.

use flujo::prelude::*;
use flujo_tests::pieces::Topic;
use flujo_tests::world::*;
use std::collections::BTreeSet;

pipeline! {
    pub fn routing(topics: BTreeSet<Topic>, ctx: &mut State, world: &World) -> String {
        let before = add("before".to_owned());
        let found = route(topics, |topic| match topic {
            Topic::Spam => add(format!("{before} spam")).named("spam"),
            Topic::Tone => {
                let text = write(before.clone());
                add(format!("{text} tone")).named("tone")
            }
            Topic::Facts => {
                count(3);
                value(format!("{topic:?}"))
            }
        });
        format!("{} {}", found.join(","), ctx.total)
    }
}

#[test]
fn selected_arms_run_and_give_their_outputs_in_the_order_of_the_set() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(routing([Topic::Facts, Topic::Spam, Topic::Tone].into())).await;
        assert_eq!(result.context.log, ["before", "before spam", "before tone"]);
        assert_eq!((result.context.total, result.context.draft.text.as_str()), (3, "before"));
        assert_eq!(result.into_output().unwrap(), "before spam,before tone,Facts 3");
        // no segment of its own
        assert_eq!(calls.of("routing/spam"), 1);
        assert_eq!(calls.len(), 5);
    });
}

#[test]
fn arms_that_are_not_selected_do_nothing() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(routing([Topic::Tone].into())).await;
        assert_eq!(result.context.log, ["before", "before tone"]);
        assert_eq!(result.into_output().unwrap(), "before tone 0");
        assert_eq!(calls.len(), 3);
        // an empty set gives nothing
        assert_eq!(flujo.run(routing(BTreeSet::new())).await.into_output().unwrap(), " 0");
    });
}

/// Waits until somebody else has been called.
#[step]
async fn meets(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
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
fn selected_arms_run_beside_each_other() {
    pipeline! {
        fn meeting(topics: BTreeSet<Topic>, world: &World) -> Vec<String> {
            route(topics, |topic| match topic {
                Topic::Spam => meets("a".to_owned()),
                Topic::Tone => meets("b".to_owned()).named("second"),
                Topic::Facts => fail("not asked for"),
            })
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let output = flujo.run(meeting([Topic::Spam, Topic::Tone].into())).await.into_output().unwrap();
        assert_eq!(output, ["a", "b"]);
    });
}

#[test]
fn a_failing_arm_fails_the_route_or_is_a_value() {
    pipeline! {
        fn failing(topics: BTreeSet<Topic>, ctx: &mut State, world: &World) -> Vec<String> {
            let before = add("before".to_owned());
            route(topics, |topic| match topic {
                Topic::Spam => { let text = label(before.clone()); add(text.name).named("spam") }
                Topic::Tone => broken(before.clone()),
                Topic::Facts => echo(before.clone()),
            })
        }
    }
    pipeline! {
        fn settling(topics: BTreeSet<Topic>, ctx: &mut State, world: &World) -> Vec<bool> {
            let ends = route(topics, |topic| match topic {
                Topic::Spam => add("spam".to_owned()),
                Topic::Tone => { let text = add("tone".to_owned()).named("tone"); broken(text) }
                Topic::Facts => echo("facts".to_owned()),
            }).settle();
            ends.iter().map(Result::is_ok).collect()
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(failing([Topic::Spam, Topic::Tone].into())).await;
        assert_eq!(result.context.log, ["before"]);
        assert_eq!(result.into_output().unwrap_err().to_string(), "failing/broken: broken by before");
        assert_eq!(calls.of("failing/broken"), 1);
        let result = flujo.run(settling([Topic::Spam, Topic::Tone].into())).await;
        assert_eq!(result.context.log, ["spam"]);
        assert_eq!(result.into_output().unwrap(), [true, false]);
    });
}

#[test]
fn selected_arms_ask_and_cost() {
    pipeline! {
        fn asking(topics: BTreeSet<Topic>, ctx: &mut State, world: &World) -> Vec<String> {
            route(topics, |topic| match topic {
                Topic::Spam => { let reply: String = ask("spam?"); add(reply) }
                Topic::Tone => { let found = label("tone".to_owned()); found.name }
                Topic::Facts => { let facts: String = ask("facts?"); facts }
            })
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(asking([Topic::Spam, Topic::Tone, Topic::Facts].into())).id("r").await;
        let paths: Vec<_> = result.questions().iter().map(|q| q.path.to_string()).collect();
        assert_eq!(paths, ["asking/reply", "asking/facts"]);
        drop(flujo.resume::<asking>("r").reply_to("asking/facts", "f").await.unwrap());
        let result = flujo.resume::<asking>("r").reply("s").await.unwrap();
        assert_eq!(result.usage, calls_of_the_model(1));
        assert_eq!(result.context.log, ["s"]);
        assert_eq!(result.into_output().unwrap(), ["s", "calm", "f"]);
        assert_eq!(calls.len(), 1);
    });
}
