//! The overlay of a run on the nodes of its graph: filled in by `run::graph_overlay`, drawn by `render`.

use super::{Graph, NodeKind};
use crate::clock::Short;
use crate::path::grammar;
use crate::usage::Usage;
use std::collections::BTreeMap;
use std::time::Duration;

/// The state of a node in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Done,
    Failed,
    Waiting,
    /// The run has not reached the node.
    Idle,
}

impl Standing {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Idle => "idle",
        }
    }
}

/// The totals of a node, over all its rounds and items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) standing: Standing,
    pub(crate) runs: u32,
    pub(crate) attempts: u32,
    pub(crate) latency: Duration,
    pub(crate) usage: Usage,
}

impl Mark {
    /// The label of a node: `12ms, $0.002, 3 attempts`.
    pub(super) fn text(&self) -> String {
        if self.standing == Standing::Waiting {
            return "waiting".to_owned();
        }
        let mut parts = vec![Short(self.latency).to_string()];
        if self.usage.model_calls > 0 || self.usage.cost.0 > 0 {
            parts.push(self.usage.cost.to_string());
        }
        if self.runs > 1 {
            parts.push(format!("{} runs", self.runs));
        }
        if self.attempts > self.runs {
            parts.push(format!("{} attempts", self.attempts));
        }
        parts.join(", ")
    }
}

/// A node as the indices of the pipelines that enclose it, outermost first, and its own index.
type Spot = Vec<usize>;

/// The overlay of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunOverlay {
    nodes: BTreeMap<Spot, Mark>,
    pub(crate) done: bool,
    /// The path of the pipeline that ended with `fail(..)`.
    pub(crate) failed: Option<String>,
}

/// The nodes and edges of one graph that a run took.
pub(super) struct Taken {
    pub(super) nodes: Vec<bool>,
    pub(super) edges: Vec<bool>,
}

impl Graph {
    fn spot(&self, path: &str) -> Option<Spot> {
        let mut segments = grammar::segments(path).peekable();
        if segments.next() != Some(self.name) {
            return None;
        }
        let (mut graph, mut spot) = (self, Spot::new());
        while let Some(segment) = segments.next() {
            let index = graph.nodes.iter().position(|node| node.id == segment && node.kind.in_path())?;
            let inner = graph.nodes.get(index).and_then(|node| node.facts.graph);
            match (segments.peek(), inner) {
                (None, _) => {
                    spot.push(index);
                    return Some(spot);
                }
                (Some(_), Some(inner)) => {
                    spot.push(index);
                    graph = inner;
                }
                // An item of a map: its nodes belong to the same graph.
                (Some(_), None) => {}
            }
        }
        None
    }
}

impl RunOverlay {
    /// Adds to the node at a path, and to the pipelines that enclose it.
    pub(crate) fn add(&mut self, graph: &Graph, path: &str, mark: Mark) {
        let Some(mut spot) = graph.spot(path) else { return };
        let mut own = true;
        while !spot.is_empty() {
            let known = self.nodes.entry(spot.clone()).or_insert(Mark {
                runs: 0,
                attempts: 0,
                latency: Duration::ZERO,
                usage: Usage::default(),
                ..mark
            });
            known.standing = mark.standing;
            known.latency += mark.latency;
            known.usage += mark.usage;
            if own {
                known.runs += mark.runs;
                known.attempts += mark.attempts;
            }
            own = false;
            spot.pop();
        }
    }

    pub(super) fn at(&self, spot: &[usize]) -> Option<&Mark> {
        self.nodes.get(spot)
    }

    /// Returns true if the whole run has completed.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// The nodes and edges that the run took of `graph`, which is nested at `spot`. Branches, forks, loops and timers
    /// have no record: they count as taken if the run came from a node that was taken, or the input, and continued to
    /// one, or the output. Alternatives that no record distinguishes all count as taken.
    pub(super) fn taken(&self, graph: &Graph, spot: &[usize], path: &str, done: bool) -> Taken {
        let silent = |i: usize| graph.nodes.get(i).is_some_and(|node| !node.kind.leaves_record());
        let recorded: Vec<bool> =
            (0..graph.nodes.len()).map(|i| self.nodes.contains_key(&[spot, &[i]].concat())).collect();
        let is = |list: &[bool], i: usize| list.get(i).copied().unwrap_or(false);
        let fails = self.failed.as_deref() == Some(path);
        let (mut forward, mut backward) = (recorded.clone(), recorded.clone());
        // As many passes as there are nodes cover the longest path.
        for _ in 0..=graph.nodes.len() {
            for edge in graph.edges {
                let from = edge.from.is_none_or(|i| is(&forward, i));
                if let Some(to) = edge.to.filter(|to| from && silent(*to))
                    && let Some(slot) = forward.get_mut(to)
                {
                    *slot = true;
                }
                let to = edge.to.map_or(done, |i| is(&backward, i) || (fails && graph.is_fail(i)));
                if let Some(from) = edge.from.filter(|from| to && silent(*from))
                    && let Some(slot) = backward.get_mut(from)
                {
                    *slot = true;
                }
            }
        }
        let nodes: Vec<bool> = (0..graph.nodes.len())
            .map(|i| {
                is(&recorded, i) || (is(&forward, i) && (is(&backward, i) || (fails && graph.is_fail(i))))
            })
            .collect();
        let ends = |from: Option<usize>, to: Option<usize>| {
            from.is_none_or(|i| is(&nodes, i)) && to.map_or(done, |i| is(&nodes, i))
        };
        let entries = |i: Option<usize>| graph.edges.iter().filter(|edge| edge.to == i).count();
        let edges = graph.edges.iter().map(|edge| {
            // A branch takes one edge: it does not bypass an arm that has run.
            let past = edge.from.is_some_and(|i| graph.is_branch(i) && !graph.in_loop(i))
                && entries(edge.to) > 1
                && graph.edges.iter().any(|other| {
                    other.from == edge.from
                        && other.to.is_some_and(|i| is(&recorded, i))
                        && entries(other.to) == 1
                });
            ends(edge.from, edge.to) && !past
        });
        Taken { edges: edges.collect(), nodes }
    }
}

impl Graph {
    fn is_fail(&self, i: usize) -> bool {
        self.nodes.get(i).is_some_and(|node| node.kind == NodeKind::Fail)
    }

    fn is_branch(&self, i: usize) -> bool {
        self.nodes.get(i).is_some_and(|node| node.kind == NodeKind::Branch)
    }

    /// The nodes that enclose node `i`, innermost first.
    pub(super) fn around(&self, i: usize) -> impl Iterator<Item = &'static super::Node> {
        let nodes: &'static [super::Node] = self.nodes;
        let mut depth = nodes.get(i).map_or(0, |node| node.depth);
        let before = nodes.get(..i).unwrap_or_default();
        before.iter().rev().filter(move |node| {
            let encloses = node.depth < depth;
            depth = depth.min(node.depth);
            encloses
        })
    }

    fn in_loop(&self, i: usize) -> bool {
        self.around(i).any(|node| matches!(node.kind, NodeKind::Repeat | NodeKind::Refine | NodeKind::Map))
    }
}

impl NodeKind {
    /// Returns true if the id of such a node is a segment of paths.
    fn in_path(self) -> bool {
        !matches!(self, Self::Branch | Self::Fail | Self::Join | Self::Repeat | Self::Refine | Self::Route)
    }

    /// Returns true if such a node has a record once a run has reached it.
    fn leaves_record(self) -> bool {
        matches!(self, Self::Step | Self::Model | Self::Pipeline | Self::Ask | Self::Gate)
    }
}
