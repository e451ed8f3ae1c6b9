//! `value`: a plain value in the place of a call.

/// A plain value where a step call could stand: `value(Some(case))`.
///
/// Only needed around an expression that is itself the call of a path; everything else that is not a call
/// of a step is a plain value without it.
pub fn value<T>(x: T) -> T {
    x
}
