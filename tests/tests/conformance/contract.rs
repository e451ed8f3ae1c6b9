//! The engine contract, sentence by sentence, where no other row shows it.

use crate::forks::both;
use crate::pauses::asking;
use flujo::ErrorKind;
use flujo::engine::{RunId, Status};
use flujo::error::Signal;
use flujo::prelude::*;
use flujo_tests::engines::{AnyEngine, all};
use flujo_tests::world::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[step]
async fn stops_once(text: String, stop: &Stop, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    if stop.0.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    Ok(text)
}
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);
#[resources]
pub struct Stoppable {
    calls: Calls,
    stop: Stop,
}
pipeline! {
    fn stopping(text: String, ctx: &mut State, world: &Stoppable) -> String {
        let text = add(text);
        let text = stops_once(text);
        add(text).named("last")
    }
}

fn stoppable(engine: &AnyEngine) -> (Flujo<Stoppable>, Calls, Stop) {
    let (calls, stop) = (Calls::default(), Stop::default());
    stop.0.store(true, Ordering::SeqCst);
    let world = Stoppable { calls: calls.clone(), stop: stop.clone() };
    let builder = Flujo::builder().resources(world);
    let flujo = flujo_tests::with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap();
    (flujo, calls, stop)
}

/// Polls a run until its second step is under way, and drops it there.
async fn drop_half_way(flujo: &Flujo<Stoppable>, calls: &Calls, path: &str, times: usize, resume: bool) {
    let run = async {
        if resume {
            flujo.resume::<stopping>("r").await.map(|_| ()).unwrap();
        } else {
            drop(flujo.run(stopping("x".into())).id("r").await);
        }
    };
    tokio::select! {
        biased;
        () = run => panic!("it should hang"),
        () = async {
            while calls.of(path) < times {
                tokio::task::yield_now().await;
            }
        } => {}
    }
}

#[test]
fn a_dropped_run_is_a_crash_and_can_be_resumed() {
    on_all(async |engine, _| {
        let (flujo, calls, stop) = stoppable(&engine);
        drop_half_way(&flujo, &calls, "stopping/stops_once", 1, false).await;
        assert_eq!(flujo.inspect("r").await.unwrap().status, Status::Interrupted);
        let seen = flujo.run(stopping("x".into())).id("r").await;
        let error = seen.into_output().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Interrupted);
        assert_eq!(
            error.to_string(),
            "stopping: the process that ran it has ended: `resume` continues the run"
        );
        stop.0.store(false, Ordering::SeqCst);
        let result = flujo.resume::<stopping>("r").await.unwrap();
        assert_eq!(result.context.log, ["x", "x"]);
        // What was under way ran again, with the same attempt number; what was finished did not.
        let expected = [("add", 1), ("stops_once", 1), ("stops_once", 1), ("last", 1)];
        assert_eq!(calls.all(), expected.map(|(name, n)| (format!("stopping/{name}"), n)));
    });
}

#[test]
fn five_takeovers_without_a_record_fail_the_run_as_crashed() {
    on_all(async |engine, _| {
        let (flujo, calls, stop) = stoppable(&engine);
        drop_half_way(&flujo, &calls, "stopping/stops_once", 1, false).await;
        for times in 2..=5 {
            drop_half_way(&flujo, &calls, "stopping/stops_once", times, true).await;
        }
        stop.0.store(false, Ordering::SeqCst);
        let error = flujo.resume::<stopping>("r").await.unwrap().into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "stopping: taken over five times without a new record; under way: stopping/stops_once"
        );
        assert_eq!(calls.of("stopping/stops_once"), 5);
    });
}

/// The first step's work ends only after somebody else has taken the run over.
#[step]
async fn outlives_its_owner(
    text: String,
    takeover: &Takeover,
    calls: &Calls,
    run: &RunInfo,
) -> Result<String> {
    calls.note(run);
    if calls.len() == 1 {
        drop(takeover.0.take_over(run.id()).map_err(StepError::fatal)?);
    }
    Ok(text)
}
#[derive(Clone)]
pub struct Takeover(Arc<flujo::engine::Memory>);
#[resources]
pub struct Contested {
    calls: Calls,
    takeover: Takeover,
}
pipeline! {
    fn contested(text: String, world: &Contested) -> String { outlives_its_owner(text) }
}

#[test]
fn the_fencing_token_is_checked_at_every_write() {
    let memory = Arc::new(flujo::engine::Memory::new());
    let calls = Calls::default();
    let world = Contested { calls: calls.clone(), takeover: Takeover(memory.clone()) };
    let flujo = Flujo::builder().resources(world).engine(memory).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let result = flujo.run(contested("x".into())).id("r").await;
        assert!(matches!(result.outcome, Outcome::Failed(_)), "{result:?}");
        assert_eq!(flujo.inspect("r").await.unwrap().records.len(), 0);
        let result = flujo.resume::<contested>("r").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "x");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn a_run_is_worked_on_by_one_owner_at_a_time() {
    on_all(async |engine, _| {
        let (flujo, calls, stop) = stoppable(&engine);
        let second = flujo.clone();
        let counting = calls.clone();
        let (first, other) = tokio::join!(flujo.run(stopping("x".into())).id("r"), async move {
            while counting.of("stopping/stops_once") < 1 {
                tokio::task::yield_now().await;
            }
            // A live run is awaited, not worked on twice; cancelling it ends both.
            let (resumed, cancelled) = tokio::join!(second.resume::<stopping>("r"), second.cancel("r"));
            cancelled.unwrap();
            resumed.unwrap()
        });
        let _ = stop;
        assert!(matches!(first.outcome, Outcome::Cancelled));
        assert!(matches!(other.outcome, Outcome::Cancelled));
        assert_eq!(calls.of("stopping/stops_once"), 1);
    });
}

#[test]
fn a_thousand_runs_at_once_stay_apart() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for (engine, _) in all() {
        let (flujo, calls) = flujo(&engine);
        runtime.block_on(async {
            let runs: Vec<_> =
                (0..1000).map(|i| flujo.run(both(format!("{i}"))).id(format!("r{i}")).start()).collect();
            for (i, run) in runs.into_iter().enumerate() {
                let result = run.wait().await.unwrap();
                assert_eq!(result.context.log[0], format!("{i}"));
                assert_eq!(result.into_output().unwrap(), format!("{i}1 {i}2 7 12"));
            }
        });
        assert_eq!(calls.len(), 7000, "{}", engine.name());
    }
}

#[test]
fn an_ordered_log_refuses_another_command_than_it_logged() {
    mod swapped {
        use flujo::prelude::*;
        use flujo_tests::world::*;
        pipeline! {
            #[pipeline(name = "asking")]
            pub fn asking(text: String, ctx: &mut State, world: &World) -> String {
                let text = add(text);
                let first: String = ask("What first?");
                format!("{text}{first}")
            }
        }
    }
    let (engine, _) = all().remove(1);
    let AnyEngine::Ordered(log) = &engine else { panic!("the second engine is OrderedLog") };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (flujo, calls) = flujo(&engine);
        drop(flujo.run(asking("a".into())).id("r").await);
        let result = flujo.resume::<swapped::asking>("r").await.unwrap();
        let Outcome::Failed(error) = &result.outcome else { panic!("{result:?}") };
        assert!(matches!(error.signal(), Some(Signal::JournalMismatch(_))));
        assert_eq!(
            error.to_string(),
            "asking/add: the record does not fit the code: \
             command 0 was `asking/first Ask 1`, now it is `asking/add Step 1`; no record was changed"
        );
        assert_eq!(calls.len(), 0);
        let commands = log.commands(&RunId::from("r")).unwrap();
        assert_eq!(commands, [(String::new(), vec!["asking/first Ask 1".to_owned()])]);
    });
}

#[test]
fn an_ordered_log_runs_every_arm_as_an_invocation_of_its_own() {
    let (engine, _) = all().remove(1);
    let AnyEngine::Ordered(log) = &engine else { panic!("the second engine is OrderedLog") };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (flujo, calls) = flujo(&engine);
        drop(flujo.run(both("a".into())).id("r").await);
        let commands = log.commands(&RunId::from("r")).unwrap();
        let list = |names: &[&str]| names.iter().map(|n| format!("both/{n}")).collect::<Vec<_>>();
        assert_eq!(
            commands,
            [
                (String::new(), list(&["add Step 1", "join:one Fork 1", "last Step 1"])),
                ("both/join:one#1[0]".to_owned(), list(&["one Step 1"])),
                ("both/join:one#1[1]".to_owned(), list(&["two Step 1", "count Step 1", "write Step 1"])),
                ("both/join:one#1[2]".to_owned(), list(&["count_c Step 1"])),
            ]
        );
        // What came before the fork was taken from the seed.
        assert_eq!(calls.of("both/add"), 1);
    });
}

#[test]
fn starting_in_the_background() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let handle = flujo.start(both("a".into()));
        let id = handle.id().clone();
        let result = handle.wait().await.unwrap();
        assert_eq!(result.run_id, id);
        assert_eq!(result.into_output().unwrap(), "a1 a2 7 12");
    });
}

#[test]
fn a_seed_is_taken_instead_of_executing() {
    on_all(async |engine, _| {
        use flujo::engine::{Engine, RunRecord, Seed};
        let (flujo, calls) = flujo(&engine);
        drop(flujo.run(both("a".into())).id("first").await.into_output().unwrap());
        let view = flujo.inspect("first").await.unwrap();
        // Everything but the last step: as in a fork of a finished run from that step.
        let seed: Vec<_> = view.records.iter().filter(|r| r.key.path != "both/last").cloned().collect();
        assert_eq!(seed.len(), view.records.len() - 1);
        let second = RunRecord {
            id: RunId::from("second"),
            seed: Seed { records: seed, origin: Some(RunId::from("first")), ..Seed::default() },
            ..RunRecord::clone(&view.run)
        };
        let engine: Arc<dyn Engine> = flujo_tests::with_engine!(&engine, e => e.clone());
        assert!(engine.create(second).await.unwrap().is_none());
        let before = calls.len();
        let result = flujo.resume::<both>("second").await.unwrap();
        assert_eq!(calls.all().split_off(before), [("both/last".to_owned(), 1)]);
        assert_eq!(result.context.log, ["a", "a1", "a2", "a1 a2 7 12"]);
        assert_eq!(result.into_output().unwrap(), "a1 a2 7 12");
    });
}
