//! What was used, by day, pipeline and model.

use crate::StorageError;
use crate::list::{Lives, list};
use crate::row::unpacked;
use crate::{load, rows};
use flujo::clock::Timestamp;
use flujo::engine::{ModelUse, RunSummary, UsageFilter, UsageLine, UsageReport};
use flujo::usage::Usage;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
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
    Ok(())
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
