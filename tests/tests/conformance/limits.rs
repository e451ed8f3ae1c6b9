//! Usage and limits of a run, on the engine's ledger.

use crate::world::*;
use flujo::error::Signal;
use flujo::prelude::*;
use flujo::{Cost, Usage};

pipeline! {
    fn labels(text: String, ctx: &mut State, world: &World) -> String {
        let one = label(text.clone());
        let (two, three) = join(label(text.clone()).named("two"), label(text).named("three"));
        format!("{}{}{}", one.name, two.name, three.name)
    }
}

#[test]
fn usage_is_summed_exactly() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(labels("x".into())).id("r").await;
        assert_eq!(result.usage, one_call() + one_call() + one_call());
        assert_eq!(result.usage.cost(), Cost(600));
        let steps: Usage = result.steps.iter().map(flujo::StepResult::usage).sum();
        assert_eq!(steps, result.usage);
        // Attaching and resuming add nothing.
        assert_eq!(flujo.run(labels("x".into())).id("r").await.usage, result.usage);
        assert_eq!(flujo.resume::<labels>("r").await.unwrap().usage, result.usage);
    });
}

#[test]
fn a_call_that_would_exceed_the_runs_limit_is_not_made() {
    on_all(async |engine, _| {
        let model = Scripted::default();
        let (flujo, _) = with_model(&engine, model.clone());
        let limits = UsageLimits { model_calls: Some(2), ..UsageLimits::default() };
        let result = flujo.run(labels("x".into())).limits(limits).id("r").await;
        assert_eq!(model.requests.lock().unwrap().len(), 2);
        assert_eq!(result.usage.model_calls, 2);
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "labels/three: the run's limit of 2 model calls would be exceeded: 3");
        assert!(error.signal().is_none_or(|s| matches!(s, Signal::RunLimit { .. })));
        let enough = UsageLimits { model_calls: Some(3), ..UsageLimits::default() };
        assert!(flujo.run(labels("x".into())).limits(enough).await.into_output().is_ok());
    });
}

#[test]
fn no_option_catches_a_limit_of_the_run() {
    pipeline! {
        fn settled(text: String, world: &World) -> String {
            let _ = label(text.clone()).settle();
            let two = label(text).named("two").settle();
            two.is_err().to_string()
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let limits = UsageLimits { model_calls: Some(1), ..UsageLimits::default() };
        let error = flujo.run(settled("x".into())).limits(limits).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "settled/two: the run's limit of 1 model calls would be exceeded: 2");
    });
}
