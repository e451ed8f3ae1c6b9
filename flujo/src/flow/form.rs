//! The options of forms, as an editor shows them.

use super::WaitFor;
use super::settled::Whole;
use crate::usage::UsageLimits;
use std::marker::PhantomData;

/// A form with its options, which are part of the language inside `pipeline!`.
///
/// `K` says what `.settle()` turns into a `Result`: the whole, every item, or every arm.
///
/// ```
/// # use flujo::prelude::*;
/// # struct Short;
/// # impl Validator<String> for Short {
/// #     fn validate(&self, text: &String) -> ValidationResult {
/// #         if text.len() < 100 { ValidationResult::valid() } else { ValidationResult::invalid("too long") }
/// #     }
/// # }
/// # #[step]
/// # async fn write(topic: String) -> Result<String> { Ok(topic) }
/// pipeline! {
///     fn article(topics: Vec<String>) -> String {
///         let parts = map(topics, |topic| write(topic))
///             .max(20)
///             .concurrency(4)
///             .timeout("10min")
///             .limits(UsageLimits::usd("1.00"))
///             .named("parts");
///         // A text that is too long passes, and the finding is recorded.
///         gate(parts.join(" "), Short).strict(false)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let topics = vec!["tides".to_owned(), "moons".to_owned()];
/// assert_eq!(Flujo::builder().build()?.run(article(topics)).await.into_output()?, "tides moons");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Form<T, K = Whole>(pub(super) T, PhantomData<K>);

impl<T, K> Form<T, K> {
    pub(super) fn new(value: T) -> Self {
        Self(value, PhantomData)
    }

    /// Ends the loop after the round whose value the condition holds for.
    #[must_use]
    pub fn until(self, _holds: impl FnOnce(&T) -> bool) -> Self {
        self
    }
    /// Sets the most rounds of a loop, where it is required, or the most items of a `map`.
    #[must_use]
    pub fn max(self, _n: u32) -> Self {
        self
    }
    /// Returns the last value when no round is left. Defaults to a failure.
    #[must_use]
    pub fn or_last(self) -> Self {
        self
    }
    /// Sets the number of items under way at once. Defaults to 8.
    #[must_use]
    pub fn concurrency(self, _n: usize) -> Self {
        self
    }
    /// Sets the active time of the form: the time in which attempts in it are under way, and the waits between
    /// them. Time in which it waits for a person or in a `wait`, or in which no process runs it, does not count.
    /// A form whose time is up fails; with `.settle()`, the arms and items that are done keep their values.
    /// Defaults to no timeout.
    #[must_use]
    pub fn timeout(self, _limit: impl Into<WaitFor>) -> Self {
        self
    }
    /// Sets the limits of everything in the form together: a model call that could exceed them is not made, and
    /// its node fails. Defaults to no limits.
    #[must_use]
    pub fn limits(self, _limits: UsageLimits) -> Self {
        self
    }
    /// Sets the id of the node, a literal.
    #[must_use]
    pub fn named(self, _id: &str) -> Self {
        self
    }
    /// Adds a plugin, which sees the value of a gate before its validators, and may replace it.
    #[must_use]
    pub fn plugin<P: crate::Plugin<T>>(self, _plugin: P) -> Self {
        self
    }
    /// Keeps the findings of a gate in the context, in its part of the type `Findings`.
    #[must_use]
    pub fn keep_findings(self) -> Self {
        self
    }
    /// Sets if a rejected value fails the gate; with `false` it passes, with the findings recorded. Defaults to
    /// `true`.
    #[must_use]
    pub fn strict(self, _strict: bool) -> Self {
        self
    }
}
