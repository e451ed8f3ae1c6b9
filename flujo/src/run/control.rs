//! What can be done with runs by whoever does not know their types.

use super::flujo::Flujo;
use crate::codec::Json;
use crate::engine::{RunFilter, RunId, RunState, RunSummary, RunView};
use crate::error::{Mismatch, RunResult};
use crate::future::BoxFuture;
use crate::path::Path;
use crate::question::Question;
use async_trait::async_trait;

/// Everything that can be done with the runs of an engine without knowing their types: for servers, command
/// lines and dashboards. [`Flujo`] is one, over every engine; pipelines are known by their durable names, as far
/// as they are registered.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::codec::Json;
/// use flujo::run::Control;
/// use std::sync::Arc;
///
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// pipeline! {
///     fn welcome(name: String) -> String { greet(name) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let control: Arc<dyn Control> = Arc::new(Flujo::builder().pipeline::<welcome>().build()?);
/// let input = Json::encode(&("Ada",)).expect("text is JSON");
/// control.start("welcome", &"r1".into(), &input, None).await?;
/// let view = control.attach(&"r1".into()).await?;
/// assert_eq!(view.records.len(), 1);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Control: Send + Sync {
    /// Begins a run of a registered pipeline, on a task of its own, once it is written down. A second call with
    /// the same id and input changes nothing, and gives where the run stands. `input` is a list of the pipeline's
    /// inputs.
    ///
    /// # Errors
    /// The pipeline is not registered, input or context do not fit it, the id is taken by another run, or the
    /// engine failed.
    async fn start(
        &self,
        pipeline: &str,
        id: &RunId,
        input: &Json,
        context: Option<&Json>,
    ) -> RunResult<RunState>;

    /// Waits until nobody works on the run, and gives what is known of it.
    ///
    /// # Errors
    /// The run is unknown, or the engine failed.
    async fn attach(&self, id: &RunId) -> RunResult<RunView>;

    /// The runs that a filter takes, in the order of their ids.
    ///
    /// # Errors
    /// The engine failed.
    async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>>;

    /// Everything known of a run: attempt by attempt, with times and usage.
    ///
    /// # Errors
    /// The run is unknown, or the engine failed.
    async fn inspect(&self, id: &RunId) -> RunResult<RunView>;

    /// Its open questions.
    ///
    /// # Errors
    /// The run is unknown, or the engine failed.
    async fn questions(&self, id: &RunId) -> RunResult<Vec<Question>>;

    /// Answers a question. A run that nobody works on goes on when somebody resumes it: a worker, for instance.
    ///
    /// # Errors
    /// The pipeline is not registered, the reply does not fit, the question is not open; the engine failed.
    async fn reply(&self, id: &RunId, path: &Path, value: &Json, by: Option<&str>) -> RunResult<()>;

    /// Ends a run at its next command, for good.
    ///
    /// # Errors
    /// The run is unknown, or the engine failed.
    async fn cancel(&self, id: &RunId) -> RunResult<()>;

    /// Goes on with a failed run at the node that failed, which gets fresh attempts, and gives what it came to.
    ///
    /// # Errors
    /// It has not failed, its pipeline is not registered, or the engine failed.
    async fn retry(&self, id: &RunId) -> RunResult<RunView>;

    /// What if: begins a new run that takes what a run that has ended has recorded in front of a node, and goes on
    /// from that node, on a task of its own. With another `input` what is kept stands as it is, and only what comes
    /// from the node on sees the new one. Replies and waits in front of the node are kept too, and so is what
    /// stands beside it in other arms; what is kept costs nothing again. A second call changes nothing, and gives
    /// where the new run stands.
    ///
    /// # Errors
    /// The run is unknown, has not ended, or has nothing recorded at the node; its pipeline is not registered, or
    /// the record does not fit the code; the input does not fit, the new id is taken, or the engine failed.
    async fn fork(&self, id: &RunId, from: &Path, new: &RunId, input: Option<&Json>) -> RunResult<RunState>;

    /// Walks through the pipeline of today on what is recorded of the run, and gives the first thing that does
    /// not fit. Nothing is called and nothing is written: what a change of code would do to runs that are under
    /// way is known before it is released.
    ///
    /// # Errors
    /// The run is unknown, its pipeline is not registered, or the engine failed.
    async fn replay(&self, id: &RunId) -> RunResult<Option<Mismatch>>;
}

/// Each method is that of the runtime, which returns a boxed future: nothing is compiled for `R` but a call.
macro_rules! forwarded {
    ($($name:ident($($arg:ident: $life:lifetime $type:ty),*) -> $out:ty;)+) => {
        impl<R: Send + Sync + 'static> Control for Flujo<R> {
            $(
                fn $name<'s, $($life,)* 'async_trait>(
                    &'s self,
                    $($arg: $type),*
                ) -> BoxFuture<'async_trait, RunResult<$out>>
                where
                    's: 'async_trait,
                    $($life: 'async_trait,)*
                    Self: 'async_trait,
                {
                    Control::$name(&self.runtime, $($arg),*)
                }
            )+
        }
    };
}
forwarded! {
    start(pipeline: 'p &'p str, id: 'i &'i RunId, input: 'n &'n Json, context: 'c Option<&'c Json>) -> RunState;
    attach(id: 'i &'i RunId) -> RunView;
    list(filter: 'f &'f RunFilter) -> Vec<RunSummary>;
    inspect(id: 'i &'i RunId) -> RunView;
    questions(id: 'i &'i RunId) -> Vec<Question>;
    reply(id: 'i &'i RunId, path: 'p &'p Path, value: 'v &'v Json, by: 'b Option<&'b str>) -> ();
    cancel(id: 'i &'i RunId) -> ();
    retry(id: 'i &'i RunId) -> RunView;
    fork(id: 'i &'i RunId, from: 'f &'f Path, new: 'n &'n RunId, input: 'j Option<&'j Json>) -> RunState;
    replay(id: 'i &'i RunId) -> Option<Mismatch>;
}
