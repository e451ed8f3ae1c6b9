use super::{Record, RunView};
use crate::clock::Timestamp;
use crate::path::Path;
use crate::usage::Usage;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The aggregated attempts of one node of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeView {
    /// The path of the node.
    pub path: Path,
    /// The number of attempts that have ended.
    pub attempts: u32,
    /// The time at which the first attempt began.
    pub started: Timestamp,
    /// The time at which the last attempt ended.
    pub ended: Timestamp,
    /// The working time of all attempts, without the time between them.
    pub working: Duration,
    /// The usage of all attempts.
    pub usage: Usage,
    /// The last attempt; its outcome is the node's.
    pub last: Arc<Record>,
}

impl NodeView {
    fn of(record: &Arc<Record>) -> Self {
        Self {
            path: record.key.path.clone(),
            attempts: 1,
            started: record.started,
            ended: record.ended,
            working: record.ended.since(record.started),
            usage: record.usage,
            last: Arc::clone(record),
        }
    }

    fn add(&mut self, record: &Arc<Record>) {
        self.attempts += 1;
        self.ended = record.ended;
        self.working = self.working.saturating_add(record.ended.since(record.started));
        self.usage += record.usage;
        self.last = Arc::clone(record);
    }
}

impl RunView {
    /// Returns the nodes that have records, in the order of their first records.
    pub fn nodes(&self) -> Vec<NodeView> {
        let (mut nodes, mut places) = (Vec::<NodeView>::new(), HashMap::new());
        for record in &self.records {
            let place = *places.entry(record.key.path.clone()).or_insert(nodes.len());
            match nodes.get_mut(place) {
                Some(node) => node.add(record),
                None => nodes.push(NodeView::of(record)),
            }
        }
        nodes
    }
}
