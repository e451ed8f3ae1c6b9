//! The ratio of resuming a long run to reading its rows, and the size of its records.

use super::{Folder, block_on, median_of, resumed};
use flujo::engine::{
    AttemptCommand, Body, BoxFuture, Ended, EndedBy, Engine, Handle, Program, Record, RecordOutcome, RunId,
};
use flujo::error::Signal;
use flujo::prelude::*;
use flujo_sqlite::Sqlite;
use rusqlite::Connection;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A row, read without verifying its checksum.
struct Row {
    run: i64,
    position: i64,
    path: String,
    kind: String,
    n: u32,
    version: u32,
    digest: [u8; 16],
    seeded: Option<i64>,
    output: Option<String>,
    failure: Option<String>,
    parts: Option<String>,
    usage: Option<String>,
    findings: Option<String>,
    cached: Option<i64>,
    models: Option<String>,
    within: Option<String>,
    started: i64,
    ended: i64,
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let output: Option<String> = row.get(8)?;
        Ok(Self {
            run: row.get(0)?,
            position: row.get(1)?,
            path: row.get(2)?,
            kind: row.get(3)?,
            n: row.get(4)?,
            version: row.get(5)?,
            digest: row.get(6)?,
            seeded: row.get(7)?,
            output: output.map(|text| serde_json::from_str(&text).expect("JSON")),
            failure: row.get(9)?,
            parts: row.get(10)?,
            usage: row.get(11)?,
            findings: row.get(12)?,
            cached: row.get(13)?,
            models: row.get(14)?,
            within: row.get(15)?,
            started: row.get(16)?,
            ended: row.get(17)?,
        })
    }

    /// Uses every field, so that no read is optimized away.
    fn length(&self) -> usize {
        let texts = [&self.output, &self.failure, &self.parts, &self.usage, &self.findings, &self.models];
        let numbers = [self.run, self.position, self.started, self.ended].map(|n| usize::from(n >= 0));
        let flags = [self.seeded, self.cached].map(|flag| usize::from(flag.is_some()));
        let rest = self.path.len() + self.kind.len() + self.digest.len() + usize::from(self.n > self.version);
        let texts = texts.into_iter().chain([&self.within]).flatten().map(String::len).sum::<usize>();
        rest + texts + numbers.iter().sum::<usize>() + flags.iter().sum::<usize>()
    }
}

/// A program that replays all recorded commands of a run, and then suspends.
struct Rereads {
    commands: Vec<AttemptCommand>,
    /// The moment at which all records were replayed.
    had: OnceLock<Instant>,
}

impl Program for Rereads {
    fn run(&self, mut handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(async move {
            let mut length = 0;
            for command in &self.commands {
                let body: Body<'_> = Box::pin(async { unreachable!("it is recorded") });
                let record = handle.attempt(command.clone(), body).await.expect("a record");
                if let RecordOutcome::Output(output) = &record.outcome {
                    length += output.decode::<String>().expect("text").len() + record.key.path.as_str().len();
                }
            }
            assert!(length > 3_000_000);
            self.had.set(Instant::now()).expect("it runs once");
            Ended { outcome: Err(EndedBy::Signal(Signal::Suspended)), context: None }
        })
    }
}

/// Measures the resumption of a run of 10,000 records up to its first new command against reading and
/// decoding the same rows; and the size of a record.
pub(crate) fn resume_and_size() -> (f64, f64) {
    const STEPS: u64 = 10_000;
    let folder = Folder::new("resume");
    let file = folder.file();
    let commands = {
        let flujo = Flujo::builder().engine(Sqlite::open(&file).expect("a database")).build().expect("all");
        let view = block_on(async {
            // The run ends with a question.
            assert_eq!(flujo.run(resumed(STEPS)).id("r").await.questions().len(), 1);
            flujo.inspect("r").await.expect("a run")
        });
        let command = |record: &Arc<Record>| {
            let Record { key, version, digest, .. } = Record::clone(record);
            AttemptCommand { key, version, migrates_from: version, digest, within: None }
        };
        view.records.iter().map(command).collect::<Vec<_>>()
    };
    let size = std::fs::metadata(&file).expect("a file").len();
    let bytes = size as f64 / STEPS as f64 / (300.0 + 120.0);
    let floor = || {
        let db = Connection::open(&file).expect("a database");
        let started = Instant::now();
        let mut rows = db
            .prepare(
                "SELECT run, position, path, kind, n, version, digest, seeded, output, failure, parts, usage, \
                 findings, cached, models, within, started, ended FROM records ORDER BY record",
            )
            .expect("a query");
        let rows = rows.query_map([], Row::read).expect("rows");
        let rows: Vec<Row> = rows.map(|row| row.expect("a row")).collect();
        assert!(rows.iter().map(Row::length).sum::<usize>() > 3_000_000);
        started.elapsed()
    };
    let ours = || {
        let sqlite = Sqlite::open(&file).expect("a database");
        let program = Arc::new(Rereads { commands: commands.clone(), had: OnceLock::new() });
        let started = Instant::now();
        block_on(sqlite.execute(&RunId::from("r"), Arc::clone(&program) as Arc<dyn Program>))
            .expect("it goes on");
        // Measured up to here: the suspension after it writes the state of the run and drops the rows.
        *program.had.get().expect("it had all of them") - started
    };
    // Each measurement is short, so that other load matters: more of them.
    (median_of(25, || ours().as_secs_f64() / floor().as_secs_f64()), bytes)
}
