use crate::codec::{Digest, Json};
use crate::graph::Graph;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The names and types of a pipeline, as they were when a run of it began.
#[derive(Clone, Debug)]
pub enum RunGraph {
    /// Of the code that created the run: it runs in this very process.
    Code(&'static Graph),
    /// Of an earlier build, as it was written down.
    Stored(Arc<StoredGraph>),
}

/// What is written down of a graph: one of these for all runs that began with the same fingerprint and the same
/// types.
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
    /// The JSON Schema of that type, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
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
            Self::Code(graph) => known(graph).stored,
            Self::Stored(graph) => Arc::clone(graph),
        }
    }

    /// Tells graphs apart whose names are the same and whose types are not: zero where no type has a schema.
    pub fn types(&self) -> u128 {
        match self {
            Self::Code(graph) => known(graph).types,
            Self::Stored(graph) => graph.types(),
        }
    }

    /// Whether these are the types of that code, as far as they have schemas.
    pub(crate) fn has_types_of(&self, code: &'static Graph) -> bool {
        matches!(self, Self::Code(graph) if std::ptr::eq(*graph, code)) || self.types() == known(code).types
    }
}

/// Stored by its names and types, whichever it is.
impl Serialize for RunGraph {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.stored().serialize(to)
    }
}
impl<'de> Deserialize<'de> for RunGraph {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        StoredGraph::deserialize(from).map(|graph| Self::Stored(Arc::new(graph)))
    }
}

/// What is worked out once of each graph of the code.
#[derive(Clone)]
struct Known {
    stored: Arc<StoredGraph>,
    types: u128,
}

/// By where they are: there are as many as the code has pipelines.
static KNOWN: Mutex<BTreeMap<usize, Known>> = Mutex::new(BTreeMap::new());

fn known(graph: &'static Graph) -> Known {
    let at = std::ptr::from_ref(graph).addr();
    let mut all = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let made = || {
        let stored = Arc::new(StoredGraph::of(graph));
        Known { types: stored.types(), stored }
    };
    all.entry(at).or_insert_with(made).clone()
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
            schema: node.facts.schema.and_then(|schema| schema().ok()),
        });
        Self {
            name: graph.name.to_owned(),
            inputs: pairs(graph.inputs),
            output: graph.output.to_owned(),
            context: graph.context.to_owned(),
            nodes: nodes.collect(),
        }
    }

    /// A digest of the schemas of all nodes.
    fn types(&self) -> u128 {
        let schemas = || self.nodes.iter().map(|node| node.schema.as_ref().map_or("", Json::as_str));
        if schemas().all(str::is_empty) {
            return 0;
        }
        u128::from_be_bytes(Digest::of_parts(&schemas().collect::<Vec<_>>()).to_bytes())
    }
}
