use flujo::__private::Inputs;
use flujo::clock::Clock;
use flujo::engine::BoxFuture;
use flujo::run::AnyStub;
use flujo::step::{Step, StepName};
use flujo::{RunInfo, StepError};
use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Answers in place of a step: typed by the step, so that a wrong output does not compile.
///
/// Outputs are given in order, one a call; a call too many fails the step for good and says so. Cloning it
/// gives the same stub, which keeps the inputs it was called with.
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
    delay: Option<(Arc<dyn Clock>, Duration)>,
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
    /// Gives these outputs, in order: `StubAgent::<triage>::new([case])`.
    pub fn new<const N: usize>(outputs: [S::Output; N]) -> Self {
        Self::scripted(outputs.into_iter().map(Ok))
    }

    /// The same for the step's function, where its type has another name: `StubAgent::of(triage, [case])`.
    pub fn of<Inputs, F: StepName<Inputs, Step = S>, const N: usize>(
        _step: F,
        outputs: [S::Output; N],
    ) -> Self {
        Self::new(outputs)
    }

    /// Gives these outputs and failures, in order.
    pub fn scripted(script: impl IntoIterator<Item = Result<S::Output, StepError>>) -> Self {
        let script: Vec<_> = script.into_iter().collect();
        let given = script.len();
        Self(Arc::new(Mutex::new(State {
            script: script.into_iter(),
            given,
            calls: Vec::new(),
            delay: None,
        })))
    }

    /// Takes so long for every answer, on this clock: with a [`PausedClock`](crate::PausedClock) that the engine
    /// has too, nobody waits for real.
    #[must_use]
    pub fn after(self, clock: impl Clock, delay: Duration) -> Self {
        self.state().delay = Some((Arc::new(clock), delay));
        self
    }

    /// The inputs it was called with so far.
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
        _: &RunInfo,
    ) -> BoxFuture<'s, Result<Box<dyn Any + Send>, StepError>> {
        let next = self.next(input).map(|output| Box::new(output) as Box<dyn Any + Send>);
        let delay = self.state().delay.as_ref().map(|(clock, delay)| clock.sleep(*delay));
        Box::pin(async move {
            if let Some(delay) = delay {
                delay.await;
            }
            next
        })
    }
}
