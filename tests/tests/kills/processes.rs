//! Processes that are killed, and those that share a database: with real signals, on real disks.

use crate::child::{End, Process, Task, is_child, start};
use flujo::Usage;
use flujo::engine::{Engine, FinalOutcome, Kind, RunId, RunRecord, RunView, Status};
use flujo::sqlite::Sqlite;
use flujo_testing::Moment;
use flujo_tests::every_form;
use flujo_tests::files::File;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const KILLED: &str = "processes::killed_with_sigkill_at_every_command_every_form_comes_to_the_same_end";

macro_rules! names {
    ([] $($pipeline:ident $name:literal [$($path:literal => $reply:literal),*];)+) => { &[$($name),+] };
}
const FORMS: &[&str] = every_form!(names []);

/// A database of its own, with the log of its steps.
struct Place {
    file: File,
    log: PathBuf,
}

impl Place {
    fn new() -> Self {
        let file = File::new();
        let log = file.path().with_extension("log");
        let _ = std::fs::remove_file(&log);
        Self { file, log }
    }

    fn path(&self) -> &Path {
        self.file.path()
    }

    /// Starts of steps: run, path and attempt.
    fn starts(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What is in the database, read by a process that does not work on it.
    fn view(&self, id: &str) -> Option<RunView> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { Sqlite::open(self.path()).unwrap().view(&RunId::from(id)).await.unwrap() })
    }

    /// Attempts of the run that are finished.
    fn recorded(&self) -> BTreeSet<String> {
        let records = self.view("run").map(|view| view.records).unwrap_or_default();
        let steps = records.iter().filter(|r| matches!(r.key.kind, Kind::Step | Kind::Model));
        steps.map(|r| format!("run {} {}", r.key.path, r.key.n)).collect()
    }

    /// Works on the run in fresh processes until it has ended; what it asks, another one replies.
    fn finish(&self, test: &str, form: &str) -> End {
        for _ in 0..20 {
            let said = start(test, &Task::work(self.path(), form)).ends();
            if let Some(end) = End::of(&said) {
                return end;
            }
            assert!(said.starts_with("PAUSED "), "{form}: {said}");
            self.reply(test, form);
        }
        panic!("{form}: the run does not come to an end");
    }

    fn reply(&self, test: &str, form: &str) {
        let said = start(test, &Task { role: "reply", ..Task::work(self.path(), form) }).ends();
        assert_eq!(said, "REPLIED", "{form}");
    }

    /// After so many pauses that were answered: `false` if it ends before.
    fn paused(&self, test: &str, form: &str, times: usize) -> bool {
        for _ in 0..times {
            if !start(test, &Task::work(self.path(), form)).ends().starts_with("PAUSED ") {
                return false;
            }
            self.reply(test, form);
        }
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.log);
    }
}

/// What kills have cost so far: what stands in no record, and what calls had reserved when the last one came.
#[derive(Clone, Copy, Default)]
struct Charges {
    charged: Usage,
    reserved: Usage,
}

impl Charges {
    /// A process was killed: nobody will hear of the calls of models again that were under way.
    fn killed(&mut self, place: &Place, context: &str) {
        let Some(view) = place.view("run") else { return };
        let records: Usage = view.records.iter().map(|record| record.usage).sum();
        let taken_over = view.usage == records + self.all();
        // One that was killed before it had taken the run over has charged nothing.
        let untouched = view.usage == records + self.charged && view.reserved == self.reserved;
        assert!(taken_over || untouched, "{context}: {:?} is not what was reserved", view.usage);
        if taken_over {
            *self = Self { charged: self.all(), reserved: view.reserved };
        }
    }

    fn all(self) -> Usage {
        self.charged + self.reserved
    }
}

/// Goes on with what kills have left, and compares with the run that nobody disturbed.
fn survives(
    place: &Place,
    test: &str,
    form: &str,
    expected: &End,
    (kills, charges): (usize, Charges),
    context: &str,
) {
    let (recorded, before) = (place.recorded(), place.starts().len());
    let end = place.finish(test, form);
    let starts = place.starts();
    for start in &starts[before..] {
        assert!(!recorded.contains(start), "{context}: {start} was finished and ran again");
    }
    for start in &starts {
        let times = starts.iter().filter(|other| *other == start).count();
        assert!(times <= 1 + kills, "{context}: {start} ran {times} times");
    }
    assert_eq!(end.rest, expected.rest, "{context}");
    // Calls whose reservation was written, and whose attempt was not recorded, are charged in full; everything else
    // costs the same.
    assert_eq!(end.usage, expected.usage + charges.all(), "{context}");
}

/// Kills a form at every command of every stretch between two pauses.
fn kill_everywhere(form: &str) -> usize {
    let expected = Place::new().finish(KILLED, form);
    let mut kills = 0;
    for moment in [Moment::Before, Moment::After] {
        'stretches: for pauses in 0.. {
            for at in 1.. {
                let place = Place::new();
                if !place.paused(KILLED, form, pauses) {
                    break 'stretches;
                }
                let task = Task { at, moment, ..Task::work(place.path(), form) };
                let mut process = start(KILLED, &task);
                let said = process.says().expect("it says something");
                let Some(key) = said.strip_prefix("STRUCK ") else {
                    process.ends_quietly();
                    if at == 1 {
                        break 'stretches;
                    }
                    break;
                };
                process.kill();
                kills += 1;
                let context = format!("{form}, {moment:?} {key} ({at}, {pauses} pauses)");
                let view = place.view("run").expect("the run was created");
                assert_ne!(view.status, Status::Running, "{context}: nobody works on it");
                let mut charges = Charges::default();
                charges.killed(&place, &context);
                survives(&place, KILLED, form, &expected, (1, charges), &context);
            }
        }
    }
    kills
}

impl Process {
    fn ends_quietly(mut self) {
        while self.says().is_some() {}
        assert!(self.child.wait().unwrap().success());
    }
}

/// Does something with every form, on as many threads as make sense.
fn for_each_form(what: impl Fn(&'static str) -> usize + Sync) -> BTreeMap<&'static str, usize> {
    let left = Mutex::new(FORMS.iter().copied().collect::<VecDeque<_>>());
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(|| {
                loop {
                    let Some(form) = left.lock().unwrap().pop_front() else { return };
                    let kills = what(form);
                    done.lock().unwrap().insert(form, kills);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

#[test]
fn killed_with_sigkill_at_every_command_every_form_comes_to_the_same_end() {
    if is_child() {
        return;
    }
    let kills: BTreeMap<&str, usize> = for_each_form(kill_everywhere);
    for (form, n) in &kills {
        println!("KILLS {n:3}  {form}");
        assert!(*n > 0, "{form} was never killed");
    }
    let all: usize = kills.values().sum();
    println!("KILLS {all} in all");
    assert_eq!(kills.len(), FORMS.len());
    assert!(all >= 500, "{all} kills");
}

/// Numbers that are the same every time.
struct Random(u64);
impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

const RANDOM: &str = "processes::killed_at_random_instants_every_form_comes_to_the_same_end";

#[test]
fn killed_at_random_instants_every_form_comes_to_the_same_end() {
    if is_child() {
        return;
    }
    // A few, or a share of as many as somebody wants in all.
    let all = std::env::var("FLUJO_KILLS").ok().map(|n| n.parse::<usize>().expect("FLUJO_KILLS is a number"));
    let enough = all.map_or(3, |all| all.div_ceil(FORMS.len()));
    let kills = for_each_form(|form| {
        let expected = Place::new().finish(RANDOM, form);
        let mut random = Random(0x9e37_79b9 + form.len() as u64 * 7919 + u64::from(form.as_bytes()[0]));
        let mut kills = 0;
        for round in 0.. {
            if kills >= enough {
                break;
            }
            let context = format!("{form}, round {round}");
            assert!(round < 50 + 4 * enough, "{context}: it is always faster than the signal");
            let (place, mut charges) = (Place::new(), Charges::default());
            let mut here = 0;
            // Twice in a row, so that what goes on after a kill is killed too.
            for _ in 0..2 {
                let mut process = start(RANDOM, &Task { slow: 2, ..Task::work(place.path(), form) });
                std::thread::sleep(Duration::from_micros(random.below(40_000)));
                if process.child.try_wait().unwrap().is_none() {
                    process.kill();
                    here += 1;
                    charges.killed(&place, &context);
                }
            }
            kills += here;
            survives(&place, RANDOM, form, &expected, (here, charges), &context);
        }
        kills
    });
    let all: usize = kills.values().sum();
    println!("KILLS {all} at random instants");
    assert_eq!(kills.len(), FORMS.len());
    assert!(kills.values().all(|kills| *kills >= enough), "{kills:?}");
}

const CRASHED: &str = "processes::five_processes_that_die_in_one_step_leave_the_run_crashed";

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
    let what = "failed: steps: taken over five times without getting a step further; under way: steps/add";
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

const FIGHT: &str = "processes::processes_that_fight_over_runs_run_each_step_once";

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
        for victim in fighting.drain(..victims) {
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

const STOPPED: &str = "processes::an_owner_that_was_stopped_and_wakes_up_late_cannot_write";

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
    assert!(late.contains("another process works on this run now"), "{late}");
    let after = place.view("run").unwrap();
    assert_eq!(after.records, records, "the late one has written nothing");
    assert!(matches!(after.status, Status::Ended(FinalOutcome::Done(_))));
    assert_eq!(place.starts().iter().filter(|start| *start == "run steps/add 1").count(), 2);
}

const LONG: &str = "processes::a_step_longer_than_the_lease_keeps_its_run";

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
