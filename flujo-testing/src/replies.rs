use flujo::context::Context;
use flujo::engine::RunId;
use flujo::run::{ContextGiven, ReplyValue, Run};
use flujo::step::RunIn;
use flujo::{Error, Flujo, Pipeline, PipelineResult};
use std::collections::VecDeque;
use std::fmt;

/// Scripted replies of people: a run that asks a question resumes at once, until it ends.
///
/// Replies are given by the path of the question; several for one path are taken in order. A question without
/// a reply leaves the run paused.
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
/// let result = people.run(flujo.run(welcome())).await?;
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
    /// Returns an empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a reply `value` to the next question at `path`.
    #[must_use]
    pub fn reply(mut self, path: impl Into<String>, value: impl ReplyValue + Send + Sync + 'static) -> Self {
        self.script.push_back((path.into(), Box::new(value)));
        self
    }

    /// Sets the author of all replies.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }

    /// Returns the number of unused replies.
    pub fn left(&self) -> usize {
        self.script.len()
    }

    /// Runs a pipeline with the options of the run, and replies until it ends or asks a question without a
    /// reply: `people.run(flujo.run(welcome()).id("r1").context(desk).limits(few))`.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](flujo::ErrorKind::Reply): a reply does not fit its question.
    /// [`ErrorKind::Engine`](flujo::ErrorKind::Engine): the engine failed.
    pub async fn run<P, R, C, S>(
        &mut self,
        run: Run<P, R, C, S>,
    ) -> Result<PipelineResult<P::Output, C>, Error>
    where
        P: Pipeline<Context = C> + RunIn<C, R>,
        R: Send + Sync + 'static,
        C: Context,
        S: ContextGiven<C>,
    {
        let flujo = run.flujo().clone();
        let result = run.await;
        self.answer::<P, R>(&flujo, result).await
    }

    /// Resumes an existing run, and replies to its questions.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](flujo::ErrorKind::UnknownRun): the run does not exist. Otherwise those of
    /// [`run`](Self::run).
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

/// A reply with an erased type.
struct Scripted(Box<dyn ReplyValue + Send + Sync>);

impl ReplyValue for Scripted {
    fn json(&self) -> Result<flujo::codec::Json, flujo::codec::CodecError> {
        self.0.json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PausedClock, assert_asks, assert_context, assert_done, assert_failed};
    use flujo::engine::Memory;
    use flujo::prelude::*;
    use flujo::{Cost, Usage};
    use std::sync::Arc;
    use std::time::Duration;

    /// No `Default`: every run passes its initial context.
    #[context]
    #[derive(Debug)]
    struct Guests {
        #[context(part, merge = append)]
        names: Vec<String>,
    }

    #[step]
    async fn greet(name: String, names: &mut Vec<String>, run: &RunInfo) -> Result<String> {
        run.spend(Usage::of_cost(Cost(1)));
        names.push(name.clone());
        Ok(format!("Hello, {name}!"))
    }

    pipeline! {
        fn welcome(ctx: &mut Guests) -> String {
            let (first, second) = join(
                { let first: String = ask("Who is first?"); greet(first) },
                { let second: String = ask("And who is second?"); greet(second).named("greet_second") },
            );
            let last: String = ask(format!("{first} {second} Who is last?")).timeout("1d", "nobody".to_owned());
            greet(last).named("greet_last")
        }
    }

    fn guests(names: [&str; 2]) -> Guests {
        Guests { names: names.map(str::to_owned).into() }
    }

    #[tokio::test]
    async fn a_run_keeps_what_is_said_of_it_and_replies_are_given_as_they_are_asked_for() {
        let flujo = Flujo::builder().build().unwrap();
        let mut people = Replies::new()
            .reply("welcome/last", "Cy")
            .reply("welcome/second", "Bo")
            .reply("welcome/first", "Al")
            .reply("welcome/first", "nobody asks twice")
            .by("the door");
        let run = flujo.run(welcome()).id("evening").context(guests(["Xi", "Yo"]));
        let result = people.run(run).await.unwrap();
        assert_eq!((result.run_id.as_str(), people.left()), ("evening", 1));
        assert_done(&result, &"Hello, Cy!".to_owned());
        assert_context(&result, &Guests { names: ["Xi", "Yo", "Al", "Bo", "Cy"].map(str::to_owned).into() });
        assert!(result.hitl_history.iter().all(|answered| answered.reply.by.as_deref() == Some("the door")));
    }

    #[tokio::test]
    async fn what_nobody_replies_to_stays_open_and_goes_on_later() {
        let clock = PausedClock::default();
        let memory = Memory::with_clock(Arc::new(clock.clone()));
        let flujo = Flujo::builder().engine(memory).build().unwrap();
        let mut people = Replies::new().reply("welcome/first", "Al").reply("welcome/second", "Bo");
        let result = people.run(flujo.run(welcome()).id("r").context(guests(["Xi", "Yo"]))).await.unwrap();
        assert_asks(&result, ["welcome/last"]);

        // The deadline of a day passes.
        clock.advance(Duration::from_secs(24 * 3600 + 1));
        let result = people.resume::<welcome, _>(&flujo, "r").await.unwrap();
        assert_done(&result, &"Hello, nobody!".to_owned());
    }

    #[tokio::test]
    async fn a_reply_that_does_not_fit_is_an_error_and_a_limit_is_kept() {
        let flujo = Flujo::builder().build().unwrap();
        let mut people = Replies::new().reply("welcome/first", 7);
        let error = people.run(flujo.run(welcome()).id("r").context(guests(["Xi", "Yo"]))).await.unwrap_err();
        let expected = "welcome/first: this reply to run `r` does not fit the question, which stays open: the value must \
                        be of the type string; sent: 7; reply with a value of the type `string`";
        assert_eq!(error.to_string(), expected);

        let mut people = Replies::new().reply("welcome/first", "Al").reply("welcome/second", "Bo");
        people = people.reply("welcome/last", "Cy");
        let run = flujo.run(welcome()).limits(UsageLimits::NONE.cost(Cost(1))).context(guests(["Xi", "Yo"]));
        let result = people.run(run).await.unwrap();
        assert_failed(
            &result,
            "welcome/greet_last: the run's limit of $0.000000001 is exceeded: $0.000000002 spent",
        );
    }
}
