//! Limits of nodes: steps, pipeline calls and forms.

use flujo::error::FailureKind;
use flujo::prelude::*;
use flujo::usage::LimitOf;
use flujo::{Cost, ErrorKind, Usage};
use flujo_tests::pieces::Topic;
use flujo_tests::stories::{below, once};
use flujo_tests::world::*;
use std::collections::BTreeSet;
use std::time::Duration;

const TWO: UsageLimits = UsageLimits::NONE.model_calls(2);

/// So dear that a limit of a node may stand against it.
#[step(model = "test:small", max_tokens = 5000, retries = 2, backoff = none)]
fn dear(text: String) -> Prompt<Label> {
    Prompt::system("Label it with care.").user(text)
}

#[test]
fn a_nodes_limit_is_a_failure_that_is_not_retried() {
    pipeline! {
        fn limited(text: String, calls: u64, world: &World) -> String {
            let label = label(text).retries(5).limits(UsageLimits::NONE.model_calls(calls)).settle();
            match label {
                Ok(label) => label.name,
                Err(failure) => format!("{:?} {failure}", failure.kind),
            }
        }
    }
    on_all(async |engine, _| {
        let model = Scripted::new(&["not json", "nor this", r#"{"name":"third"}"#]);
        let (flujo, _) = with_model(&engine, model.clone());
        let result = flujo.run(limited("x".into(), 2)).await;
        assert_eq!(model.requests.lock().unwrap().len(), 2);
        let step = result.step("limited/label").unwrap();
        assert_eq!((step.attempts(), step.usage(), step.is_done()), (3, calls_of_the_model(2), false));
        assert_eq!(
            result.into_output().unwrap(),
            "LimitExceeded limited/label: its limit of 2 model calls would be exceeded: 2 spent, 0 reserved, \
             1 needed"
        );
        let model = Scripted::new(&["not json", "nor this", r#"{"name":"third"}"#]);
        let (flujo, _) = with_model(&engine, model);
        assert_eq!(flujo.run(limited("x".into(), 3)).await.into_output().unwrap(), "third");
    });
}

#[test]
fn a_cheaper_fallback_runs_within_what_is_left_to_the_node() {
    pipeline! {
        fn guarded(text: String, nanos: u64, world: &World) -> String {
            let label = dear(text).limits(UsageLimits::NONE.cost(Cost(nanos))).fallback(label);
            label.name
        }
    }
    on_all(async |engine, _| {
        let model = Scripted::default();
        let (flujo, _) = with_model(&engine, model.clone());
        assert!(flujo.run(guarded("x".into(), u64::MAX)).await.into_output().is_ok());
        let whole = charge_of(&model.requests.lock().unwrap()[0]).cost.0;
        let (flujo, _) = with_model(&engine, model.clone());
        let result = flujo.run(guarded("x".into(), whole - 1)).await;
        assert_eq!(result.usage, one_call());
        let steps: Vec<_> =
            result.steps.iter().map(|s| (s.path().to_string(), s.attempts(), s.usage())).collect();
        let expected = [("guarded/dear", 1, Usage::default()), ("guarded/dear!label", 1, one_call())];
        assert_eq!(steps, expected.map(|(path, n, used)| (path.to_owned(), n, used)));
        assert_eq!(result.into_output().unwrap(), "calm");

        let error = flujo.run(guarded("x".into(), 10)).await.into_output().unwrap_err();
        let of = |error: &flujo::Error| match error.kind() {
            ErrorKind::LimitExceeded(exceeded) => exceeded.of.clone(),
            other => panic!("{other}"),
        };
        assert_eq!(of(&error), LimitOf::Node("guarded/dear".into()));
        assert_eq!(of(error.original().unwrap()), LimitOf::Node("guarded/dear".into()));
        assert_eq!(error.path().unwrap(), "guarded/dear!label");
    });
}

#[test]
fn the_limit_of_a_step_is_the_default_of_its_calls() {
    pipeline! {
        fn defaults(text: String, world: &World) -> String {
            let one = once(text.clone()).settle();
            let two = once(text).limits(TWO).named("two").settle();
            format!("{} {}", one.is_ok(), two.is_ok())
        }
    }
    on_all(async |engine, _| {
        let answers = ["not json", "not json", r#"{"name":"calm"}"#];
        let (flujo, _) = with_model(&engine, Scripted::new(&answers));
        let result = flujo.run(defaults("x".into())).await;
        assert_eq!(result.usage, calls_of_the_model(3));
        assert_eq!(result.into_output().unwrap(), "false true");
    });
}

pipeline! {
    fn of_pipeline(text: String, world: &World) -> String {
        below(text).limits(TWO)
    }
}
pipeline! {
    fn of_join(text: String, world: &World) -> String {
        let (a, b) = join(
            { let a = label(text.clone()); a.name },
            { let b = label(text.clone()).named("two"); let c = label(b.name).named("three"); c.name },
        ).limits(TWO);
        format!("{a}{b}")
    }
}
pipeline! {
    fn of_map(text: String, world: &World) -> String {
        let notes = map(["a", "b", "c"], |c| { let l = label(format!("{text}{c}")); l.name }).limits(TWO);
        notes.concat()
    }
}
pipeline! {
    fn of_route(text: String, world: &World) -> String {
        let notes = route(BTreeSet::from([Topic::Facts, Topic::Spam, Topic::Tone]), |topic| match topic {
            Topic::Spam => { let l = label(text.clone()); l.name }
            Topic::Tone => { let l = label(text.clone()).named("two"); l.name }
            Topic::Facts => { let l = label(text.clone()).named("three"); l.name }
        }).limits(TWO);
        notes.concat()
    }
}
pipeline! {
    fn of_repeat(text: String, world: &World) -> String {
        repeat(text, |text| { let l = label(text); l.name }).until(|_| false).max(3).or_last().limits(TWO)
    }
}
pipeline! {
    fn of_refine(text: String, world: &World) -> String {
        refine(|_| { let l = label(text.clone()); l.name }, |draft| {
            let l = label(draft).named("two");
            if l.name == "never" { Critique::Accept } else { value(Critique::revise("more")) }
        }).max(2).or_last().limits(TWO)
    }
}

#[test]
fn everything_in_a_pipeline_or_form_pays_from_its_limit() {
    on_all(async |engine, _| {
        macro_rules! refused {
            ($($pipeline:ident $account:literal;)+) => { $(
                let model = Scripted::default();
                let (flujo, _) = with_model(&engine, model.clone());
                let result = flujo.run($pipeline("x".into())).await;
                assert_eq!(result.usage, calls_of_the_model(2), $account);
                assert_eq!(model.requests.lock().unwrap().len(), 2);
                let error = result.into_output().unwrap_err();
                let ErrorKind::LimitExceeded(exceeded) = error.kind() else { panic!("{error}") };
                assert_eq!(exceeded.of, LimitOf::Node($account.into()));
                assert!(error.to_string().contains(concat!("the limit of `", $account, "` of 2 model calls")));
            )+ };
        }
        refused! {
            of_pipeline "of_pipeline/below";
            of_join "of_join/join:label";
            of_map "of_map/notes";
            of_route "of_route/route:label";
            of_repeat "of_repeat/repeat:label";
            of_refine "of_refine/refine:label";
        }
    });
}

#[test]
fn settled_a_nodes_limit_is_a_value_and_a_restart_does_not_go_around_it() {
    pipeline! {
        fn settles(text: String, world: &World) -> String {
            let first = below(text.clone()).limits(TWO).retries(3).settle();
            let notes = map(["a", "b", "c"], |c| { let l = label(c.to_owned()); l.name })
                .limits(TWO).concurrency(1).settle();
            let looped = repeat(text, |text| { let l = label(text).named("looped"); l.name })
                .until(|_| false).max(3).or_last().limits(TWO).settle();
            let kinds = notes.iter().map(|note| note.as_ref().err().map(|failure| failure.kind)).collect::<Vec<_>>();
            format!("{:?} {kinds:?} {:?}", first.unwrap_err().kind, looped.unwrap_err().kind)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(settles("x".into())).await;
        assert_eq!(result.usage, calls_of_the_model(6));
        let limit = FailureKind::LimitExceeded;
        let expected = format!("{limit:?} {:?} {limit:?}", [None, None, Some(limit)]);
        assert_eq!(result.into_output().unwrap(), expected);
    });
}

#[test]
fn limits_stand_in_limits_and_the_tightest_wins() {
    pipeline! {
        fn nested(text: String, outer: u64, inner: u64, world: &World) -> String {
            let (a, b) = join(
                below(text.clone()).limits(UsageLimits::NONE.model_calls(inner)),
                { let l = label(text.clone()); l.name },
            ).limits(UsageLimits::NONE.model_calls(outer)).named("both");
            format!("{a}{b}")
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let run = async |outer, inner, limit| {
            let limits = UsageLimits::NONE.model_calls(limit);
            let result = flujo.run(nested("x".into(), outer, inner)).limits(limits).await;
            match result.into_output() {
                Ok(_) => None,
                Err(error) => match error.kind() {
                    ErrorKind::LimitExceeded(exceeded) => Some(exceeded.of.clone()),
                    other => panic!("{other}"),
                },
            }
        };
        assert_eq!(run(4, 3, 4).await, None);
        assert_eq!(run(4, 2, 4).await, Some(LimitOf::Node("nested/below".into())));
        assert_eq!(run(3, 3, 4).await, Some(LimitOf::Node("nested/both".into())));
        assert_eq!(run(4, 3, 3).await, Some(LimitOf::Run));
        // A node's is told before the run's: it is a failure that somebody may deal with.
        assert_eq!(run(4, 2, 2).await, Some(LimitOf::Node("nested/below".into())));
        assert_eq!(run(0, 0, 0).await, Some(LimitOf::Node("nested/below".into())));
    });
}

pipeline! {
    fn paused(text: String, world: &World) -> String {
        let notes = map(["a", "b", "c", "d"], |c| {
            let before = label(format!("{text}{c}"));
            let reply: String = ask(format!("{c}?"));
            let after = label(reply).named("after");
            format!("{}{}", before.name, after.name)
        }).limits(UsageLimits::NONE.model_calls(6)).settle();
        notes.iter().filter(|note| note.is_ok()).count().to_string()
    }
}

#[test]
fn what_a_node_has_spent_counts_after_a_pause_too() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(paused("x".into())).id("r").await;
        assert_eq!(result.usage, calls_of_the_model(4));
        let mut resume = flujo.resume::<paused>("r");
        for question in result.questions() {
            resume = resume.reply_to(question.path.as_str(), "go");
        }
        let result = resume.await.unwrap();
        assert_eq!(result.usage, calls_of_the_model(6));
        assert_eq!(result.into_output().unwrap(), "2");
    });
}

pipeline! {
    fn failing(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| { let l = label(text); add(l.name) })
            .until(|_| ctx.log.len() == 3).max(5).limits(TWO);
        text
    }
}

#[test]
fn what_a_node_has_spent_counts_after_a_failure_too() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        for attempt in 0..3 {
            let result = match attempt {
                0 => flujo.run(failing("x".into())).id("r").await,
                _ => flujo.resume::<failing>("r").await.unwrap(),
            };
            assert_eq!(result.usage, calls_of_the_model(2));
            assert_eq!(result.context.log.len(), 2);
            let error = result.into_output().unwrap_err();
            assert_eq!(error.path().unwrap(), "failing/label#3");
        }
    });
}

/// Reports what it has cost.
#[step]
async fn bills(nanos: u64, run: &RunInfo) -> Result<u64> {
    run.spend(Usage::of_cost(Cost(nanos)));
    Ok(nanos)
}

#[test]
fn what_code_steps_report_counts_on_the_limits_of_nodes() {
    pipeline! {
        fn billing(nanos: u64, world: &World) -> u64 {
            let done = map(0..5, |_| bills(nanos)).concurrency(1).settle().limits(UsageLimits::NONE.cost(Cost(25)));
            value(done.iter().filter(|one| one.is_ok()).count() as u64)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        for (nanos, done) in [(5, 5), (6, 5), (7, 4), (10, 3), (26, 1)] {
            let result = flujo.run(billing(nanos)).await;
            assert_eq!(result.usage.cost(), Cost(nanos * done), "{nanos}");
            assert_eq!(result.into_output().unwrap(), done, "{nanos}");
        }
    });
}

#[test]
fn a_limit_of_a_node_that_cannot_be_kept_is_refused_there() {
    pipeline! {
        fn timed(text: String, world: &World) -> String {
            let label = label(text).limits(UsageLimits::NONE.active_time(Duration::from_secs(1)));
            label.name
        }
    }
    pipeline! {
        fn unpriced(text: String, world: &World) -> String {
            let unpriced = label(text.clone()).model("none:unknown").limits(UsageLimits::usd("1")).settle();
            let unbounded = unbounded(text).limits(UsageLimits::usd("1")).settle();
            format!("{} {}", unpriced.unwrap_err(), unbounded.unwrap_err())
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        assert_eq!(
            flujo.run(timed("x".into())).await.into_output().unwrap_err().to_string(),
            "timed/label: `active_time` limits a whole run; give a node `.timeout(..)` instead"
        );
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls }).models(Scripted::default());
        let builder = builder.prices(flujo::model::Prices::new());
        let flujo = flujo_tests::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let result = flujo.run(unpriced("x".into())).await;
        assert_eq!(result.usage, Usage::default());
        assert_eq!(
            result.into_output().unwrap(),
            "unpriced/label: no price known for `none:unknown`; a cost limit needs one: `.prices(..)` unpriced/unbounded: `test:free` has no `max_tokens`, so a call has no upper bound; a limit of cost or tokens needs one: set `max_tokens`"
        );
    });
}

#[step(model = "test:free", retries = 0)]
fn unbounded(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}
