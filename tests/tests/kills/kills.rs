//! Every form, killed around every command it issues.

use flujo::prelude::*;
use flujo_tests::engines::NAMES;
use flujo_tests::every_form;
use flujo_tests::kill::{Kills, Scenario, everywhere};
use flujo_tests::stories::*;
use flujo_tests::world::*;

/// Runs every scenario, and counts.
macro_rules! scenarios {
    ([$kills:ident] $($pipeline:ident $form:literal [$($path:literal => $reply:literal),*];)+) => { $(
        everywhere(&Scenario {
            form: $form,
            call: &|| $pipeline("x".to_owned()),
            replies: &[$(($path, $reply)),*],
            cut_off: &["join_fails/good"],
        }, &mut $kills).await;
    )+ };
}

/// The forms that exist: each must have been killed on each engine.
const FORMS: [&str; 48] = [
    "step",
    "retries",
    "failed step",
    "model step",
    "tools",
    "ask before tools",
    "tools on the context",
    "tools at a call",
    "models",
    "tools of a server",
    "fallback",
    "redirect",
    "cached",
    "findings",
    "plugins of a gate",
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
    "limits",
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
    "timeout",
    "refine",
    "recipe agentic_loop",
    "recipe solve",
    "ask in a refine",
];

#[test]
fn killed_around_every_command_every_form_comes_to_the_same_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut kills = Kills::new();
    runtime.block_on(async {
        every_form!(scenarios[kills]);
    });
    for engine in NAMES {
        for form in FORMS {
            let n = kills.get(&(form, *engine)).copied().unwrap_or(0);
            println!("KILLS {n:3}  {engine:10} {form}");
            assert!(n > 0, "{form} was never killed on {engine}");
        }
    }
    assert_eq!(kills.len(), NAMES.len() * FORMS.len(), "every form that is killed is listed");
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
            // in the same order too, whatever runs beside each other
            let steps: Vec<_> = result
                .steps
                .iter()
                .map(|s| (s.path().to_string(), s.attempts(), s.is_done(), s.usage()))
                .collect();
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
        steps failure model talks fallback redirects gate_plugins settle branches piped nested restarts joined joins_nested join_settles join_fails
        repeats repeat_ends limited maps map_settles map_fails loop_in_map map_in_loop routes gates refines
    }
}
