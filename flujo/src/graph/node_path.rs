use super::{Graph, Node};
use crate::path::grammar;

impl Graph {
    /// Returns the path, as [`walk`](Self::walk) has it, of the node that a path of a run belongs to: without rounds,
    /// items and replacements. What a model does in its conversation belongs to the model step.
    pub fn node_path(&self, path: &str) -> Option<String> {
        let mut segments = grammar::nodes(path);
        segments.next().filter(|(name, _)| *name == self.name)?;
        let (mut graph, mut scope) = (self, self.name.to_owned());
        let mut place = scope.clone();
        for (id, talks) in segments {
            let nodes: &'static [Node] = graph.nodes;
            let node = nodes.iter().find(|node| node.id == id)?;
            place = grammar::child(&scope, node.id);
            if talks {
                break;
            }
            // Items of a `map` are separate segments, but the nodes of its body belong to the same graph.
            if let Some(inner) = node.facts.graph {
                (graph, scope) = (inner, place.clone());
            }
        }
        Some(place)
    }
}
