//! Replays of a recorded run that execute nothing: what a fork keeps (time travel), and whether changed code still fits.

pub(super) mod compat;
pub(super) mod fork;
