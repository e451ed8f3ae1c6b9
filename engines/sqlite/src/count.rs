//! Counts of runs.

use crate::StorageError;
use crate::list::{Decided, Lives, list, resting};
use crate::list_query;
use flujo::engine::{Period, RunCount, RunFilter, RunState};
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeMap;

/// Returns the numbers of the runs that match the filter, by pipeline and state.
pub(crate) fn count(
    db: &Connection,
    filter: &RunFilter,
    lives: &Lives,
) -> Result<Vec<RunCount>, StorageError> {
    let mut counts = BTreeMap::new();
    let (sql, values) = list_query::counting(filter);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut decided = Decided::new();
    while let Some(row) = rows.next()? {
        let (pipeline, status): (String, String) = (row.get(0)?, row.get(1)?);
        let (owner, n): (Option<i64>, i64) = (row.get(2)?, row.get(3)?);
        let n = u64::try_from(n).unwrap_or(0);
        let state = match (status.as_str(), owner) {
            ("begun", Some(owner)) if lives.is_alive(db, owner, &mut decided)? => RunState::Running,
            ("begun", _) => RunState::Interrupted,
            (status, _) => resting(status)
                .ok_or_else(|| StorageError::damaged(format_args!("a run has the status `{status}`")))?,
        };
        if filter.states.is_empty() || filter.states.contains(&state) {
            *counts.entry((pipeline, state)).or_insert(0) += n;
        }
    }
    if filter.changed != Period::default() {
        for count in filter.count(at_work(db, filter, lives)?) {
            *counts.entry((count.pipeline, count.state)).or_insert(0) += count.runs;
        }
    }
    Ok(counts.into_iter().map(|((pipeline, state), n)| RunCount::new(pipeline, state, n)).collect())
}

/// The runs that have begun and not ended.
fn at_work(
    db: &Connection,
    filter: &RunFilter,
    lives: &Lives,
) -> Result<Vec<flujo::engine::RunSummary>, StorageError> {
    let mut begun = filter.clone();
    let at_work = [RunState::Running, RunState::Interrupted];
    begun.states =
        at_work.into_iter().filter(|s| filter.states.is_empty() || filter.states.contains(s)).collect();
    if begun.states.is_empty() {
        return Ok(Vec::new());
    }
    (begun.after, begun.limit) = (None, None);
    list(db, &begun, lives)
}
