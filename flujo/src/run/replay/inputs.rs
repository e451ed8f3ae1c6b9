//! Inputs of the nodes of a run, found by a walk over its records.

use super::super::runtime::Runtime;
use super::compat;
use crate::engine::{NodeInput, RunView};
use crate::error::{Mismatch, RunResult};
use crate::exec::Captured;
use std::sync::Arc;

/// The inputs of the nodes of a run, as far as its records reach.
///
/// It follows from the records and the code: inputs are not stored a second time. If the code has changed, it is exact up
/// to the first node where it no longer fits, which is the `mismatch`.
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
/// use flujo::run::{Control, RunInputs};
///
/// let flujo = Flujo::builder().pipeline::<welcome>().build()?;
/// flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// let inputs: RunInputs = flujo.inputs(&"r-1".into()).await?;
/// let greet = inputs.of("welcome/greet", 1).expect("it ran once");
/// assert_eq!(greet.input.as_str(), r#"["Ada"]"#);
/// # Ok(())
/// # }
/// ```
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
        let mismatch = compat::walk(view, &program).await.err();
        let mut nodes = captured.take();
        // The node that does not fit was given something else by the code of then.
        nodes.retain(|node| mismatch.as_ref().is_none_or(|mismatch| node.path != mismatch.path));
        Ok(RunInputs { nodes, mismatch })
    }
}
