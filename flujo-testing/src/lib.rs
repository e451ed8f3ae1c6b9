//! Tools for testing flujo pipelines.
//!
//! | for | there is |
//! |---|---|
//! | scripted steps, above all model steps | [`StubAgent`], typed by the step that it replaces: outputs and failures in order, how long each takes, what it costs |
//! | people | [`Replies`], by the paths of the questions |
//! | time | [`PausedClock`], moved by sleeps or by the test |
//! | a process that dies | [`Crash`], around any engine, at a chosen command |
//! | an engine of your own | [`conformance`]: the engine contract as checks that name what is broken |
//! | another engine | [`OrderedLog`], which behaves like an ordered log, and refuses what such an engine refuses |
//! | events and results | [`EventLog`], and assertions that show a diff: [`assert_done`], [`assert_failed`], [`assert_asks`], [`assert_paths`], [`assert_context`], [`assert_usage`], [`assert_events`], [`assert_events_at`] |
//!
//! The example `testing` of the workspace is a small project that uses most of it.

mod assertions;
mod clock;
pub mod conformance;
mod crash;
mod event_log;
mod gather;
mod ordered_log;
mod replies;
mod stub;

pub use assertions::{
    assert_asks, assert_context, assert_done, assert_events, assert_events_at, assert_failed, assert_paths,
    assert_usage,
};
pub use clock::PausedClock;
pub use crash::{Crash, Moment};
pub use event_log::EventLog;
pub use gather::gather_result;
pub use ordered_log::OrderedLog;
pub use replies::Replies;
pub use stub::StubAgent;

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
