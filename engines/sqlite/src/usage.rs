//! Reports of usage, by day, pipeline and model.

use crate::StorageError;
use crate::list::{Lives, list};
use crate::row::unpacked;
use crate::{load, rows};
use flujo::clock::Timestamp;
use flujo::engine::{Key, ModelUse, RunSummary, UsageFilter, UsageLine, UsageReport};
use flujo::usage::Usage;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;

/// Returns the lines of a report. Of each run only the attempts are read that used something.
pub(crate) fn report(
    db: &Connection,
    filter: &UsageFilter,
    lives: &Lives,
) -> Result<Vec<UsageLine>, StorageError> {
    let mut report = UsageReport::default();
    for run in list(db, &filter.runs(), lives)?.iter().filter(|run| run.usage != Usage::default()) {
        add(db, run, filter, &mut report)?;
    }
    Ok(report.lines())
}

const USED: &str = "SELECT ended, usage, models FROM records WHERE record >= ?1 AND record < ?2 \
                    AND usage IS NOT NULL AND seeded IS NULL";

fn add(
    db: &Connection,
    run: &RunSummary,
    filter: &UsageFilter,
    report: &mut UsageReport,
) -> Result<(), StorageError> {
    let Some(number) = load::number(db, &run.id)? else { return Ok(()) };
    let label = filter.by_label.as_deref().and_then(|name| run.labels.get(name));
    let mut used = db.prepare_cached(USED)?;
    let mut rows = used.query([rows::place(number, 0), rows::place(number, usize::MAX)])?;
    while let Some(row) = rows.next()? {
        let ended = Timestamp(u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default());
        if filter.period.contains(ended) {
            let usage = json::<Usage>(row, 1)?.unwrap_or_default();
            let models = json::<ModelUse>(row, 2)?.unwrap_or_default();
            report.add(ended, (&run.pipeline, label), usage, &models.by_model);
        }
    }
    for (key, usage) in load::lost(db, number)? {
        let at = made_again(db, number, &key)?.or(run.ended).unwrap_or(run.changed);
        if filter.period.contains(at) {
            report.add_lost(at, (&run.pipeline, label), usage);
        }
    }
    Ok(())
}

const MADE_AGAIN: &str = "SELECT ended FROM records WHERE record >= ?1 AND record < ?2 AND path = ?3 AND kind = ?4 \
                          AND n = ?5 AND seeded IS NULL";

/// Returns the end of the attempt that was made in place of a lost one.
fn made_again(db: &Connection, run: i64, key: &Key) -> Result<Option<Timestamp>, StorageError> {
    let mut made = db.prepare_cached(MADE_AGAIN)?;
    let (from, to) = (rows::place(run, 0), rows::place(run, usize::MAX));
    let of = params![from, to, key.path.as_str(), key.kind.word(), key.n];
    let ended: Option<i64> = made.query_row(of, |row| row.get(0)).optional()?;
    Ok(ended.and_then(|ended| u64::try_from(ended).ok()).map(Timestamp))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, i: usize) -> Result<Option<T>, StorageError> {
    let cell = row.get_ref(i)?;
    if cell == ValueRef::Null {
        return Ok(None);
    }
    let damaged =
        || StorageError::damaged(format_args!("column {i} of a row of table `records` cannot be read"));
    let text = unpacked(cell).ok_or_else(damaged)?;
    serde_json::from_str(&text).map(Some).map_err(|_| damaged())
}
