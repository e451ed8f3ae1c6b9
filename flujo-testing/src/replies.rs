use flujo::context::Context;
use flujo::engine::RunId;
use flujo::run::{ContextGiven, ReplyValue, Run};
use flujo::step::RunIn;
use flujo::{Error, ErrorKind, Flujo, Outcome, Pipeline, PipelineResult};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;

/// Scripted replies of people: a run that asks a question resumes at once, until it ends.
///
/// Replies are given by the path of the question; several for one path are taken in order. A question without
/// a reply leaves the run paused. A reply to a path where no question was asked is a mistake of the test: dropping the
/// script panics then, and names the questions that were asked. [`lenient`](Self::lenient) allows it.
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
    asked: QuestionLog,
}

/// The questions of the runs so far.
#[derive(Default)]
struct QuestionLog {
    paths: BTreeSet<String>,
    /// True once a run has ended or waits: before, questions may still come up.
    rested: bool,
    lenient: bool,
}

impl QuestionLog {
    fn note<T, C>(&mut self, result: &PipelineResult<T, C>) {
        let answered = result.hitl_history.iter().map(|answered| &answered.question);
        self.paths.extend(answered.chain(result.questions()).map(|question| question.path.to_string()));
    }
}

/// True if a run has come to an end, or waits: not if its process died, or if it was refused.
fn rests<T>(outcome: &Outcome<T>) -> bool {
    match outcome {
        Outcome::Done(_) | Outcome::Paused(_) => true,
        Outcome::Cancelled => false,
        Outcome::Failed(error) => matches!(
            error.kind(),
            ErrorKind::Failed(_)
                | ErrorKind::TimedOut(_)
                | ErrorKind::Rejected(_)
                | ErrorKind::Exhausted { .. }
                | ErrorKind::Panicked(_)
                | ErrorKind::MergeConflict(_)
                | ErrorKind::LimitExceeded(_)
        ),
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        let Some(mistake) = self.unasked() else { return };
        if std::thread::panicking() {
            // The test has failed already, and this may be why.
            #[allow(clippy::print_stderr, reason = "a second panic would end the process")]
            {
                eprintln!("{mistake}");
            }
        } else {
            #[allow(clippy::panic, reason = "an expectation that does not hold panics")]
            {
                panic!("{mistake}");
            }
        }
    }
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

    /// Allows replies to questions that are never asked: for a script that several tests share.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # use flujo_testing::Replies;
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(name) }
    /// # pipeline! {
    /// #     fn welcome(name: String) -> String { greet(name) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// # let flujo = Flujo::builder().build()?;
    /// let mut people = Replies::new().reply("welcome/sure", true).lenient();
    /// people.run(flujo.run(welcome("Ada".to_owned()))).await?;
    /// assert_eq!(people.left(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.asked.lenient = true;
        self
    }

    /// Describes the replies whose question never came up, once a run has ended or waits.
    fn unasked(&self) -> Option<String> {
        let QuestionLog { paths, rested, lenient } = &self.asked;
        if *lenient || !*rested {
            return None;
        }
        let listed = |paths: &BTreeSet<String>| {
            let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
            paths.join(", ")
        };
        let unasked: BTreeSet<_> =
            self.script.iter().map(|(path, _)| path).filter(|path| !paths.contains(*path)).cloned().collect();
        if unasked.is_empty() {
            return None;
        }
        let asked = if paths.is_empty() { "nothing".to_owned() } else { listed(paths) };
        let advice = "correct the path, or say `.lenient()` if it may stay unasked";
        Some(format!(
            "replies to {}, where no question was asked; asked: {asked}; {advice}",
            listed(&unasked)
        ))
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
            self.asked.note(&result);
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
                self.asked.rested |= rests(&result.outcome);
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
    #[should_panic(
        expected = "replies to `welcome/frist`, `welcome/third`, where no question was asked; asked: `welcome/first`, \
                    `welcome/second`; correct the path, or say `.lenient()` if it may stay unasked"
    )]
    async fn a_reply_to_a_question_that_is_never_asked_fails_the_test() {
        let flujo = Flujo::builder().build().unwrap();
        let mut people = Replies::new()
            .reply("welcome/frist", "Al")
            .reply("welcome/second", "Bo")
            .reply("welcome/third", 3);
        let result = people.run(flujo.run(welcome()).context(guests(["Xi", "Yo"]))).await.unwrap();
        assert_asks(&result, ["welcome/first"]);
    }

    #[tokio::test]
    async fn a_reply_may_stay_unasked_where_that_is_said_or_nothing_has_come_to_rest() {
        let flujo = Flujo::builder().build().unwrap();
        let mut people = Replies::new().reply("welcome/third", 3).lenient();
        let result = people.run(flujo.run(welcome()).context(guests(["Xi", "Yo"]))).await.unwrap();
        assert_asks(&result, ["welcome/first", "welcome/second"]);
        // No run at all, and one whose process died at its first command.
        drop(Replies::new().reply("welcome/first", "Al"));
        let memory = Arc::new(Memory::new());
        let dying =
            Flujo::builder().engine(crate::Crash::new(memory, 1, crate::Moment::Before)).build().unwrap();
        let mut people = Replies::new().reply("welcome/last", "Cy");
        drop(people.run(dying.run(welcome()).context(guests(["Xi", "Yo"]))).await);
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
