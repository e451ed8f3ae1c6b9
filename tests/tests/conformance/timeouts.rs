//! How long pipeline calls may take, and what is said of it.

use crate::timeouts_of_forms::mapped;
use flujo::clock::Clock;
use flujo::engine::RecordOutcome;
use flujo::error::{Failure, FailureKind};
use flujo::prelude::*;
use flujo::{ErrorKind, Outcome};
use flujo_testing::PausedClock;
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::{Calls, on_all};
use std::time::Duration;

#[resources]
pub struct Bench {
    clock: PausedClock,
    calls: Calls,
}

/// Takes so many seconds.
#[step]
pub async fn works(secs: u64, clock: &PausedClock, calls: &Calls, run: &RunInfo) -> Result<u64> {
    calls.note(run);
    clock.sleep(Duration::from_secs(secs)).await;
    Ok(secs)
}

/// Takes 9 seconds at first, then one.
#[step]
async fn speeds_up(secs: u64, clock: &PausedClock, calls: &Calls, run: &RunInfo) -> Result<u64> {
    calls.note(run);
    clock.sleep(Duration::from_secs(if run.attempt() == 1 { 9 } else { 1 })).await;
    Ok(secs)
}

/// Fails after a second, as often as it is told.
#[step(retries = 5, backoff = "4s")]
async fn trips(times: u32, clock: &PausedClock, calls: &Calls, run: &RunInfo) -> Result<u64> {
    calls.note(run);
    clock.sleep(Duration::from_secs(1)).await;
    if run.attempt() <= times { Err(StepError::retryable("tripped")) } else { Ok(1) }
}

/// Holds its thread for so long that nobody can stop it.
#[step]
async fn holds(secs: u64, clock: &PausedClock, calls: &Calls, run: &RunInfo) -> Result<u64> {
    calls.note(run);
    clock.advance(Duration::from_secs(secs));
    Ok(secs)
}

pub fn bench(engine: &AnyEngine, clock: &PausedClock) -> (Flujo<Bench>, Calls) {
    let calls = Calls::default();
    let builder = Flujo::builder().resources(Bench { clock: clock.clone(), calls: calls.clone() });
    (with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap(), calls)
}

/// Lets the clock run while something is under way: a second passes when nothing else can happen.
pub async fn in_time<T>(clock: &PausedClock, run: impl Future<Output = T>) -> T {
    clock.hold();
    let passes = async {
        loop {
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_secs(1));
        }
    };
    tokio::select! { biased; done = run => done, never = passes => never }
}

/// The same for so many seconds, after which the process dies.
pub async fn for_secs(clock: &PausedClock, secs: u64, run: impl Future) {
    clock.hold();
    let passes = async {
        for _ in 0..secs {
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_secs(1));
        }
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! { biased; _ = run => panic!("the run was to die"), () = passes => {} }
}

/// How long the attempts at `path` took, in seconds, and whether they succeeded.
pub async fn attempts(flujo: &Flujo<Bench>, path: &str) -> Vec<(u64, bool)> {
    let view = flujo.inspect("r").await.unwrap();
    let of_path = view.records.iter().filter(|record| record.key.path == *path);
    let mut attempts: Vec<_> = of_path
        .map(|r| (r.key.n, r.ended.since(r.started).as_secs(), matches!(r.outcome, RecordOutcome::Output(_))))
        .collect();
    attempts.sort_unstable();
    attempts.into_iter().map(|(_, secs, good)| (secs, good)).collect()
}

pub fn message<T>(ended: Outcome<T>) -> String {
    match ended {
        Outcome::Failed(error) => {
            assert_eq!(error.kind(), &ErrorKind::TimedOut(Duration::from_secs(10)));
            assert!(error.is_retryable());
            error.to_string()
        }
        _ => panic!("it was to fail"),
    }
}

pipeline! {
    fn three(first: u64, second: u64, third: u64, bench: &Bench) -> u64 {
        let a = works(first);
        let b = works(second).named("second");
        let c = works(third).named("third");
        a + b + c
    }
}
pipeline! {
    fn called(first: u64, second: u64, third: u64, bench: &Bench) -> u64 {
        three(first, second, third).timeout("10s")
    }
}

#[test]
fn the_timeout_of_a_pipeline_call_bounds_all_that_is_in_it() {
    on_all(async |engine, clock| {
        let (flujo, calls) = bench(&engine, &clock);
        let ended = in_time(&clock, flujo.run(called(3, 3, 4))).await;
        assert_eq!(ended.into_output().unwrap(), 10);
        let ended = in_time(&clock, flujo.run(called(3, 3, 5)).id("r")).await;
        assert_eq!(
            message(ended.outcome),
            "called/three: timed out after 10s; under way: called/three/third"
        );
        assert_eq!(attempts(&flujo, "called/three/third").await, [(4, false)]);
        // Resuming it gives the call all of its time again, and what is finished stays finished.
        let ended = in_time(&clock, async { flujo.resume::<called>("r").await.unwrap() }).await;
        assert_eq!(ended.into_output().unwrap(), 11);
        assert_eq!(attempts(&flujo, "called/three/third").await, [(4, false), (5, true)]);
        assert_eq!((calls.of("called/three/works"), calls.of("called/three/third")), (2, 3));
    });
}

#[test]
fn time_paused_does_not_count_and_time_before_it_does() {
    pipeline! {
        fn asks(first: u64, last: u64, bench: &Bench) -> u64 {
            let a = works(first);
            wait("1d");
            let reply: u64 = ask("how many?");
            let b = works(last).named("last");
            a + b + reply
        }
    }
    pipeline! {
        fn paused(first: u64, last: u64, bench: &Bench) -> u64 { asks(first, last).timeout("10s") }
    }
    for (last, secs) in [(4, 4), (5, 4)] {
        on_all(async |engine, clock| {
            let (flujo, calls) = bench(&engine, &clock);
            let ended = flujo.run(paused(6, last)).id("r").await;
            assert!(matches!(ended.outcome, Outcome::Paused(_)));
            clock.advance(Duration::from_secs(3_600));
            let (flujo, _) = bench(&engine, &clock);
            let ended =
                in_time(&clock, async { flujo.resume::<paused>("r").reply(100_u64).await.unwrap() }).await;
            if last == secs {
                assert_eq!(ended.into_output().unwrap(), 110);
            } else {
                let said = message(ended.outcome);
                assert_eq!(said, "paused/asks: timed out after 10s; under way: paused/asks/last");
            }
            assert_eq!(attempts(&flujo, "paused/asks/last").await, [(secs, last == secs)]);
            assert_eq!(calls.of("paused/asks/works"), 1);
        });
    }
}

#[test]
fn what_was_used_before_a_crash_counts() {
    on_all(async |engine, clock| {
        let (flujo, calls) = bench(&engine, &clock);
        for_secs(&clock, 9, flujo.run(called(4, 4, 4)).id("r")).await;
        assert_eq!(attempts(&flujo, "called/three/third").await, []);
        let (flujo, again) = bench(&engine, &clock);
        let ended = in_time(&clock, async { flujo.resume::<called>("r").await.unwrap() }).await;
        assert_eq!(
            message(ended.outcome),
            "called/three: timed out after 10s; under way: called/three/third"
        );
        // The attempt that died left no record, and so no time.
        assert_eq!(attempts(&flujo, "called/three/third").await, [(2, false)]);
        assert_eq!((calls.len(), again.len()), (3, 1));
    });
}

#[test]
fn the_wait_between_attempts_counts_and_is_no_longer_than_what_is_left() {
    pipeline! {
        fn stumbles(times: u32, bench: &Bench) -> u64 { trips(times) }
    }
    pipeline! {
        fn hurried(times: u32, bench: &Bench) -> u64 { stumbles(times).timeout("10s") }
    }
    on_all(async |engine, clock| {
        let (flujo, calls) = bench(&engine, &clock);
        assert_eq!(flujo.run(hurried(1)).await.into_output().unwrap(), 1);
        assert_eq!(calls.len(), 2);
        let began = clock.now();
        let ended = flujo.run(hurried(9)).id("r").await;
        let said = message(ended.outcome);
        assert_eq!(said, "hurried/stumbles: timed out after 10s; under way: hurried/stumbles/trips");
        // 1 s, 4 s or less of waiting, 1 s, and then no more than what is left of 8 s.
        let tried = attempts(&flujo, "hurried/stumbles/trips").await;
        assert_eq!((tried[0], tried[1], tried.last().unwrap().1), ((1, false), (1, false), false));
        assert_eq!(clock.now().since(began), Duration::from_secs(10));
    });
}

#[test]
fn a_restarted_call_has_all_of_its_time_from_the_node_that_was_cut_off() {
    pipeline! {
        fn pair(secs: u64, bench: &Bench) -> u64 {
            let a = works(secs);
            let b = speeds_up(a);
            let c = works(8).named("after");
            a + b + c
        }
    }
    pipeline! {
        fn twice(secs: u64, bench: &Bench) -> u64 { pair(secs).timeout("10s").retries(1) }
    }
    on_all(async |engine, clock| {
        let (flujo, calls) = bench(&engine, &clock);
        let ended = in_time(&clock, flujo.run(twice(5)).id("r")).await;
        assert_eq!(ended.into_output().unwrap(), 18);
        assert_eq!(attempts(&flujo, "twice/pair/speeds_up").await, [(5, false), (1, true)]);
        assert_eq!(calls.of("twice/pair/works"), 1);
        // A process that dies in the second try goes on with the time of that try.
        let (flujo, _) = bench(&engine, &clock);
        for_secs(&clock, 15, flujo.run(twice(4)).id("s")).await;
        let ended = in_time(&clock, async { flujo.resume::<twice>("s").await.unwrap() }).await;
        assert_eq!(ended.into_output().unwrap(), 16);
    });
}

#[test]
fn a_failure_that_restarts_a_call_gives_it_all_of_its_time_too() {
    pipeline! {
        fn slow_then(secs: u64, bench: &Bench) -> u64 {
            let a = works(secs);
            let b = trips(1).retries(0);
            let c = works(8).named("after");
            a + b + c
        }
    }
    pipeline! {
        fn restarted(secs: u64, bench: &Bench) -> u64 { slow_then(secs).timeout("10s").retries(1) }
    }
    on_all(async |engine, clock| {
        let (flujo, _) = bench(&engine, &clock);
        let ended = in_time(&clock, flujo.run(restarted(8))).await;
        assert_eq!(ended.into_output().unwrap(), 17);
    });
}

#[test]
fn nothing_inside_deals_with_the_time_of_what_is_around_it() {
    pipeline! {
        fn stubborn(secs: u64, bench: &Bench) -> u64 {
            let a = works(secs).retries(5).fallback(holds).settle();
            let b = repeat(a.unwrap_or(0), |n| works(n).named("again")).until(|_| false).max(2).or_last();
            value(b)
        }
    }
    pipeline! {
        fn outside(secs: u64, bench: &Bench) -> Result<u64, Failure> {
            stubborn(secs).timeout("10s").settle()
        }
    }
    on_all(async |engine, clock| {
        let (flujo, calls) = bench(&engine, &clock);
        let failed =
            in_time(&clock, flujo.run(outside(20)).id("r")).await.into_output().unwrap().unwrap_err();
        assert_eq!((failed.path.as_str(), failed.kind), ("outside/stubborn", FailureKind::TimedOut));
        assert_eq!(failed.message, "timed out after 10s");
        assert_eq!(calls.all(), [("outside/stubborn/works".to_owned(), 1)]);
        assert_eq!(attempts(&flujo, "outside/stubborn/works").await, [(10, false)]);
    });
}

#[test]
fn of_two_scopes_the_one_whose_time_is_up_fails() {
    pipeline! {
        fn inner(secs: u64, bench: &Bench) -> u64 { works(secs) }
    }
    pipeline! {
        fn around(secs: u64, bench: &Bench) -> u64 {
            let before = works(6);
            let tried = inner(secs).timeout("5s").settle();
            let after = works(1).named("after");
            before + tried.unwrap_or(0) + after
        }
    }
    pipeline! {
        fn outermost(secs: u64, bench: &Bench) -> u64 { around(secs).timeout("10s") }
    }
    on_all(async |engine, clock| {
        let (flujo, calls) = bench(&engine, &clock);
        assert_eq!(in_time(&clock, flujo.run(outermost(3))).await.into_output().unwrap(), 10);
        let ended = in_time(&clock, flujo.run(outermost(9)).id("r")).await;
        assert_eq!(
            message(ended.outcome),
            "outermost/around: timed out after 10s; under way: outermost/around/inner/works"
        );
        assert_eq!(attempts(&flujo, "outermost/around/inner/works").await, [(4, false)]);
        assert_eq!(calls.of("outermost/around/after"), 1);
    });
}

#[test]
fn an_attempt_that_is_late_is_not_taken() {
    pipeline! {
        fn blocks(secs: u64, bench: &Bench) -> u64 { holds(secs) }
    }
    pipeline! {
        fn blocked(secs: u64, bench: &Bench) -> u64 { blocks(secs).timeout("10s") }
    }
    on_all(async |engine, clock| {
        let (flujo, _) = bench(&engine, &clock);
        assert_eq!(flujo.run(blocked(10)).await.into_output().unwrap(), 10);
        let said = message(flujo.run(blocked(11)).await.outcome);
        assert_eq!(said, "blocked/blocks: timed out after 10s; under way: blocked/blocks/holds");
    });
}

#[test]
fn an_ephemeral_run_keeps_to_its_times_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let clock = PausedClock::default();
    let bench = Bench { clock: clock.clone(), calls: Calls::default() };
    let calls = bench.calls.clone();
    let flujo = Flujo::builder()
        .resources(bench)
        .ephemeral()
        .clock(std::sync::Arc::new(clock.clone()))
        .build()
        .unwrap();
    runtime.block_on(async {
        assert_eq!(in_time(&clock, flujo.run(called(3, 3, 4))).await.into_output().unwrap(), 10);
        let said = message(in_time(&clock, flujo.run(called(3, 3, 5))).await.outcome);
        assert_eq!(said, "called/three: timed out after 10s; under way: called/three/third");
        let said = message(in_time(&clock, flujo.run(mapped(vec![4, 4, 4]))).await.outcome);
        assert_eq!(said, "mapped/items: timed out after 10s; under way: mapped/items[2]/works");
        assert_eq!(calls.len(), 9);
    });
}
