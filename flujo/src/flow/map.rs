//! `map`: one body for each item of a list.

use super::form::Form;
use super::settled::Each;
use crate::context::Context;
use crate::error::{Error, ErrorKind, RunResult};
use crate::exec::{Cx, Driver};
use crate::path::NodeId;

/// Runs a body for each item of a list, several at once, and returns the outputs in the order of the items: fan-out over
/// data, batch.
///
/// The body is a closure `|item| ..`, or the name of a step. An empty list gives an empty list. Every item has its own
/// copy of the context; what items wrote is merged by the rules of the parts. The first failure fails the map.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn halve(n: u32) -> Result<u32> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err(StepError::fatal("odd")) }
/// }
///
/// pipeline! {
///     fn halves(numbers: Vec<u32>) -> Vec<u32> {
///         let halved = map(numbers, |n| halve(n)).concurrency(4);
///         halved
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(halves(vec![6, 8])).await;
/// let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
/// assert_eq!(paths, ["halves/halved[0]/halve", "halves/halved[1]/halve"]);
/// assert_eq!(result.into_output()?, [3, 4]);
///
/// let error = flujo.run(halves(vec![6, 7])).await.into_output().unwrap_err();
/// assert_eq!(error.to_string(), "halves/halved[1]/halve: odd");
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.concurrency(n)` | `usize`, items | The number of items under way at once, at least 1. Defaults to 8. |
/// | `.max(n)` | `u32`, items | The most items; a longer list fails before the first item runs. Defaults to none. |
/// | `.timeout(duration)` | `"30s"` or a `Duration` | The active time of the whole form: attempts, and the waits between them. Pauses do not count. Defaults to none. |
/// | `.limits(limits)` | `UsageLimits` | The cost, tokens and model calls that everything in the form may use together. Defaults to none. |
/// | `.settle()` | | Each output is a `Result<T, Failure>`: the other items go on. |
/// | `.named("id")` | literal | The id, a segment of paths. Defaults to the name of the `let` binding, else `map`. |
///
/// # What is recorded: checkpoints and resume
///
/// The nodes of an item are recorded under the index of the item, from 0: `halves/halved[1]/halve`. A resumed run takes
/// the recorded nodes of every item from the journal and runs the others.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/map_writes_without_a_rule.stderr`:
///
/// ```text
/// error[E0080]: evaluation panicked: every item of this `map` writes context part `sources` (in `search`), which has no merge rule: add `#[context(part, merge = ..)]`, or return the value instead [map_conflict]
///   --> ui/flow/map_writes_without_a_rule.rs:20:21
///    |
/// 20 |         let found = map(topics, search);
///    |                     ^^^ evaluation of `_::_` failed here
/// ```
///
/// `tests/ui/flow/map_value_moved.stderr`:
///
/// ```text
/// error[E0507]: cannot move out of `text`, a captured variable in an `FnMut` closure
///   --> ui/flow/map_value_moved.rs:18:27
///    |
/// 17 |     fn moderate(items: Vec<String>, text: String) -> Vec<String> {
///    |                                     ---- captured outer variable
/// 18 |         map(items, |item| both(item, text))
///    |                           ^^^^       ----
///    |                           |          |
///    |                           |          variable moved due to use in coroutine
///    |                           |          move occurs because `text` has type `std::string::String`, which does not implement the `Copy` trait
///    |                           captured by this `FnMut` closure
///    |                           `text` is moved here
/// ```
///
/// `tests/ui/flow/map_runs_nothing.stderr`:
///
/// ```text
/// error: this body calls no step: `item.len()` is plain Rust [runs_nothing]
///        call a step here, or compute the value without `map`
///   --> ui/flow/map_runs_nothing.rs:13:49
///    |
/// 13 |         let lengths = map(items.clone(), |item| item.len());
///    |                                                 ^^^^
/// ```
pub fn map<I: IntoIterator, T>(items: I, body: impl FnMut(I::Item) -> T) -> Form<Vec<T>, Each> {
    Form::new(items.into_iter().map(body).collect())
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Collects the items of a `map`.
    ///
    /// # Errors
    /// There are more than `max` items: none of them runs.
    pub fn items<I: IntoIterator>(
        &self,
        id: impl Into<NodeId>,
        items: I,
        max: Option<u32>,
    ) -> RunResult<Vec<I::Item>> {
        let items = Vec::from_iter(items);
        match self.driver.too_many(id.into(), items.len(), max) {
            None => Ok(items),
            Some(error) => Err(error),
        }
    }

    /// Checks the number of items that may run at once.
    ///
    /// # Errors
    /// The number is zero, which only a value computed at run time can be: the compiler refuses a literal zero.
    pub fn concurrency(&self, id: impl Into<NodeId>, n: usize) -> RunResult<usize> {
        if n == 0 { Err(self.driver.no_concurrency(id.into())) } else { Ok(n) }
    }
}

impl Driver<'_> {
    fn too_many(&self, id: NodeId, items: usize, max: Option<u32>) -> Option<Error> {
        let max = max.filter(|max| !u32::try_from(items).is_ok_and(|n| n <= *max))?;
        let what = format!("{items} items exceed the bound, `.max({max})`");
        Some(Error::new(ErrorKind::Failed(what)).at(self.place(id).path()))
    }

    #[cold]
    fn no_concurrency(&self, id: NodeId) -> Error {
        let what = "`concurrency` is 0: it must be at least 1".to_owned();
        Error::new(ErrorKind::Failed(what)).at(self.place(id).path())
    }
}
