//! The sentences of the engine contract, by topic.

mod attempts;
mod cancel;
mod control;
mod deadlines;
mod forks;
mod ledger;
mod limits;
mod listing;
mod outcomes;
mod ownership;
mod processes;
mod questions;
mod reopening;
mod replay;
mod replies;
mod runs;
mod seeds;
mod sleeps;
mod summaries;
mod values;

use super::catalog::Check;

/// The checks in the order in which they run.
pub(super) const ALL: &[&[Check]] = &[
    runs::CHECKS,
    attempts::CHECKS,
    values::CHECKS,
    replay::CHECKS,
    sleeps::CHECKS,
    questions::CHECKS,
    replies::CHECKS,
    deadlines::CHECKS,
    forks::CHECKS,
    seeds::CHECKS,
    ledger::CHECKS,
    limits::CHECKS,
    ownership::CHECKS,
    cancel::CHECKS,
    outcomes::CHECKS,
    reopening::CHECKS,
    control::CHECKS,
    listing::CHECKS,
    summaries::CHECKS,
    processes::CHECKS,
];
