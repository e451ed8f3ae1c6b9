//! The state, time and cost of each node of a run.

use flujo::Cost;
use flujo::engine::{RecordOutcome, RunView};
use flujo::graph::Graph;
use flujo::path::Path;
use std::collections::BTreeMap;
use std::time::Duration;

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Done,
    Failed,
    Waiting,
    Running,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Running => "running",
        }
    }

    /// A sign beside the colour, which not everybody tells apart.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Failed => "✗",
            Self::Waiting => "?",
            Self::Running => "▸",
        }
    }
}

/// The sums of a node over its rounds, items and attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) state: State,
    pub(super) attempts: u32,
    pub(super) time: Duration,
    pub(super) cost: Cost,
    pub(super) calls: u64,
}

/// The marks by path, as [`Graph::walk`] has the paths.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeMap<String, Mark>);

impl Marks {
    pub(super) fn of(graph: &Graph, view: &RunView, under_way: &[Path]) -> Self {
        let mut marks = Self::default();
        let none = Mark { state: State::Done, attempts: 0, time: Duration::ZERO, cost: Cost(0), calls: 0 };
        for record in &view.records {
            let state = match record.outcome {
                RecordOutcome::Output(_) => State::Done,
                RecordOutcome::Failure(_) => State::Failed,
            };
            let time = record.ended.since(record.started);
            let (cost, calls) = (record.usage.cost, record.usage.model_calls);
            marks.add(graph, &record.key.path, Mark { state, attempts: 1, time, cost, calls });
        }
        for answered in &view.answered {
            let time = answered.reply.at.since(answered.question.asked);
            marks.add(graph, &answered.question.path, Mark { attempts: 1, time, ..none });
        }
        for path in under_way {
            marks.add(graph, path, Mark { state: State::Running, ..none });
        }
        for question in &view.questions {
            marks.add(graph, &question.path, Mark { state: State::Waiting, ..none });
        }
        marks
    }

    /// Adds to a node and to the pipelines around it, whose state is that of what happened last in them.
    fn add(&mut self, graph: &Graph, path: &Path, mark: Mark) {
        let Some(place) = graph.node_path(path.as_str()) else { return };
        let mut around = place.as_str();
        while around.contains('/') {
            let known = self.0.entry(around.to_owned()).or_insert(Mark {
                attempts: 0,
                time: Duration::ZERO,
                cost: Cost(0),
                calls: 0,
                ..mark
            });
            known.state = mark.state;
            known.attempts = known.attempts.saturating_add(mark.attempts);
            known.time = known.time.saturating_add(mark.time);
            known.cost = Cost(known.cost.0.saturating_add(mark.cost.0));
            known.calls = known.calls.saturating_add(mark.calls);
            around = around.rsplit_once('/').map_or("", |(outer, _)| outer);
        }
    }

    pub(super) fn at(&self, path: &str) -> Option<&Mark> {
        self.0.get(path)
    }
}

impl Mark {
    /// The second line of a node: `✓ 12ms, $0.002`.
    pub(super) fn text(&self) -> String {
        let mut parts = Vec::new();
        if self.attempts > 0 {
            parts.push(super::short_time(self.time));
        } else {
            parts.push(self.state.word().to_owned());
        }
        if self.calls > 0 || self.cost.0 > 0 {
            parts.push(self.cost.to_string());
        }
        if self.attempts > 1 {
            parts.push(format!("{}×", self.attempts));
        }
        format!("{} {}", self.state.sign(), parts.join(", "))
    }
}
