//! Loops: rounds, their end, their bound, what they keep.

use flujo::ErrorKind;
use flujo::error::FailureKind;
use flujo::prelude::*;
use flujo_tests::world::*;

pipeline! {
    pub fn growing(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| add(format!("{text}!"))).until(|text| text.ends_with("!!!")).max(5);
        echo(text)
    }
}

#[test]
fn a_loop_ends_when_its_condition_holds() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(growing("a".into())).await;
        assert_eq!(result.context.log, ["a!", "a!!", "a!!!"]);
        assert_eq!(result.into_output().unwrap(), "a!!!");
        let paths = ["growing/add#1", "growing/add#2", "growing/add#3", "growing/echo"];
        assert_eq!(calls.all(), paths.map(|path| (path.to_owned(), 1)));
    });
}

#[test]
fn the_body_runs_at_least_once() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(growing("a!!!".into())).await.into_output().unwrap(), "a!!!!");
        assert_eq!(calls.of("growing/add#1"), 1);
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn a_bare_step_stands_for_its_closure() {
    pipeline! {
        fn bare(text: String, ctx: &mut State, world: &World) -> String {
            repeat(text, write).until(|text| text.len() > 3).max(9)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(bare("a".into())).await;
        assert_eq!(result.context.draft.text, "aaaa");
        assert_eq!(result.into_output().unwrap(), "aaaa");
        assert_eq!(calls.len(), 3);
    });
}

const ROUNDS: u32 = 2;

#[test]
fn a_loop_without_an_end_fails_with_its_last_value() {
    pipeline! {
        fn endless(text: String, ctx: &mut State, world: &World) -> String {
            let text = echo(text);
            repeat(text, |text| add(format!("{text}!"))).until(|_| false).max(ROUNDS)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(endless("a".into())).id("r").await;
        assert_eq!(result.context.log, ["a!", "a!!"]);
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "endless/repeat:add: `repeat` did not finish within 2 rounds");
        assert!(matches!(error.kind(), ErrorKind::Exhausted { form, rounds: 2 } if form == "repeat"));
        assert_eq!(error.last_output::<String>().as_deref(), Some("a!!"));
        assert_eq!(calls.len(), 3);
        // attaching reads the same from the record
        let error = flujo.run(endless("a".into())).id("r").await.into_output().unwrap_err();
        assert_eq!(error.last_output::<String>().as_deref(), Some("a!!"));
        assert_eq!(calls.len(), 3);
    });
}

#[test]
fn or_last_takes_the_last_value() {
    pipeline! {
        fn last(text: String, ctx: &mut State, world: &World) -> String {
            let text = repeat(text, |text| add(format!("{text}!"))).until(|_| false).max(2).or_last();
            echo(text)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(last("a".into())).await.into_output().unwrap(), "a!!");
        assert_eq!(calls.of("last/echo"), 1);
    });
}

#[test]
fn a_failing_body_fails_the_loop() {
    pipeline! {
        fn failing(text: String, ctx: &mut State, world: &World) -> String {
            repeat(text, |text| {
                let text = add(format!("{text}!"));
                if ctx.log.len() == 2 { broken(text) } else { text }
            }).until(|_| false).max(5).or_last()
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(failing("a".into())).id("r").await;
        assert_eq!(result.context.log, ["a!", "a!!"]);
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "failing/broken#2: broken by a!!");
        // resuming starts at the failed node, in its round
        let error = flujo.resume::<failing>("r").await.unwrap().into_output().unwrap_err();
        assert_eq!(error.to_string(), "failing/broken#2: broken by a!! (attempt 2 of 2)");
        assert_eq!((calls.of("failing/add#1"), calls.of("failing/add#2")), (1, 1));
        assert_eq!(calls.of("failing/broken#2"), 2);
    });
}

#[test]
fn a_settled_loop_gives_its_failure_as_a_value() {
    pipeline! {
        fn settling(text: String, ctx: &mut State, world: &World) -> String {
            let done = repeat(text, |text| add(format!("{text}!"))).until(|_| false).max(2).settle();
            let failure = done.unwrap_err();
            add(format!("{} {:?} {}", failure.path, failure.kind, failure.message)).named("after")
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(settling("a".into())).await;
        let expected = format!(
            "settling/repeat:add {:?} `repeat` did not finish within 2 rounds",
            FailureKind::Exhausted
        );
        assert_eq!(result.context.log, ["a!", "a!!", expected.as_str()]);
        assert_eq!(result.into_output().unwrap(), expected);
    });
}

#[test]
fn a_round_sees_what_the_rounds_before_it_wrote() {
    pipeline! {
        fn counting(n: u64, ctx: &mut State, world: &World) -> u64 {
            let n = repeat(n, |n| {
                let so_far = ctx.total;
                count(n + so_far)
            }).until(|_| ctx.total >= 7).max(9);
            value(n + ctx.total)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        // 1; 1 + (1 + 1) = 3; 3 + (3 + 3) = 9
        let result = flujo.run(counting(1)).await;
        assert_eq!(result.context.total, 9);
        assert_eq!(result.into_output().unwrap(), 18);
        assert_eq!(calls.len(), 3);
    });
}

#[test]
fn a_loop_in_a_loop_has_rounds_of_its_own() {
    pipeline! {
        fn nested(text: String, ctx: &mut State, world: &World) -> String {
            repeat(text, |text| {
                let text = repeat(text, |text| add(format!("{text}."))).until(|_| false).max(2).or_last();
                echo(format!("{text}|"))
            }).until(|text| text.matches('|').count() == 2).max(3)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(nested("a".into())).await.into_output().unwrap(), "a..|..|");
        let paths: Vec<_> = calls.all().into_iter().map(|(path, _)| path).collect();
        let expected = ["add#1.1", "add#1.2", "echo#1", "add#2.1", "add#2.2", "echo#2"];
        assert_eq!(paths, expected.map(|node| format!("nested/{node}")));
    });
}

#[test]
fn a_question_in_a_round_pauses_in_that_round() {
    pipeline! {
        fn asking(text: String, ctx: &mut State, world: &World) -> String {
            let text = repeat(text, |text| {
                let text = add(format!("{text}!"));
                let more: String = ask(format!("more than {text}?"));
                echo(format!("{text}{more}"))
            }).until(|text| text.ends_with('.')).max(3);
            add(text).named("last")
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(asking("a".into())).id("r").await;
        assert_eq!(result.questions()[0].path, "asking/more#1");
        let result = flujo.resume::<asking>("r").reply("b").await.unwrap();
        assert_eq!(result.questions()[0].path, "asking/more#2");
        assert_eq!(result.questions()[0].message, "more than a!b!?");
        assert_eq!(result.context.log, ["a!", "a!b!"]);
        let result = flujo.resume::<asking>("r").reply(".").await.unwrap();
        assert_eq!(result.context.log, ["a!", "a!b!", "a!b!."]);
        assert_eq!(result.into_output().unwrap(), "a!b!.");
        // Nothing finished ran again.
        assert_eq!(calls.len(), 5);
    });
}

#[test]
fn every_round_costs() {
    pipeline! {
        fn paying(text: String, world: &World) -> String {
            let last = repeat(Label { name: text }, |last| label(last.name)).until(|_| false).max(3).or_last();
            last.name
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(paying("a".into())).await;
        assert_eq!(result.usage, calls_of_the_model(3));
        assert_eq!(result.into_output().unwrap(), "calm");
    });
}

#[test]
fn a_bound_of_zero_that_nobody_could_know_fails() {
    pipeline! {
        fn bounded(rounds: u32, world: &World) -> String {
            repeat("a".to_owned(), echo).until(|_| true).max(rounds)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(bounded(0)).await.into_output().unwrap_err();
        let expected = "bounded/repeat:echo: `repeat` runs its body at least once, but its `max` is 0";
        assert_eq!(error.to_string(), expected);
        assert_eq!(calls.len(), 0);
        assert_eq!(flujo.run(bounded(1)).await.into_output().unwrap(), "a");
    });
}

#[test]
fn joins_pipelines_and_branches_work_in_rounds() {
    pipeline! {
        fn inner(text: String, ctx: &mut State, world: &World) -> String {
            let text = repeat(text, add).until(|_| true).max(1);
            format!("<{text}>")
        }
    }
    pipeline! {
        fn mixed(text: String, ctx: &mut State, world: &World) -> String {
            repeat((0, text), |(n, text)| {
                let (a, total) = join(inner(text), count(1));
                match total {
                    1 => { let a = echo(a); (n + 1, a) }
                    _ => (n + 1, a),
                }
            }).until(|(n, _)| *n == 2).max(2).named("twice");
            add(format!("{}", ctx.total)).named("last")
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(mixed("a".into())).await;
        assert_eq!(result.context.log, ["a", "<a>", "2"]);
        assert_eq!(result.into_output().unwrap(), "2");
        let mut paths: Vec<_> = calls.all().into_iter().map(|(path, _)| path).collect();
        paths.sort();
        let expected = ["count#1", "count#2", "echo#1", "inner#1/add#1", "inner#2/add#1", "last"];
        assert_eq!(paths, expected.map(|node| format!("mixed/{node}")));
    });
}

pipeline! {
    /// Loops beside each other and in each other, with names and without.
    fn looped(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| echo(format!("{text}a"))).until(|text| text.len() > 1).max(2).or_last();
        let text = repeat(text, |text| {
            let text = repeat(text, |text| echo(format!("{text}b")).named("inner"))
                .until(|text| text.len() > 3)
                .max(2)
                .or_last();
            echo(text).named("outer")
        })
        .until(|text| text.len() > 5)
        .max(2)
        .or_last();
        let text = repeat(text, |text| echo(text).named("third")).until(|_| true).max(2).named("polish");
        refine(|_| echo(text.clone()).named("draft"), |_| accepts()).max(2)
    }
}

#[step]
async fn accepts() -> Result<Critique> {
    Ok(Critique::Accept)
}

#[test]
fn rounds_say_which_loop_they_are_of() {
    use flujo::events::EventKind;
    on_all(async |engine, _| {
        let log = flujo_testing::EventLog::new();
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(looped("x".to_owned())).observer(log.clone()).await;
        assert_eq!(result.into_output().unwrap(), "xabbb");
        let rounds = log.take().into_iter().filter_map(|event| match event.kind {
            EventKind::Round { n } => Some(format!("{} {n}", event.path)),
            _ => None,
        });
        assert_eq!(
            rounds.collect::<Vec<_>>(),
            [
                "looped/repeat:echo#1 1",
                // A loop that begins with a loop, and that one.
                "looped/repeat:inner#1 1",
                "looped/repeat:inner:2#1.1 1",
                "looped/repeat:inner:2#1.2 2",
                "looped/repeat:inner#2 2",
                "looped/repeat:inner:2#2.1 1",
                "looped/polish#1 1",
                "looped/refine:draft#1 1",
            ]
        );
    });
}
