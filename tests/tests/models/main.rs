//! The adapter to real models, against servers that the tests start themselves.
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

mod aimock;
mod answers;
mod anthropic_bill;
mod bill;
mod bill_of_agents;
mod bodies;
mod built;
mod caches;
mod connections;
mod costs;
mod examples;
mod hidden;
mod layers;
#[cfg(unix)]
mod litellm;
#[cfg(unix)]
mod llama;
mod midway;
mod mocked;
mod options;
mod paths;
#[cfg(unix)]
mod python;
mod rate_limits;
mod reports;
mod server;
mod streams;
mod suite;
mod suite_of_agents;
mod table;
mod tools;
mod types;
mod wires;
