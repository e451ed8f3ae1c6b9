//! What tests of flujo pipelines are made of: stubs typed by the step they replace, an engine that behaves
//! like an ordered log, crashes on command, a clock that only moves when told, people whose replies are known,
//! and assertions that show what differs.

mod assertions;
mod clock;
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
