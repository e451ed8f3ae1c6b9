//! A run that its own limit has ended goes on as a fork, from the node whose call was refused.

use flujo::Usage;
use flujo::engine::{RunView, Status};
use flujo::prelude::*;
use flujo::run::{Control, ForkRun};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;

pipeline! {
    fn chain(text: String, world: &World) -> String {
        let one = label(text);
        let two = label(one.name).named("two");
        let three = label(two.name).named("three");
        three.name
    }
}

pipeline! {
    fn every(texts: Vec<String>, world: &World) -> Vec<Label> {
        map(texts, |text| label(text)).concurrency(1).named("all")
    }
}

fn registered(engine: &AnyEngine, limits: UsageLimits) -> Flujo<World> {
    let builder = Flujo::builder()
        .resources(World { calls: Calls::default() })
        .models(Scripted::default())
        .prices(Prices)
        .limits(limits)
        .pipeline::<chain>()
        .pipeline::<every>();
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

async fn fork(flujo: &Flujo<World>, fork: &ForkRun) -> RunView {
    Control::fork(flujo, fork).await.unwrap();
    Control::attach(flujo, &fork.id).await.unwrap()
}

fn calls(n: u64) -> UsageLimits {
    UsageLimits::NONE.model_calls(n)
}

fn is_done(view: &RunView) -> bool {
    matches!(&view.status, Status::Ended(flujo::engine::FinalOutcome::Done(_)))
}

#[test]
fn a_run_that_ended_at_its_limit_goes_on_as_a_fork_from_the_refused_node() {
    on_all(async |engine, _| {
        let flujo = registered(&engine, UsageLimits::NONE);
        let refused = flujo.run(chain("x".into())).id("r").limits(calls(1)).await;
        assert_eq!(refused.usage, one_call());
        let error = refused.into_output().unwrap_err().to_string();
        let expected =
            "chain/two: the run's limit of 1 model call would be exceeded: 1 spent, 0 reserved, 1 needed";
        assert_eq!(error, expected);
        // Its limit is recorded, so it cannot go on itself.
        let again = flujo.resume::<chain>("r").await.unwrap();
        assert_eq!(again.into_output().unwrap_err().to_string(), expected);

        // What is taken over is not paid again, and does not count.
        let view = fork(&flujo, &ForkRun::new("r", "chain/two", "raised").limits(calls(2))).await;
        assert!(is_done(&view), "{:?}", view.status);
        assert_eq!((view.usage, view.run.limits), (calls_of_the_model(2), calls(2)));
        assert_eq!(view.records.len(), 3);
        // Without a limit of its own the fork has that of the run: one call of the two that are left.
        let view = fork(&flujo, &ForkRun::new("r", "chain/two", "same")).await;
        assert!(!is_done(&view));
        assert_eq!((view.usage, view.run.limits), (one_call(), calls(1)));

        // A node that the run did not come to is none of its nodes.
        let beyond = Control::fork(&flujo, &ForkRun::new("r", "chain/three", "beyond")).await.unwrap_err();
        let expected = "run `r` has nothing recorded at `chain/three`: fork it at one of its nodes";
        assert_eq!(beyond.to_string(), expected);
        assert!(flujo.inspect("beyond").await.is_err());
    });
}

#[test]
fn a_fork_goes_on_from_an_item_that_was_refused() {
    on_all(async |engine, _| {
        let flujo = registered(&engine, UsageLimits::NONE);
        let texts = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let refused = flujo.run(every(texts)).id("r").limits(calls(1)).await;
        let error = refused.into_output().unwrap_err();
        assert_eq!(error.path().map(ToString::to_string).as_deref(), Some("every/all[1]/label"));
        for (from, id) in [("every/all[1]/label", "step"), ("every/all[1]", "item")] {
            let view = fork(&flujo, &ForkRun::new("r", from, id).limits(calls(2))).await;
            assert!(is_done(&view), "{from}: {:?}", view.status);
            assert_eq!(view.usage, calls_of_the_model(2), "{from}: the first item is not paid again");
        }
    });
}

#[test]
fn a_fork_from_a_first_node_that_was_refused_needs_a_larger_limit() {
    on_all(async |engine, _| {
        let flujo = registered(&engine, UsageLimits::NONE);
        let refused = flujo.run(chain("x".into())).id("r").limits(UsageLimits::usd("0.0000001")).await;
        assert_eq!(refused.usage, Usage::default());
        let same = fork(&flujo, &ForkRun::new("r", "chain/label", "same")).await;
        assert_eq!((is_done(&same), same.usage), (false, Usage::default()));
        let raised = ForkRun::new("r", "chain/label", "raised").limits(UsageLimits::usd("0.01"));
        let view = fork(&flujo, &raised).await;
        assert_eq!((is_done(&view), view.usage), (true, calls_of_the_model(3)));
    });
}

#[test]
fn limits_of_a_fork_replace_those_of_the_run_unit_by_unit_and_those_of_the_engine_hold() {
    on_all(async |engine, _| {
        let flujo = registered(&engine, UsageLimits::NONE);
        let limits = calls(3).cost(flujo::Cost(10_000));
        drop(flujo.run(chain("x".into())).id("r").limits(limits).await);
        let fork_of = |id: &str| ForkRun::new("r", "chain/three", id).limits(UsageLimits::usd("0.02"));
        let view = fork(&flujo, &fork_of("cost")).await;
        assert_eq!(view.run.limits, calls(3).cost(flujo::Cost(20_000_000)));
        let bounded = registered(&engine, UsageLimits::usd("0.015").total_tokens(9_000));
        let view = fork(&bounded, &fork_of("bounded")).await;
        assert_eq!(view.run.limits, calls(3).cost(flujo::Cost(15_000_000)).total_tokens(9_000));
    });
}
