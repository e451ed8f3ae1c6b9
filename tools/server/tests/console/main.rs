//! The pages for people, asked as a browser asks.

#![allow(unreachable_pub, reason = "modules of one test binary show each other what they like")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong panics"
)]

mod acts;
mod hostile;
mod html;
mod inbox;
mod mounted;
mod pipelines;
mod runs;
mod site;
mod texts;
