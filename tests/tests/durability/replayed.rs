//! How far a replay comes, which calls nothing: what is behind a new node is not compared before it has run.

use flujo::error::Signal;
use flujo::prelude::*;
use flujo::run::{Control, Replay};
use flujo_tests::engines::AnyEngine;
use flujo_tests::world::*;

/// What runs under way began with.
mod before {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        pub fn inner(text: String, ctx: &mut State, world: &World) -> String {
            let text = echo(text).named("one");
            echo(text).named("two")
        }
    }
    pipeline! {
        #[pipeline(name = "letter")]
        pub fn letter(text: String, ctx: &mut State, world: &World) -> String {
            let text = echo(text).named("first");
            let (left, right) = join(
                { let left: String = ask("left?"); left },
                { let right = inner(text.clone()); echo(right).named("right") },
            );
            format!("{left}{right}")
        }
    }
}

/// New nodes in front of a question, and in the nested pipeline.
mod inserted {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        pub fn inner(text: String, ctx: &mut State, world: &World) -> String {
            let text = echo(text).named("one");
            let text = echo(text).named("between");
            echo(text).named("two")
        }
    }
    pipeline! {
        #[pipeline(name = "letter")]
        pub fn letter(text: String, ctx: &mut State, world: &World) -> String {
            let text = echo(text).named("first");
            let (left, right) = join(
                { echo(text.clone()).named("new"); let left: String = ask("left?"); left },
                { let right = inner(text.clone()); echo(right).named("right") },
            );
            format!("{left}{right}")
        }
    }
}

/// A new node behind what is recorded.
mod appended {
    use super::before::*;
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "letter")]
        pub fn letter(text: String, ctx: &mut State, world: &World) -> String {
            let text = echo(text).named("first");
            let (left, right) = join(
                { let left: String = ask("left?"); left },
                { let right = inner(text.clone()); let right = echo(right).named("right"); echo(right).named("last") },
            );
            format!("{left}{right}")
        }
    }
}

async fn replay(flujo: &Flujo<World>) -> Replay {
    flujo.replay(&"r".into()).await.unwrap()
}

#[test]
fn what_is_behind_a_new_node_is_said_to_be_not_compared() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let paused = flujo.run(before::letter("x".into())).id("r").await;
        assert_eq!(paused.questions().len(), 1);
        let called = calls.len();
        let build = |builder: flujo::run::Builder<World>| {
            flujo_tests::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap()
        };
        let with = || Flujo::builder().resources(World { calls: calls.clone() });

        let old = build(with().pipeline::<before::letter>());
        assert_eq!(replay(&old).await, Replay::default());
        // The walk comes to everything that is recorded.
        let appended = build(with().pipeline::<appended::letter>());
        assert_eq!(replay(&appended).await, Replay::default());

        let inserted = build(with().pipeline::<inserted::letter>());
        let found = replay(&inserted).await;
        assert_eq!(found.mismatch, None);
        assert_eq!(found.ended_at, ["letter/inner/between", "letter/new"]);
        assert_eq!(found.not_compared, ["letter/inner/two", "letter/left", "letter/right"]);
        assert_eq!(calls.len(), called, "nothing is called");

        // To resume decides alike: it goes on, and calls what is new alone. Where commands have an order, nothing new may
        // come in front of recorded ones.
        let result = inserted.resume::<inserted::letter>("r").reply("y").await.unwrap();
        if matches!(engine, AnyEngine::Ordered(_)) {
            let error = result.into_output().unwrap_err();
            assert!(matches!(error.signal(), Some(Signal::JournalMismatch(_))), "{error}");
            assert_eq!(calls.len(), called);
        } else {
            assert_eq!(result.into_output().unwrap(), "yx");
            assert_eq!(calls.len(), called + 2);
            assert_eq!(replay(&inserted).await, Replay::default());
        }
    });
}

/// Rounds of a loop, and items of a `map`.
mod looped {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "looped")]
        pub fn looped(texts: Vec<String>, ctx: &mut State, world: &World) -> String {
            let texts = map(texts, |text| echo(text).named("item"));
            let text = repeat(texts.concat(), |text| echo(text).named("round")).until(|text| text.len() > 9).max(2).or_last();
            let more: String = ask("More?");
            format!("{text}{more}")
        }
    }
}

/// A new node in front of what is recorded of each item and each round.
mod looped_inserted {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "looped")]
        pub fn looped(texts: Vec<String>, ctx: &mut State, world: &World) -> String {
            let texts = map(texts, |text| { let text = echo(text).named("new_item"); echo(text).named("item") });
            let text = repeat(texts.concat(), |text| echo(text).named("round")).until(|text| text.len() > 9).max(2).or_last();
            let more: String = ask("More?");
            format!("{text}{more}")
        }
    }
}

/// A new node in front of what is recorded of each round alone.
mod looped_in_rounds {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "looped")]
        pub fn looped(texts: Vec<String>, ctx: &mut State, world: &World) -> String {
            let texts = map(texts, |text| echo(text).named("item"));
            let text = repeat(texts.concat(), |text| { let text = echo(text).named("new_round"); echo(text).named("round") }).until(|text| text.len() > 9).max(2).or_last();
            let more: String = ask("More?");
            format!("{text}{more}")
        }
    }
}

#[test]
fn a_new_node_in_a_loop_or_a_map_is_in_front_of_what_follows_it_there() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let texts = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(flujo.run(looped::looped(texts())).id("r").await.questions().len(), 1);
        let build = |builder: flujo::run::Builder<World>| {
            flujo_tests::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap()
        };
        let with = || Flujo::builder().resources(World { calls: Calls::default() });

        let found = replay(&build(with().pipeline::<looped_inserted::looped>())).await;
        assert_eq!(found.ended_at, ["looped/texts[0]/new_item", "looped/texts[1]/new_item"]);
        let behind = [
            "looped/more",
            "looped/round#1",
            "looped/round#2",
            "looped/texts[0]/item",
            "looped/texts[1]/item",
        ];
        assert_eq!(found.not_compared, behind);

        // What is in front of the loop was compared, and the second round is behind the first.
        let found = replay(&build(with().pipeline::<looped_in_rounds::looped>())).await;
        assert_eq!(found.ended_at, ["looped/new_round#1"]);
        assert_eq!(found.not_compared, ["looped/more", "looped/round#1", "looped/round#2"]);
    });
}
