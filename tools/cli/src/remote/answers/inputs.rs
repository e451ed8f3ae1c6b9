use super::values::Value;
use crate::runs;
use flujo::error::Mismatch;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What nodes were given, as an export has it.
#[derive(Deserialize)]
pub(in crate::remote) struct ExportAnswer {
    nodes: Vec<NodeAnswer>,
}

#[derive(Deserialize)]
struct NodeAnswer {
    path: String,
    attempts: Vec<AttemptAnswer>,
    mismatch: Option<Mismatch>,
}

#[derive(Deserialize)]
struct AttemptAnswer {
    n: u32,
    input: Option<Value>,
    #[serde(default)]
    context_before: BTreeMap<String, Value>,
}

impl ExportAnswer {
    pub(in crate::remote) fn inputs(self) -> runs::Inputs {
        let mut inputs = runs::Inputs { nodes: Vec::new(), mismatch: None };
        for NodeAnswer { path, attempts, mismatch } in self.nodes {
            inputs.mismatch = inputs.mismatch.or(mismatch);
            for AttemptAnswer { n, input, context_before } in attempts {
                let Some(Value(input)) = input else { continue };
                let context = context_before.into_iter().map(|(part, value)| (part, value.0)).collect();
                inputs.nodes.push(runs::Given { path: path.as_str().into(), n, input, context });
            }
        }
        inputs
    }
}
