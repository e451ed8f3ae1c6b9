//! Inputs of the nodes of a run, found by a walk over its records.

use super::super::runtime::Runtime;
use super::compat;
use crate::engine::{NodeInput, RunView};
use crate::error::{Mismatch, RunResult, Signal};
use crate::exec::Captured;
use std::sync::Arc;

/// The inputs of the nodes of a run, as far as its records reach.
///
/// It follows from the records and the code: inputs are not stored a second time. If the code has changed, it is exact up
/// to the first node where it no longer fits, which is the `mismatch`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunInputs {
    /// The inputs, in the order of paths and attempts.
    pub nodes: Vec<NodeInput>,
    /// The first record that does not fit the code.
    pub mismatch: Option<Mismatch>,
}

impl RunInputs {
    /// Returns the input of an attempt of a node.
    pub fn of(&self, path: &str, n: u32) -> Option<&NodeInput> {
        self.nodes.iter().find(|node| node.path == *path && node.n == n)
    }
}

impl Runtime {
    pub(in crate::run) async fn walked(&self, view: &RunView) -> RunResult<RunInputs> {
        let pipeline = self.registered(&view.run.pipeline)?;
        let mut program = self.program(pipeline, &view.run, Some(view), None)?;
        let captured = Arc::<Captured>::default();
        program.captured = Some(Arc::clone(&captured));
        let mismatch = match compat::walk(view, &program).await {
            Some(Signal::JournalMismatch(mismatch)) => Some(*mismatch),
            _ => None,
        };
        let mut nodes = captured.take();
        // The node that does not fit was given something else by the code of then.
        nodes.retain(|node| mismatch.as_ref().is_none_or(|mismatch| node.path != mismatch.path));
        Ok(RunInputs { nodes, mismatch })
    }
}
