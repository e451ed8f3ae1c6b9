//! The engine contract as checks, for authors of engines.

mod bench;
mod catalog;
mod checks;
mod interpreter;
mod report;
mod script;
mod subject;
mod watchdog;
mod world;

pub use catalog::{Check, checks};
pub use report::{Breach, Outcome, Report, Verdict};
pub use subject::{Ability, Subject};

use flujo::clock::Clock;
use flujo::engine::Engine;
use std::sync::Arc;

/// Runs every check on an engine whose runs end with the process.
pub async fn check<E: Engine>(open: impl Fn(Arc<dyn Clock>) -> E + Send + Sync + 'static) -> Report {
    Subject::new(std::any::type_name::<E>(), open).check().await
}
