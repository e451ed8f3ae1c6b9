//! Loading a run.

use crate::StorageError;
use crate::messages;
use crate::parts::Parts;
use crate::questions::questions;
use crate::record_cache::{RecordCache, RecordPrefix, StoredRecord};
use crate::row::VerifiedRow;
use crate::rows;
use crate::run_row::RUN;
use crate::run_state::RunStateRow;
use flujo::clock::Timestamp;
use flujo::codec::Digest;
use flujo::engine::kit::{Ledger, OpenQuestion, SavedRun};
use flujo::engine::{
    Key, Kind, LimitScope, NodeLimits, Record, RecordOutcome, RunGraph, RunId, RunRecord, RunView, Seed,
    StoredGraph,
};
use flujo::path::Path;
use flujo::question::Answered;
use flujo::usage::{Usage, UsageLimits};
use rusqlite::{Connection, OptionalExtension};
use std::ops::Range;
use std::sync::Arc;

/// The stored data of a run.
pub(crate) struct Loaded {
    pub(crate) run: Arc<RunRecord>,
    pub(crate) row: RunStateRow,
    pub(crate) records: Vec<StoredRecord>,
    pub(crate) timers: Vec<(Key, Timestamp)>,
    pub(crate) questions: Vec<OpenQuestion>,
    pub(crate) answered: Vec<Answered>,
    entries: Vec<LedgerRow>,
}

struct LedgerRow {
    key: Key,
    usage: Usage,
    within: LimitScope,
    state: LedgerState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LedgerState {
    Reserved,
    Charged,
    Forfeited,
    Settled,
}

impl Loaded {
    /// Reads a run as of one moment, except for its first records that were read before.
    pub(crate) fn read(
        db: &Connection,
        id: &RunId,
        cache: &RecordCache,
        prefix: RecordPrefix,
    ) -> Result<Option<Self>, StorageError> {
        let whole = db.unchecked_transaction()?;
        let Some(run) = number(&whole, id)? else { return Ok(None) };
        let record = Arc::new(run_record(&whole, run)?);
        let (questions, answered) = questions(&whole, run)?;
        Ok(Some(Self {
            row: RunStateRow::read(&whole, run, &record.context)?,
            records: records(&whole, run, cache, prefix)?,
            timers: timers(&whole, run)?,
            entries: entries(&whole, run)?,
            run: record,
            questions,
            answered,
        }))
    }

    /// Returns the view of the run; `running` says whether it has an execution.
    pub(crate) fn view(self, running: bool) -> RunView {
        let (usage, reserved, lost) = self.spent();
        let changed = self.changed();
        let lifecycle = self.row.lifecycle;
        let mut view = RunView::new(self.run, lifecycle.status(running));
        view.context = lifecycle.context;
        view.records = self.records.into_iter().map(|stored| stored.record).collect();
        view.questions = self.questions.into_iter().map(|open| open.question).collect();
        view.answered = self.answered;
        view.usage = usage;
        view.reserved = reserved;
        view.lost = lost;
        view.active = lifecycle.active;
        view.forgiven = lifecycle.forgiven;
        view.stopped = lifecycle.stopped;
        view.acted = lifecycle.acted;
        (view.started, view.ended) = (lifecycle.started, lifecycle.ended);
        view.changed = changed;
        view
    }

    /// Returns the time of the last change. While an execution works on the run, its records tell it.
    fn changed(&self) -> Timestamp {
        let records = self.records.iter().filter(|stored| !stored.seeded).map(|stored| stored.record.ended);
        let questions = self.questions.iter().map(|open| open.question.asked);
        let replies = self.answered.iter().map(|answered| answered.reply.at);
        records.chain(questions).chain(replies).fold(self.row.changed, Timestamp::max)
    }

    /// Returns the run for its next execution.
    pub(crate) fn saved(self) -> SavedRun {
        let (ledger, changed) = (self.ledger(), self.changed());
        let mut saved = SavedRun::new(self.run);
        saved.lifecycle = self.row.lifecycle;
        saved.lifecycle.changed = changed;
        saved.records = self.records.into_iter().map(|stored| stored.record).collect();
        saved.timers = self.timers.into_iter().collect();
        saved.questions = self.questions;
        saved.answered = self.answered;
        saved.ledger = ledger;
        saved
    }

    /// Returns the used and the reserved usage of the run, and what of the used is in no record.
    fn spent(&self) -> (Usage, Usage, Vec<(Key, Usage)>) {
        // Without rows of the ledger, the records have the whole usage.
        if self.entries.is_empty() {
            let used = self.of_records().map(|stored| stored.record.usage).sum();
            return (used, Usage::default(), Vec::new());
        }
        let ledger = self.ledger();
        let lost = ledger.lost().map(|(key, used)| (key.clone(), used)).collect();
        (ledger.spent(), ledger.reserved(), lost)
    }

    /// Returns the records that count as usage of this run.
    fn of_records(&self) -> impl Iterator<Item = &StoredRecord> {
        self.records.iter().filter(|stored| !stored.seeded && stored.record.usage != Usage::default())
    }

    /// Rebuilds the ledger of the run.
    pub(crate) fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::new(self.run.limits);
        for stored in self.of_records() {
            ledger.settle(&stored.record.key, stored.record.usage, &stored.within);
        }
        post(&mut ledger, &self.entries);
        ledger
    }
}

/// Returns the number of a run in the tables.
pub(crate) fn number(db: &Connection, id: &RunId) -> Result<Option<i64>, StorageError> {
    let mut statement = db.prepare_cached("SELECT run FROM runs WHERE id = ?1")?;
    Ok(statement.query_row([id.as_str()], |row| row.get(0)).optional()?)
}

fn run_record(db: &Connection, run: i64) -> Result<RunRecord, StorageError> {
    let mut statement = db.prepare_cached(RUN)?;
    let mut rows = statement.query([run])?;
    let Some(row) = rows.next()? else {
        return Err(StorageError::damaged(format_args!("run {run} has no row in `runs`")));
    };
    let run = VerifiedRow::<14>::verify("runs", row, 0)?;
    let graph = VerifiedRow::<3>::verify("graphs", row, 15)?;
    let fingerprint = graph.text(1)?.split('-').next().unwrap_or_default();
    let fingerprint = u128::from_str_radix(fingerprint, 16).or_else(|_| graph.wrong(1))?;
    let limits: Option<UsageLimits> = run.optional_value(7)?;
    Ok(RunRecord {
        id: RunId::from(run.text(1)?),
        pipeline: run.text(2)?.to_owned(),
        fingerprint,
        graph: RunGraph::Stored(Arc::new(graph.value::<StoredGraph>(2)?)),
        input: run.json(4)?,
        digest: digest(&run, 5)?,
        context: run.json(6)?,
        limits: limits.unwrap_or(UsageLimits::NONE),
        retries: run.small(8)?,
        labels: run.optional_value(11)?.unwrap_or_default(),
        by: run.optional_text(12)?.map(str::to_owned),
        created: run.time(10)?,
        models: run.list(13)?,
        // The records of the seed are among those of the run.
        seed: Seed { origin: run.optional_text(9)?.map(RunId::from), ..Seed::default() },
    })
}

/// Returns the error of a missing record; records are counted from 1.
fn missing(run: i64, position: usize) -> StorageError {
    let number = position + 1;
    StorageError::damaged(format_args!("run {run}: record {number} is missing"))
}

fn digest<const N: usize>(row: &VerifiedRow<'_, N>, i: usize) -> Result<Digest, StorageError> {
    match row.bytes(i)?.first_chunk::<16>() {
        Some(bytes) => Ok(Digest::from_bytes(*bytes)),
        None => row.wrong(i),
    }
}

fn key<const N: usize>(row: &VerifiedRow<'_, N>, first: usize) -> Result<Key, StorageError> {
    let Some(kind) = Kind::from_word(row.text(first + 1)?) else { return row.wrong(first + 1) };
    Ok(Key { path: Path::from(row.text(first)?), kind, n: row.small(first + 2)? })
}

/// Reads limited nodes, without their limits: those are in the code.
fn within<const N: usize>(row: &VerifiedRow<'_, N>, i: usize) -> Result<LimitScope, StorageError> {
    let paths: Vec<Path> = row.list(i)?;
    Ok(paths
        .into_iter()
        .rev()
        .fold(None, |outer, path| Some(Arc::new(NodeLimits { path, limits: UsageLimits::NONE, outer }))))
}

const RECORDS: &str = "SELECT run, position, path, kind, n, version, digest, seeded, output, failure, parts, usage, \
                       findings, cached, models, within, started, ended, sum FROM records \
                       WHERE record >= ?1 AND record < ?2 ORDER BY record";

fn records(
    db: &Connection,
    run: i64,
    cache: &RecordCache,
    prefix: RecordPrefix,
) -> Result<Vec<StoredRecord>, StorageError> {
    let mut all = if prefix.records.is_empty() { cache.of(run) } else { prefix };
    all.records.extend(records_at(db, run, all.records.len()..usize::MAX)?);
    cache.keep(run, &all);
    Ok(all.records)
}

/// Returns the number of records of a run.
pub(crate) fn count(db: &Connection, run: i64) -> Result<usize, StorageError> {
    let (from, to) = (rows::place(run, 0), rows::place(run, usize::MAX));
    let mut last = db.prepare_cached("SELECT max(record) FROM records WHERE record >= ?1 AND record < ?2")?;
    let last: Option<i64> = last.query_row([from, to], |row| row.get(0))?;
    Ok(last.and_then(|last| usize::try_from(last - from).ok()).map_or(0, |last| last + 1))
}

/// Reads the records at these positions, all of which must exist.
pub(crate) fn stretch(
    db: &Connection,
    run: i64,
    at: Range<usize>,
) -> Result<Vec<StoredRecord>, StorageError> {
    let records = records_at(db, run, at.clone())?;
    if records.len() == at.len() { Ok(records) } else { Err(missing(run, at.start + records.len())) }
}

/// Reads the records at these positions, as far as they exist.
fn records_at(db: &Connection, run: i64, at: Range<usize>) -> Result<Vec<StoredRecord>, StorageError> {
    let mut messages = messages::read(db, run, at.clone())?;
    let mut statement = db.prepare_cached(RECORDS)?;
    let mut rows = statement.query([rows::place(run, at.start), rows::place(run, at.end)])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let row = VerifiedRow::<18>::verify("records", row, 0)?;
        if usize::try_from(row.int(1)?).ok() != Some(at.start + records.len()) {
            return Err(missing(run, at.start + records.len()));
        }
        let outcome = match row.optional_json(8)? {
            Some(output) => RecordOutcome::Output(output),
            None => RecordOutcome::Failure(row.value(9)?),
        };
        let parts: Option<Parts> = row.optional_value(10)?;
        let record = Record {
            key: key(&row, 2)?,
            version: row.small(5)?,
            digest: digest(&row, 6)?,
            outcome,
            parts: parts.map(|parts| parts.0).unwrap_or_default(),
            usage: row.optional_value(11)?.unwrap_or_default(),
            findings: row.list(12)?,
            cached: row.flag(13)?,
            models: row.optional_value(14)?,
            messages: messages.remove(&(at.start + records.len())).unwrap_or_default().into(),
            started: row.time(16)?,
            ended: row.time(17)?,
        };
        records.push(StoredRecord {
            record: Arc::new(record),
            seeded: row.flag(7)?,
            within: within(&row, 15)?,
        });
    }
    Ok(records)
}

fn timers(db: &Connection, run: i64) -> Result<Vec<(Key, Timestamp)>, StorageError> {
    let mut statement =
        db.prepare_cached("SELECT run, path, kind, n, deadline, sum FROM timers WHERE run = ?1")?;
    let mut rows = statement.query([run])?;
    let mut timers = Vec::new();
    while let Some(row) = rows.next()? {
        let row = VerifiedRow::<5>::verify("timers", row, 0)?;
        timers.push((key(&row, 1)?, row.time(4)?));
    }
    Ok(timers)
}

fn entries(db: &Connection, run: i64) -> Result<Vec<LedgerRow>, StorageError> {
    let mut statement = db.prepare_cached(
        "SELECT run, path, kind, n, usage, within, state, sum FROM ledger WHERE run = ?1 ORDER BY entry",
    )?;
    let mut rows = statement.query([run])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let row = VerifiedRow::<7>::verify("ledger", row, 0)?;
        let state = match row.text(6)? {
            "reserved" => LedgerState::Reserved,
            "charged" => LedgerState::Charged,
            "given up" => LedgerState::Forfeited,
            "settled" => LedgerState::Settled,
            _ => return row.wrong(6),
        };
        entries.push(LedgerRow { key: key(&row, 1)?, usage: row.value(4)?, within: within(&row, 5)?, state });
    }
    Ok(entries)
}

/// Returns the usage of a run so far. Records without usage are passed over.
pub(crate) fn usage(db: &Connection, run: i64) -> Result<Usage, StorageError> {
    let mut of_records = db.prepare_cached(
        "SELECT path, kind, n, usage FROM records WHERE record >= ?1 AND record < ?2 AND usage IS NOT NULL \
         AND seeded IS NULL",
    )?;
    let mut rows = of_records.query([rows::place(run, 0), rows::place(run, usize::MAX)])?;
    let mut ledger = Ledger::new(UsageLimits::NONE);
    while let Some(row) = rows.next()? {
        let (path, kind): (String, String) = (row.get(0)?, row.get(1)?);
        let used: Option<Usage> = serde_json::from_str(&row.get::<_, String>(3)?).ok();
        let (Some(kind), Some(used)) = (Kind::from_word(&kind), used) else {
            return Err(StorageError::damaged(format_args!(
                "run {run} has a record without a readable usage"
            )));
        };
        ledger.settle(&Key { path: Path::from(path.as_str()), kind, n: row.get(2)? }, used, &None);
    }
    post(&mut ledger, &entries(db, run)?);
    Ok(ledger.spent())
}

/// Returns the usage of a run that is in no record, by attempt.
pub(crate) fn lost(db: &Connection, run: i64) -> Result<Vec<(Key, Usage)>, StorageError> {
    let mut ledger = Ledger::new(UsageLimits::NONE);
    post(&mut ledger, &entries(db, run)?);
    Ok(ledger.lost().map(|(key, used)| (key.clone(), used)).collect())
}

/// Adds the entries of a run's ledger.
fn post(ledger: &mut Ledger, entries: &[LedgerRow]) {
    for LedgerRow { key, usage, within, state } in entries {
        match state {
            LedgerState::Reserved => ledger.hold(key, *usage, within),
            LedgerState::Charged => ledger.forfeit(key, usage.estimated(), within),
            LedgerState::Forfeited => ledger.forfeit(key, *usage, within),
            LedgerState::Settled => drop(ledger.settle(key, *usage, within)),
        }
    }
}
