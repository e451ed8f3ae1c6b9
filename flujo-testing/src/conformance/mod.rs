//! The engine contract as a suite of checks, for authors of engines.
//!
//! An engine makes runs durable: it implements [`Engine`] and [`Handle`](flujo::engine::Handle). The suite proves that it
//! keeps the contract, sentence by sentence, or names the sentence that it breaks with what was expected and what was
//! seen. It runs on the public traits alone, on a paused clock, and in a fraction of a second for an engine in memory.
//!
//! # A first look
//!
//! [`check`] runs every check on an engine whose runs end with the process. [`Report`] has one line for each check.
//!
//! ```
//! use flujo::engine::Memory;
//! use flujo_testing::conformance;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let report = conformance::check(Memory::with_clock).await;
//! println!("{report}");
//! assert_eq!(report.broken(), [""; 0]);
//! # }
//! ```
//!
//! # In the tests of an engine
//!
//! A [`Subject`] says how the engine is opened, and which optional [abilities](Ability) it has.
//!
//! | ability | given by | what it means |
//! |---|---|---|
//! | [`Reopen`](Ability::Reopen) | [`Subject::stored`] | The storage can be opened again after the engine was dropped, as after the end of its process. |
//! | [`TakeOver`](Ability::TakeOver) | [`Subject::takes_over`] | Another process can take over a run while this one works on it. |
//!
//! A check whose ability is missing is skipped, and [`Report::assert_kept`] fails on it. An engine that cannot have an
//! ability declares it with its reason, by [`Subject::lacks`]: then the report shows the reason instead.
//!
//! ```
//! use flujo::engine::Memory;
//! use flujo_testing::conformance::{Ability, Subject};
//!
//! fn subject() -> Subject<Memory> {
//!     Subject::new("Memory", Memory::with_clock)
//!         .takes_over(|_, memory, id| async move { memory.take_over(&id).map(drop) })
//!         .lacks(Ability::Reopen, "keeps runs in memory")
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! subject().check().await.assert_kept();
//! # }
//! ```
//!
//! [`conformance_tests!`](crate::conformance_tests) makes a test of each check, so that each has its name in the output of
//! `cargo test`, and can be run alone.
//!
//! # What the suite relies on
//!
//! - Each check has an engine of its own, on an empty storage.
//! - Time is that of the clock that the engine is opened with. An engine that reads another clock fails
//!   `control/clock`, and whatever depends on time.
//! - Dropping the future of `execute` simulates a crash. The process ends as well where the id begins with `process/`:
//!   the engine is dropped, and its storage opened again.
//! - An engine that panics, or waits for ever, breaks the sentence that was checked, and no other check suffers. One that
//!   blocks its thread for ever blocks the suite. [`Subject::patience`] is the real time after which a check counts as
//!   stuck.
//! - Checks use the handles of a run as the runtime does: one command after another, and forks whose arms end with a
//!   record where they are asked for one. Path-keyed engines and ordered logs keep the same sentences.
//!
#![doc = include_str!("contract.md")]

mod bench;
mod catalog;
mod checks;
mod compare;
mod interpreter;
mod report;
mod script;
mod subject;
mod test_macro;
mod watchdog;
mod world;

pub use catalog::{Check, checks};
pub use report::{Breach, CheckResult, Report, Verdict};
pub use subject::{Ability, Subject};
#[doc(hidden)]
pub use test_macro::test_one;

use flujo::clock::Clock;
use flujo::engine::Engine;
use std::sync::Arc;

/// Runs every check on an engine whose runs end with the process. `open` gives an empty engine on a clock.
///
/// The report skips the checks that need an [`Ability`], without a reason. The tests of an engine use a
/// [`Subject`] to give one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = flujo_testing::conformance::check(flujo_testing::OrderedLog::with_clock).await;
/// assert_eq!(report.broken(), [""; 0]);
/// assert!(report.skipped().contains(&"process/reply-survives"));
/// # }
/// ```
pub async fn check<E: Engine>(open: impl Fn(Arc<dyn Clock>) -> E + Send + Sync + 'static) -> Report {
    Subject::new(std::any::type_name::<E>(), open).check().await
}
