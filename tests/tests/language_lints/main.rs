//! What `pipeline!` makes warns of nothing, however strict the user's crate is, and whatever the user's
//! names are.

#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    missing_copy_implementations,
    unused_qualifications,
    single_use_lifetimes,
    unnameable_types,
    trivial_casts,
    trivial_numeric_casts,
    let_underscore_drop,
    elided_lifetimes_in_paths,
    rust_2018_idioms,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes_without_reason,
    clippy::shadow_unrelated,
    clippy::shadow_same,
    clippy::same_name_method,
    clippy::min_ident_chars,
    clippy::let_underscore_untyped,
    clippy::multiple_inherent_impl,
    clippy::question_mark_used,
    clippy::default_numeric_fallback,
    clippy::std_instead_of_core,
    clippy::str_to_string,
    clippy::large_futures
)]
#![allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::std_instead_of_core,
    clippy::arithmetic_side_effects,
    reason = "what the steps here do themselves"
)]

/// Pipelines as a strict library would write them.
pub mod flows;
/// Loops, items, routes, gates and timers as a strict library would write them.
pub mod forms;
/// The user's own names, in place of those that generated code is made of.
pub mod names;
