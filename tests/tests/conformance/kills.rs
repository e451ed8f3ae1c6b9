//! Every form, killed around every command it issues.

use crate::kill::{Kills, Scenario, everywhere};
use crate::routes::Topic;
use crate::world::*;
use flujo::prelude::*;
use std::collections::BTreeSet;

pipeline! {
    fn steps(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let text = write(text);
        let n = count(3);
        echo(format!("{text}{n}"))
    }
}
pipeline! {
    fn retries(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let n = flaky(2).backoff("1s");
        add(format!("{text}{n}")).named("last")
    }
}
pipeline! {
    fn failure(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let n = flaky(9).retries(1);
        add(format!("{text}{n}")).named("last")
    }
}
pipeline! {
    fn model(text: String, ctx: &mut State, world: &World) -> String {
        let one = label(text);
        let two = label(one.name).named("two");
        add(two.name)
    }
}
pipeline! {
    fn fallback(text: String, ctx: &mut State, world: &World) -> String {
        let text = broken(text).fallback(write);
        add(text)
    }
}
pipeline! {
    fn settle(text: String, ctx: &mut State, world: &World) -> String {
        let bad = broken(text.clone()).settle();
        add(format!("{text} {}", bad.is_err()))
    }
}
pipeline! {
    fn branches(text: String, ctx: &mut State, world: &World) -> String {
        let n = count(2);
        match n {
            2 if ctx.total == 2 => {
                let text = add(text);
                if text.is_empty() { echo(text) } else { write(text) }
            }
            _ => add("never".to_owned()).named("other"),
        }
    }
}
pipeline! {
    fn piped(text: String, ctx: &mut State, world: &World) -> String {
        text >> add >> write >> echo
    }
}
pipeline! {
    fn part(text: String, log: &mut Inner, world: &World) -> String {
        let text = add(text);
        add(format!("{text}!")).named("second")
    }
}
/// A context that is a part of another.
#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Inner {
    n: u8,
    #[context(part, merge = append)]
    log: Vec<String>,
}
#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Outer {
    #[context(part)]
    inner: Inner,
    #[context(part, merge = sum)]
    total: u64,
}
pipeline! {
    fn nested(text: String, ctx: &mut Outer, world: &World) -> String {
        let text = part(text);
        count(1);
        part(text).named("again")
    }
}
pipeline! {
    fn restarts_inner(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let n = flaky(1).retries(0);
        format!("{text}{n}")
    }
}
pipeline! {
    fn restarts(text: String, ctx: &mut State, world: &World) -> String {
        let text = restarts_inner(text).retries(2);
        echo(text)
    }
}
pipeline! {
    fn joined(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (a, b, c) = join(
            add(format!("{text}1")).named("one"),
            {
                let two = add(format!("{text}2")).named("two");
                count(5);
                write(two)
            },
            { let l = label(text.clone()); l.name },
        );
        add(format!("{a} {b} {c}")).named("last")
    }
}
pipeline! {
    fn joins_inner(text: String, ctx: &mut State, world: &World) -> String {
        let (a, b) = join(add(text.clone()), add(format!("{text}'")).named("second"));
        echo(format!("{a}{b}"))
    }
}
pipeline! {
    fn joins_nested(text: String, ctx: &mut State, world: &World) -> String {
        let (a, b) = join(joins_inner(text.clone()), {
            let text = add(text.clone());
            let (c, d) = join(
                joins_inner(text.clone()).named("deep"),
                count(1),
            );
            format!("{c}{d}")
        });
        echo(format!("{a} {b}"))
    }
}
pipeline! {
    fn join_settles(text: String, ctx: &mut State, world: &World) -> String {
        let (a, b) = join(
            { let text = add(text.clone()); broken(text) },
            add(text.clone()).named("good"),
        ).settle();
        format!("{:?} {:?}", a.unwrap_err().message, b)
    }
}
pipeline! {
    fn join_fails(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (a, b) = join(add(text.clone()).named("good"), { let t = add(text).named("then"); broken(t) });
        format!("{a}{b}")
    }
}
pipeline! {
    fn asks(text: String, ctx: &mut State, world: &World) -> String {
        let first: String = ask("first?");
        let text = add(format!("{text}{first}"));
        let last: u32 = ask(format!("{text}?"));
        format!("{text}{last}")
    }
}
pipeline! {
    fn asks_in_branches(text: String, ctx: &mut State, world: &World) -> String {
        match text.as_str() {
            "never" => fail("never"),
            "nor this" => text,
            _ => {
                let text = add(text.clone());
                let reply: String = ask("in a branch?");
                let reply = echo(reply);
                format!("{text}{reply}")
            }
        }
    }
}
pipeline! {
    fn asks_in_arms(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (a, b, c) = join(
            { let a: String = ask("a?"); add(a).named("add_a") },
            {
                let text = add(format!("{text} b")).named("add_b");
                let b: u32 = ask("b?");
                count(5);
                format!("{text}{b}")
            },
            add(text.clone()).named("add_c"),
        );
        echo(format!("{a} {b} {c}"))
    }
}
pipeline! {
    fn asks_inner(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let reply: String = ask(format!("{text}?"));
        write(reply)
    }
}
pipeline! {
    fn asks_in_pipelines(text: String, ctx: &mut State, world: &World) -> String {
        let one = asks_inner(text.clone());
        let (two, n) = join(asks_inner(one).named("arm"), count(2));
        echo(format!("{two}{n}"))
    }
}

pipeline! {
    fn repeats(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| {
            let text = add(format!("{text}!"));
            count(1);
            text
        }).until(|_| ctx.total == 3).max(4);
        let text = repeat(text, |text| {
            let text = repeat(text, write).until(|_| false).max(2).or_last();
            echo(text)
        }).until(|_| false).max(2).or_last().named("outer");
        add(text).named("last")
    }
}
pipeline! {
    fn repeat_ends(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| add(format!("{text}!"))).until(|_| false).max(2);
        echo(text)
    }
}
pipeline! {
    fn asks_in_rounds(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| {
            let (text, reply) = join(add(format!("{text}!")), { let reply: String = ask("more?"); reply });
            echo(format!("{text}{reply}"))
        }).until(|_| ctx.log.len() == 2).max(3);
        add(text).named("last")
    }
}

pipeline! {
    fn maps(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(text.repeat(3).chars(), |c| {
            let note = add(c.to_string());
            let label = label(note);
            count(2);
            label.name
        }).concurrency(2);
        add(notes.concat()).named("last")
    }
}
pipeline! {
    fn map_settles(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(["a", "b", "c"], |c| {
            let note = add(format!("{text}{c}"));
            if c == "b" { broken(note) } else { note }
        }).settle();
        add(format!("{:?}", notes.iter().map(Result::is_ok).collect::<Vec<_>>())).named("last")
    }
}
pipeline! {
    fn map_fails(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let notes = map(["a", "b", "c"], |c| {
            let note = add(format!("{text}{c}")).named("add_item");
            if c == "b" { broken(note) } else { note }
        }).concurrency(1);
        notes.concat()
    }
}
pipeline! {
    fn loop_in_map(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(0..2, |n| {
            let seed = format!("{text}{n}");
            repeat(seed, |text| add(format!("{text}!"))).until(|text| text.ends_with("!!")).max(3)
        });
        notes.concat()
    }
}
pipeline! {
    fn map_in_loop(text: String, ctx: &mut State, world: &World) -> String {
        repeat(text, |text| {
            let notes = map(text.chars(), |c| add(format!("{c}'")));
            notes.concat()
        }).until(|_| false).max(2).or_last()
    }
}
pipeline! {
    fn asks_in_items(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(["a", "b"], |c| {
            let note = add(format!("{text}{c}"));
            let reply: String = ask(format!("{note}?"));
            echo(format!("{note}{reply}"))
        });
        add(notes.concat()).named("last")
    }
}
pipeline! {
    fn routes(text: String, ctx: &mut State, world: &World) -> String {
        let notes = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
            Topic::Spam => { let text = add(format!("{text} spam")); write(text) }
            Topic::Tone => add("never".to_owned()).named("tone"),
            Topic::Facts => { let n = count(3); value(n.to_string()) }
        });
        add(notes.concat()).named("last")
    }
}
pipeline! {
    fn asks_in_routes(text: String, ctx: &mut State, world: &World) -> String {
        let notes = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
            Topic::Spam => { let reply: String = ask(format!("{text} spam?")); add(reply) }
            Topic::Tone => fail("never"),
            Topic::Facts => add(format!("{text} facts")).named("facts"),
        });
        notes.concat()
    }
}
pipeline! {
    fn gates(text: String, ctx: &mut State, world: &World) -> String {
        let text = gate(text, Never).strict(false).named("lenient");
        let text = add(text);
        gate(text, (Never,))
    }
}
/// Accepts nothing.
struct Never;
impl Validator<String> for Never {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::invalid("never")
    }
}
pipeline! {
    fn waits(text: String, ctx: &mut State, world: &World) -> String {
        let (text, ()) = join(add(text), { wait("1min"); wait("2min").named("more"); });
        wait("1h").named("last");
        write(text)
    }
}
pipeline! {
    fn refines(text: String, ctx: &mut State, world: &World) -> String {
        let text = refine(
            |feedback| add(format!("{text} {feedback:?}")),
            |draft| {
                let n = count(1);
                let draft = echo(draft);
                if n == 3 { Critique::Accept } else { value(Critique::revise(format!("{n} {draft}"))) }
            },
        ).max(3);
        write(text)
    }
}
pipeline! {
    fn asks_in_refines(text: String, ctx: &mut State, world: &World) -> String {
        refine(|feedback| add(format!("{text} {feedback:?}")), |draft| {
            let verdict: Critique = ask(format!("{draft}?"));
            verdict
        }).max(2)
    }
}

/// Runs every scenario, and counts.
macro_rules! scenarios {
    ($kills:ident; $($pipeline:ident $form:literal [$($path:literal => $reply:literal),*];)+) => { $(
        everywhere(&Scenario {
            form: $form,
            call: &|| $pipeline("x".to_owned()),
            replies: &[$(($path, $reply)),*],
            cut_off: &["join_fails/good"],
        }, &mut $kills).await;
    )+ };
}

/// The forms that exist: each must have been killed on each engine.
const FORMS: [&str; 34] = [
    "step",
    "retries",
    "failed step",
    "model step",
    "fallback",
    "settle",
    "match, if",
    ">>",
    "pipeline on a part",
    "pipeline retries",
    "join",
    "join in join",
    "join settled",
    "join failed",
    "ask",
    "ask in a branch",
    "ask in arms",
    "ask in pipelines and arms",
    "whole context",
    "repeat",
    "repeat failed",
    "ask in rounds",
    "map",
    "map settled",
    "map failed",
    "repeat in map",
    "map in repeat",
    "ask in items",
    "route",
    "ask in a route",
    "gate",
    "wait",
    "refine",
    "ask in a refine",
];

#[test]
fn killed_around_every_command_every_form_comes_to_the_same_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut kills = Kills::new();
    runtime.block_on(async {
        scenarios! { kills;
            steps "step" [];
            retries "retries" [];
            failure "failed step" [];
            model "model step" [];
            fallback "fallback" [];
            settle "settle" [];
            branches "match, if" [];
            piped ">>" [];
            nested "pipeline on a part" [];
            restarts "pipeline retries" [];
            joined "join" [];
            joins_nested "join in join" [];
            join_settles "join settled" [];
            join_fails "join failed" [];
            asks "ask" ["asks/first" => "\"f\"", "asks/last" => "7"];
            asks_in_branches "ask in a branch" ["asks_in_branches/reply" => "\"r\""];
            asks_in_arms "ask in arms" ["asks_in_arms/a" => "\"a\"", "asks_in_arms/b" => "7"];
            asks_in_pipelines "ask in pipelines and arms"
                ["asks_in_pipelines/asks_inner/reply" => "\"1\"", "asks_in_pipelines/arm/reply" => "\"2\""];
            repeats "repeat" [];
            repeat_ends "repeat failed" [];
            asks_in_rounds "ask in rounds"
                ["asks_in_rounds/reply#1" => "\"1\"", "asks_in_rounds/reply#2" => "\"2\""];
            maps "map" [];
            map_settles "map settled" [];
            map_fails "map failed" [];
            loop_in_map "repeat in map" [];
            map_in_loop "map in repeat" [];
            asks_in_items "ask in items"
                ["asks_in_items/notes[0]/reply" => "\"1\"", "asks_in_items/notes[1]/reply" => "\"2\""];
            routes "route" [];
            asks_in_routes "ask in a route" ["asks_in_routes/reply" => "\"s\""];
            gates "gate" [];
            waits "wait" [];
            refines "refine" [];
            asks_in_refines "ask in a refine" [
                "asks_in_refines/verdict#1" => r#"{"Revise":"more"}"#,
                "asks_in_refines/verdict#2" => r#""Accept""#
            ];
        }
        everywhere(
            &Scenario {
                form: "whole context",
                call: &|| crate::contexts::whole("x".to_owned()),
                replies: &[],
                cut_off: &[],
            },
            &mut kills,
        )
        .await;
    });
    for engine in ["Memory", "OrderedLog"] {
        for form in FORMS {
            let n = kills.get(&(form, engine)).copied().unwrap_or(0);
            println!("KILLS {n:3}  {engine:10} {form}");
            assert!(n > 0, "{form} was never killed on {engine}");
        }
    }
    assert_eq!(kills.len(), 2 * FORMS.len(), "every form that is killed is listed");
}

/// The same pipeline with nothing recorded.
macro_rules! ephemeral {
    ($runtime:ident; $($pipeline:ident)+) => { $(
        let world = || World { calls: Calls::default() };
        let told = [
            Flujo::builder().resources(world()).models(Scripted::default()).prices(Prices).build(),
            Flujo::builder().resources(world()).models(Scripted::default()).prices(Prices).ephemeral().build(),
        ]
        .map(|flujo| {
            let result = $runtime.block_on(async { flujo.unwrap().run($pipeline("x".to_owned())).await });
            let mut steps: Vec<_> = result
                .steps
                .iter()
                .map(|s| (s.path().to_string(), s.attempts(), s.is_done(), s.usage()))
                .collect();
            steps.sort_by(|a, b| a.0.cmp(&b.0));
            let outcome = match &result.outcome {
                Outcome::Failed(e) => e.to_string(),
                other => format!("{other:?}"),
            };
            (outcome, format!("{:?}", result.context), steps, result.usage)
        });
        assert_eq!(told[0], told[1], stringify!($pipeline));
    )+ };
}

#[test]
fn ephemeral_comes_to_the_same_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    ephemeral! { runtime;
        steps failure model fallback settle branches piped nested restarts joined joins_nested join_settles join_fails
        repeats repeat_ends maps map_settles map_fails loop_in_map map_in_loop routes gates refines
    }
}
