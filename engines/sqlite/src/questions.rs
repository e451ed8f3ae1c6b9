//! Questions and their replies.

use crate::StorageError;
use crate::row::VerifiedRow;
use flujo::engine::kit::OpenQuestion;
use flujo::engine::{PendingQuestion, QuestionFilter, RunId};
use flujo::path::Path;
use flujo::question::{Answered, Question, Reply};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

const QUESTIONS: &str = "SELECT run, path, message, shown, schema, asked, deadline, fallback, arms, sum, \
                         run, path, answer, reply, replied_by, replied_at, reply_sum \
                         FROM questions WHERE run = ?1 ORDER BY question";

/// Reads the open questions, and the answered ones in the order of their replies.
pub(crate) fn questions(
    db: &Connection,
    run: i64,
) -> Result<(Vec<OpenQuestion>, Vec<Answered>), StorageError> {
    let mut statement = db.prepare_cached(QUESTIONS)?;
    let mut rows = statement.query([run])?;
    let (mut open, mut answered) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let asked = VerifiedRow::<9>::verify("questions", row, 0)?;
        let question = question(&asked)?;
        if row.get::<_, Option<i64>>(12)?.is_none() {
            open.push(OpenQuestion::new(question, asked.list(8)?));
            continue;
        }
        let reply = VerifiedRow::<6>::verify("replies", row, 10)?;
        let by = reply.optional_text(4)?.map(str::to_owned);
        let n = reply.int(2)?;
        let reply = Reply { value: reply.json(3)?, by, at: reply.time(5)? };
        answered.push((n, Answered { question, reply }));
    }
    answered.sort_by_key(|(n, _)| *n);
    Ok((open, answered.into_iter().map(|(_, answered)| answered).collect()))
}

/// Reads a question from the cells of its row.
fn question(row: &VerifiedRow<'_, 9>) -> Result<Question, StorageError> {
    Ok(Question {
        path: Path::from(row.text(1)?),
        message: row.text(2)?.to_owned(),
        shown: row.optional_json(3)?,
        schema: row.json(4)?,
        asked: row.time(5)?,
        deadline: row.optional_int(6)?.map(|_| row.time(6)).transpose()?,
        default: row.optional_json(7)?,
    })
}

const PENDING: &str = "SELECT q.run, q.path, q.message, q.shown, q.schema, q.asked, q.deadline, q.fallback, q.arms, \
                       q.sum, r.id, r.pipeline FROM questions q INDEXED BY questions_by_age \
                       JOIN runs r ON r.run = q.run WHERE q.answer IS NULL";

/// Reads the open questions of all runs, oldest first.
pub(crate) fn pending(
    db: &Connection,
    filter: &QuestionFilter,
) -> Result<Vec<PendingQuestion>, StorageError> {
    let (mut sql, mut values) = (PENDING.to_owned(), Vec::new());
    if let Some((asked, ..)) = &filter.after {
        sql.push_str(" AND q.asked >= ?");
        values.push(crate::row::time_cell(*asked));
    }
    if let Some(pipeline) = &filter.pipeline {
        sql.push_str(" AND r.pipeline = ?");
        values.push(Value::Text(pipeline.clone()));
    }
    sql.push_str(" ORDER BY q.asked, r.id, q.path");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let (mut found, limit) = (Vec::new(), filter.limit.unwrap_or(usize::MAX));
    while let Some(row) = rows.next()? {
        if found.len() >= limit {
            break;
        }
        let asked = VerifiedRow::<9>::verify("questions", row, 0)?;
        let (id, pipeline) = (RunId::from(row.get::<_, String>(10)?), row.get(11)?);
        let asked = PendingQuestion::new(id, pipeline, question(&asked)?);
        if filter.after.as_ref().is_none_or(|after| asked.place() > *after) {
            found.push(asked);
        }
    }
    Ok(found)
}
