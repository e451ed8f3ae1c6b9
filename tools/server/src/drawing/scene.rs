//! The nodes and edges to be drawn: those of nested pipelines stand in line with the others.

use flujo::graph::{Graph, Node, NodeKind};
use std::collections::BTreeMap;

/// The most nodes that are drawn; pipelines that would go beyond it stay closed.
const MOST: usize = 400;
/// The deepest nesting of pipelines that is drawn.
const DEEPEST: usize = 8;
/// The longest text of a label, in characters.
const LABEL: usize = 40;

/// One box of the drawing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    /// The path of the node, as [`Graph::walk`] has it; `None` for the input and the output.
    pub(super) path: Option<String>,
    /// The word of the kind; `input`, `output`.
    pub(super) kind: &'static str,
    /// The first line of text.
    pub(super) label: String,
    /// True if runs record something at the node.
    pub(super) is_recorded: bool,
}

/// A graph without nesting.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) spots: Vec<Spot>,
    /// The edges with their labels; there is at most one from one node to another.
    pub(super) edges: BTreeMap<(usize, usize), String>,
}

impl Scene {
    pub(super) fn of(graph: &Graph) -> Self {
        let mut scene = Self { name: graph.name.to_owned(), ..Self::default() };
        let inputs: Vec<_> = graph.inputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let input = scene.end("input", &inputs.join(", "));
        let exits = scene.body(graph, graph.name, input, 0);
        let output = scene.end("output", graph.output);
        for (from, label) in exits {
            scene.edge(from, output, label);
        }
        scene
    }

    fn end(&mut self, kind: &'static str, label: &str) -> usize {
        self.spots.push(Spot { path: None, kind, label: short(label), is_recorded: false });
        self.spots.len() - 1
    }

    /// Adds the nodes of a pipeline that is entered from `entry`; returns the nodes it is left from.
    fn body(
        &mut self,
        graph: &Graph,
        prefix: &str,
        entry: usize,
        depth: usize,
    ) -> Vec<(usize, &'static str)> {
        let mut entries = Vec::new();
        let mut exits = Vec::new();
        for node in graph.nodes {
            let path = format!("{prefix}/{}", node.id);
            let own = self.node(node, path.clone());
            entries.push(own);
            exits.push(match node.facts.graph {
                Some(inner)
                    if depth < DEEPEST
                        && self.spots.len() + inner.nodes.len() < MOST
                        && !inner.nodes.is_empty() =>
                {
                    self.body(inner, &path, own, depth + 1)
                }
                _ => vec![(own, "")],
            });
        }
        let mut left = Vec::new();
        for edge in graph.edges {
            let from = match edge.from {
                Some(i) => exits.get(i).cloned().unwrap_or_default(),
                None => vec![(entry, "")],
            };
            for (from, inner) in from {
                let label = if edge.label.is_empty() { inner } else { edge.label };
                match edge.to.map(|i| entries.get(i).copied()) {
                    Some(Some(to)) => self.edge(from, to, label),
                    Some(None) => {}
                    None => left.push((from, label)),
                }
            }
        }
        left
    }

    fn node(&mut self, node: &Node, path: String) -> usize {
        let is_recorded = matches!(
            node.kind,
            NodeKind::Step | NodeKind::Model | NodeKind::Pipeline | NodeKind::Ask | NodeKind::Gate
        );
        self.spots.push(Spot {
            path: Some(path),
            kind: node.kind.word(),
            label: short(node.id),
            is_recorded,
        });
        self.spots.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, label: &str) {
        let known = self.edges.entry((from, to)).or_default();
        if label.is_empty() || *known == label {
            return;
        }
        if !known.is_empty() {
            known.push_str(" | ");
        }
        known.push_str(label);
        *known = short(known);
    }
}

/// One line of at most [`LABEL`] characters.
pub(super) fn short(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c });
    let mut out: String = line.clone().take(LABEL).collect();
    if line.count() > LABEL {
        out.pop();
        out.push('…');
    }
    out
}
