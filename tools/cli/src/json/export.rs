//! Everything recorded of a run.

use flujo::Usage;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{Action, FinalOutcome, Record, RunRecord, RunState, RunView, Status};
use flujo::question::{Answered, Question};
use serde::Serialize;
use std::sync::Arc;

/// The version of the document. It changes when a field is removed or changes its meaning.
const VERSION: u32 = 1;

/// Everything recorded of a run, in the forms that engines store: values are strings of JSON, so that no reader alters
/// a number, and times are nanoseconds since 1970.
#[derive(Serialize)]
pub(crate) struct Export<'a> {
    #[serde(rename = "flujo_export")]
    version: u32,
    run: &'a RunRecord,
    state: &'static str,
    outcome: Option<&'a FinalOutcome>,
    context: &'a Json,
    records: &'a [Arc<Record>],
    questions: &'a [Question],
    answered: &'a [Answered],
    usage: &'a Usage,
    actions: Vec<Action>,
    started: Option<Timestamp>,
    changed: Timestamp,
    ended: Option<Timestamp>,
}

impl<'a> Export<'a> {
    pub(crate) fn of(view: &'a RunView) -> Self {
        let outcome = match &view.status {
            Status::Ended(outcome) => Some(outcome),
            _ => None,
        };
        Self {
            version: VERSION,
            run: &view.run,
            state: RunState::from(&view.status).word(),
            outcome,
            context: &view.context,
            records: &view.records,
            questions: &view.questions,
            answered: &view.answered,
            usage: &view.usage,
            actions: view.actions(),
            started: view.started,
            changed: view.changed,
            ended: view.ended,
        }
    }
}
