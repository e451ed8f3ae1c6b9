use super::flujo::Flujo;
use super::observers::Watchers;
use super::outcome::PipelineResult;
use super::registry::{AnyPipeline, TypedPipeline, Values};
use super::reply_fit::fits;
use super::runtime::Runtime;
use super::untyped::UntypedResult;
use crate::codec::{CodecError, Json};
use crate::engine::{FinalOutcome, RunId, RunView, Status};
use crate::error::{Error, ErrorKind, RunResult};
use crate::events::Observer;
use crate::exec::Pipeline;
use crate::future::BoxFuture;
use crate::path::Path;
use crate::question::Reply;
use crate::step::RunIn;
use serde::Serialize;
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;

/// A value for a reply. Implemented for every type that is `Serialize`.
///
/// ```
/// use flujo::run::ReplyValue;
///
/// #[derive(serde::Serialize)]
/// enum Tone {
///     Friendly,
/// }
/// assert_eq!(Tone::Friendly.json().unwrap().as_str(), r#""Friendly""#);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written down as a reply [reply_not_serializable]",
    label = "expected something that is `Serialize`",
    note = "add `#[derive(serde::Serialize)]` to `{Self}`"
)]
pub trait ReplyValue {
    /// Encodes the value as JSON.
    ///
    /// # Errors
    /// The value cannot be encoded as JSON.
    fn json(&self) -> Result<Json, CodecError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ReplyValue for T {
    fn json(&self) -> Result<Json, CodecError> {
        Json::encode(self)
    }
}

/// A run to be resumed; `.await` resumes it.
#[must_use = "a run is not resumed until this is awaited"]
pub struct Resume<P, R> {
    flujo: Flujo<R>,
    resuming: Resuming,
    pipeline: PhantomData<fn() -> P>,
}

/// The options of a resumption.
pub(super) struct Resuming {
    id: RunId,
    replies: Vec<(Option<Path>, Result<Json, CodecError>)>,
    by: Option<String>,
    watchers: Watchers,
    /// True for an explicit resumption: a failed run is retried. Otherwise it stays failed, also one that another process
    /// failed after its state was read here.
    retries: bool,
}

impl Resuming {
    /// A run that has not ended, as far as is known.
    pub(super) fn unfinished(id: RunId) -> Self {
        Self { id, replies: Vec::new(), by: None, watchers: Watchers::default(), retries: false }
    }

    /// An explicit resumption: a failed run is retried.
    pub(super) fn asked_for(id: RunId) -> Self {
        Self { retries: true, ..Self::unfinished(id) }
    }

    pub(super) fn by(self, by: Option<&str>) -> Self {
        Self { by: by.map(str::to_owned), ..self }
    }
}

impl<P, R> fmt::Debug for Resume<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resume").field("id", &self.resuming.id).finish_non_exhaustive()
    }
}

type Done<P> = PipelineResult<<P as crate::step::Step>::Output, <P as Pipeline>::Context>;

impl<P, R> Resume<P, R> {
    pub(super) fn new(flujo: Flujo<R>, id: RunId) -> Self {
        Self { flujo, resuming: Resuming::asked_for(id), pipeline: PhantomData }
    }

    pub(super) fn id(&self) -> &RunId {
        &self.resuming.id
    }

    /// Answers the only open question.
    #[allow(clippy::needless_pass_by_value, reason = "`.reply(label)` reads as it is meant")]
    pub fn reply(mut self, value: impl ReplyValue) -> Self {
        self.resuming.replies.push((None, value.json()));
        self
    }

    /// Answers the question of this node.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// use flujo::events::ConsoleTracer;
    ///
    /// pipeline! {
    ///     fn trip() -> String {
    ///         let (place, days) = join(
    ///             { let place: String = ask("Where?"); place },
    ///             { let days: u32 = ask("How long?"); days },
    ///         );
    ///         value(format!("{days} days in {place}"))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let flujo = Flujo::builder().build()?;
    /// let paused = flujo.run(trip()).id("r-1").await;
    /// let paths: Vec<_> = paused.questions().iter().map(|question| question.path.to_string()).collect();
    /// let result = flujo
    ///     .resume::<trip>("r-1")
    ///     .reply_to(&paths[0], "Rome")
    ///     .reply_to(&paths[1], 3)
    ///     .by("ada")
    ///     .observer(ConsoleTracer::new())
    ///     .await?;
    /// assert_eq!(result.into_output()?, "3 days in Rome");
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::needless_pass_by_value, reason = "`.reply(label)` reads as it is meant")]
    pub fn reply_to(mut self, path: &str, value: impl ReplyValue) -> Self {
        self.resuming.replies.push((Some(Path::from(path)), value.json()));
        self
    }

    /// Sets the name of the person or program that replies, or that retries a failed run.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.resuming.by = Some(who.into());
        self
    }

    /// Adds an observer of this execution of the run, beside the engine's observers.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.resuming.watchers.add(observer);
        self
    }
}

impl Runtime {
    /// Calls [`resume`](Self::resume) for a caller in another crate.
    fn resumed(
        &self,
        pipeline: Arc<dyn AnyPipeline>,
        resuming: Resuming,
    ) -> BoxFuture<'static, RunResult<UntypedResult>> {
        let runtime = self.clone();
        Box::pin(async move { runtime.resume(&pipeline, resuming).await })
    }

    /// Resumes a run.
    pub(super) async fn resume(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        resuming: Resuming,
    ) -> RunResult<UntypedResult> {
        let Resuming { id, replies, by, mut watchers, retries } = resuming;
        self.check_observers(&watchers)?;
        let (engine, view, info) = (self.engine()?, self.view(&id).await?, pipeline.info());
        if view.run.pipeline != info.name {
            let (is, name) = (&view.run.pipeline, info.name);
            let what = format!("run `{id}` is one of pipeline `{is}`, not of `{name}`");
            return Err(Error::new(ErrorKind::RunConflict(what)));
        }
        let replied = !replies.is_empty();
        for (path, value) in replies {
            let path = pick(&view, path)?;
            let value = value.map_err(|e| Error::new(ErrorKind::Codec(e)).at(path.clone()))?;
            fits(Some(info.graph), &view, &path, &value)?;
            let reply = Reply { value, by: by.clone(), at: engine.clock().now() };
            engine.reply(&id, &path, reply).await?;
            watchers.fresh.push(path);
        }
        match view.status {
            Status::Running => {
                engine.idle(&id).await?;
                // If the execution that was busy has crashed, this one continues the run.
                let view = self.view(&id).await?;
                if view.status == Status::Interrupted {
                    return self.execute(pipeline, watchers, view).await;
                }
                Ok(UntypedResult::of_view(info, view))
            }
            Status::Ended(FinalOutcome::Failed(_)) if retries => {
                // A run that does not match the code stays failed.
                if let Some(misfit) = self.misfit(pipeline, &view).await? {
                    return Ok(misfit);
                }
                engine.reopen(&id, by.as_deref()).await?;
                self.execute(pipeline, watchers, self.view(&id).await?).await
            }
            Status::Ended(_) if replied => self.result(info, &id).await,
            Status::Ended(_) => Ok(UntypedResult::of_view(info, view)),
            Status::Created | Status::Paused | Status::Interrupted => {
                let view = if replied { self.view(&id).await? } else { view };
                self.execute(pipeline, watchers, view).await
            }
        }
    }
}

/// Returns the question that a reply without a path answers.
fn pick(view: &RunView, path: Option<Path>) -> RunResult<Path> {
    let refuse = |what: String| Err(Error::new(ErrorKind::Reply(what)));
    match (path, view.questions.as_slice()) {
        (Some(path), _) => Ok(path),
        (None, [only]) => Ok(only.path.clone()),
        (None, []) => match view.answered.last() {
            Some(last) => refuse(format!(
                "no question is open; the last one, `{}`, was answered{}",
                last.question.path,
                last.reply.by_and_at()
            )),
            None => refuse("no question is open".to_owned()),
        },
        (None, several) => {
            let paths: Vec<_> = several.iter().map(|q| q.path.as_str()).collect();
            refuse(format!(
                "several questions are open, pick one with `.reply_to(path, ..)`: {}",
                paths.join(", ")
            ))
        }
    }
}

impl<P, R> IntoFuture for Resume<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    type Output = RunResult<Done<P>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        let pipeline = TypedPipeline::<P, R>::shared(&self.flujo.resources);
        let found = self.flujo.runtime.resumed(pipeline, self.resuming);
        Box::pin(async move {
            let mut values = Values::<P::Output, P::Context>::NONE;
            let (outcome, account) = found.await?.settle(&mut values)?;
            let Some(context) = values.context else { return Err(Error::new(ErrorKind::Interrupted)) };
            Ok(account.into_result(outcome, values.output, context))
        })
    }
}
