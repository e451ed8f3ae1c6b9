//! The engine contract: the public conformance suite on every engine of ours, and on broken ones, each of which it names.
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

mod broken;
mod kit;
mod sound;
