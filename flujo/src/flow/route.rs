//! `route`: the arms that a set selects, concurrently.

use super::form::Form;
use super::settled::Each;

/// The concurrency of a `route`: all its arms.
pub const ALL_AT_ONCE: usize = usize::MAX;

/// Runs the arms that a set selects, beside each other: `route(topics, |t| match t { .. })`.
///
/// The set is a `BTreeSet` of an enum; results are in the order of the set, an empty set gives nothing.
pub fn route<K, T>(set: std::collections::BTreeSet<K>, arm: impl FnMut(K) -> T) -> Form<Vec<T>, Each> {
    Form::new(set.into_iter().map(arm).collect())
}
