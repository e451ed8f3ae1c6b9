//! Replays of a recorded run that execute nothing: the records for a fork (time travel), and the compatibility check
//! of changed code.

pub(super) mod compat;
pub(super) mod fork;
pub(super) mod inputs;
pub(super) mod reach;
