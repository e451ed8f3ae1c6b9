use crate::codec::{Digest, Json};
use crate::graph::Graph;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The names and types of a pipeline, as they were when a run of it began.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::engine::{RunGraph, StoredGraph};
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// let graph: &RunGraph = &view.run.graph;
/// assert_eq!(graph.size(), 1);
/// let stored: &StoredGraph = &graph.stored();
/// assert_eq!((stored.nodes[0].path.as_str(), stored.nodes[0].kind.as_str()), ("welcome/greet", "step"));
/// // Two builds with the same names and other types differ in this.
/// assert_eq!(graph.types(), RunGraph::Stored(graph.stored()).types());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub enum RunGraph {
    /// The graph of the code in this process.
    Code(&'static Graph),
    /// The graph of another build, as it was stored.
    Stored(Arc<StoredGraph>),
}

/// A graph as it is stored: once for all runs that began with the same fingerprint and the same types.
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
    /// The nodes, those of called pipelines included.
    pub nodes: Vec<StoredNode>,
}

/// One node of a [`StoredGraph`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNode {
    /// The path of the node, without rounds and items.
    pub path: String,
    /// The kind of the node, as the word that fingerprints use.
    pub kind: String,
    /// The version of its step.
    pub version: u32,
    /// Names and types of its inputs.
    pub inputs: Vec<(String, String)>,
    /// The type of its output.
    pub output: String,
    /// The JSON Schema of that type, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
}

impl RunGraph {
    /// Returns the number of nodes, which is about the number of records of a run.
    pub fn size(&self) -> usize {
        match self {
            Self::Code(graph) => graph.nodes.len(),
            Self::Stored(graph) => graph.nodes.len(),
        }
    }

    /// Returns the graph as it is stored.
    pub fn stored(&self) -> Arc<StoredGraph> {
        match self {
            Self::Code(graph) => computed(graph).stored,
            Self::Stored(graph) => Arc::clone(graph),
        }
    }

    /// Returns a digest of the schemas of the types, which differs if the names are the same and the types are not;
    /// zero if no type has a schema.
    pub fn types(&self) -> u128 {
        match self {
            Self::Code(graph) => computed(graph).types,
            Self::Stored(graph) => graph.types(),
        }
    }

    /// Returns true if the types equal those of this code, as far as they have schemas.
    pub(crate) fn has_types_of(&self, code: &'static Graph) -> bool {
        matches!(self, Self::Code(graph) if std::ptr::eq(*graph, code))
            || self.types() == computed(code).types
    }
}

/// Serializes as a [`StoredGraph`].
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

/// The parts that are computed once for each graph of the code.
#[derive(Clone)]
struct CodeGraph {
    stored: Arc<StoredGraph>,
    types: u128,
}

/// Indexed by address: there are as many as the code has pipelines.
static CODE_GRAPHS: Mutex<BTreeMap<usize, CodeGraph>> = Mutex::new(BTreeMap::new());

fn computed(graph: &'static Graph) -> CodeGraph {
    let at = std::ptr::from_ref(graph).addr();
    let mut all = CODE_GRAPHS.lock().unwrap_or_else(PoisonError::into_inner);
    let made = || {
        let stored = Arc::new(StoredGraph::of(graph));
        CodeGraph { types: stored.types(), stored }
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
