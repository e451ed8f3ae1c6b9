//! The engines of this repository keep the contract, and skip no check whose ability they have.

use flujo::engine::Memory;
use flujo_testing::OrderedLog;
use flujo_testing::conformance::{Ability, Report, Subject};
use std::time::Duration;

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub fn memory() -> Subject<Memory> {
    Subject::new("Memory", Memory::with_clock)
        .takes_over(|_, memory, id| async move { memory.take_over(&id).map(drop) })
        .lacks(Ability::Reopen, "its runs are in memory")
        .patience(Duration::ZERO)
}

pub fn ordered_log() -> Subject<OrderedLog> {
    Subject::new("OrderedLog", OrderedLog::with_clock)
        .takes_over(|_, log, id| async move { log.take_over(&id) })
        .lacks(Ability::Reopen, "its runs are in memory")
        .patience(Duration::ZERO)
}

pub fn is_kept(report: &Report, skipped: &str) {
    println!("{report}");
    report.assert_kept();
    for id in report.skipped() {
        assert!(id.starts_with(skipped), "{id} is skipped");
    }
}

#[test]
fn memory_keeps_the_contract() {
    is_kept(&block_on(memory().check()), "process/");
}

#[test]
fn the_ordered_log_keeps_the_contract() {
    is_kept(&block_on(ordered_log().check()), "process/");
}

/// Check by check, as an engine's own crate has them.
mod each {
    flujo_testing::conformance_tests!(super::memory());
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::{block_on, is_kept};
    use flujo_sqlite::{Sqlite, Synchronous};
    use flujo_testing::conformance::{Ability, Subject};
    use flujo_tests::files::File;

    /// `blocking`: its thread is waited for where it is asked, as in the other suites; else as in production.
    fn subject(blocking: bool) -> Subject<Sqlite, File> {
        let open = move |file: std::sync::Arc<File>, clock| async move {
            let builder = Sqlite::builder(file.path()).clock(clock).synchronous(Synchronous::Off);
            builder.blocking(blocking).open()
        };
        let name = if blocking { "Sqlite, blocking" } else { "Sqlite" };
        let why = "a living process keeps its runs: `tests/kills/owners.rs` stops one";
        Subject::stored(name, File::new, open).lacks(Ability::TakeOver, why)
    }

    #[test]
    fn sqlite_keeps_the_contract() {
        is_kept(&block_on(subject(true).check()), "ownership/stale-");
    }

    #[test]
    fn sqlite_keeps_the_contract_on_its_own_thread() {
        is_kept(&block_on(subject(false).check()), "ownership/stale-");
    }
}
