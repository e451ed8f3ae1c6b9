//! Detection of code that can read the input of its run: without it, a run that records nothing need not encode the
//! input.

use super::{Facts, Graph, OptionText};

/// Returns true if something in `graph`, at any depth, may receive a `&RunInfo`.
pub(crate) const fn reads_run(graph: &Graph) -> bool {
    let mut nodes = graph.nodes;
    while let [node, rest @ ..] = nodes {
        if facts(node.facts) || brings_others(node.options) {
            return true;
        }
        nodes = rest;
    }
    false
}

const fn facts(facts: &Facts) -> bool {
    if let Some(inner) = facts.graph
        && reads_run(inner)
    {
        return true;
    }
    facts.run || brings_others(facts.options)
}

/// Returns true for options that add steps or user code whose facts are not in this graph.
const fn brings_others(mut options: &[OptionText]) -> bool {
    while let [(word, _), rest @ ..] = options {
        if matches!(word.as_bytes(), b"fallback" | b"redirect" | b"plugin") {
            return true;
        }
        options = rest;
    }
    false
}
