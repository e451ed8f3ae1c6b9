//! What runs may cost: bounds, limits and budgets, on every engine.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(unreachable_pub, reason = "modules of one test binary show each other what they like")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that goes wrong panics, and what it prints is read by people"
)]

mod bounds;
mod budgets;
mod interrupted;
mod limits;
mod lost;
mod never_above;
mod node_limits;
mod raised;
mod reported;
mod stand_ins;
