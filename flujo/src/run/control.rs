//! The untyped interface to runs, for callers that do not know the types of pipelines.

use super::described::PipelineDescription;
use super::flujo::Flujo;
use super::replay::inputs::RunInputs;
use super::replay::reach::Replay;
use super::requests::{ForkRun, StartRun};
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::{
    Action, PendingQuestion, QuestionFilter, RunCount, RunFilter, RunId, RunState, RunSummary, RunView,
    UsageFilter, UsageLine,
};
use crate::error::RunResult;
use crate::future::BoxFuture;
use crate::path::Path;
use crate::question::Question;
use async_trait::async_trait;

/// The operations on the runs of an engine that need no types: for servers, command lines and dashboards. [`Flujo`]
/// implements it over every engine; pipelines are identified by their durable names and must be registered.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::codec::Json;
/// use flujo::run::{Control, StartRun};
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
/// control.start(&StartRun::new("welcome", "r1", input)).await?;
/// let view = control.attach(&"r1".into()).await?;
/// assert_eq!(view.records.len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// A person's reply, and what is seen of runs:
///
/// ```
/// use flujo::prelude::*;
/// use flujo::codec::Json;
/// use flujo::engine::{QuestionFilter, RunFilter, RunState, UsageFilter};
/// use flujo::run::{Control, StartRun};
///
/// pipeline! {
///     fn refund(cents: u32) -> String {
///         let pay: bool = ask("Pay?").showing(&cents);
///         value(if pay { format!("paid {cents}") } else { "not paid".to_owned() })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().pipeline::<refund>().build()?;
/// let control: &dyn Control = &flujo;
/// assert_eq!(control.pipelines()[0].name, "refund");
/// let json = |value: &str| Json::parse(value).expect("it is JSON");
/// control.start(&StartRun::new("refund", "r-1", json("[990]")).by("shop")).await?;
/// let id = "r-1".into();
/// control.attach(&id).await?;
///
/// // The questions of all runs, and those of one.
/// let asked = control.inbox(&QuestionFilter::default()).await?;
/// assert_eq!(control.questions(&id).await?[0], asked[0].question);
/// control.reply(&id, &asked[0].question.path, &json("true"), Some("ops")).await?;
/// flujo.recover().await?;
/// assert_eq!(control.list(&RunFilter::default()).await?[0].state, RunState::Done);
/// assert_eq!(control.count(&RunFilter::default()).await?[0].runs, 1);
/// assert_eq!(control.usage(&UsageFilter::default()).await?, []);
///
/// // What a node was given, and whether the records fit the code.
/// assert_eq!(control.inputs(&id).await?.mismatch, None);
/// assert_eq!(control.replay(&id).await?.mismatch, None);
///
/// // A run that has ended is not cancelled; one that has not failed is not retried.
/// control.cancel(&id, Some("ops")).await?;
/// assert!(control.retry(&id, Some("ops")).await.is_err());
/// // Runs that ended before a moment are deleted.
/// let before_it = asked[0].question.asked;
/// assert_eq!(control.prune(before_it, Some("ops")).await?, 0);
/// assert_eq!(control.pruned().await?[0].by.as_deref(), Some("ops"));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Control: Send + Sync {
    /// Returns the registered pipelines, in the order of their names.
    fn pipelines(&self) -> Vec<PipelineDescription>;

    /// Starts a run of a registered pipeline, on a task of its own, once the run is durable. A second call with the
    /// same id and input changes nothing, and returns the state of the run.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the pipeline is not registered.
    /// [`ErrorKind::Input`](crate::ErrorKind::Input): input or context do not fit it.
    /// [`ErrorKind::RunConflict`](crate::ErrorKind::RunConflict): the id is taken by another run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn start(&self, run: &StartRun) -> RunResult<RunState>;

    /// Waits until no execution works on the run, and returns its view.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Signal`](crate::ErrorKind::Signal): it has not begun, and does not fit the code.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn attach(&self, id: &RunId) -> RunResult<RunView>;

    /// Returns the runs that match a filter, in its order. Of those that are ready to go on,
    /// [`RunSummary::mismatch`] says whether they fit the code.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>>;

    /// Returns the numbers of the runs that match a filter, by pipeline and state.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn count(&self, filter: &RunFilter) -> RunResult<Vec<RunCount>>;

    /// Returns the open questions of all runs, oldest first.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn inbox(&self, filter: &QuestionFilter) -> RunResult<Vec<PendingQuestion>>;

    /// Returns what was used, by day, pipeline and model: that of attempts which have ended, and of calls that were
    /// lost. Its sum is that of the runs: a part of it that is in no record has the model
    /// [`UsageLine::LOST`](crate::engine::UsageLine::LOST).
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn usage(&self, filter: &UsageFilter) -> RunResult<Vec<UsageLine>>;

    /// Deletes the runs that ended before a moment, and returns their number; `by` is the name of the caller.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the engine does not delete runs.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn prune(&self, before: Timestamp, by: Option<&str>) -> RunResult<u64>;

    /// Returns who deleted runs, the last first.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn pruned(&self) -> RunResult<Vec<Action>>;

    /// Returns everything recorded of a run: attempt by attempt, with times and usage. Of a run that has not ended and
    /// does not fit the code, [`RunView::stopped`] has the mismatch.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn inspect(&self, id: &RunId) -> RunResult<RunView>;

    /// Returns what the nodes of a run were given, by a walk over its records with the current code. No body is called
    /// and nothing is written.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): its pipeline is not registered.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn inputs(&self, id: &RunId) -> RunResult<RunInputs>;

    /// Returns the open questions of a run.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn questions(&self, id: &RunId) -> RunResult<Vec<Question>>;

    /// Answers a question. If the pipeline is not registered, the reply is checked by the schema of the question. A run without an execution continues when it is resumed, by a worker for instance.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply): the reply does not fit, or the question is not open.
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn reply(&self, id: &RunId, path: &Path, value: &Json, by: Option<&str>) -> RunResult<()>;

    /// Ends a run at its next command, for good; `by` is the name of the caller.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> RunResult<()>;

    /// Resumes a failed run at the node that failed, which gets fresh attempts, and returns the view at its end; `by`
    /// is the name of the caller.
    ///
    /// # Errors
    /// [`ErrorKind::RunConflict`](crate::ErrorKind::RunConflict): the run has not failed.
    /// [`ErrorKind::Signal`](crate::ErrorKind::Signal): its records do not fit the code.
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): its pipeline is not registered.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn retry(&self, id: &RunId, by: Option<&str>) -> RunResult<RunView>;

    /// Forks an ended run (time travel): starts a new run that takes over the records in front of a node, and
    /// executes from that node on, on a task of its own. With another input these records are taken over unchanged,
    /// and only the nodes from there on see the new input. Replies and timers in front of the node are taken over
    /// too, and so are the records of other arms beside it; they cost nothing again. A second call changes nothing,
    /// and returns the state of the new run.
    ///
    /// # Errors
    /// [`ErrorKind::RunConflict`](crate::ErrorKind::RunConflict): the run has not ended, or the new id is taken.
    /// [`ErrorKind::UnknownNode`](crate::ErrorKind::UnknownNode): the run has nothing recorded at the node, and did not
    /// come to it. [`ErrorKind::Setup`](crate::ErrorKind::Setup): its pipeline is not registered, or a model or
    /// the new id does not fit. [`ErrorKind::Input`](crate::ErrorKind::Input): the input does not fit.
    /// [`ErrorKind::Signal`](crate::ErrorKind::Signal):
    /// the records do not fit the code. [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no
    /// such run. [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn fork(&self, fork: &ForkRun) -> RunResult<RunState>;

    /// Replays the records of the run with the current code, and returns the first mismatch, or what could not be
    /// compared because it is behind a node without a record. No body is called and nothing is written. To resume the run
    /// is refused for the same mismatch, and only for that; what was not compared is then compared when it is reached.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): its pipeline is not registered.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): the engine failed.
    async fn replay(&self, id: &RunId) -> RunResult<Replay>;
}

/// Each method calls that of the runtime, which returns a boxed future: only the call is compiled for each `R`.
macro_rules! forwarded {
    ($($name:ident[$($life:lifetime),*]($($arg:ident: $type:ty),*) -> $out:ty;)+) => {
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
            fn pipelines(&self) -> Vec<PipelineDescription> {
                Control::pipelines(&self.runtime)
            }
        }
    };
}
forwarded! {
    start['r](run: &'r StartRun) -> RunState;
    attach['i](id: &'i RunId) -> RunView;
    list['f](filter: &'f RunFilter) -> Vec<RunSummary>;
    count['f](filter: &'f RunFilter) -> Vec<RunCount>;
    inbox['f](filter: &'f QuestionFilter) -> Vec<PendingQuestion>;
    usage['f](filter: &'f UsageFilter) -> Vec<UsageLine>;
    prune['b](before: Timestamp, by: Option<&'b str>) -> u64;
    pruned[]() -> Vec<Action>;
    inspect['i](id: &'i RunId) -> RunView;
    inputs['i](id: &'i RunId) -> RunInputs;
    questions['i](id: &'i RunId) -> Vec<Question>;
    reply['i, 'p, 'v, 'b](id: &'i RunId, path: &'p Path, value: &'v Json, by: Option<&'b str>) -> ();
    cancel['i, 'b](id: &'i RunId, by: Option<&'b str>) -> ();
    retry['i, 'b](id: &'i RunId, by: Option<&'b str>) -> RunView;
    fork['f](fork: &'f ForkRun) -> RunState;
    replay['i](id: &'i RunId) -> Replay;
}
