//! `wait`: a durable timer.

use super::form::Form;
use crate::context::Context;
use crate::engine::{Key, Kind};
use crate::error::RunResult;
use crate::exec::{Cx, Driver, node_events};
use crate::future::BoxFuture;
use crate::path::NodeId;
use std::time::Duration;

/// Waits for a duration: a durable timer, a delay.
///
/// The duration is a literal such as `"2h"`, or an expression of type `Duration`.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn remind(name: String) -> Result<String> {
///     Ok(format!("remember, {name}"))
/// }
///
/// pipeline! {
///     fn later(name: String) -> String {
///         wait("5ms");
///         remind(name)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(later("Ada".to_string())).await;
/// assert_eq!(result.steps.len(), 1, "a timer is no step");
/// assert_eq!(result.into_output()?, "remember, Ada");
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.named("id")` | literal | The id, a segment of paths. Defaults to `wait`. |
///
/// # What is recorded: checkpoints and resume
///
/// The deadline, at the path of the node, `later/wait`. A resumed run waits for the rest of the time only, and not at all
/// if the deadline has passed while no process was running. The time does not count for any `.timeout(..)` around it.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/wait_for_a_number.stderr`:
///
/// ```text
/// error: a duration is written in quotes [duration_in_quotes]
///        for instance `wait("20s")`
///   --> ui/flow/wait_for_a_number.rs:13:14
///    |
/// 13 |         wait(20);
///    |              ^^
/// ```
///
/// `tests/ui/flow/wait_without_duration.stderr`:
///
/// ```text
/// error: `wait` takes one duration [form_arguments]
///        write `wait("2h")`, or give it a `Duration`
///   --> ui/flow/wait_without_duration.rs:13:9
///    |
/// 13 |         wait();
///    |         ^^^^
/// ```
///
/// `tests/ui/flow/wait_zero.stderr`:
///
/// ```text
/// error: `0s` is zero [duration_zero]
///        a duration is longer than zero
///   --> ui/flow/wait_zero.rs:13:14
///    |
/// 13 |         wait("0s");
///    |              ^^^^
/// ```
pub fn wait(_duration: impl Into<WaitFor>) -> Form<()> {
    Form::new(())
}

/// A duration in a pipeline: a literal such as `"2h"`, or a `Duration`.
///
/// ```
/// # use flujo::prelude::*;
/// use std::time::Duration;
///
/// pipeline! {
///     fn remind(pause: Duration) -> String {
///         wait(pause);
///         wait("1ms").named("a_little_more");
///         value("It is time.".to_owned())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let done = Flujo::builder().build()?.run(remind(Duration::from_millis(1))).await;
/// assert_eq!(done.into_output()?, "It is time.");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WaitFor;
impl From<&'static str> for WaitFor {
    fn from(_: &'static str) -> Self {
        Self
    }
}
impl From<Duration> for WaitFor {
    fn from(_: Duration) -> Self {
        Self
    }
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Waits. The deadline is recorded: a restart waits for the rest of the time only.
    ///
    /// # Errors
    /// Signals only.
    pub fn wait(&mut self, id: impl Into<NodeId>, wait: Duration) -> BoxFuture<'_, RunResult<()>> {
        let id = id.into();
        self.driver.wait(id, wait)
    }
}

impl Driver<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    fn wait(&mut self, id: NodeId, wait: Duration) -> BoxFuture<'_, RunResult<()>> {
        Box::pin(self.waited(id, wait))
    }

    async fn waited(&mut self, id: NodeId, wait: Duration) -> RunResult<()> {
        let path = self.place(id).path();
        let key = Key { path: path.clone(), kind: Kind::Sleep, n: 1 };
        let (clock, handle) = (&self.env.clock, self.handle.as_deref_mut());
        let sleeping = async {
            match handle {
                Some(handle) => handle.sleep(key, wait).await?,
                None => clock.sleep(wait).await,
            }
            Ok(())
        };
        match &self.env.stage {
            Some(stage) => node_events::timer(stage, &path, wait, sleeping).await,
            None => sleeping.await,
        }
    }
}
