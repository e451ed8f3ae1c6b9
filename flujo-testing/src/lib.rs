//! What tests of flujo pipelines are made of.
//!
//! | for | there is |
//! |---|---|
//! | a step, a model step above all, that answers what it is told | [`StubAgent`], typed by the step that it replaces: outputs and failures in order, how long each takes, what it costs |
//! | people | [`Replies`], by the paths of their questions |
//! | time | [`PausedClock`], which sleeps move, or you by hand |
//! | a process that dies | [`Crash`], around any engine, at the command that you say |
//! | an engine of your own | [`conformance`]: the engine contract as checks that name what is broken |
//! | another engine | [`OrderedLog`], which behaves as an ordered log does, and refuses what such an engine would refuse |
//! | what happened | [`EventLog`], and assertions that show what differs: [`assert_done`], [`assert_failed`], [`assert_asks`], [`assert_paths`], [`assert_context`], [`assert_usage`], [`assert_events`], [`assert_events_at`] |
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
