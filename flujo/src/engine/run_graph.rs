use crate::graph::Graph;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The names and types of a pipeline, as they were when a run of it began.
#[derive(Clone, Debug)]
pub enum RunGraph {
    /// Of the code that created the run: it runs in this very process.
    Code(&'static Graph),
    /// Of an earlier build, as it was written down.
    Stored(Arc<StoredGraph>),
}

/// What is written down of a graph: one of these for all runs that began with the same fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredGraph {
    /// The pipeline's durable name.
    pub name: String,
    /// Names and types of its inputs.
    pub inputs: Vec<(String, String)>,
    /// The type of its output.
    pub output: String,
    /// The type of its context.
    pub context: String,
    /// Its nodes, those of the pipelines that it calls included.
    pub nodes: Vec<StoredNode>,
}

/// One node of a [`StoredGraph`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNode {
    /// Its path, without rounds and items.
    pub path: String,
    /// What it is: the word that fingerprints use.
    pub kind: String,
    /// The version of its step.
    pub version: u32,
    /// Names and types of its inputs.
    pub inputs: Vec<(String, String)>,
    /// The type of its output.
    pub output: String,
}

impl RunGraph {
    /// How many nodes there are: about so many records a run may have.
    pub fn size(&self) -> usize {
        match self {
            Self::Code(graph) => graph.nodes.len(),
            Self::Stored(graph) => graph.nodes.len(),
        }
    }

    /// As it is written down.
    pub fn stored(&self) -> Arc<StoredGraph> {
        match self {
            Self::Code(graph) => Arc::new(StoredGraph::of(graph)),
            Self::Stored(graph) => Arc::clone(graph),
        }
    }
}

impl StoredGraph {
    fn of(graph: &Graph) -> Self {
        let pairs = |list: &[(&str, &str)]| {
            list.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned())).collect::<Vec<_>>()
        };
        let nodes = graph.walk().into_iter().map(|(path, node)| StoredNode {
            path,
            kind: node.kind.word().to_owned(),
            version: node.facts.version,
            inputs: pairs(node.facts.inputs),
            output: node.facts.output.to_owned(),
        });
        Self {
            name: graph.name.to_owned(),
            inputs: pairs(graph.inputs),
            output: graph.output.to_owned(),
            context: graph.context.to_owned(),
            nodes: nodes.collect(),
        }
    }
}
