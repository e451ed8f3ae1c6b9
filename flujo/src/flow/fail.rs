//! `fail`: the end of a pipeline as failed.

use crate::error::{Error, ErrorKind};
use crate::exec::Cx;
use std::fmt;

/// Ends the pipeline as failed, with a message: `let Some(x) = found else { fail("nothing found") };`.
///
/// It is a statement, an arm, or the last expression, and has the type `!`.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn find(name: String) -> Result<Option<u32>> {
///     Ok(if name == "Ada" { Some(1815) } else { None })
/// }
///
/// pipeline! {
///     fn year_of(name: String) -> u32 {
///         let Some(year) = find(name.clone()) else {
///             fail(format!("nothing is known of {name}"))
///         };
///         year
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// assert_eq!(flujo.run(year_of("Ada".to_string())).await.into_output()?, 1815);
///
/// let error = flujo.run(year_of("Bob".to_string())).await.into_output().unwrap_err();
/// assert_eq!(error.to_string(), "year_of: nothing is known of Bob");
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// Outside of `pipeline!`, where there is no pipeline to end.
///
/// # What is recorded: checkpoints and resume
///
/// The failure of the run, or of the pipeline call that it ends; no node of its own. It is not retried, and `.settle()` on
/// the call of the pipeline makes it a `Failure`. Resuming the run evaluates it again.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/fail_as_argument.stderr`:
///
/// ```text
/// error: `fail(..)` is a statement, an arm or the last expression [form_as_argument]
///        use `let .. else { fail(..) }`, `if` or `match`
///   --> ui/flow/fail_as_argument.rs:13:16
///    |
/// 13 |         triage(fail("no text"))
///    |                ^^^^
/// ```
///
/// `tests/ui/flow/fail_two_messages.stderr`:
///
/// ```text
/// error: `fail` takes one message [form_arguments]
///        write `fail("why")`, or `fail(format!("why: {x}"))`
///   --> ui/flow/fail_two_messages.rs:14:13
///    |
/// 14 |             fail("no text: {}", text)
///    |             ^^^^
/// ```
///
/// `tests/ui/flow/let_else_goes_on.stderr`:
///
/// ```text
/// error: the `else` of a `let` has to end the pipeline [let_else_goes_on]
///        end it with `fail("why")`, or use `match`
///   --> ui/flow/let_else_goes_on.rs:18:46
///    |
/// 18 |         let Some(found) = find(text.clone()) else {
///    |                                              ^^^^
/// ```
#[allow(clippy::panic, reason = "a form outside of `pipeline!` is a mistake that must not pass silently")]
pub fn fail(message: impl fmt::Display) -> ! {
    panic!("`fail` is a form of `pipeline!`: {message}")
}

#[doc(hidden)]
impl<C, R> Cx<'_, C, R> {
    /// The error of `fail(message)`.
    #[cold]
    pub fn fail(&self, message: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Failed(message.to_string())).at(self.driver.own_path())
    }
}
