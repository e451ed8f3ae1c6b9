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
