//! The server as its callers see it: over the router, and over sockets.

#![allow(missing_docs, reason = "a test is named by its rule")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong panics"
)]

mod access;
mod answers;
mod attacks;
mod book;
mod changes;
mod compared;
mod document;
mod filters;
mod logged;
mod lost;
mod misfits;
mod problems;
mod serving;
mod slow;
mod streams;
mod support;
