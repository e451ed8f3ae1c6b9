use super::{Edge, Graph};
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
                    Ordering::Equal => {
                        // A loop is left from its beginning; within a round nothing leads back there.
                        let leaves = grammar::loops(end) < grammar::loops(start);
                        graph.leads(grammar::node_of(start), grammar::node_of(end), leaves)
                    }
                };
            }
            let node = graph.nodes.iter().find(|node| node.id == grammar::node_of(end));
            graph = node.and_then(|node| node.facts.graph).unwrap_or(graph);
        }
        false
    }

    /// Whether there is a way of edges from one node to another; with `back`, also of edges to a node before them. Nodes
    /// stand in the order of the source.
    fn leads(&self, from: &str, to: &str, back: bool) -> bool {
        let position = |id| self.nodes.iter().position(|node| node.id == id);
        let (Some(from), Some(to)) = (position(from), position(to)) else { return false };
        let mut reached = vec![from];
        let mut next = 0;
        while let Some(at) = reached.get(next).copied() {
            next += 1;
            let way = |edge: &&Edge| edge.from == Some(at) && (back || edge.to > edge.from);
            for end in self.edges.iter().filter(way).filter_map(|edge| edge.to) {
                if end == to {
                    return true;
                }
                if !reached.contains(&end) {
                    reached.push(end);
                }
            }
        }
        false
    }
}
