use crate::codec::Json;
use crate::path::Path;

/// The input of a node, as a walk over the records of its run finds it: it is not recorded, because it follows from the
/// records in front of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeInput {
    /// The path of the node.
    pub path: Path,
    /// The number of the attempt, from 1; 1 for a pipeline.
    pub n: u32,
    /// The list of its inputs.
    pub input: Json,
    /// The parts of the context that it may read or write, by name, as they were before.
    pub context: Vec<(String, Json)>,
}

impl NodeInput {
    pub(crate) fn new(path: Path, n: u32, input: Json, context: Vec<(String, Json)>) -> Self {
        Self { path, n, input, context }
    }
}
