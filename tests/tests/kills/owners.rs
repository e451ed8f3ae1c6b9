//! Processes that share a database: one owner at a time, whoever is stopped, slow or dies.

use crate::child::{End, Task, is_child, start};
use crate::place::Place;
use crate::spoken::Process;
use flujo::engine::{Engine, FinalOutcome, RunId, RunRecord, Status};
use flujo_sqlite::Sqlite;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

const CRASHED: &str = "owners::five_processes_that_die_in_one_step_leave_the_run_crashed";

#[test]
fn five_processes_that_die_in_one_step_leave_the_run_crashed() {
    if is_child() {
        return;
    }
    let place = Place::new();
    for _ in 0..5 {
        let mut process = start(CRASHED, &Task { at: 1, ..Task::work(place.path(), "step") });
        assert_eq!(process.says().as_deref(), Some("STRUCK steps/add Step 1"));
        process.kill();
    }
    let said = start(CRASHED, &Task::work(place.path(), "step")).ends();
    let what = "failed: steps: taken over five times without a new record; under way: steps/add";
    assert!(End::of(&said).unwrap().rest.starts_with(what), "{said}");
    let ended = Status::Ended(FinalOutcome::Crashed(vec!["steps/add".into()]));
    assert_eq!(place.view("run").unwrap().status, ended);
    assert_eq!(place.starts().len(), 5);
}

/// Writes down many runs of a form, which nobody has begun.
fn written_down(place: &Place, test: &str, form: &str, count: usize) {
    let model = Place::new();
    model.finish(test, form);
    let view = model.view("run").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let sqlite = Sqlite::open(place.path()).unwrap();
        for n in 0..count {
            let run = RunRecord { id: RunId::from(format!("r{n:02}")), ..RunRecord::clone(&view.run) };
            assert!(sqlite.create(run).await.unwrap().is_none());
        }
    });
}

const FIGHT: &str = "owners::processes_that_fight_over_runs_run_each_step_once";

#[test]
fn processes_that_fight_over_runs_run_each_step_once() {
    if is_child() {
        return;
    }
    for (fighters, victims) in [(2, 0), (8, 0), (2, 1), (8, 3)] {
        let place = Place::new();
        written_down(&place, FIGHT, "step", 24);
        let task = Task { role: "recover", slow: 1, ..Task::work(place.path(), "step") };
        let mut fighting: Vec<_> = (0..fighters).map(|_| start(FIGHT, &task)).collect();
        for mut victim in fighting.drain(..victims) {
            std::thread::sleep(Duration::from_millis(15));
            victim.kill();
        }
        for process in fighting {
            assert_eq!(process.ends(), "RECOVERED");
        }
        let starts = place.starts();
        let each: BTreeSet<&String> = starts.iter().collect();
        assert_eq!(each.len(), 24 * 4, "every step of every run ran");
        for start in &each {
            let times = starts.iter().filter(|other| other == start).count();
            assert!(
                times <= 1 + victims,
                "{fighters} processes, {victims} killed: {start} ran {times} times"
            );
        }
        for n in 0..24 {
            let view = place.view(&format!("r{n:02}")).unwrap();
            assert!(matches!(view.status, Status::Ended(FinalOutcome::Done(_))), "{:?}", view.status);
        }
    }
}

const STOPPED: &str = "owners::an_owner_that_was_stopped_and_wakes_up_late_cannot_write";

fn signal(process: &Process, signal: &str) {
    let pid = process.child.id().to_string();
    assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
}

/// Whether the process has locked the file to write.
fn holds(process: &Process, place: &Place) -> bool {
    let shared = place.path().with_extension("db-shm");
    let file = format!(":{}", std::fs::metadata(shared).unwrap().ino());
    let pid = process.child.id().to_string();
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    locks.lines().any(|lock| {
        let lock: Vec<&str> = lock.split_whitespace().collect();
        matches!(lock[..], [_, _, _, "WRITE", owner, on, ..] if owner == pid && on.ends_with(&file))
    })
}

#[test]
fn an_owner_that_was_stopped_and_wakes_up_late_cannot_write() {
    if is_child() {
        return;
    }
    let place = Place::new();
    let task = Task { slow: 3000, lease: 500, ..Task::work(place.path(), "step") };
    let owner = start(STOPPED, &task);
    let waits = Instant::now();
    while place.starts().is_empty() {
        assert!(waits.elapsed() < Duration::from_secs(20), "it never begins");
        std::thread::sleep(Duration::from_millis(5));
    }
    // In its first step, where only its heart writes. Stopped within a beat it would hold the file, as any process
    // does that is stopped while it writes, and nobody would get on: then it is another moment.
    loop {
        std::thread::sleep(Duration::from_millis(110));
        signal(&owner, "-STOP");
        std::thread::sleep(Duration::from_millis(20));
        if !holds(&owner, &place) {
            break;
        }
        signal(&owner, "-CONT");
    }
    // Its process is there, so only its heart tells.
    let since = Instant::now();
    let other = start(STOPPED, &Task { slow: 0, ..task.clone() }).ends();
    assert!(since.elapsed() >= Duration::from_millis(500), "nobody waited for the lease");
    let end = End::of(&other).unwrap();
    assert!(end.rest.starts_with("Done("), "{other}");
    let records = place.view("run").unwrap().records;
    signal(&owner, "-CONT");
    let late = owner.ends();
    assert!(late.contains("another process has taken over this run"), "{late}");
    let after = place.view("run").unwrap();
    assert_eq!(after.records, records, "the late one has written nothing");
    assert!(matches!(after.status, Status::Ended(FinalOutcome::Done(_))));
    assert_eq!(place.starts().iter().filter(|start| *start == "run steps/add 1").count(), 2);
}

const LONG: &str = "owners::a_step_longer_than_the_lease_keeps_its_run";

#[test]
fn a_step_longer_than_the_lease_keeps_its_run() {
    if is_child() {
        return;
    }
    let place = Place::new();
    let task = Task { slow: 2500, lease: 2000, ..Task::work(place.path(), "step") };
    let owner = start(LONG, &task);
    let waits = Instant::now();
    while place.starts().is_empty() {
        assert!(waits.elapsed() < Duration::from_secs(20), "it never begins");
        std::thread::sleep(Duration::from_millis(5));
    }
    let other = start(LONG, &task).ends();
    assert_eq!(owner.ends(), other);
    assert_eq!(place.starts().len(), 4, "each step ran once");
}
