//! Usage and limits of a run, on the engine's ledger.

use flujo::error::Signal;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest};
use flujo::prelude::*;
use flujo::usage::{Amount, LimitOf};
use flujo::{Cost, ErrorKind, LimitExceeded, Usage};
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::time::Duration;

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
        let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
        assert_eq!(paths, ["labels/label", "labels/two", "labels/three"]);
        let each: Vec<_> = result.steps.iter().map(flujo::StepResult::usage).collect();
        assert_eq!(each, [one_call(); 3]);
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
        let limits = UsageLimits::NONE.model_calls(2);
        let result = flujo.run(labels("x".into())).limits(limits).id("r").await;
        assert_eq!(model.requests.lock().unwrap().len(), 2);
        assert_eq!(result.usage.model_calls, 2);
        let error = result.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "labels/three: the run's limit of 2 model calls would be exceeded: 2 spent, 0 reserved, 1 needed"
        );
        assert!(error.signal().is_none_or(|s| matches!(s, Signal::RunLimit(_))));
        let enough = UsageLimits::NONE.model_calls(3);
        assert!(flujo.run(labels("x".into())).limits(enough).await.into_output().is_ok());
        // Going on with it does not make it cheaper.
        let again = flujo.resume::<labels>("r").await.unwrap();
        assert!(
            matches!(&again.outcome, Outcome::Failed(e) if matches!(e.kind(), ErrorKind::LimitExceeded(_)))
        );
        assert_eq!(again.usage.model_calls, 2);
    });
}

#[test]
fn no_option_catches_a_limit_of_the_run() {
    pipeline! {
        fn settled(text: String, world: &World) -> String {
            let _ = label(text.clone()).settle();
            let two = label(text).named("two").fallback(label).retries(3).settle();
            two.is_err().to_string()
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let limits = UsageLimits::NONE.model_calls(1);
        let error = flujo.run(settled("x".into())).limits(limits).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "settled/two: the run's limit of 1 model call would be exceeded: 1 spent, 0 reserved, 1 needed"
        );
    });
}

pipeline! {
    fn two_labels(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let one = label(text.clone());
        let two = label(text).named("two");
        format!("{}{}", one.name, two.name)
    }
}

/// What a call of `label` with this text may cost at most, and what it does cost.
async fn costs(engine: &flujo_tests::engines::AnyEngine) -> (u64, u64) {
    let model = Scripted::default();
    let (flujo, _) = with_model(engine, model.clone());
    let result = flujo.run(two_labels("x".into())).await;
    let bound = charge_of(&model.requests.lock().unwrap()[0]);
    (bound.cost.0, result.usage.cost.0 / 2)
}

#[test]
fn equal_to_a_limit_is_allowed_and_one_more_is_not() {
    on_all(async |engine, _| {
        let (bound, used) = costs(&engine).await;
        let (flujo, _) = flujo(&engine);
        let run =
            async |limit| flujo.run(two_labels("x".into())).limits(UsageLimits::NONE.cost(Cost(limit))).await;
        let enough = run(used + bound).await;
        assert_eq!(enough.usage.cost(), Cost(2 * used));
        assert!(enough.into_output().is_ok());
        let short = run(used + bound - 1).await;
        assert_eq!(short.usage.cost(), Cost(used));
        let ErrorKind::LimitExceeded(exceeded) = short.into_output().unwrap_err().kind().clone() else {
            panic!("not a limit")
        };
        assert_eq!(
            *exceeded,
            LimitExceeded {
                path: "two_labels/two".into(),
                of: LimitOf::Run,
                limit: Amount::Cost(Cost(used + bound - 1)),
                spent: Amount::Cost(Cost(used)),
                reserved: Amount::Cost(Cost(0)),
                needed: Amount::Cost(Cost(bound)),
            }
        );
        assert_eq!(run(bound - 1).await.usage, Usage::default());
    });
}

#[test]
fn a_refused_call_says_what_stands_against_it_and_the_result_keeps_what_was_done() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let limits = UsageLimits::NONE.total_tokens(300);
        let result = flujo.run(two_labels("x".into())).limits(limits).await;
        assert_eq!(result.context.log, ["x"]);
        let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
        assert_eq!(paths, ["two_labels/add", "two_labels/label"]);
        assert_eq!(result.usage, one_call());
        let error = result.into_output().unwrap_err().to_string();
        let needed =
            "two_labels/two: the run's limit of 300 tokens would be exceeded: 110 spent, 0 reserved, ";
        assert!(error.starts_with(needed), "{error}");
    });
}

#[test]
fn the_tighter_of_the_default_and_the_runs_own_limit_holds() {
    on_all(async |engine, _| {
        let builder = Flujo::builder()
            .resources(World { calls: Calls::default() })
            .models(Scripted::default())
            .prices(Prices)
            .limits(UsageLimits::usd("1").model_calls(1));
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let run = async |limits| flujo.run(two_labels("x".into())).limits(limits).await.usage.model_calls;
        assert_eq!(flujo.run(two_labels("x".into())).await.usage.model_calls, 1);
        assert_eq!(run(UsageLimits::NONE.model_calls(9)).await, 1);
        assert_eq!(run(UsageLimits::usd("1")).await, 1);
        assert_eq!(run(UsageLimits::usd("0.000000001")).await, 0);
    });
}

/// Reports what it has cost.
#[step]
async fn bills(nanos: u64, calls: &Calls, run: &RunInfo) -> Result<u64> {
    calls.note(run);
    run.spend(Usage::of_cost(Cost(nanos)));
    Ok(nanos)
}
pipeline! {
    fn billing(nanos: u64, world: &World) -> u64 {
        let one = bills(nanos);
        let (two, three) = join(bills(one).named("two"), { let t = bills(one).named("three"); bills(t).named("four") });
        two + three
    }
}

#[test]
fn what_a_code_step_spends_stops_the_next_step_once_it_is_too_much() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let run = async |limit| flujo.run(billing(10)).limits(UsageLimits::NONE.cost(Cost(limit))).await;
        let enough = run(40).await;
        assert_eq!(enough.usage, Usage::of_cost(Cost(40)));
        assert!(enough.into_output().is_ok());
        let before = calls.len();
        let result = run(29).await;
        assert_eq!(result.usage, Usage::of_cost(Cost(30)));
        assert_eq!(calls.len() - before, 3);
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "billing/four: the run's limit of $0.000000029 is exceeded: $0.00000003 spent"
        );
    });
}

#[test]
fn an_ephemeral_run_keeps_its_limits() {
    pipeline! {
        fn cut_off(text: String, world: &World) -> String {
            let first = label(text.clone());
            let (a, b) = join(label(first.name).named("a"), { let text = add_nothing(text); broken(text) });
            format!("{}{b}", a.name)
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let build = |slow: bool| {
        let builder = Flujo::builder().resources(World { calls: Calls::default() }).prices(Prices);
        let builder =
            if slow { builder.models(SilentSecond::default()) } else { builder.models(Scripted::default()) };
        builder.ephemeral().build().unwrap()
    };
    runtime.block_on(async {
        let flujo = build(false);
        let result = flujo.run(two_labels("x".into())).limits(UsageLimits::NONE.model_calls(1)).await;
        assert_eq!((result.usage, result.steps.len()), (one_call(), 2));
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "two_labels/two: the run's limit of 1 model call would be exceeded: 1 spent, 0 reserved, 1 needed"
        );
        let error =
            flujo.run(crate::bounds::unpriced("x".into())).limits(UsageLimits::usd("1")).await.into_output();
        assert!(error.unwrap_err().to_string().contains("has no `max_tokens`"));
        let result = flujo.run(billing(10)).limits(UsageLimits::NONE.cost(Cost(9))).await;
        assert_eq!(result.usage, Usage::of_cost(Cost(10)));
        assert!(matches!(&result.outcome, Outcome::Failed(e) if e.path().unwrap() == "billing/two"));
        // A sibling's failure drops a call: it is charged although no step tells of it.
        let result = build(true).run(cut_off("x".into())).await;
        assert_eq!((result.usage.model_calls, result.usage.estimated_calls), (2, 1));
    });
}

/// Lets its siblings go first.
#[step]
async fn add_nothing(text: String) -> Result<String> {
    tokio::task::yield_now().await;
    Ok(text)
}

/// Answers once, and never again.
#[derive(Default)]
struct SilentSecond {
    first: Scripted,
}
#[async_trait::async_trait]
impl ModelClient for SilentSecond {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let reply = self.first.call(request, chunks).await;
        if self.first.requests.lock().unwrap().len() > 1 {
            std::future::pending::<()>().await;
        }
        reply
    }
}

pipeline! {
    fn named_alone(text: String, world: &World) -> String { echo(text) }
}

#[test]
fn what_belongs_to_the_run_is_not_said_of_the_call() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = |result: PipelineResult<String, ()>| result.into_output().unwrap_err().to_string();
        let timed = named_alone("x".into()).timeout(Duration::from_secs(1));
        assert_eq!(
            error(flujo.run(timed).await),
            "named_alone: `.timeout` on the pipeline that is run: write \
             `flujo.run(..).limits(UsageLimits::default().active_time(..))`"
        );
        let limited = named_alone("x".into()).limits(UsageLimits::usd("1"));
        assert_eq!(
            error(flujo.run(limited).await),
            "named_alone: `.limits` on the pipeline that is run: write `flujo.run(..).limits(..)`"
        );
        assert_eq!(calls.all(), []);
    });
}
