//! `route`: the arms that a set selects, concurrently.

use super::form::Form;
use super::settled::Each;

/// The concurrency of a `route`: all its arms at once.
pub const ALL_AT_ONCE: usize = usize::MAX;

/// Runs the arms of a `match` that a set selects, concurrently: routing, conditional fan-out.
///
/// The set is a `BTreeSet` of an enum, for instance the output of a step that classifies. The outputs are in the order of
/// the set; an empty set gives an empty list. Every arm has its own copy of the context, as in [`join`](super::join).
///
/// ```
/// # use flujo::prelude::*;
/// # use std::collections::BTreeSet;
/// #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
/// enum Source {
///     Web,
///     Papers,
///     Experts,
/// }
///
/// #[step]
/// async fn web(topic: String) -> Result<String> {
///     Ok(format!("{topic} on the web"))
/// }
///
/// #[step]
/// async fn papers(topic: String) -> Result<String> {
///     Ok(format!("papers on {topic}"))
/// }
///
/// pipeline! {
///     fn research(topic: String, sources: BTreeSet<Source>) -> Vec<String> {
///         route(sources, |source| match source {
///             Source::Web => web(topic.clone()),
///             Source::Papers => papers(topic.clone()),
///             Source::Experts => fail("no expert is known"),
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let both = BTreeSet::from([Source::Papers, Source::Web]);
/// let result = flujo.run(research("rust".to_string(), both)).await;
/// assert!(result.step("research/web").is_some() && result.step("research/papers").is_some());
/// assert_eq!(result.into_output()?, ["rust on the web", "papers on rust"]);
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.timeout(duration)` | `"30s"` or a `Duration` | The active time of the whole form: attempts, and the waits between them. Pauses do not count. Defaults to none. |
/// | `.limits(limits)` | `UsageLimits` | The cost, tokens and model calls that everything in the form may use together. Defaults to none. |
/// | `.settle()` | | Each output is a `Result<T, Failure>`: the other arms go on. |
/// | `.named("id")` | literal | The id in the graph and in events. Defaults to none. |
///
/// # What is recorded: checkpoints and resume
///
/// The nodes of an arm are recorded at paths of their own, `research/web`; each arm names one variant, so two elements
/// never share a path. A resumed run takes the recorded nodes of every arm from the journal and runs the others.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/route_not_exhaustive.stderr`:
///
/// ```text
/// error[E0004]: non-exhaustive patterns: `Topic::Papers` not covered
///   --> ui/flow/route_not_exhaustive.rs:19:37
///    |
/// 19 |         route(topics, |topic| match topic {
///    |                                     ^^^^^ pattern `Topic::Papers` not covered
/// ```
///
/// `tests/ui/flow/route_of_a_list.stderr`:
///
/// ```text
/// error[E0308]: mismatched types
///   --> ui/flow/route_of_a_list.rs:19:15
///    |
/// 19 |         route(topics, |topic| match topic {
///    |               ^^^^^^ expected `BTreeSet<_>`, found `Vec<Topic>`
/// ```
///
/// `tests/ui/flow/route_arm_of_two.stderr`:
///
/// ```text
/// error: an arm of `route` names one variant: two elements in one arm would run its steps at one path [route_arm_of_two]
///        write an arm for each, `Topic::Web => ..`
///   --> ui/flow/route_arm_of_two.rs:20:13
///    |
/// 20 |             Topic::Web | Topic::Papers => triage(text.clone()),
///    |             ^^^^^^^^^^^^^^^^^^^^^^^^^^
/// ```
pub fn route<K, T>(set: std::collections::BTreeSet<K>, arm: impl FnMut(K) -> T) -> Form<Vec<T>, Each> {
    Form::new(set.into_iter().map(arm).collect())
}
