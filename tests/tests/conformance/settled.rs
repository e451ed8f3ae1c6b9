//! `.settle()` and `.named()` on every form; the order in which the nodes of arms are told.

use flujo::engine::RunView;
use flujo::prelude::*;
use flujo::step::RunIn;
use flujo_tests::engines::AnyEngine;
use flujo_tests::kill::{Kills, Scenario, everywhere};
use flujo_tests::world::*;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Topic {
    Spam,
    Tone,
}

/// Always a critique, never a draft that is good.
#[step]
async fn object(text: String, calls: &Calls, run: &RunInfo) -> Result<Critique> {
    calls.note(run);
    Ok(Critique::revise(text))
}

// ---- each asks, pays a model, and fails

pipeline! {
    pub fn join_asks(text: String, ctx: &mut State, world: &World) -> Vec<String> {
        let (a, b) = join(
            {
                let reply: String = ask(format!("{text}?"));
                let label = label(reply);
                add(label.name.clone()).named("lost");
                broken(label.name)
            },
            add(text.clone()),
        )
        .settle()
        .named("both");
        value(vec![told(a), told(b)])
    }
}

pipeline! {
    pub fn map_asks(text: String, ctx: &mut State, world: &World) -> Vec<String> {
        let all = map(["a", "b"], |c| {
            if c == "a" {
                let reply: String = ask(format!("{text}?"));
                let label = label(reply);
                add(label.name.clone()).named("lost");
                broken(label.name)
            } else {
                add(text.clone())
            }
        })
        .settle()
        .named("items");
        all.into_iter().map(told).collect()
    }
}

pipeline! {
    pub fn route_asks(text: String, ctx: &mut State, world: &World) -> Vec<String> {
        let all = route(BTreeSet::from([Topic::Spam, Topic::Tone]), |topic| match topic {
            Topic::Spam => {
                let reply: String = ask(format!("{text}?"));
                let label = label(reply);
                add(label.name.clone()).named("lost");
                broken(label.name)
            }
            Topic::Tone => add(text.clone()),
        })
        .settle()
        .named("topics");
        all.into_iter().map(told).collect()
    }
}

pipeline! {
    pub fn repeat_asks(text: String, ctx: &mut State, world: &World) -> Vec<String> {
        let failed = repeat(text.clone(), |_| {
            let reply: String = ask(format!("{text}?"));
            let label = label(reply);
            add(label.name.clone()).named("kept");
            broken(label.name)
        })
        .until(|_| true)
        .max(2)
        .settle()
        .named("rounds");
        let exhausted = repeat(text, add).until(|_| false).max(2).settle().named("more_rounds");
        value(vec![told(failed), told(exhausted)])
    }
}

pipeline! {
    pub fn refine_asks(text: String, ctx: &mut State, world: &World) -> Vec<String> {
        let failed = refine(
            |_| {
                let reply: String = ask(format!("{text}?"));
                let label = label(reply);
                add(label.name)
            },
            |draft| {
                broken(draft);
                value(Critique::Accept)
            },
        )
        .max(2)
        .settle()
        .named("drafts");
        let exhausted = refine(|_| echo(text.clone()), object).max(2).settle().named("more_drafts");
        value(vec![told(failed), told(exhausted)])
    }
}

/// A value, or where it failed, and why.
fn told(ended: std::result::Result<String, Failure>) -> String {
    ended.unwrap_or_else(|failure| format!("{}: {}", failure.path, failure.message))
}

/// Pauses once, goes on after the reply, pays once, and nothing runs twice.
async fn pauses_and_settles<P>(
    engine: AnyEngine,
    call: flujo::StepCall<P>,
    asked: &str,
    log: &[&str],
) -> Vec<String>
where
    P: flujo::Pipeline<Context = State> + RunIn<State, World>,
    P::Output: Into<Vec<String>>,
{
    let (flujo, calls) = flujo(&engine);
    let paused = flujo.run(call).id("r").await;
    let questions: Vec<String> = paused.questions().iter().map(|q| q.path.to_string()).collect();
    assert_eq!(questions, [asked], "no option catches a pause");
    let result = flujo.resume::<P>("r").reply("r").await.unwrap();
    assert_eq!(result.usage, calls_of_the_model(1));
    assert_eq!(result.context.log, log);
    let view: RunView = flujo.inspect("r").await.unwrap();
    let steps = view.records.iter().filter(|record| matches!(record.key.kind, flujo::engine::Kind::Step));
    assert_eq!(steps.count(), calls.len(), "every step that ran is recorded, and none of them twice");
    result.into_output().unwrap().into()
}

#[test]
fn every_form_settles_its_failure_and_no_pause() {
    on_all(async |engine, _| {
        let told = pauses_and_settles(engine, join_asks("x".to_owned()), "join_asks/reply", &["x"]).await;
        assert_eq!(told, ["join_asks/broken: broken by calm", "x"]);
    });
    on_all(async |engine, _| {
        let told =
            pauses_and_settles(engine, map_asks("x".to_owned()), "map_asks/items[0]/reply", &["x"]).await;
        assert_eq!(told, ["map_asks/items[0]/broken: broken by calm", "x"]);
    });
    on_all(async |engine, _| {
        let told = pauses_and_settles(engine, route_asks("x".to_owned()), "route_asks/reply", &["x"]).await;
        assert_eq!(told, ["route_asks/broken: broken by calm", "x"]);
    });
    // a loop works on the context itself: what its steps wrote before it failed stays
    on_all(async |engine, _| {
        let call = repeat_asks("x".to_owned());
        let told = pauses_and_settles(engine, call, "repeat_asks/reply#1", &["calm", "x", "x"]).await;
        assert_eq!(told[0], "repeat_asks/broken#1: broken by calm");
        assert_eq!(told[1], "repeat_asks/more_rounds: `repeat` did not finish within 2 rounds");
    });
    on_all(async |engine, _| {
        let call = refine_asks("x".to_owned());
        let told = pauses_and_settles(engine, call, "refine_asks/reply#1", &["calm"]).await;
        assert_eq!(told[0], "refine_asks/broken#1: broken by calm");
        assert_eq!(told[1], "refine_asks/more_drafts: `refine` did not finish within 2 rounds");
    });
}

#[test]
fn settled_forms_are_killed_around_every_command() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut kills = Kills::new();
    macro_rules! killed {
        ($($pipeline:ident $asked:literal),+) => { $(
            let scenario = Scenario {
                form: stringify!($pipeline),
                call: &|| $pipeline("x".to_owned()),
                replies: &[($asked, "\"r\"")],
                cut_off: &[],
            };
            runtime.block_on(everywhere(&scenario, &mut kills));
        )+ };
    }
    killed!(
        join_asks "join_asks/reply", map_asks "map_asks/items[0]/reply", route_asks "route_asks/reply",
        repeat_asks "repeat_asks/reply#1", refine_asks "refine_asks/reply#1"
    );
    assert_eq!(kills.len(), flujo_tests::engines::NAMES.len() * 5);
    assert!(kills.values().all(|n| *n > 0));
}

// ---- names

pipeline! {
    pub fn names(text: String, ctx: &mut State, world: &World) -> String {
        let (a, b) = join(add(text.clone()), echo(text.clone())).named("first");
        let c = repeat(a, |text| echo(text).named("again")).until(|_| true).max(1).named("second");
        value(format!("{b}{c}"))
    }
}

#[test]
fn names_are_in_the_graph_and_only_items_are_in_paths() {
    let ids: Vec<_> = [join_asks::GRAPH, route_asks::GRAPH, repeat_asks::GRAPH, refine_asks::GRAPH]
        .iter()
        .flat_map(|graph| graph.nodes.iter().filter(|node| node.facts.name.is_empty() && node.depth == 0))
        .map(|node| node.id)
        .collect();
    assert_eq!(ids, ["both", "topics", "rounds", "more_rounds", "drafts", "more_drafts"]);
    assert_eq!(map_asks::GRAPH.nodes[0].id, "items");
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(names("x".to_owned())).await;
        let paths: BTreeSet<String> = result.steps.iter().map(|step| step.path().to_string()).collect();
        assert_eq!(paths, BTreeSet::from(["names/add", "names/echo", "names/again#1"].map(str::to_owned)));
    });
}

// ---- the order of what ran beside each other

/// Returns its input after some turns of the others.
#[step]
async fn slowly(turns: u32, calls: &Calls, run: &RunInfo) -> Result<u32> {
    calls.note(run);
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    Ok(turns)
}

pipeline! {
    pub fn beside(text: String, world: &World) -> String {
        let text = echo(text);
        let (a, b, c) = join(
            { let n = slowly(0); slowly(n + 1).named("a2") },
            { let (n, m) = join(slowly(0).named("b1"), slowly(1).named("b2")); value(n + m) },
            slowly(0).named("c"),
        );
        let all = map(vec![a, b, c], |n| slowly(n).named("each"));
        echo(format!("{text}{all:?}")).named("last")
    }
}

#[test]
fn what_ran_beside_each_other_is_told_in_an_order_that_stays() {
    // as they ended; what ends in the same turn, in the order in which it stands in the pipeline
    let expected = [
        "beside/echo",
        "beside/slowly",
        "beside/b1",
        "beside/c",
        "beside/a2",
        "beside/b2",
        "beside/all[2]/each",
        "beside/all[0]/each",
        "beside/all[1]/each",
        "beside/last",
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        for _ in 0..8 {
            let world = || World { calls: Calls::default() };
            for builder in [Flujo::builder(), Flujo::builder().ephemeral()] {
                let flujo = builder.resources(world()).build().unwrap();
                let result = flujo.run(beside("x".to_owned())).await;
                let paths: Vec<String> = result.steps.iter().map(|step| step.path().to_string()).collect();
                assert_eq!(paths, expected);
                assert_eq!(result.into_output().unwrap(), "x[1, 1, 0]");
            }
        }
    });
}
