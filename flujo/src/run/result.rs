use crate::clock::Timestamp;
use crate::engine::{Finding, Kind, Record, RecordOutcome};
use crate::path::{Path, Place};
use crate::step::RunInfo;
use crate::usage::Usage;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What became of one node.
#[derive(Clone, Debug)]
pub struct StepResult {
    place: At,
    attempts: u32,
    latency: Duration,
    usage: Usage,
    findings: Vec<Finding>,
    done: bool,
}

#[derive(Clone, Debug)]
enum At {
    Place(Place),
    Path(Path),
}

impl StepResult {
    pub(crate) fn once(place: Place, info: &RunInfo, started: Timestamp, ended: Timestamp, done: bool) -> Self {
        let latency = ended.since(started);
        Self { place: At::Place(place), attempts: 1, latency, usage: info.used(), findings: Vec::new(), done }
    }

    /// The path of the node.
    pub fn path(&self) -> Path {
        match &self.place {
            At::Place(place) => place.path(),
            At::Path(path) => path.clone(),
        }
    }

    /// How many attempts it took.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The time that all attempts took together, waits between them not counted.
    pub fn latency(&self) -> Duration {
        self.latency
    }

    /// What all attempts used together.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// What validators found on an output that passed all the same.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether no validator had anything to say about the output.
    pub fn validation_passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether the last attempt succeeded.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Whether it ran in place of a node that had failed: `node!fallback`.
    pub fn is_fallback(&self) -> bool {
        self.path().as_str().contains('!')
    }

    /// One result per node, in the order in which the nodes' first attempts were recorded.
    pub(crate) fn of_records(records: &[Arc<Record>]) -> Vec<Self> {
        let mut results: Vec<Self> = Vec::new();
        let mut index: HashMap<&Path, usize> = HashMap::new();
        for record in records.iter().filter(|r| matches!(r.key.kind, Kind::Step | Kind::Model)) {
            let at = *index.entry(&record.key.path).or_insert_with(|| {
                results.push(Self {
                    place: At::Path(record.key.path.clone()),
                    attempts: 0,
                    latency: Duration::ZERO,
                    usage: Usage::default(),
                    findings: Vec::new(),
                    done: false,
                });
                results.len() - 1
            });
            if let Some(result) = results.get_mut(at) {
                result.attempts += 1;
                result.latency += record.ended.since(record.started);
                result.usage += record.usage;
                result.findings.clone_from(&record.findings);
                result.done = matches!(record.outcome, RecordOutcome::Output(_));
            }
        }
        results
    }
}

/// The result of a node that is being put together, attempt by attempt, where nothing is recorded.
pub(crate) struct Node {
    place: Place,
    attempts: u32,
    latency: Duration,
    usage: Usage,
    findings: Vec<Finding>,
}

impl Node {
    pub(crate) fn new(place: Place) -> Self {
        Self { place, attempts: 0, latency: Duration::ZERO, usage: Usage::default(), findings: Vec::new() }
    }
    pub(crate) fn add(&mut self, info: &RunInfo, started: Timestamp, ended: Timestamp) {
        self.attempts += 1;
        self.latency += ended.since(started);
        self.usage += info.used();
    }
    pub(crate) fn found(&mut self, findings: Vec<Finding>) {
        self.findings = findings;
    }
    pub(crate) fn into_result(self, done: bool) -> StepResult {
        let Self { place, attempts, latency, usage, findings } = self;
        StepResult { place: At::Place(place), attempts, latency, usage, findings, done }
    }
}
