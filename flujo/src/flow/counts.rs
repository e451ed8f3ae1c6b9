//! The messages of the compiler for a bound that is a constant zero.

/// The most rounds of a loop.
///
/// # Panics
/// It is 0; this is evaluated by the compiler, so the panic is its error.
#[track_caller]
pub const fn assert_rounds(n: u64) {
    assert!(n > 0, "a loop runs at least once: let its `max` be 1 or more [max_zero]");
}

/// The most items of a `map`.
///
/// # Panics
/// It is 0; this is evaluated by the compiler, so the panic is its error.
#[track_caller]
pub const fn assert_items(n: u64) {
    assert!(n > 0, "no item would be allowed: leave `.max` away, or let it be 1 or more [max_zero]");
}

/// How many items of a `map` run at once.
///
/// # Panics
/// It is 0; this is evaluated by the compiler, so the panic is its error.
#[track_caller]
pub const fn assert_concurrency(n: u64) {
    assert!(n > 0, "at least one item runs at a time: let `concurrency` be 1 or more [concurrency_zero]");
}
