//! Every form, killed wherever it can be killed.
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

#[cfg(feature = "sqlite")]
mod child;
mod kills;
#[cfg(all(feature = "sqlite", unix))]
mod owners;
#[cfg(feature = "sqlite")]
mod place;
#[cfg(feature = "sqlite")]
mod processes;
#[cfg(feature = "sqlite")]
#[path = "../../../examples/kills/harness/spoken.rs"]
mod spoken;
