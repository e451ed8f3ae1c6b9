//! The registered pipelines as programs, for engines that call their workers.

use super::flujo::Flujo;
use super::runtime::Runtime;
use crate::engine::{Engine, Program, RunRecord};
use crate::error::RunResult;
use crate::path::Path;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The registered pipelines of a [`Flujo`], by their durable names, for an engine whose server calls the process that
/// has the code. An engine that is called by its process gets the program with
/// [`execute`](crate::engine::Engine::execute).
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(name) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().pipeline::<welcome>().build()?;
/// assert_eq!(flujo.programs().names(), ["welcome"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Programs(Runtime);

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Programs").field("names", &self.names()).finish()
    }
}

impl Programs {
    /// Returns the durable names of the pipelines, in alphabetical order.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names = self.0.names();
        names.sort_unstable();
        names
    }

    /// Returns the engine: the one that serves them can look whether it is its own.
    pub fn engine(&self) -> Option<&dyn Engine> {
        self.0.engine.as_deref()
    }

    /// Returns the longest time that an attempt of a pipeline may take; `None` if some step has no timeout.
    pub fn longest_attempt(&self, name: &str) -> Option<Duration> {
        self.0.find(name).and_then(|known| known.info().graph.longest_attempt())
    }

    /// Returns the fingerprint of a pipeline's graph: another one is another build, which runs of this one may not fit.
    pub fn fingerprint(&self, name: &str) -> Option<u128> {
        self.0.find(name).map(|known| known.info().fingerprint)
    }

    /// Returns the program of a run; `forgiven` are the attempts that no longer count, by path.
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
    /// let flujo = Flujo::builder().pipeline::<welcome>().build()?;
    /// flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
    /// let run = flujo.inspect("r-1").await?.run;
    ///
    /// // What the worker of an engine does when its server calls.
    /// let programs = flujo.programs();
    /// assert!(programs.engine().is_some());
    /// assert_eq!(programs.fingerprint(&run.pipeline), Some(run.fingerprint));
    /// assert_eq!(programs.longest_attempt("welcome"), None);
    /// let program = programs.program(&run, Vec::new())?;
    /// # drop(program);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the pipeline of the run is not registered, or there is no
    /// engine.
    pub fn program(&self, run: &Arc<RunRecord>, forgiven: Vec<(Path, u32)>) -> RunResult<Arc<dyn Program>> {
        let pipeline = self.0.registered(&run.pipeline)?;
        let mut start = self.0.program(pipeline, run, None, None)?;
        start.forgiven = forgiven;
        Ok(Arc::new(start))
    }
}

impl<R> Flujo<R> {
    /// Returns the registered pipelines as programs, for an engine whose server calls this process.
    pub fn programs(&self) -> Programs {
        Programs(self.runtime.clone())
    }
}
