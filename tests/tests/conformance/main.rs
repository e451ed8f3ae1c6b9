//! What every form does in every case, on every engine. `docs/semantics.md` lists the rows and the tests
//! that show them; `rows.rs` holds the two together.
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
mod engines;
#[cfg(feature = "sqlite")]
mod files;
mod forms;
mod kill;
mod kills;
mod rows;
mod secrets;
mod settled;
mod stories;
mod world;

mod answers;
mod attempts;
mod bounds;
mod budgets;
mod cached;
mod chunks;
mod console;
mod contexts;
mod contract;
mod control_flow;
mod conversations;
mod events;
mod evolution;
#[cfg(feature = "sqlite")]
mod faults;
mod findings;
mod forks;
mod gates;
mod hostile;
mod identity;
mod interrupted;
mod items;
#[cfg(feature = "sqlite")]
mod kept;
mod limits;
mod loops;
#[cfg(feature = "sqlite")]
mod migrations;
mod models;
mod never_above;
mod node_limits;
mod observers;
mod pauses;
mod plugins;
#[cfg(feature = "sqlite")]
mod processes;
mod recipes;
mod recording;
mod recovery;
mod redirects;
mod refines;
mod restarts;
mod roles;
mod routes;
mod run_input;
mod stand_ins;
mod streams;
mod timeouts;
mod timeouts_of_forms;
mod told_again;
mod tools;
mod tools_and_limits;
mod traces;
mod validation;
mod what_if;
