use flujo::engine::RunId;
use flujo::run::ReplyValue;
use flujo::step::{RunIn, StepCall};
use flujo::{Error, Flujo, Pipeline, PipelineResult};
use std::collections::VecDeque;
use std::fmt;

/// People whose replies are known beforehand: a run that asks goes on at once, to its end.
///
/// Replies are given by the path of the question; several for one path are taken in order. A question that nobody
/// has a reply for leaves the run paused, as it would be.
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo_testing::Replies;
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// pipeline! {
///     fn welcome() -> String {
///         let name: String = ask("Who is there?");
///         greet(name)
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let mut people = Replies::new().reply("welcome/name", "Ada").by("the door");
/// let result = people.run(&flujo, "r1", welcome()).await?;
/// assert_eq!(result.hitl_history[0].reply.by.as_deref(), Some("the door"));
/// assert_eq!(result.into_output()?, "Hello, Ada!");
/// assert_eq!(people.left(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Replies {
    script: VecDeque<(String, Box<dyn ReplyValue + Send + Sync>)>,
    by: Option<String>,
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.script.iter().map(|(path, _)| path)).finish()
    }
}

impl Replies {
    /// Nobody replies anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replies `value` to the next question that is asked at `path`.
    #[must_use]
    pub fn reply(mut self, path: impl Into<String>, value: impl ReplyValue + Send + Sync + 'static) -> Self {
        self.script.push_back((path.into(), Box::new(value)));
        self
    }

    /// Who replies.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }

    /// How many replies nobody has asked for yet.
    pub fn left(&self) -> usize {
        self.script.len()
    }

    /// Starts a run under this id, and replies until it ends or asks what nobody replies to.
    ///
    /// # Errors
    /// A reply does not fit its question, or the engine failed.
    pub async fn run<P, R>(
        &mut self,
        flujo: &Flujo<R>,
        id: impl Into<RunId>,
        call: StepCall<P>,
    ) -> Result<PipelineResult<P::Output, P::Context>, Error>
    where
        P: Pipeline + RunIn<P::Context, R>,
        P::Context: Default,
        R: Send + Sync + 'static,
    {
        let result = flujo.run(call).id(id).await;
        self.answer::<P, R>(flujo, result).await
    }

    /// The same for a run that exists: it goes on, and what it asks is replied to.
    ///
    /// # Errors
    /// There is no such run; else as [`run`](Self::run).
    pub async fn resume<P, R>(
        &mut self,
        flujo: &Flujo<R>,
        id: impl Into<RunId>,
    ) -> Result<PipelineResult<P::Output, P::Context>, Error>
    where
        P: Pipeline + RunIn<P::Context, R>,
        R: Send + Sync + 'static,
    {
        let result = flujo.resume::<P>(id).await?;
        self.answer::<P, R>(flujo, result).await
    }

    async fn answer<P, R>(
        &mut self,
        flujo: &Flujo<R>,
        mut result: PipelineResult<P::Output, P::Context>,
    ) -> Result<PipelineResult<P::Output, P::Context>, Error>
    where
        P: Pipeline + RunIn<P::Context, R>,
        R: Send + Sync + 'static,
    {
        loop {
            let mut resume = flujo.resume::<P>(result.run_id.clone());
            let mut replied = false;
            for question in result.questions() {
                let path = question.path.as_str();
                let Some(at) = self.script.iter().position(|(of, _)| of == path) else { continue };
                let Some((_, value)) = self.script.remove(at) else { continue };
                resume = resume.reply_to(path, Scripted(value));
                replied = true;
            }
            if !replied {
                return Ok(result);
            }
            if let Some(by) = &self.by {
                resume = resume.by(by.as_str());
            }
            result = resume.await?;
        }
    }
}

/// A reply whose type is no longer known.
struct Scripted(Box<dyn ReplyValue + Send + Sync>);

impl ReplyValue for Scripted {
    fn json(&self) -> Result<flujo::codec::Json, flujo::codec::CodecError> {
        self.0.json()
    }
}
