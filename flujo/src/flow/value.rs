//! `value`: a plain value in the place of a call.

/// Marks a plain expression that looks like a call, where a step call could be: `value(Some(case))`.
///
/// Only needed around an expression that is itself the call of a path, such as a constructor; every other expression that
/// is no call of a step is a plain value without it.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn find(name: String) -> Result<u32> {
///     Ok(name.len() as u32)
/// }
///
/// pipeline! {
///     fn known(name: String) -> Option<u32> {
///         let n = find(name);
///         value(Some(n))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(known("Ada".to_string())).await;
/// assert_eq!(result.steps.len(), 1, "a value is no step");
/// assert_eq!(result.into_output()?, Some(3));
/// # Ok(())
/// # }
/// ```
///
/// # What is recorded: checkpoints and resume
///
/// Nothing: a plain expression is evaluated again when a run is resumed. So it must be pure; what talks to the world is a
/// step.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/constructor.stderr`:
///
/// ```text
/// error: `Some` is a constructor, not a step [constructor_as_a_step]
///        write `value(Some(..))`
///   --> ui/flow/constructor.rs:13:9
///    |
/// 13 |         Some(text)
///    |         ^^^^
/// ```
///
/// `tests/ui/flow/value_of_two.stderr`:
///
/// ```text
/// error: `value` takes one plain expression [form_arguments]
///        write `value(Some(case))`
///   --> ui/flow/value_of_two.rs:14:9
///    |
/// 14 |         value(text, 3)
///    |         ^^^^^
/// ```
///
/// `tests/ui/flow/value_with_option.stderr`:
///
/// ```text
/// error: `value` has no options [unknown_form_option]
///        call methods inside the parentheses: `value(x.method())`
///   --> ui/flow/value_with_option.rs:14:21
///    |
/// 14 |         value(text).named("text")
///    |                     ^^^^^
/// ```
pub fn value<T>(x: T) -> T {
    x
}
