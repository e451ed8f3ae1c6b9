use super::PipelineResult;
use crate::engine::{Engine, RunId};
use crate::error::{Error, ErrorKind, RunResult};
use crate::exec::Pipeline;
use crate::step::Step;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;

type Done<P> = PipelineResult<<P as Step>::Output, <P as Pipeline>::Context>;

/// A handle to a run in the background: `.await` returns its result. The run continues if the handle is dropped.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> {
/// #     Ok(format!("Hello, {name}!"))
/// # }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let handle = flujo.start(welcome("Ada".to_string()));
/// println!("run {} is under way", handle.id());
/// assert_eq!(handle.await?.into_output()?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
#[must_use = "the handle returns the result; the run continues without it"]
pub struct RunHandle<P: Pipeline> {
    pub(super) id: RunId,
    pub(super) engine: Option<Arc<dyn Engine>>,
    pub(super) task: JoinHandle<Done<P>>,
}

impl<P: Pipeline> fmt::Debug for RunHandle<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<P: Pipeline> RunHandle<P> {
    /// Returns the id of the run.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Ends the run at its next command, for good.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # pipeline! {
    /// #     fn nap() -> u32 {
    /// #         wait("1h");
    /// #         value(1)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let flujo = Flujo::builder().build()?;
    /// let handle = flujo.start(nap());
    /// # while flujo.inspect(handle.id()).await.is_err() { tokio::task::yield_now().await; }
    /// handle.cancel().await?;
    /// assert!(matches!(handle.wait().await?.outcome, Outcome::Cancelled));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): the run has not begun yet.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    pub async fn cancel(&self) -> RunResult<()> {
        let Some(engine) = &self.engine else {
            self.task.abort();
            return Ok(());
        };
        engine.cancel(&self.id, None).await
    }

    /// Waits for the result, like `.await`.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`]: the task no longer exists, because its runtime was shut down.
    pub async fn wait(self) -> RunResult<Done<P>> {
        self.await
    }
}

/// Ends with an error if the task no longer exists: its runtime was shut down.
impl<P: Pipeline> Future for RunHandle<P> {
    type Output = RunResult<Done<P>>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let task = Pin::new(&mut self.task);
        task.poll(cx).map(|done| done.map_err(|_| Error::new(ErrorKind::Interrupted)))
    }
}
