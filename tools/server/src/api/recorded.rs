//! A run as engines store it, for programs that are made of `flujo` too.

use super::operation::{About, Call, Json, Nothing, Operations};
use crate::access::Role;
use crate::data::value::Value;
use crate::problem::{Kind, Problem};
use crate::words;
use flujo::Usage;
use flujo::clock::Timestamp;
use flujo::codec::Json as Recorded;
use flujo::engine::{Action, FinalOutcome, Record, RunRecord, RunState, RunView, Status};
use flujo::error::Signal;
use flujo::path::Path;
use flujo::question::{Answered, Question};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn add(operations: Operations) -> Operations {
    operations.get(
        About {
            path: "/runs/{id}/recorded",
            name: "recorded_run",
            summary: "Everything that is recorded of a run, in the forms that engines store.",
            role: Role::Viewer,
            header: None,
            problems: &[Kind::UnknownRun],
        },
        recorded,
    )
}

/// All fields of a [`RunView`]: whoever reads them has the same view.
#[derive(Serialize)]
struct Stored<'a> {
    run: &'a RunRecord,
    state: &'static str,
    outcome: Option<&'a FinalOutcome>,
    context: &'a Recorded,
    records: &'a [Arc<Record>],
    questions: &'a [Question],
    answered: &'a [Answered],
    usage: &'a Usage,
    reserved: &'a Usage,
    active: Duration,
    forgiven: &'a [(Path, u32)],
    stopped: Option<&'a Signal>,
    acted: &'a [Action],
    started: Option<Timestamp>,
    changed: Timestamp,
    ended: Option<Timestamp>,
}

impl<'a> Stored<'a> {
    fn of(view: &'a RunView) -> Self {
        Self {
            run: &view.run,
            state: words::state(RunState::from(&view.status)),
            outcome: match &view.status {
                Status::Ended(outcome) => Some(outcome),
                _ => None,
            },
            context: &view.context,
            records: &view.records,
            questions: &view.questions,
            answered: &view.answered,
            usage: &view.usage,
            reserved: &view.reserved,
            active: view.active,
            forgiven: &view.forgiven,
            stopped: view.stopped.as_ref(),
            acted: &view.acted,
            started: view.started,
            changed: view.changed,
            ended: view.ended,
        }
    }
}

async fn recorded(call: Call<Nothing, ()>) -> Result<Json<Value>, Problem> {
    let view = call.state.control.inspect(&call.run()).await?;
    let stored = Recorded::encode(&Stored::of(&view)).map_err(|error| {
        Problem::new(Kind::Internal, format!("what is recorded cannot be shown: {error}"))
    })?;
    Ok(Json(Value(stored)))
}
