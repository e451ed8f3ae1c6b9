use super::usage::UsageAnswer;
use super::values::Time;
use flujo::engine::RunState;
use flujo::engine::{Labels, RunCount, RunSummary};
use flujo::error::Mismatch;
use serde::Deserialize;

/// A page of runs.
#[derive(Deserialize)]
pub(in crate::remote) struct RunsAnswer {
    runs: Vec<RunAnswer>,
    pub(in crate::remote) next: Option<String>,
}

#[derive(Deserialize)]
struct RunAnswer {
    id: String,
    pipeline: String,
    state: RunState,
    replied: bool,
    deadline: Option<Time>,
    labels: Labels,
    origin: Option<String>,
    created: Time,
    started: Option<Time>,
    changed: Time,
    ended: Option<Time>,
    usage: UsageAnswer,
    questions: usize,
    under_way: Vec<String>,
    failure: Option<String>,
    mismatch: Option<Mismatch>,
}

impl RunsAnswer {
    pub(in crate::remote) fn summaries(self) -> impl Iterator<Item = RunSummary> {
        self.runs.into_iter().map(|run| {
            let mut summary = RunSummary::new(run.id.into(), run.pipeline, run.state);
            let at = |time: Option<Time>| time.map(|time| time.0);
            summary.replied = run.replied;
            summary.deadline = at(run.deadline);
            summary.labels = run.labels;
            summary.origin = run.origin.map(Into::into);
            summary.created = run.created.0;
            summary.started = at(run.started);
            summary.changed = run.changed.0;
            summary.ended = at(run.ended);
            summary.usage = run.usage.into();
            summary.questions = run.questions;
            summary.under_way = run.under_way.iter().map(|path| path.as_str().into()).collect();
            summary.failure = run.failure;
            summary.mismatch = run.mismatch;
            summary
        })
    }
}

/// The numbers of runs.
#[derive(Deserialize)]
pub(in crate::remote) struct CountsAnswer {
    counts: Vec<CountAnswer>,
}

#[derive(Deserialize)]
struct CountAnswer {
    pipeline: String,
    state: RunState,
    runs: u64,
}

impl CountsAnswer {
    pub(in crate::remote) fn counts(self) -> Vec<RunCount> {
        let counts = self.counts.into_iter();
        counts.map(|count| RunCount::new(count.pipeline, count.state, count.runs)).collect()
    }
}
