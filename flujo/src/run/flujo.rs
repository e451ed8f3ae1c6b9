use super::builder::Builder;
use super::outcome::PipelineResult;
use super::runtime::Runtime;
use super::{Resume, Run, RunStream};
use crate::engine::{RunId, RunView};
use crate::error::RunResult;
use crate::exec::Pipeline;
use crate::step::{RunIn, StepCall};
use std::fmt;
use std::sync::Arc;

/// The entry point that runs pipelines. Cheap to clone, shared by any number of concurrent runs.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
///
/// pipeline! {
///     fn welcome(name: String) -> String {
///         greet(name)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(welcome("Ada".to_string())).await;
/// assert_eq!(result.into_output()?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
pub struct Flujo<R = ()> {
    pub(super) runtime: Runtime,
    pub(super) resources: Arc<R>,
}

impl<R> Clone for Flujo<R> {
    fn clone(&self) -> Self {
        Self { runtime: self.runtime.clone(), resources: Arc::clone(&self.resources) }
    }
}
impl<R> fmt::Debug for Flujo<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flujo").field("pipelines", &self.runtime.names()).finish_non_exhaustive()
    }
}

impl Flujo {
    /// Creates a builder.
    pub fn builder() -> Builder<()> {
        Builder::new()
    }
}

impl<R: Send + Sync + 'static> Flujo<R> {
    /// Returns the resources.
    pub fn resources(&self) -> &R {
        &self.resources
    }

    /// Prepares a run of a pipeline; `.await` runs it.
    pub fn run<P>(&self, call: StepCall<P>) -> Run<P, R, P::Context>
    where
        P: Pipeline + RunIn<P::Context, R>,
    {
        Run::new(self.clone(), call)
    }

    /// Starts a run in the background: `self.run(call).start()`, for a pipeline whose context has a default.
    pub fn start<P>(&self, call: StepCall<P>) -> super::RunHandle<P>
    where
        P: Pipeline + RunIn<P::Context, R>,
        P::Context: Default,
    {
        self.run(call).start()
    }

    /// Runs a pipeline whose context has a default as a stream of its events: `self.run(call).stream()`.
    pub fn stream<P>(&self, call: StepCall<P>) -> RunStream<PipelineResult<P::Output, P::Context>>
    where
        P: Pipeline + RunIn<P::Context, R>,
        P::Context: Default,
    {
        self.run(call).stream()
    }

    /// Prepares to resume a run that is paused, has failed, or was interrupted; `.await` resumes it.
    pub fn resume<P>(&self, id: impl Into<RunId>) -> Resume<P, R>
    where
        P: Pipeline + RunIn<P::Context, R>,
    {
        Resume::new(self.clone(), id.into())
    }

    /// Ends a run at its next command, for good.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # pipeline! {
    /// #     fn refund(cents: u32) -> bool {
    /// #         let pay: bool = ask("Pay?").showing(&cents);
    /// #         value(pay)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let flujo = Flujo::builder().build()?;
    /// flujo.run(refund(990)).id("r-1").await;
    /// flujo.cancel("r-1").await?;
    /// assert!(flujo.resume::<refund>("r-1").await?.into_output().is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    pub async fn cancel(&self, id: impl Into<RunId>) -> RunResult<()> {
        self.runtime.engine()?.cancel(&id.into(), None).await
    }

    /// Returns everything recorded of a run.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    pub async fn inspect(&self, id: impl Into<RunId>) -> RunResult<RunView> {
        self.runtime.inspect(id.into()).await
    }
}
