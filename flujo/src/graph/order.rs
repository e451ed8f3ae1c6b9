use super::Graph;
use crate::path::grammar;
use std::cmp::Ordering;

impl Graph {
    /// Returns true if the node at one path of a run can only be reached after the node at another one: there is a way of
    /// edges to it. Nodes in different arms, or of different items, are not behind each other.
    pub(crate) fn is_behind(&self, path: &str, of: &str) -> bool {
        let mut graph = self;
        // The name of the pipeline is the first segment of both.
        for (end, start) in grammar::places(path).zip(grammar::places(of)).skip(1) {
            if end != start {
                return match grammar::compare_rounds(end, start) {
                    Ordering::Less => false,
                    Ordering::Greater => true,
                    Ordering::Equal => graph.leads(grammar::node_of(start), grammar::node_of(end)),
                };
            }
            let node = graph.nodes.iter().find(|node| node.id == grammar::node_of(end));
            graph = node.and_then(|node| node.facts.graph).unwrap_or(graph);
        }
        false
    }

    /// Whether there is a way of edges, none of which goes back: nodes stand in the order of the source.
    fn leads(&self, from: &str, to: &str) -> bool {
        let mut reached = vec![false; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            let is_next = |edge: &super::Edge| {
                let before = edge.from.filter(|from| *from < index && edge.to == Some(index));
                before.is_some_and(|from| reached.get(from).copied().unwrap_or_default())
            };
            let found = node.id == from || self.edges.iter().any(is_next);
            if let Some(reached) = reached.get_mut(index) {
                *reached = found;
            }
            if node.id == to {
                return found && from != to;
            }
        }
        false
    }
}
