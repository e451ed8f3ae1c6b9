//! One account for all runs of a process, and what code steps report.

use crate::interrupted::{Fate, Fated, seconds_of, under_way};
use flujo::engine::{Period, UsageFilter};
use flujo::prelude::*;
use flujo::run::Control;
use flujo::usage::{Amount, LimitOf};
use flujo::{Cost, ErrorKind, Usage};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;

pipeline! {
    fn labelled(text: String, world: &World) -> String {
        let one = label(text);
        let two = label(one.name).named("two");
        two.name
    }
}

fn sharing<M: flujo::model::ModelClient>(
    engine: &AnyEngine,
    model: M,
    budget: &SharedBudget,
) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(model).prices(Prices);
    let builder = builder.budget(budget.clone());
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

#[test]
fn all_runs_pay_from_a_shared_budget() {
    on_all(async |engine, _| {
        let budget = SharedBudget::new(UsageLimits::NONE.model_calls(3));
        let model = Scripted::default();
        let (one, other) = (sharing(&engine, model.clone(), &budget), sharing(&engine, model, &budget));
        assert!(one.run(labelled("x".into())).id("r1").await.into_output().is_ok());
        assert_eq!(budget.spent(), calls_of_the_model(2));
        // Attaching, and going on with a run that is over, add nothing.
        one.run(labelled("x".into())).id("r1").await;
        one.resume::<labelled>("r1").await.unwrap();
        assert_eq!(budget.spent(), calls_of_the_model(2));
        let result = other.run(labelled("y".into())).id("r2").await;
        assert_eq!((result.usage, budget.spent()), (one_call(), calls_of_the_model(3)));
        let error = result.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "labelled/two: the shared budget of 3 model calls would be exceeded: 3 spent, 0 reserved, 1 needed"
        );
        let ErrorKind::LimitExceeded(exceeded) = error.kind() else { panic!("{error}") };
        assert_eq!((&exceeded.of, exceeded.spent), (&LimitOf::Budget, Amount::ModelCalls(3)));
        // Going on with it is no way around the budget, and its first call is not made again.
        let again = other.resume::<labelled>("r2").await.unwrap();
        assert_eq!((again.usage, budget.spent()), (one_call(), calls_of_the_model(3)));
    });
}

#[test]
fn no_option_catches_a_shared_budget_and_a_limit_of_cost_needs_prices() {
    pipeline! {
        fn caught(text: String, world: &World) -> String {
            let label = label(text).settle();
            label.is_ok().to_string()
        }
    }
    on_all(async |engine, _| {
        let budget = SharedBudget::usd("0.0000001");
        let flujo = sharing(&engine, Scripted::default(), &budget);
        let error = flujo.run(caught("x".into())).await.into_output().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::LimitExceeded(e) if e.of == LimitOf::Budget), "{error}");
        assert_eq!(budget.spent(), Usage::default());
        let error = flujo.run(crate::bounds::unpriced("x".into())).await.into_output().unwrap_err();
        assert!(error.to_string().contains("`test:free` has no `max_tokens`"), "{error}");
        let timed = SharedBudget::new(UsageLimits::NONE.active_time(std::time::Duration::from_secs(1)));
        let error = Flujo::builder().budget(timed).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "a shared budget has no active time: give it to runs with `.limits(..)`"
        );
    });
}

#[test]
fn nothing_stays_reserved_of_a_budget_for_a_run_that_is_gone() {
    on_all(async |engine, clock| {
        clock.hold();
        let budget = SharedBudget::new(UsageLimits::NONE.model_calls(9));
        let model = Fated::new(Fate::Silent);
        let flujo = sharing(&engine, model.clone(), &budget);
        let charged = || -> Usage { model.requests.lock().unwrap().iter().map(charge_of).sum() };
        // A run that is dropped in the middle of a call, which is a crash.
        {
            let mut run = Box::pin(flujo.run(under_way("x".into())).id("dropped").into_future());
            for _ in 0..8 {
                tokio::select! { biased; _ = &mut run => panic!("it has no end"), () = tokio::task::yield_now() => {} }
            }
            assert_eq!((model.requests.lock().unwrap().len(), budget.spent()), (1, Usage::default()));
        }
        assert_eq!(budget.spent(), charged());
        // Calls that time out, and one whose run has no time left.
        let result =
            seconds_of(&clock, async { flujo.resume::<under_way>("dropped").await.unwrap() }).await.0;
        assert_eq!(budget.spent(), charged());
        assert_eq!(result.usage, charged());
        assert_eq!(result.usage.model_calls, 3);
        let before = budget.spent();
        let limits = UsageLimits::NONE.active_time(std::time::Duration::from_secs(3));
        let result = seconds_of(&clock, flujo.run(under_way("x".into())).limits(limits)).await.0;
        assert_eq!((result.usage.model_calls, result.usage.estimated_calls), (1, 1));
        assert_eq!(budget.spent(), before + result.usage);
        // Nothing is reserved any more: what is left can be spent to the last call.
        let left = 9 - budget.spent().model_calls;
        let rest = sharing(&engine, Scripted::default(), &budget);
        for n in 0..left {
            let result = rest.run(crate::bounds::one_label("x".into())).await;
            assert!(result.into_output().is_ok(), "{n} of {left}");
        }
        assert!(rest.run(crate::bounds::one_label("x".into())).await.into_output().is_err());
    });
}

#[test]
fn a_budget_for_a_day_begins_with_what_was_spent_and_anew_when_it_is_reset() {
    on_all(async |engine, clock| {
        // A restart: the report of the day is what the new budget begins with.
        let limits = UsageLimits::NONE.model_calls(3);
        let yesterday = sharing(&engine, Scripted::default(), &SharedBudget::new(limits));
        assert!(yesterday.run(labelled("x".into())).id("yesterday").await.into_output().is_ok());
        clock.advance(std::time::Duration::from_secs(86_400));
        let now = flujo::clock::Clock::now(&clock);
        let morning = sharing(&engine, Scripted::default(), &SharedBudget::new(limits));
        assert!(morning.run(labelled("x".into())).id("morning").await.into_output().is_ok());
        let today = UsageFilter::default().period(Period::new(Some(now), None));
        let spent: Usage = morning.usage(&today).await.unwrap().iter().map(|line| line.usage).sum();
        assert_eq!(spent, calls_of_the_model(2));
        let budget = SharedBudget::with_spent(limits, spent);
        let flujo = sharing(&engine, Scripted::default(), &budget);
        let refused = flujo.run(labelled("y".into())).id("r").await;
        assert_eq!((refused.usage, budget.spent()), (one_call(), calls_of_the_model(3)));
        let error = refused.into_output().unwrap_err().to_string();
        let expected = "labelled/two: the shared budget of 3 model calls would be exceeded: 3 spent, 0 reserved, 1 needed";
        assert_eq!(error, expected);
        // A new day: the run that the budget has ended goes on, and its first call is not made again.
        assert_eq!(budget.reset(), calls_of_the_model(3));
        assert!(flujo.resume::<labelled>("r").await.unwrap().into_output().is_ok());
        assert_eq!(budget.spent(), one_call());

        // A call that is under way when the day ends counts in the new one, whatever becomes of it.
        clock.hold();
        let model = Fated::new(Fate::Silent);
        let silent = sharing(&engine, model.clone(), &budget);
        {
            let mut run = Box::pin(silent.run(under_way("x".into())).id("late").into_future());
            while model.requests.lock().unwrap().is_empty() {
                tokio::select! { biased; _ = &mut run => panic!("it has no end"), () = tokio::task::yield_now() => {} }
            }
            assert_eq!((budget.reset(), budget.spent()), (one_call(), Usage::default()));
        }
        assert_eq!(budget.spent(), charge_of(&model.requests.lock().unwrap()[0]));
    });
}

/// Says what it has cost with its output; the second time it fails.
#[step(retries = 1, backoff = none)]
async fn search(query: String, run: &RunInfo) -> Result<Costed<Vec<String>>> {
    if query == "fails" {
        run.spend(Usage::of_cost(Cost(5)));
        return Err(StepError::retryable("nothing found"));
    }
    let used = Usage::of_cost(Cost(20)).input_tokens(3);
    run.spend(Usage::of_cost(Cost(1)));
    Ok(Costed::new(vec![query], used))
}
pipeline! {
    fn searched(query: String, world: &World) -> usize {
        let found: Vec<String> = search(query);
        let again = map(found, |query| search(query).named("each"));
        again.len()
    }
}

#[test]
fn the_output_of_a_step_is_unwrapped_and_its_cost_counted_once() {
    on_all(async |engine, _| {
        let budget = SharedBudget::usd("1");
        let flujo = sharing(&engine, Scripted::default(), &budget);
        let each = Usage::of_cost(Cost(21)).input_tokens(3);
        let result = flujo.run(searched("x".into())).id("r").await;
        assert_eq!((result.usage, budget.spent()), (each + each, each + each));
        let steps: Vec<_> = result.steps.iter().map(|s| (s.path().to_string(), s.usage())).collect();
        let expected = ["searched/search", "searched/again[0]/each"].map(|path| (path.to_owned(), each));
        assert_eq!(steps, expected);
        assert_eq!(result.into_output().unwrap(), 1);
        assert_eq!(flujo.resume::<searched>("r").await.unwrap().usage, each + each);
        // What a failed attempt has used counts too.
        let result = flujo.run(searched("fails".into())).await;
        assert_eq!(result.usage, Usage::of_cost(Cost(10)));
        assert_eq!(budget.spent(), each + each + result.usage);
        // Once it is too much, nothing more begins.
        let limits = UsageLimits::NONE.cost(Cost(20));
        let result = flujo.run(searched("x".into())).limits(limits).await;
        assert_eq!(result.usage, each);
        assert_eq!(result.steps.len(), 1);
        assert!(result.into_output().is_err());
    });
}
