//! `refine`: a generator and a critic, in turn.

use super::form::Form;
use super::{Critique, Feedback};

/// Generates a draft and asks a critic, until the critic accepts it: generator and evaluator, reflection.
///
/// The generator takes the critic's [`Feedback`] on the draft before, `None` in the first round. The critic takes a
/// draft and returns a [`Critique`]. Both are closures, or names of steps. The output is the accepted draft.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn write(feedback: Option<Feedback>) -> Result<String> {
///     Ok(feedback.map_or("a long text".to_string(), |said| format!("a {} text", said.as_str())))
/// }
///
/// #[step]
/// async fn review(draft: String) -> Result<Critique> {
///     Ok(if draft.contains("long") { Critique::revise("short") } else { Critique::Accept })
/// }
///
/// pipeline! {
///     fn article() -> String {
///         refine(|feedback| write(feedback), |draft| review(draft)).max(3)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(article()).await;
/// let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
/// assert_eq!(paths, ["article/write#1", "article/review#1", "article/write#2", "article/review#2"]);
/// assert_eq!(result.into_output()?, "a short text");
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.max(n)` | `u32`, rounds | The bound, at least 1. Required. |
/// | `.or_last()` | | After the last round, the output is the last draft. Defaults to a failure, on which the draft and the critic's words can be read: `Error::last_output`, `Error::feedback`. |
/// | `.timeout(duration)` | `"30s"` or a `Duration` | The active time of the whole form: attempts, and the waits between them. Pauses do not count. Defaults to none. |
/// | `.limits(limits)` | `UsageLimits` | The cost, tokens and model calls that everything in the form may use together. Defaults to none. |
/// | `.settle()` | | The output is a `Result<T, Failure>`: a failure does not end the pipeline. |
/// | `.named("id")` | literal | The id in the graph and in events. Defaults to `refine`. |
///
/// # What is recorded: checkpoints and resume
///
/// The loop itself has no record, and no segment in a path. Generator and critic are recorded with their round:
/// `article/write#2`, `article/review#2`. A resumed run takes the recorded drafts and critiques from the journal, and
/// goes on with the first node that is not recorded.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/refine_without_max.stderr`:
///
/// ```text
/// error: `refine` needs a bound: every loop has one [unbounded_loop]
///        add `.max(n)`
///   --> ui/flow/refine_without_max.rs:13:9
///    |
/// 13 |         refine(|_| triage(text.clone()), |_| Critique::Accept)
///    |         ^^^^^^
/// ```
///
/// `tests/ui/flow/refine_critic_of_other_type.stderr`:
///
/// ```text
/// error[E0308]: mismatched types
///   --> ui/flow/refine_critic_of_other_type.rs:13:50
///    |
/// 13 |         refine(|_| triage(text.clone()), |draft| triage(draft).named("critic")).max(3)
///    |                                                  ^^^^^^ expected `Critique`, found `String`
/// ```
///
/// `tests/ui/flow/refine_generator_takes_no_feedback.stderr`:
///
/// ```text
/// error[E0308]: mismatched types
///   --> ui/flow/refine_generator_takes_no_feedback.rs:18:16
///    |
/// 18 |         refine(triage, review).max(3)
///    |                ^^^^^^
///    |                |
///    |                expected `String`, found `Option<Feedback>`
///    |                arguments to this function are incorrect
/// ```
pub fn refine<T, U>(generate: impl FnOnce(Option<Feedback>) -> T, _critic: impl FnOnce(T) -> U) -> Form<T>
where
    U: Into<Critique>,
{
    Form::new(generate(None))
}
