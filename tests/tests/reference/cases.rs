//! Sentences of the pages of forms that no row of the semantics has.

use flujo::graph::NodeKind;
use flujo::prelude::*;
use flujo::run::Control;
use std::collections::BTreeSet;

#[step]
async fn echo(n: u32) -> Result<u32> {
    Ok(n)
}

#[step(retries = 2)]
async fn often(n: u32) -> Result<u32> {
    Ok(n)
}

pipeline! {
    fn plain_branch(n: u32) -> u32 {
        let n = echo(n);
        let least = if n > 3 { 3 } else { n };
        least / (n - 1)
    }
}

pipeline! {
    fn condition(n: u32) -> u32 {
        if 6 / n > 2 { echo(n) } else { often(n) }
    }
}

#[tokio::test]
async fn a_panic_in_a_plain_expression_fails_the_run_and_what_is_recorded_stays() -> Result<(), flujo::Error>
{
    let flujo = Flujo::builder().pipeline::<plain_branch>().build()?;
    let error = flujo.run(plain_branch(1)).id("value").await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "plain_branch: panicked: attempt to divide by zero");
    let error = flujo.run(condition(0)).id("condition").await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "condition: panicked: attempt to divide by zero");
    for (id, steps) in [("value", 1), ("condition", 0)] {
        assert_eq!(Control::inspect(&flujo, &id.into()).await?.records.len(), steps);
    }
    Ok(())
}

#[test]
fn a_branch_without_calls_is_a_node_too() {
    let kinds = |graph: &flujo::graph::Graph| graph.nodes.iter().map(|node| node.kind).collect::<Vec<_>>();
    assert_eq!(kinds(plain_branch::GRAPH), [NodeKind::Step, NodeKind::Branch]);
    assert_eq!(kinds(condition::GRAPH), [NodeKind::Branch, NodeKind::Step, NodeKind::Step]);
}

pipeline! {
    fn mapped(numbers: Vec<u32>) -> Vec<u32> {
        map(numbers, |n| echo(n))
    }
}

pipeline! {
    fn bounded(numbers: Vec<u32>) -> Vec<u32> {
        map(numbers, |n| often(n)).max(10)
    }
}

pipeline! {
    fn both(n: u32) -> (u32, u32) {
        join(echo(n), often(n))
    }
}

pipeline! {
    fn falling(n: u32) -> u32 {
        echo(n).retries(4).fallback(often)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Choice {
    Echo,
    Often,
}

pipeline! {
    fn routed(choices: BTreeSet<Choice>) -> Vec<u32> {
        route(choices, |choice| match choice {
            Choice::Echo => echo(1),
            Choice::Often => often(2),
        })
    }
}

#[test]
fn bounds_are_those_that_the_pages_name() {
    assert_eq!(condition::BOUNDS.step_runs, Some(3), "the largest arm");
    assert_eq!(mapped::BOUNDS.step_runs, None, "a map without `max`");
    assert_eq!(bounded::BOUNDS.step_runs, Some(30), "ten items of three attempts");
    assert_eq!(both::BOUNDS.step_runs, Some(4), "all arms of a join");
    assert_eq!(routed::BOUNDS.step_runs, Some(4), "all arms of a route");
    assert_eq!(falling::BOUNDS.step_runs, Some(8), "five attempts, and three of the fallback");
}

#[step]
async fn broken(_n: u32) -> Result<u32> {
    Err(StepError::fatal("broken"))
}

pipeline! {
    fn falls(n: u32) -> u32 {
        repeat(n, |n| broken(n).fallback(echo)).until(|n| *n > 0).max(2)
    }
}

#[tokio::test]
async fn a_stand_in_is_in_front_of_the_rounds() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().build()?;
    let result = flujo.run(falls(1)).await;
    let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
    assert_eq!(paths, ["falls/broken#1", "falls/broken!echo#1"]);
    Ok(())
}
