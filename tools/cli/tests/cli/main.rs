//! The command line as a process: what it prints, its exit codes, and what it does to files.
#![cfg(all(feature = "remote", feature = "server", feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong panics"
)]

mod arguments;
mod asked;
mod changes;
mod completions;
mod damaged;
mod exits;
mod explain;
mod golden;
mod hostile;
mod interrupts;
mod library;
mod limits;
mod lost;
mod parity;
mod pipes;
mod remote;
mod replayed;
mod restart;
mod sarif;
mod serve;
mod served;
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod writing;
