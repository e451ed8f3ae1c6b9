//! What every form and every attempt does in every case, on every engine. `docs/book/reference/semantics.md` lists the rows and the
//! tests that show them; `rows.rs` holds the two together, for this and for the suites beside it.
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

mod attempts;
mod cached;
mod contexts;
mod contract;
mod control_flow;
mod findings;
mod forks;
mod gates;
mod hostile;
mod items;
mod loops;
mod panics;
mod pauses;
mod plugins;
mod redirects;
mod refines;
mod restarts;
mod routes;
mod rows;
mod run_input;
mod settled;
mod timeouts;
mod timeouts_of_forms;
mod validation;
