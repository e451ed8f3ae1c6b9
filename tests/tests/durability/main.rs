//! What is kept of runs, and what becomes of it: other code, other processes, broken files.
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

mod begun;
#[cfg(all(feature = "sqlite", target_os = "linux"))]
mod disks;
mod evolution;
#[cfg(feature = "sqlite")]
mod faults;
mod growing;
#[cfg(feature = "sqlite")]
mod grown;
mod identity;
mod inspected;
#[cfg(feature = "sqlite")]
mod kept;
mod long_runs;
mod looked_up;
mod migrated;
#[cfg(feature = "sqlite")]
mod migrations;
mod misfits;
#[cfg(all(feature = "sqlite", target_os = "linux"))]
mod opened_twice;
mod random_edits;
mod recording;
mod recovery;
mod replayed;
mod retention;
mod schemas;
mod secrets;
#[cfg(all(feature = "sqlite", unix))]
mod signals;
mod what_if;
