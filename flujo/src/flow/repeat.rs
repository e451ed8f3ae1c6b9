//! `repeat`: a body that runs again until its value will do.

use super::form::Form;

/// Runs a step again and again: `repeat(first, |x| relabel(x)).until(|x| x.sure).max(3)`.
///
/// The body runs at least once; `until` sees its output after each round, `max` is mandatory. A loop that
/// comes to no end fails, with its last value readable on the error; `.or_last()` takes that value instead.
/// Nodes of the body carry the round: `relabel#2`. A bare step may stand for the closure.
pub fn repeat<T, U>(seed: T, _body: impl FnOnce(T) -> U) -> Form<T> {
    Form::new(seed)
}
