//! Detection of the last model steps: those after which no other model is called.

use super::{Facts, Graph, Node};
use crate::path::grammar;

impl Graph {
    /// Returns true if no other model is called after the node at this path of a run, except in further rounds of a
    /// loop that contains it. Each of several parallel branches has its own last node.
    pub(crate) fn asks_last(&self, path: &str) -> bool {
        let mut segments = grammar::segments(path);
        if segments.next() != Some(self.name) {
            return false;
        }
        let mut graph = self;
        for segment in segments {
            let Some(at) = graph.nodes.iter().position(|node| node.id == segment) else { return false };
            if graph.after(at).iter().any(|later| graph.nodes.get(*later).is_some_and(may_ask)) {
                return false;
            }
            // Items of a `map` are separate segments, but the nodes of its body belong to the same graph.
            if let Some(inner) = graph.nodes.get(at).and_then(|node| node.facts.graph) {
                graph = inner;
            }
        }
        true
    }

    /// The nodes that may come after this one.
    fn after(&self, at: usize) -> Vec<usize> {
        let (mut found, mut left) = (Vec::new(), vec![(at, at)]);
        // With the index that a successor must exceed: a back edge leads past its loop, not into the body again.
        while let Some((from, beyond)) = left.pop() {
            for edge in self.edges.iter().filter(|edge| edge.from == Some(from)) {
                let Some(to) = edge.to else { continue };
                if to <= from {
                    left.push((to, beyond.max(from)));
                } else if to > beyond && !found.contains(&to) {
                    found.push(to);
                    left.push((to, to));
                }
            }
        }
        // The body of a form belongs to the form and does not follow it.
        let this = self.nodes.get(at);
        found.retain(|node| {
            !self.around(*node).any(|outer| this.is_some_and(|this| std::ptr::eq(outer, this)))
        });
        found
    }
}

fn may_ask(node: &Node) -> bool {
    let asks = |facts: &Facts| facts.call().or(facts.fallback).model_calls != Some(0);
    asks(node.facts) || [node.falls_back_to, node.redirects_to].into_iter().flatten().any(asks)
}
