//! The SQL of lists: which index is walked, and what is left out on the way.

use crate::StorageError;
use crate::row::time_cell;
use flujo::engine::{Period, RunFilter, RunOrder, RunState};
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};

/// Rows up to which all runs of a status or a label are read and sorted, rather than looked for among all runs.
const FEW: i64 = 2_000;

/// One walk over an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// All runs, in the order of their ids.
    Ids,
    /// All runs, the newest first; of one pipeline, if the filter names one.
    Newest,
    /// The runs of one stored status, the last change first.
    Status(&'static str),
    /// The runs that have begun and not ended, in no order.
    Begun,
    /// The runs that a condition selects, which are few, in no order.
    Few(Few),
}

/// A condition that selects few runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Few {
    /// Their stored status.
    Status,
    /// The label of the filter with this number.
    Label(usize),
}

/// The stored statuses of runs without an execution.
const RESTING: [&str; 6] = ["created", "paused", "done", "failed", "cancelled", "crashed"];

impl Walk {
    /// The walks that together make the list.
    pub(crate) fn all(db: &Connection, filter: &RunFilter) -> Result<Vec<Self>, StorageError> {
        if let Some(few) = few(db, filter)? {
            return Ok(vec![Self::Few(few)]);
        }
        Ok(match filter.order {
            RunOrder::Created => vec![Self::Newest],
            RunOrder::Changed => {
                let words = statuses(filter);
                let is_asked = |word: &&str| words.is_empty() || words.contains(word);
                let mut walks: Vec<_> = RESTING.into_iter().filter(is_asked).map(Self::Status).collect();
                if is_asked(&"begun") {
                    walks.push(Self::Begun);
                }
                walks
            }
            _ => vec![Self::Ids],
        })
    }
}

/// The condition of the filter that selects so few runs that reading them all is faster than walking in order.
fn few(db: &Connection, filter: &RunFilter) -> Result<Option<Few>, StorageError> {
    let is_few = |sql: &str, values: &[&dyn ToSql]| -> Result<bool, StorageError> {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {sql} LIMIT {FEW})");
        let n: i64 = db.prepare_cached(&sql)?.query_row(values, |row| row.get(0))?;
        Ok(n < FEW)
    };
    for (i, (name, value)) in filter.labels.iter().enumerate() {
        if is_few("labels WHERE name = ?1 AND value = ?2", &[name, value])? {
            return Ok(Some(Few::Label(i)));
        }
    }
    // By the last change, the index of the status has the order of the list.
    let words = statuses(filter);
    if words.is_empty() || filter.order == RunOrder::Changed {
        return Ok(None);
    }
    let is_few = is_few(&format!("standings s WHERE {}", is_one_of("s.status", &words)), &[])?;
    Ok(is_few.then_some(Few::Status))
}

/// The stored statuses that the filter asks for; none if it asks for all.
fn statuses(filter: &RunFilter) -> Vec<&'static str> {
    let mut words: Vec<_> = filter.states.iter().copied().filter_map(status).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Returns the stored status of runs in this state; `None` for a state that this version does not have.
fn status(state: RunState) -> Option<&'static str> {
    Some(match state {
        RunState::Created => "created",
        RunState::Running | RunState::Interrupted => "begun",
        RunState::Paused => "paused",
        RunState::Done => "done",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
        RunState::Crashed => "crashed",
        _ => return None,
    })
}

/// The condition that a column has one of these words, which are constants of this file.
fn is_one_of(column: &str, words: &[&str]) -> String {
    format!("{column} IN ('{}')", words.join("', '"))
}

const COLUMNS: &str = "r.run, r.id, r.pipeline, s.status, s.owner, s.replied, \
    CASE s.status WHEN 'paused' THEN (SELECT min(q.deadline) FROM questions q \
    WHERE q.run = r.run AND q.answer IS NULL) END, \
    r.created, r.labels, r.seed_origin, s.started, s.changed, s.ended, s.usage, s.reason, \
    CASE WHEN s.status IN ('begun', 'paused') THEN (SELECT count(*) FROM questions q \
    WHERE q.run = r.run AND q.answer IS NULL) ELSE 0 END";

/// Returns the query of a walk, with its values.
pub(crate) fn of(filter: &RunFilter, walk: &Walk) -> (String, Vec<Value>) {
    let mut query = Query::new(filter);
    let from = match walk {
        Walk::Ids => "runs r CROSS JOIN standings s ON s.run = r.run",
        Walk::Newest if filter.pipeline.is_some() => {
            "runs r INDEXED BY runs_by_pipeline CROSS JOIN standings s ON s.run = r.run"
        }
        Walk::Newest => "runs r INDEXED BY runs_by_created CROSS JOIN standings s ON s.run = r.run",
        Walk::Status(_) | Walk::Begun | Walk::Few(Few::Status) => {
            "standings s INDEXED BY standings_by_status CROSS JOIN runs r ON r.run = s.run"
        }
        Walk::Few(Few::Label(_)) => {
            "labels l CROSS JOIN runs r ON r.run = l.run CROSS JOIN standings s ON s.run = l.run"
        }
    };
    let order = match walk {
        Walk::Ids => "ORDER BY r.id",
        Walk::Newest => "ORDER BY r.created DESC, r.id DESC",
        Walk::Status(_) => "ORDER BY s.changed DESC, r.id DESC",
        Walk::Begun | Walk::Few(_) => "",
    };
    match walk {
        Walk::Status(word) => query.status(word),
        Walk::Begun => query.status("begun"),
        Walk::Few(few) => query.few(few),
        Walk::Ids | Walk::Newest => {}
    }
    query.conditions(walk);
    let (conditions, values) = query.parts();
    (format!("SELECT {COLUMNS} FROM {from} WHERE {conditions} {order}"), values)
}

/// Returns the query that counts the runs of a filter by pipeline, status and owner, with its values. Where the last
/// change is asked for, runs that have begun are not counted: their rows do not tell it.
pub(crate) fn counting(filter: &RunFilter) -> (String, Vec<Value>) {
    let mut query = Query::new(filter);
    // A label is walked where there is one; the text of an id and its creation are looked for in `runs`.
    let walked = (!filter.labels.is_empty()).then_some(0);
    let needs_run = filter.text.is_some() || filter.created != Period::default();
    let from = match (walked, needs_run) {
        (None, false) => "standings s INDEXED BY standings_by_status",
        (None, true) => "runs r INDEXED BY runs_by_created CROSS JOIN standings s ON s.run = r.run",
        (Some(_), false) => "labels l CROSS JOIN standings s ON s.run = l.run",
        (Some(_), true) => {
            "labels l CROSS JOIN runs r ON r.run = l.run CROSS JOIN standings s ON s.run = l.run"
        }
    };
    if let Some(i) = walked {
        query.few(&Few::Label(i));
    }
    query.filter("s", walked);
    if filter.changed != Period::default() {
        query.add("s.status <> 'begun'", []);
        query.period("s.changed", filter.changed);
    }
    let (conditions, values) = query.parts();
    let sql = format!(
        "SELECT s.pipeline, s.status, s.owner, count(*) FROM {from} WHERE {conditions} GROUP BY 1, 2, 3"
    );
    (sql, values)
}

/// The conditions of a query, and their values in order.
struct Query<'f> {
    filter: &'f RunFilter,
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl<'f> Query<'f> {
    fn new(filter: &'f RunFilter) -> Self {
        Self { filter, conditions: Vec::new(), values: Vec::new() }
    }

    /// Returns the conditions as SQL, and their values.
    fn parts(self) -> (String, Vec<Value>) {
        let all = if self.conditions.is_empty() { "true".to_owned() } else { self.conditions.join(" AND ") };
        (all, self.values)
    }

    fn add(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    fn status(&mut self, word: &str) {
        self.add("s.status = ?", [Value::Text(word.to_owned())]);
    }

    fn few(&mut self, few: &Few) {
        if let Few::Label(i) = few
            && let Some((name, value)) = self.filter.labels.get(*i)
        {
            self.add("l.name = ? AND l.value = ?", [Value::Text(name.clone()), Value::Text(value.clone())]);
        }
    }

    fn period(&mut self, column: &str, period: Period) {
        if let Some(from) = period.from {
            self.add(format!("{column} >= ?"), [time_cell(from)]);
        }
        if let Some(until) = period.until {
            self.add(format!("{column} < ?"), [time_cell(until)]);
        }
    }

    /// The conditions of the filter, except the label that is walked and the place where the list begins.
    fn filter(&mut self, table: &str, walked: Option<usize>) {
        let filter = self.filter;
        let words = statuses(filter);
        if !words.is_empty() {
            self.add(is_one_of("s.status", &words), []);
        }
        if let Some(pipeline) = &filter.pipeline {
            // Both tables have it: the one whose index is walked reads it first.
            self.add(format!("{table}.pipeline = ?"), [Value::Text(pipeline.clone())]);
        }
        for (i, (name, value)) in filter.labels.iter().enumerate() {
            if walked == Some(i) {
                continue;
            }
            self.add(
                "EXISTS (SELECT 1 FROM labels x WHERE x.name = ? AND x.value = ? AND x.run = s.run)",
                [Value::Text(name.clone()), Value::Text(value.clone())],
            );
        }
        if let Some(text) = &filter.text {
            self.add("instr(lower(r.id), ?) > 0", [Value::Text(text.to_ascii_lowercase())]);
        }
        self.period("r.created", filter.created);
    }

    fn conditions(&mut self, walk: &Walk) {
        let table = if matches!(walk, Walk::Ids | Walk::Newest) { "r" } else { "s" };
        let walked = if let Walk::Few(Few::Label(i)) = walk { Some(*i) } else { None };
        self.filter(table, walked);
        // The last change of a run with an execution is not in its row.
        if matches!(walk, Walk::Status(_)) {
            self.period("s.changed", self.filter.changed);
        }
        let Some(after) = &self.filter.after else { return };
        let (at, id) = (time_cell(after.at), Value::Text(after.id.as_str().to_owned()));
        let column = match walk {
            Walk::Ids => return self.add("r.id > ?", [id]),
            Walk::Newest => "r.created",
            Walk::Status(_) => "s.changed",
            Walk::Begun | Walk::Few(_) => return,
        };
        self.add(format!("{column} <= ? AND ({column} < ? OR r.id < ?)"), [at.clone(), at, id]);
    }
}
