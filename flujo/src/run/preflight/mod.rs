//! Checks of a pipeline before its run begins.

pub(super) mod limits;
pub(super) mod models;
mod options;
pub(super) mod report;
