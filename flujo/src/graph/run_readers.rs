//! Whether a pipeline may look at the input of its run: if nobody does, a run that records nothing need not
//! encode it.

use super::{Facts, Graph, OptionText};

/// Whether something in `graph`, at any depth, may be handed a `&RunInfo`.
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

/// Options that bring in steps, or code of the user's, of which nothing is known here.
const fn brings_others(mut options: &[OptionText]) -> bool {
    while let [(word, _), rest @ ..] = options {
        if matches!(word.as_bytes(), b"fallback" | b"redirect" | b"plugin") {
            return true;
        }
        options = rest;
    }
    false
}
