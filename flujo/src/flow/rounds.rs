//! The rounds of `repeat` and `refine`.

use crate::codec::Json;
use crate::context::Context;
use crate::durable::Durable;
use crate::error::{Error, ErrorKind, Failure, RunResult};
use crate::events::{EventKind, What};
use crate::exec::{Cx, Driver, node_events, settled};
use crate::path::{NodeId, grammar};

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Checks the bound of a loop; `label` names the loop.
    ///
    /// # Errors
    /// The bound is zero, which only a value computed at run time can be: the compiler refuses a literal one.
    pub fn max_rounds(&self, label: &'static str, form: &'static str, max: u32) -> RunResult<u32> {
        if max == 0 {
            return Err(no_rounds(label, form, &self.driver));
        }
        Ok(max)
    }

    /// Evaluates the condition of a loop. A method, so that the type of the value is known in the condition, and so that
    /// generated code says it without a path.
    pub fn until<T>(&self, value: &T, holds: impl FnOnce(&T) -> bool) -> bool {
        holds(value)
    }

    /// Turns the failure of a loop into a value.
    ///
    /// # Errors
    /// Signals only.
    pub fn settled<T>(&self, ended: RunResult<T>) -> RunResult<Result<T, Failure>> {
        settled(ended)
    }

    /// The driver of round `n`, from 1: the same context, and `#n` behind every node; `#2.1` in a loop in a
    /// loop. `label` names the loop in the event of the round; it is no segment of a path.
    pub fn round(&mut self, label: impl Into<NodeId>, n: u32) -> Cx<'_, C, R> {
        let label = label.into();
        Self::with_driver(self.ctx, self.res, self.driver.round(Some(label), n))
    }

    /// The driver of the second body of a round, whose event was sent with the first.
    pub fn same_round(&mut self, n: u32) -> Cx<'_, C, R> {
        Self::with_driver(self.ctx, self.res, self.driver.round(None, n))
    }

    /// The error of the loop `label` that did not finish within its rounds. The last value and the last critique can
    /// be read from it.
    #[cold]
    pub fn exhausted<T: Durable>(
        &self,
        label: &'static str,
        (form, rounds): (&'static str, u32),
        last: &T,
        critique: Option<&str>,
    ) -> Error {
        exhausted(label, (form, rounds), Json::encode(last).ok(), critique, &self.driver)
    }
}

#[cold]
fn no_rounds(label: &'static str, form: &str, driver: &Driver<'_>) -> Error {
    let what = format!("`{form}` runs its body at least once, but its `max` is 0");
    Error::new(ErrorKind::Failed(what)).at(driver.place(label.into()).path())
}

#[cold]
fn exhausted(
    label: &'static str,
    (form, rounds): (&str, u32),
    last: Option<Json>,
    critique: Option<&str>,
    driver: &Driver<'_>,
) -> Error {
    Error::new(ErrorKind::Exhausted { form: form.to_owned(), rounds })
        .with_details(critique.map(str::to_owned), last)
        .at(driver.place(label.into()).path())
}

impl Driver<'_> {
    /// The driver of round `n`, with an event for the round if there is a label.
    fn round(&mut self, label: Option<NodeId>, n: u32) -> Driver<'_> {
        let rounds = grammar::rounds(self.rounds.as_deref(), n);
        let env = self.env;
        let round = Driver { rounds: Some(rounds.into()), ..self.reborrow() };
        if let Some(label) = label {
            node_events::at(env, What::Round, || round.place(label).path(), || EventKind::Round { n });
        }
        round
    }
}
