//! `repeat` and `refine`, `map` and `route`, `gate` and `wait`, as an editor shows them.

use super::Critique;
use super::Feedback;
use super::settled::{Each, Whole};
use crate::usage::UsageLimits;
use std::marker::PhantomData;
use std::time::Duration;

/// A form that is being put together; inside `pipeline!` its options are part of the language.
///
/// `K` is what `.settle()` makes a `Result` of: all of it, every item, or every arm.
#[derive(Debug)]
pub struct Form<T, K = Whole>(pub(super) T, PhantomData<K>);

impl<T, K> Form<T, K> {
    pub(super) fn new(value: T) -> Self {
        Self(value, PhantomData)
    }

    /// Ends the loop once this holds for the value of a round.
    #[must_use]
    pub fn until(self, _holds: impl FnOnce(&T) -> bool) -> Self {
        self
    }
    /// The most rounds, or items. A loop needs it: nothing runs without a bound.
    #[must_use]
    pub fn max(self, _n: u32) -> Self {
        self
    }
    /// Takes the last value when no round is left, instead of failing.
    #[must_use]
    pub fn or_last(self) -> Self {
        self
    }
    /// How many items run at once; 8 if nothing is said.
    #[must_use]
    pub fn concurrency(self, _n: usize) -> Self {
        self
    }
    /// How long the form may take: the time in which something of it is under way, attempts and the waits
    /// between them. Time in which it waits for a person or in a `wait`, or in which no process works on the
    /// run, does not count. A form whose time is up fails; with `.settle()`, the arms and items that are done
    /// keep their values.
    #[must_use]
    pub fn timeout(self, _limit: impl Into<WaitFor>) -> Self {
        self
    }
    /// What everything in the form may use together: a model call that could exceed it is not made, and its
    /// node fails.
    #[must_use]
    pub fn limits(self, _limits: UsageLimits) -> Self {
        self
    }
    /// The id of the node, a literal.
    #[must_use]
    pub fn named(self, _id: &str) -> Self {
        self
    }
    /// A plugin that looks at the value of a gate before its validators do, and may replace it.
    #[must_use]
    pub fn plugin<P: crate::Plugin<T>>(self, _plugin: P) -> Self {
        self
    }
    /// Keeps what is said against the value of a gate in the context, in its part of the type `Findings`.
    #[must_use]
    pub fn keep_findings(self) -> Self {
        self
    }
    /// `strict(false)` lets a rejected value pass, with the findings recorded.
    #[must_use]
    pub fn strict(self, _strict: bool) -> Self {
        self
    }
}

/// Runs a step again and again: `repeat(first, |x| relabel(x)).until(|x| x.sure).max(3)`.
///
/// The body runs at least once; `until` sees its output after each round, `max` is mandatory. A loop that
/// comes to no end fails, with its last value readable on the error; `.or_last()` takes that value instead.
/// Nodes of the body carry the round: `relabel#2`. A bare step may stand for the closure.
pub fn repeat<T, U>(seed: T, _body: impl FnOnce(T) -> U) -> Form<T> {
    Form::new(seed)
}

/// Makes a draft until a critic accepts it: `refine(|feedback| write(feedback), |draft| review(draft)).max(3)`.
///
/// The generator gets what the critic said of the last draft, nothing at first; the critic returns a
/// [`Critique`]. The output is the draft.
pub fn refine<T, U>(generate: impl FnOnce(Option<Feedback>) -> T, _critic: impl FnOnce(T) -> U) -> Form<T>
where
    U: Into<Critique>,
{
    Form::new(generate(None))
}

/// Runs a body for every item: `map(items, |item| label(item)).concurrency(4)`.
///
/// Order is kept, nothing gives nothing. Every item works on its own copy of the context; the first failure
/// fails the map, with `.settle()` every item gives a `Result`. Paths are `notes[3]/label`, from 0.
pub fn map<I: IntoIterator, T>(items: I, body: impl FnMut(I::Item) -> T) -> Form<Vec<T>, Each> {
    Form::new(items.into_iter().map(body).collect())
}

/// Runs the arms that a set selects, beside each other: `route(topics, |t| match t { .. })`.
///
/// The set is a `BTreeSet` of an enum; results are in the order of the set, an empty set gives nothing.
pub fn route<K, T>(set: std::collections::BTreeSet<K>, arm: impl FnMut(K) -> T) -> Form<Vec<T>, Each> {
    Form::new(set.into_iter().map(arm).collect())
}

/// Asks validators about a value: `let text = gate(text, (NoPii, Short));`.
///
/// The value is fixed, so nothing is retried: a rejection fails the pipeline, `.strict(false)` lets it pass.
/// A `.plugin(..)` looks at it first, and may replace it.
pub fn gate<T, V>(value: T, _validators: V) -> Form<T> {
    Form::new(value)
}

/// Waits: `wait("2h");`. The timer is durable; a restart waits for what is left of it.
pub fn wait(_duration: impl Into<WaitFor>) -> Form<()> {
    Form::new(())
}

/// How long to wait: a literal such as `"2h"`, or a `Duration`.
#[derive(Debug)]
pub struct WaitFor;
impl From<&'static str> for WaitFor {
    fn from(_: &'static str) -> Self {
        Self
    }
}
impl From<Duration> for WaitFor {
    fn from(_: Duration) -> Self {
        Self
    }
}
