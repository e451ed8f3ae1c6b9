//! What can be done with runs by whoever does not know their types.

use super::affordable::affordable;
use super::flujo::{Flujo, Registered};
use super::rehearsal;
use super::resume::fits;
use super::what_if::Kept;
use crate::codec::Json;
use crate::cx::Pipeline;
use crate::durable::Inputs;
use crate::engine::{
    BoxFuture, FinalOutcome, RunFilter, RunGraph, RunId, RunRecord, RunState, RunSummary, RunView, Seed,
    Status,
};
use crate::error::{Error, ErrorKind, Mismatch, RunResult, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::step::RunIn;
use async_trait::async_trait;
use std::sync::Arc;

/// What a run begins with: its input and its context, checked against their types and in canonical form.
pub(crate) type Check = fn(&Json, Option<&Json>) -> RunResult<(Json, Json)>;

/// The first thing in the records of a run that does not fit the code of today.
pub(crate) type Fits<R> = for<'a> fn(&'a Flujo<R>, &'a RunView) -> BoxFuture<'a, RunResult<Option<Mismatch>>>;

/// Walks through `P` on the records of a run.
pub(crate) fn fits_run<'a, P, R>(
    flujo: &'a Flujo<R>,
    view: &'a RunView,
) -> BoxFuture<'a, RunResult<Option<Mismatch>>>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    Box::pin(async move {
        let program = flujo.program::<P>(flujo.engine()?.clock(), &view.run, view, None);
        Ok(match rehearsal::mismatch(view, &program, P::GRAPH).await {
            Some(Signal::JournalMismatch(mismatch)) => Some(*mismatch),
            _ => None,
        })
    })
}

/// Decodes what a run of `P` is to begin with, and encodes it again.
pub(crate) fn check<P: Pipeline>(input: &Json, context: Option<&Json>) -> RunResult<(Json, Json)> {
    let at = || Path::from(P::GRAPH.name);
    let wrong = |what: &str, e| {
        let what = format!("this {what} does not fit the pipeline: {e}");
        Error::setup(what).at(at())
    };
    let input = P::Input::recall(input).map_err(|e| wrong("input", e))?;
    let null = Json::null();
    let context = context.unwrap_or(&null).decode::<P::Context>().map_err(|e| wrong("context", e))?;
    let codec = |e| Error::new(ErrorKind::Codec(e)).at(at());
    Ok((input.record().map_err(codec)?, Json::encode(&context).map_err(codec)?))
}

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

impl<R: Send + Sync + 'static> Flujo<R> {
    fn registered(&self, pipeline: &str) -> RunResult<&Registered<R>> {
        let found = self.shared.registered.iter().find(|known| known.name == pipeline);
        found.ok_or_else(|| {
            Error::setup(format!(
                "no pipeline `{pipeline}` is registered: `.pipeline::<..>()` on the builder"
            ))
        })
    }
}

impl<R: Send + Sync + 'static> Flujo<R> {
    /// Writes a run down, and begins it on a task of its own, unless it is there already.
    async fn begin(&self, known: &Registered<R>, run: RunRecord) -> RunResult<RunState> {
        let (id, digest, origin) = (run.id.clone(), run.digest, run.seed.origin.clone());
        if let Some(found) = self.engine()?.create(run).await? {
            is_the_same(&found, (known.name, digest))?;
            if found.run.seed.origin != origin {
                let what = format!("run `{id}` exists, and did not begin like this one: use another id");
                return Err(Error::new(ErrorKind::RunConflict(what)));
            }
            if found.status != Status::Created {
                return Ok(RunState::from(&found.status));
            }
        }
        // What it comes to is written down, whatever it is.
        drop(tokio::spawn((known.go_on)(self.clone(), id)));
        Ok(RunState::Created)
    }
}

/// Whether a run that exists is the one that is to be begun.
pub(super) fn is_the_same(found: &RunView, run: (&str, crate::codec::Digest)) -> RunResult<()> {
    let id = &found.run.id;
    let conflict =
        |what: &str| Err(Error::new(ErrorKind::RunConflict(format!("run `{id}` exists with {what}"))));
    if found.run.pipeline != run.0 {
        return conflict(&format!("another pipeline, `{}`", found.run.pipeline));
    }
    if found.run.digest != run.1 {
        return conflict("another input: use another id, or the same input to attach");
    }
    Ok(())
}

#[async_trait]
impl<R: Send + Sync + 'static> Control for Flujo<R> {
    async fn start(
        &self,
        pipeline: &str,
        id: &RunId,
        input: &Json,
        context: Option<&Json>,
    ) -> RunResult<RunState> {
        let known = self.registered(pipeline)?;
        let (input, context) = (known.check)(input, context)?;
        let shared = &self.shared;
        affordable(known.graph, &shared.limits, shared.prices.as_deref(), shared.model_defaults.as_deref())?;
        let run = RunRecord {
            id: id.clone(),
            pipeline: known.name.to_owned(),
            fingerprint: known.fingerprint,
            graph: RunGraph::Code(known.graph),
            digest: input.digest(),
            input,
            context,
            limits: self.shared.limits,
            retries: self.shared.retries,
            seed: Seed::default(),
        };
        self.begin(known, run).await
    }

    async fn attach(&self, id: &RunId) -> RunResult<RunView> {
        let view = Self::inspect(self, id).await?;
        match self.registered(&view.run.pipeline) {
            // Whoever created it has not come to begin it, or never will: the first to take it runs it.
            Ok(known) if view.status == Status::Created => (known.go_on)(self.clone(), id.clone()).await?,
            _ => self.engine()?.idle(id).await?,
        }
        Self::inspect(self, id).await
    }

    async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        Self::list(self, filter).await
    }

    async fn inspect(&self, id: &RunId) -> RunResult<RunView> {
        Self::inspect(self, id).await
    }

    async fn questions(&self, id: &RunId) -> RunResult<Vec<Question>> {
        Ok(Self::inspect(self, id).await?.questions)
    }

    async fn reply(&self, id: &RunId, path: &Path, value: &Json, by: Option<&str>) -> RunResult<()> {
        let view = Self::inspect(self, id).await?;
        fits(self.registered(&view.run.pipeline)?.graph, path, value)?;
        let engine = self.engine()?;
        let reply = Reply { value: value.clone(), by: by.map(str::to_owned), at: engine.clock().now() };
        engine.reply(id, path, reply).await
    }

    async fn cancel(&self, id: &RunId) -> RunResult<()> {
        self.engine()?.cancel(id).await
    }

    async fn retry(&self, id: &RunId) -> RunResult<RunView> {
        let view = Self::inspect(self, id).await?;
        if !matches!(view.status, Status::Ended(FinalOutcome::Failed(_))) {
            let what = format!("run `{id}` has not failed: only a failed one is tried again");
            return Err(Error::new(ErrorKind::RunConflict(what)));
        }
        (self.registered(&view.run.pipeline)?.go_on)(self.clone(), id.clone()).await?;
        Self::inspect(self, id).await
    }

    async fn fork(&self, id: &RunId, from: &Path, new: &RunId, input: Option<&Json>) -> RunResult<RunState> {
        let view = Self::inspect(self, id).await?;
        if !matches!(view.status, Status::Ended(_)) {
            let what = format!("run `{id}` has not ended: only one that has is forked");
            return Err(Error::new(ErrorKind::RunConflict(what)));
        }
        let known = self.registered(&view.run.pipeline)?;
        let (input, context) = (known.check)(input.unwrap_or(&view.run.input), Some(&view.run.context))?;
        let limits = view.run.limits.tightest(self.shared.limits);
        let (prices, defaults) = (self.shared.prices.as_deref(), self.shared.model_defaults.as_deref());
        affordable(known.graph, &limits, prices, defaults)?;
        let begins = Arc::new(RunRecord {
            id: new.clone(),
            pipeline: known.name.to_owned(),
            fingerprint: known.fingerprint,
            graph: RunGraph::Code(known.graph),
            digest: input.digest(),
            input,
            context,
            limits,
            retries: view.run.retries,
            seed: Seed::default(),
        });
        let Kept { records, replies, timers } = (known.keeps)(self, &view, &begins, from).await?;
        let seed = Seed { records, replies, timers, origin: Some(id.clone()) };
        self.begin(known, RunRecord { seed, ..RunRecord::clone(&begins) }).await
    }

    async fn replay(&self, id: &RunId) -> RunResult<Option<Mismatch>> {
        let view = Self::inspect(self, id).await?;
        (self.registered(&view.run.pipeline)?.fits)(self, &view).await
    }
}
