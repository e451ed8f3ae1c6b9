use flujo::__private::Inputs;
use flujo::clock::Clock;
use flujo::engine::BoxFuture;
use flujo::run::AnyStub;
use flujo::step::{Step, StepName};
use flujo::{RunInfo, StepError, Usage};
use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A stub that answers in place of a step, typed by the step: a wrong output does not compile.
///
/// Outputs are given in order, one per call; a call after the last one fails the step without retries. Clones
/// share the stub and the inputs it was called with.
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo_testing::StubAgent;
/// #[step(model = "openai:gpt-4o-mini")]
/// fn guess(text: String) -> Prompt<u32> {
///     Prompt::ask(text)
/// }
/// pipeline! {
///     fn count(text: String) -> u32 {
///         guess(text)
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let stub = StubAgent::of(guess, [7]);
/// let flujo = Flujo::builder().stub(&stub).build()?;
/// assert_eq!(flujo.run(count("how many?".to_string())).await.into_output()?, 7);
/// assert_eq!(stub.calls(), [("how many?".to_string(),)]);
/// # Ok(())
/// # }
/// ```
pub struct StubAgent<S: Step>(Arc<Mutex<State<S>>>);

struct State<S: Step> {
    script: std::vec::IntoIter<Result<S::Output, StepError>>,
    given: usize,
    calls: Vec<S::Input>,
    /// The delays of answers: one each from the list, then a fixed one.
    delays: Option<(Arc<dyn Clock>, std::vec::IntoIter<Duration>, Duration)>,
    costs: Option<Usage>,
}

impl<S: Step> Clone for StubAgent<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
impl<S: Step> fmt::Debug for StubAgent<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StubAgent").field("step", &S::FACTS.name).finish_non_exhaustive()
    }
}

impl<S: Step> StubAgent<S> {
    /// Returns a stub with these outputs, in order: `StubAgent::<triage>::new([case])`.
    pub fn new<const N: usize>(outputs: [S::Output; N]) -> Self {
        Self::scripted(outputs.into_iter().map(Ok))
    }

    /// Returns a stub of the step's function, if its type has another name: `StubAgent::of(triage, [case])`.
    pub fn of<Inputs, F: StepName<Inputs, Step = S>, const N: usize>(
        _step: F,
        outputs: [S::Output; N],
    ) -> Self {
        Self::new(outputs)
    }

    /// Returns a stub with these outputs and failures, in order.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// use flujo::clock::Timestamp;
    /// use flujo::{Cost, Usage};
    /// use flujo_testing::{PausedClock, StubAgent};
    /// use std::time::Duration;
    ///
    /// #[step(retries = 1)]
    /// async fn price(of: String) -> Result<u32> {
    ///     Ok(of.len() as u32)
    /// }
    /// pipeline! {
    ///     fn quote(of: String) -> u32 { price(of) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let clock = PausedClock::at(Timestamp(0));
    /// // Fails, then answers after a second; each answer has a price.
    /// let stub = StubAgent::<price>::scripted([Err(StepError::retryable("busy")), Ok(7)])
    ///     .delays(clock.clone(), [Duration::ZERO, Duration::from_secs(1)])
    ///     .costs(Usage::of_cost(Cost(5)));
    /// let flujo = Flujo::builder().clock(std::sync::Arc::new(clock.clone())).stub(&stub).build()?;
    /// let result = flujo.run(quote("a lamp".to_owned())).await;
    /// assert_eq!(result.usage.cost(), Cost(10));
    /// assert_eq!(result.into_output()?, 7);
    ///
    /// // Every answer is late.
    /// let slow = StubAgent::of(price, [1, 2]).after(clock, Duration::from_secs(20));
    /// # drop(slow);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scripted(script: impl IntoIterator<Item = Result<S::Output, StepError>>) -> Self {
        let script: Vec<_> = script.into_iter().collect();
        let given = script.len();
        Self(Arc::new(Mutex::new(State {
            script: script.into_iter(),
            given,
            calls: Vec::new(),
            delays: None,
            costs: None,
        })))
    }

    /// Sets the delay of every answer, on this clock: with a [`PausedClock`](crate::PausedClock) that is also
    /// the engine's, no real time passes.
    #[must_use]
    pub fn after(self, clock: impl Clock, delay: Duration) -> Self {
        self.state().delays = Some((Arc::new(clock), Vec::new().into_iter(), delay));
        self
    }

    /// Sets the delays of the answers one by one, on this clock; later answers have none. For instance, the
    /// first answer is late and the second is not.
    #[must_use]
    pub fn delays(self, clock: impl Clock, delays: impl IntoIterator<Item = Duration>) -> Self {
        let delays: Vec<_> = delays.into_iter().collect();
        self.state().delays = Some((Arc::new(clock), delays.into_iter(), Duration::ZERO));
        self
    }

    /// Sets the usage of each answer, failures included. It counts for the step, the run and every limit,
    /// like usage that a code step reports with `run.spend(..)`. Defaults to none.
    #[must_use]
    pub fn costs(self, usage: Usage) -> Self {
        self.state().costs = Some(usage);
        self
    }

    /// Returns the inputs of the calls so far.
    pub fn calls(&self) -> Vec<S::Input> {
        self.state().calls.iter().map(Inputs::copy).collect()
    }

    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, input: &(dyn Any + Send + Sync)) -> Result<S::Output, StepError> {
        let mut state = self.state();
        if let Some(input) = input.downcast_ref::<S::Input>() {
            state.calls.push(input.copy());
        }
        let (calls, given) = (state.calls.len(), state.given);
        state.script.next().unwrap_or_else(|| {
            Err(StepError::fatal(format!(
                "the stub of `{}` was called {calls} times, but has only {given} outputs",
                S::FACTS.name
            )))
        })
    }
}

impl<S: Step> AnyStub for StubAgent<S> {
    fn step(&self) -> TypeId {
        TypeId::of::<S>()
    }
    fn call<'s>(
        &'s self,
        input: &(dyn Any + Send + Sync),
        run: &RunInfo,
    ) -> BoxFuture<'s, Result<Box<dyn Any + Send>, StepError>> {
        let next = self.next(input).map(|output| Box::new(output) as Box<dyn Any + Send>);
        let mut state = self.state();
        if let Some(usage) = state.costs {
            run.spend(usage);
        }
        let delay = state.delays.as_mut().and_then(|(clock, each, others)| {
            let delay = each.next().unwrap_or(*others);
            (!delay.is_zero()).then(|| clock.sleep(delay))
        });
        drop(state);
        Box::pin(async move {
            if let Some(delay) = delay {
                delay.await;
            }
            next
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventLog, PausedClock, assert_done, assert_failed, assert_usage};
    use flujo::engine::Memory;
    use flujo::prelude::*;
    use flujo::{Cost, StepResult};

    #[step(retries = 2, timeout = "30s", backoff = "1s")]
    async fn weigh(_what: String) -> Result<u32> {
        Err(StepError::fatal("there are no scales"))
    }

    pipeline! {
        fn deliver(what: String) -> u32 {
            let first = weigh(what.clone());
            let second = weigh(what).named("again");
            value(first + second)
        }
    }

    fn built(stub: &StubAgent<weigh>, clock: &PausedClock, log: &EventLog) -> Flujo {
        let memory = Memory::with_clock(Arc::new(clock.clone()));
        Flujo::builder().engine(memory).stub(stub).observer(log.clone()).build().unwrap()
    }

    /// The first answer is late, the second is in time; only the clock moves.
    #[tokio::test]
    async fn answers_take_their_time_one_by_one() {
        let (clock, log) = (PausedClock::default(), EventLog::new());
        let began = clock.now();
        let delays = [31, 5].map(Duration::from_secs);
        let stub = StubAgent::of(weigh, [1, 2, 3]).delays(clock.clone(), delays);
        let result = built(&stub, &clock, &log).run(deliver("a lamp".to_owned())).await;
        assert_done(&result, &5);
        let taken: Vec<_> = ["deliver/weigh", "deliver/again"]
            .map(|path| {
                result
                    .step(path)
                    .map(|step| (StepResult::attempts(step), StepResult::latency(step).as_secs()))
            })
            .into();
        assert_eq!(taken, [Some((2, 30 + 5)), Some((1, 0))]);
        // The backoff between two attempts has jitter: at most one second.
        let passed = clock.now().since(began).as_secs_f64();
        assert!((35.0..=36.0).contains(&passed), "{passed}");
    }

    #[tokio::test]
    async fn answers_and_failures_cost_what_they_are_said_to() {
        let (clock, log) = (PausedClock::default(), EventLog::new());
        let answers = || [Err(StepError::retryable("the scales slip")), Ok(1), Ok(2)];
        let each = Usage::of_cost(Cost(300));
        let stub = StubAgent::<weigh>::scripted(answers()).costs(each);
        let result = built(&stub, &clock, &log).run(deliver("a lamp".to_owned())).await;
        assert_usage(&result, &Usage::of_cost(Cost(900)));
        assert_done(&result, &3);

        // A limit refuses the calls after it was exceeded.
        let stub = StubAgent::<weigh>::scripted(answers()).costs(each);
        let flujo = built(&stub, &clock, &log);
        let limits = UsageLimits::NONE.cost(Cost(599));
        let result = flujo.run(deliver("a lamp".to_owned())).limits(limits).await;
        assert_failed(
            &result,
            "deliver/again: the run's limit of $0.000000599 is exceeded: $0.0000006 spent",
        );
    }

    #[tokio::test]
    async fn a_call_too_many_fails_and_says_so() {
        let (clock, log) = (PausedClock::default(), EventLog::new());
        let result = built(&StubAgent::of(weigh, [1]), &clock, &log).run(deliver("a lamp".to_owned())).await;
        assert_failed(
            &result,
            "deliver/again: the stub of `weigh` was called 2 times, but has only 1 outputs (attempt 1; fatal, so not retried)",
        );
    }
}
