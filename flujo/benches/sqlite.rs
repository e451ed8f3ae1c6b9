//! What a durable step costs, against floors measured in the same run on the same disk.
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

mod common;

use common::{block_on, report};
use flujo::engine::{Engine, RunFilter, RunId, RunRecord};
use flujo::prelude::*;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What each step gives: 300 bytes, as a short answer of a model has.
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

/// A folder of its own, on the disk that the target folder is on.
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

/// The bare loop: a row for each commit, with the same settings.
fn bare(rows: u64) -> Duration {
    let folder = Folder::new("bare");
    let db = Connection::open(folder.file()).expect("a database");
    let _: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).expect("a log");
    db.pragma_update(None, "synchronous", "FULL").expect("a level");
    db.execute_batch(
        "CREATE TABLE records (record INTEGER PRIMARY KEY, run INTEGER, path TEXT, output TEXT)",
    )
    .expect("a table");
    let started = Instant::now();
    for n in 0..rows {
        db.prepare_cached("INSERT INTO records (run, path, output) VALUES (1, ?1, ?2)")
            .and_then(|mut insert| insert.execute(params![format!("many/items[{n}]/answer"), payload(n)]))
            .expect("a row");
    }
    started.elapsed()
}

/// So many runs at once, of so many steps each.
fn ours(runs: u64, steps: u64) -> Duration {
    let folder = Folder::new("ours");
    let flujo =
        Flujo::builder().engine(Sqlite::open(folder.file()).expect("a database")).build().expect("all");
    let started = Instant::now();
    block_on(async {
        let runs: Vec<_> = (0..runs).map(|_| flujo.start_on_task(steps)).collect();
        for run in runs {
            run.await.expect("a task");
        }
    });
    started.elapsed()
}

trait OnTask {
    fn start_on_task(&self, steps: u64) -> tokio::task::JoinHandle<()>;
}
impl OnTask for Flujo {
    fn start_on_task(&self, steps: u64) -> tokio::task::JoinHandle<()> {
        let flujo = self.clone();
        tokio::spawn(async move {
            assert_eq!(flujo.run(many(steps)).await.into_output().ok(), Some(steps));
        })
    }
}

/// The median of a few: the disk has moods.
fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut all: Vec<f64> = (0..5).map(|_| measure()).collect();
    all.sort_by(f64::total_cmp);
    all.get(2).copied().unwrap_or(f64::NAN)
}

fn at_least(name: &str, measured: f64, bound: f64) -> bool {
    let held = measured >= bound;
    println!("RATIO {name} {measured:.2} >= {bound:.1}{}", if held { "" } else { "  MISSED" });
    held
}

/// Resuming a run of 10,000 records, against reading and decoding the same rows; and what a record takes.
fn resume_and_size() -> (f64, f64) {
    const STEPS: u64 = 10_000;
    let folder = Folder::new("resume");
    let file = folder.file();
    {
        let flujo = Flujo::builder().engine(Sqlite::open(&file).expect("a database")).build().expect("all");
        block_on(async { flujo.run(many(STEPS)).id("r").await.into_output().expect("an output") });
    }
    let size = std::fs::metadata(&file).expect("a file").len();
    let bytes = size as f64 / STEPS as f64 / (300.0 + 120.0);
    let floor = || {
        let db = Connection::open(&file).expect("a database");
        let started = Instant::now();
        let mut rows = db.prepare("SELECT path, output FROM records ORDER BY record").expect("a query");
        let rows = rows.query_map([], |row| {
            let output: String = row.get(1)?;
            Ok((row.get::<_, String>(0)?, output))
        });
        let mut length = 0;
        for row in rows.expect("rows") {
            let (path, output) = row.expect("a row");
            let output: String = serde_json::from_str(&output).expect("JSON");
            length += path.len() + output.len();
        }
        assert!(length > 3_000_000);
        started.elapsed()
    };
    let ours = || {
        let sqlite = Sqlite::open(&file).expect("a database");
        let started = Instant::now();
        let view = block_on(sqlite.view(&RunId::from("r"))).expect("a view").expect("a run");
        let length: usize = view
            .records
            .iter()
            .map(|record| match &record.outcome {
                flujo::engine::RecordOutcome::Output(output) => {
                    output.decode::<String>().expect("text").len() + record.key.path.as_str().len()
                }
                flujo::engine::RecordOutcome::Failure(_) => 0,
            })
            .sum();
        assert!(length > 3_000_000);
        started.elapsed()
    };
    (median(|| ours().as_secs_f64() / floor().as_secs_f64()), bytes)
}

/// A list of 100,000 runs, against the bare query.
fn list() -> f64 {
    const RUNS: u64 = 100_000;
    let folder = Folder::new("list");
    let file = folder.file();
    let sqlite = Arc::new(
        Sqlite::builder(&file).synchronous(flujo::sqlite::Synchronous::Off).open().expect("a database"),
    );
    let flujo = Flujo::builder().engine(Arc::clone(&sqlite)).build().expect("all");
    block_on(async {
        flujo.run(many(1)).id("model").await.into_output().expect("an output");
        let model = flujo.inspect("model").await.expect("a run").run;
        let create = |n: u64| {
            let run = RunRecord { id: RunId::from(format!("r{n:06}")), ..RunRecord::clone(&model) };
            let sqlite = Arc::clone(&sqlite);
            async move { sqlite.create(run).await.expect("a row") }
        };
        for start in (1..RUNS).step_by(500) {
            futures_util::future::join_all((start..(start + 500).min(RUNS)).map(create)).await;
        }
    });
    let db = Connection::open(&file).expect("a database");
    let floor = || {
        let started = Instant::now();
        let mut rows = db
            .prepare(
                "SELECT r.id, r.pipeline, s.status FROM runs r JOIN standings s USING (run) ORDER BY r.id",
            )
            .expect("a query");
        let rows = rows.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        });
        assert_eq!(
            rows.expect("rows").map(|row| row.expect("a row").0.len()).filter(|n| *n > 0).count(),
            100_000
        );
        started.elapsed()
    };
    let ours = || {
        let started = Instant::now();
        let all = block_on(sqlite.list(&RunFilter::default())).expect("a list");
        assert_eq!(all.len(), 100_000);
        started.elapsed()
    };
    median(|| ours().as_secs_f64() / floor().as_secs_f64())
}

fn main() {
    let single = median(|| bare(1500).as_secs_f64() / ours(1, 1500).as_secs_f64());
    let fifty = median(|| 5.0 * bare(1500).as_secs_f64() / ours(50, 150).as_secs_f64());
    let (resume, bytes) = resume_and_size();
    let list = list();
    let held = [
        at_least("sqlite_single", single, 0.9),
        at_least("sqlite_50_runs", fifty, 3.0),
        report("resume_10k", resume, 2.0),
        report("bytes_per_record", bytes, 1.5),
        report("list_100k", list, 3.0),
    ];
    if held.contains(&false) {
        std::process::exit(1);
    }
}
