//! What models are asked, what they answer and which steps they call, on every engine.
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

mod answers;
mod approvals;
mod borders;

mod chunks;
mod conversations;
mod drafts;
mod model_lists;
mod models;
mod options;
mod recipes;
mod roles;
mod tools;
mod tools_and_limits;
mod tools_at_a_call;
