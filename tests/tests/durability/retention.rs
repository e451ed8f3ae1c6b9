//! `Memory` keeps runs that have ended as long as its retention says, and takes constant memory over a million of them.

use flujo::engine::{Engine as _, Memory, Retention, RunFilter, RunId, Status};
use flujo::prelude::*;
use flujo::{Error, ErrorKind};
use flujo_testing::PausedClock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[derive(Clone, Default)]
pub struct Calls(Arc<AtomicU32>);

#[step]
async fn grow(text: String, calls: &Calls) -> Result<String> {
    if calls.0.fetch_add(1, Ordering::SeqCst) == 0 && text == "bad" {
        return Err(StepError::fatal("no"));
    }
    Ok(text + "!")
}
pipeline! {
    fn growing(text: String, calls: &Calls) -> String { grow(text) }
}
pipeline! {
    fn asking(text: String) -> String {
        let answer: String = ask(text);
        answer
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn kept(retention: Retention) -> (Memory, PausedClock, Flujo<Calls>) {
    let clock = PausedClock::default();
    let memory = Memory::with_clock(Arc::new(clock.clone())).retention(retention);
    let flujo = Flujo::builder().resources(Calls::default()).engine(memory.clone()).build().unwrap();
    (memory, clock, flujo)
}

async fn grown(flujo: &Flujo<Calls>, id: &str) -> String {
    flujo.run(growing("a".into())).id(id).await.into_output().unwrap()
}

async fn ids(memory: &Memory) -> Vec<String> {
    let runs = memory.list(&RunFilter::default()).await.unwrap();
    runs.into_iter().map(|run| run.id.to_string()).collect()
}

#[test]
fn ended_runs_are_kept_by_count() {
    block_on(async {
        let (memory, _, flujo) = kept(Retention::ALL.runs(2));
        for id in ["a", "b", "c"] {
            assert_eq!(grown(&flujo, id).await, "a!");
        }
        assert_eq!(ids(&memory).await, ["b", "c"]);
        let error = flujo.inspect("a").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnknownRun(id) if id == "a"));
        // An id that is gone begins a new run.
        let calls = flujo.resources().0.load(Ordering::SeqCst);
        grown(&flujo, "c").await;
        assert_eq!(flujo.resources().0.load(Ordering::SeqCst), calls);
        grown(&flujo, "a").await;
        assert_eq!(flujo.resources().0.load(Ordering::SeqCst), calls + 1);
    });
}

#[test]
fn ended_runs_are_kept_by_age() {
    block_on(async {
        let (memory, clock, flujo) = kept(Retention::DEFAULT);
        grown(&flujo, "a").await;
        clock.advance(Duration::from_secs(12 * 60 * 60));
        grown(&flujo, "b").await;
        clock.advance(Duration::from_secs(12 * 60 * 60));
        assert_eq!(ids(&memory).await, ["a", "b"]);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(ids(&memory).await, ["b"]);
    });
}

#[test]
fn what_has_not_ended_is_always_kept() {
    block_on(async {
        let (memory, clock, _) = kept(Retention::ALL.runs(0).age(Duration::ZERO));
        let flujo = Flujo::builder().engine(memory.clone()).build().unwrap();
        let paused = flujo.run(asking("Well?".into())).id("q").await;
        assert!(matches!(paused.outcome, Outcome::Paused(_)));
        clock.advance(Duration::from_secs(1_000_000));
        assert_eq!(flujo.inspect("q").await.unwrap().status, Status::Paused);
        let busy = memory.forget(&RunId::from("q")).unwrap_err();
        assert!(matches!(busy.kind(), ErrorKind::Busy(id) if id == "q"));
        let done = flujo.resume::<asking>("q").reply("Yes.").await.unwrap();
        assert_eq!(done.into_output().unwrap(), "Yes.");
        clock.advance(Duration::from_secs(1));
        assert!(flujo.inspect("q").await.is_err());
    });
}

#[test]
fn a_failed_run_can_be_resumed_as_long_as_it_is_kept() {
    block_on(async {
        let (memory, _, flujo) = kept(Retention::ALL.runs(1));
        let failed = flujo.run(growing("bad".into())).id("f").await;
        assert!(matches!(failed.outcome, Outcome::Failed(_)));
        let done = flujo.resume::<growing>("f").await.unwrap();
        assert_eq!(done.into_output().unwrap(), "bad!");
        assert_eq!(ids(&memory).await, ["f"]);
        grown(&flujo, "g").await;
        assert_eq!(ids(&memory).await, ["g"]);
    });
}

#[test]
fn a_run_is_forgotten_by_its_id() {
    block_on(async {
        let (memory, _, flujo) = kept(Retention::DEFAULT);
        grown(&flujo, "a").await;
        assert!(memory.forget(&RunId::from("a")).unwrap());
        assert!(!memory.forget(&RunId::from("a")).unwrap());
        assert!(ids(&memory).await.is_empty());
    });
}

/// A thousand at once, of which one is kept: each has its result all the same.
#[test]
fn a_result_is_kept_until_it_was_read() -> std::result::Result<(), Error> {
    block_on(async {
        let (memory, _, flujo) = kept(Retention::ALL.runs(1));
        let handles: Vec<_> = (0..1_000).map(|n| flujo.run(growing(n.to_string())).start()).collect();
        for (n, handle) in handles.into_iter().enumerate() {
            assert_eq!(handle.await?.into_output()?, format!("{n}!"));
        }
        assert_eq!(ids(&memory).await.len(), 1);
        Ok(())
    })
}

/// Kilobytes of this process in memory.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// In a process of its own, where nothing else takes memory.
#[test]
fn a_million_runs_take_constant_memory() {
    let child = "retention::a_million_runs";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([child, "--exact", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
    println!("{}", printed.lines().find(|line| line.contains("kB")).unwrap_or("no figures on this system"));
}

#[test]
#[ignore = "run by a_million_runs_take_constant_memory"]
fn a_million_runs() {
    block_on(async {
        let flujo = Flujo::builder().resources(Calls::default()).build().unwrap();
        let run = async |n: u32| {
            for _ in 0..n {
                assert_eq!(flujo.run(growing("a".into())).await.into_output().unwrap(), "a!");
            }
        };
        run(50_000).await;
        let before = resident();
        run(950_000).await;
        let Some((before, after)) = before.zip(resident()) else { return };
        println!("after 50,000 runs {before} kB, after 1,000,000 runs {after} kB");
        // A leak of ten bytes a run would be more.
        assert!(after <= before + 4_096, "{before} kB, then {after} kB");
    });
}
