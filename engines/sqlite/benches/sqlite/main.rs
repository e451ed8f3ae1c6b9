//! The cost of a durable step, against floors measured in the same run on the same disk.
//!
//! Prints one line per figure, `RATIO <name> <measured> <bound>`, and exits non-zero on a miss.

// Benches print and abort by design.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::large_futures,
    reason = "a bench reports to its caller"
)]
#![allow(missing_docs, reason = "a bench has no readers of its docs")]

mod lists;
mod resume;

use flujo::prelude::*;
use flujo_sqlite::Sqlite;
use resume::resume_and_size;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

fn report(name: &str, measured: f64, bound: f64) -> bool {
    let held = measured <= bound;
    println!("RATIO {name} {measured:.2} <= {bound:.1}{}", if held { "" } else { "  MISSED" });
    held
}

/// The output of each step: 300 bytes, as a short answer of a model.
fn payload(n: u64) -> String {
    let mut text = format!("{n:08} ");
    while text.len() < 298 {
        text.push_str("and so on, ");
    }
    text.truncate(298);
    text
}

#[step]
async fn answer(n: u64) -> Result<String> {
    Ok(payload(n))
}

pipeline! {
    fn many(steps: u64) -> u64 {
        let answers = map(0..steps, |n| answer(n)).concurrency(1);
        answers.len() as u64
    }
}

pipeline! {
    fn resumed(steps: u64) -> u64 {
        let answers = map(0..steps, |n| answer(n)).concurrency(1);
        let more: u64 = ask("how many more?");
        answers.len() as u64 + more
    }
}

/// A temporary folder on the disk of the target folder.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
    fn file(&self) -> PathBuf {
        self.0.join("runs.db")
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The baseline: a loop that commits one row at a time, with the same settings.
struct Bare {
    db: Connection,
    rows: u64,
    took: Duration,
    // Deleted last, after the connection is closed.
    _folder: Folder,
}

impl Bare {
    fn new() -> Self {
        let folder = Folder::new("bare");
        let db = Connection::open(folder.file()).expect("a database");
        let _: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).expect("a log");
        db.pragma_update(None, "synchronous", "FULL").expect("a level");
        db.execute_batch(
            "CREATE TABLE records (record INTEGER PRIMARY KEY, run INTEGER, path TEXT, output TEXT)",
        )
        .expect("a table");
        Self { db, rows: 0, took: Duration::ZERO, _folder: folder }
    }

    fn commit(&mut self, rows: u64) {
        let started = Instant::now();
        for n in self.rows..self.rows + rows {
            self.db
                .prepare_cached("INSERT INTO records (run, path, output) VALUES (1, ?1, ?2)")
                .and_then(|mut insert| insert.execute(params![format!("many/items[{n}]/answer"), payload(n)]))
                .expect("a row");
        }
        self.rows += rows;
        self.took += started.elapsed();
    }
}

fn bare(rows: u64) -> Duration {
    let mut bare = Bare::new();
    bare.commit(rows);
    bare.took
}

/// Commits of the baseline and of the engine alternate in batches of this size, so that other load on the
/// disk affects both.
const TURN: u64 = 25;

#[resources]
struct Beside {
    bare: Mutex<Bare>,
}

#[step]
async fn answer_in_turn(n: u64, bare: &Mutex<Bare>) -> Result<String> {
    if n.is_multiple_of(TURN) {
        bare.lock().expect("the loop").commit(TURN);
    }
    Ok(payload(n))
}

pipeline! {
    fn in_turn(steps: u64, beside: &Beside) -> u64 {
        let answers = map(0..steps, |n| answer_in_turn(n)).concurrency(1);
        answers.len() as u64
    }
}

/// The ratio of a run of `steps` steps to as many commits of the baseline between them.
fn single(steps: u64) -> f64 {
    let folder = Folder::new("single");
    let engine = Sqlite::open(folder.file()).expect("a database");
    let beside = Beside { bare: Mutex::new(Bare::new()) };
    let flujo = Flujo::builder().engine(engine).resources(beside).build().expect("all");
    let started = Instant::now();
    let done = block_on(async { flujo.run(in_turn(steps)).await.into_output() });
    let both = started.elapsed();
    assert_eq!(done.ok(), Some(steps));
    let bare = flujo.resources().bare.lock().expect("the loop");
    assert_eq!(bare.rows, steps);
    bare.took.as_secs_f64() / both.saturating_sub(bare.took).as_secs_f64()
}

/// Measures `runs` concurrent runs of `steps` steps each.
fn ours(runs: u64, steps: u64) -> Duration {
    let folder = Folder::new("ours");
    let flujo =
        Flujo::builder().engine(Sqlite::open(folder.file()).expect("a database")).build().expect("all");
    let started = Instant::now();
    block_on(async {
        let runs: Vec<_> = (0..runs).map(|_| start_on_task(&flujo, steps)).collect();
        for run in runs {
            run.await.expect("a task");
        }
    });
    started.elapsed()
}

fn start_on_task(flujo: &Flujo, steps: u64) -> tokio::task::JoinHandle<()> {
    let flujo = flujo.clone();
    tokio::spawn(async move {
        assert_eq!(flujo.run(many(steps)).await.into_output().ok(), Some(steps));
    })
}

/// The median of five measurements, since disks vary.
fn median(measure: impl FnMut() -> f64) -> f64 {
    median_of(5, measure)
}

fn median_of(pairs: usize, mut measure: impl FnMut() -> f64) -> f64 {
    let mut all: Vec<f64> = (0..pairs).map(|_| measure()).collect();
    all.sort_by(f64::total_cmp);
    all.get(pairs / 2).copied().unwrap_or(f64::NAN)
}

fn at_least(name: &str, measured: f64, bound: f64) -> bool {
    let held = measured >= bound;
    println!("RATIO {name} {measured:.2} >= {bound:.1}{}", if held { "" } else { "  MISSED" });
    held
}

fn main() {
    // `-- single` runs the benches whose names contain `single`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let mut held = true;
    if is_wanted("sqlite_single") {
        held &= at_least("sqlite_single", median(|| single(1500)), 0.9);
    }
    if is_wanted("sqlite_50_runs") {
        let fifty = median(|| 5.0 * bare(1500).as_secs_f64() / ours(50, 150).as_secs_f64());
        held &= at_least("sqlite_50_runs", fifty, 3.0);
    }
    if is_wanted("resume_10k") || is_wanted("bytes_per_record") {
        let (resume, bytes) = resume_and_size();
        held &= report("resume_10k", resume, 2.0);
        held &= report("bytes_per_record", bytes, 1.5);
    }
    if is_wanted("list_100k") {
        held &= lists::measure();
    }
    if !held {
        std::process::exit(1);
    }
}
