//! `repeat`: a body that runs again until a condition holds.

use super::form::Form;

/// Runs a body again until a condition holds for its output, with a bound: an evaluator loop, polling.
///
/// The body is a closure `|x| ..`, or the name of a step. It runs at least once; its output is the input of the next
/// round, and the last output is that of the loop.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn halve(n: u32) -> Result<u32> {
///     Ok(n / 2)
/// }
///
/// pipeline! {
///     fn shrink(n: u32) -> u32 {
///         repeat(n, |n| halve(n)).until(|n| *n < 10).max(5)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(shrink(50)).await;
/// let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
/// assert_eq!(paths, ["shrink/halve#1", "shrink/halve#2", "shrink/halve#3"]);
/// assert_eq!(result.into_output()?, 6);
///
/// let result = flujo.run(shrink(1000)).await;
/// let error = result.into_output().unwrap_err();
/// assert_eq!(error.to_string(), "shrink/repeat:halve: `repeat` did not finish within 5 rounds");
/// assert_eq!(error.last_output::<u32>(), Some(31));
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.until(condition)` | `fn(&T) -> bool` | Ends the loop after the round whose output it holds for. Required. |
/// | `.max(n)` | `u32`, rounds | The bound, at least 1. Required. |
/// | `.or_last()` | | After the last round, the output is the last value. Defaults to a failure, on which that value can be read: `Error::last_output`. |
/// | `.timeout(duration)` | `"30s"` or a `Duration` | The active time of the whole form: attempts, and the waits between them. Pauses do not count. Defaults to none. |
/// | `.limits(limits)` | `UsageLimits` | The cost, tokens and model calls that everything in the form may use together. Defaults to none. |
/// | `.settle()` | | The output is a `Result<T, Failure>`: a failure does not end the pipeline. |
/// | `.named("id")` | literal | The id in the graph and in events. Defaults to `repeat`. |
///
/// # What is recorded: checkpoints and resume
///
/// The loop itself has no record, and no segment in a path. Each node in its body is recorded with its round:
/// `shrink/halve#2`; in a loop in a loop, `#2.1`. A resumed run takes the recorded rounds from the journal, evaluates
/// `until` on them again, and goes on with the first round that is not recorded.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/repeat_without_max.stderr`:
///
/// ```text
/// error: `repeat` needs a bound: every loop has one [unbounded_loop]
///        add `.max(n)`
///   --> ui/flow/repeat_without_max.rs:13:9
///    |
/// 13 |         repeat(text, triage).until(|text| text.is_empty())
///    |         ^^^^^^
/// ```
///
/// `tests/ui/flow/repeat_body_of_other_type.stderr`:
///
/// ```text
/// error[E0308]: mismatched types
///   --> ui/flow/repeat_body_of_other_type.rs:18:29
///    |
/// 18 |         repeat(text, |text| size(text)).until(|_| true).max(3)
///    |                ----         ^^^^ expected `String`, found `usize`
///    |                |
///    |                expected due to this value
/// ```
///
/// `tests/ui/flow/repeat_runs_nothing.stderr`:
///
/// ```text
/// error: this body calls no step: `text.trim().to_owned()` is plain Rust [runs_nothing]
///        call a step here, or compute the value without `repeat`
///   --> ui/flow/repeat_runs_nothing.rs:13:29
///    |
/// 13 |         repeat(text, |text| text.trim().to_owned()).until(|text| text.is_empty()).max(3)
///    |                             ^^^^
/// ```
pub fn repeat<T, U>(seed: T, _body: impl FnOnce(T) -> U) -> Form<T> {
    Form::new(seed)
}
