//! What tests of flujo pipelines are made of: stubs typed by the step they replace, an engine that behaves
//! like an ordered log, crashes on command, a clock that only moves when told.

mod clock;
mod crash;
mod event_log;
mod gather;
mod ordered_log;
mod stub;

pub use clock::PausedClock;
pub use crash::{Crash, Moment};
pub use event_log::EventLog;
pub use gather::gather_result;
pub use ordered_log::OrderedLog;
pub use stub::StubAgent;
