//! A database of a run's own, and what is known of the run from outside.

use super::process::log_of;
use flujo::Usage;
use flujo::engine::{Engine, RecordOutcome, RunId, RunView};
use flujo_sqlite::Sqlite;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The run that every process works on.
pub(crate) const RUN: &str = "run";

/// A database with the log of what was started, gone when nobody holds it any more.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = Self(std::env::temp_dir().join(format!("flujo-kills-{}-{n}.db", std::process::id())));
        place.remove();
        place
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            // Most of them are not there.
            let _ = std::fs::remove_file(name);
        }
        let _ = std::fs::remove_file(log_of(&self.0));
    }

    /// Every attempt that was started so far, in order: its key.
    fn starts(&self) -> Vec<String> {
        let text = std::fs::read_to_string(log_of(&self.0)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What is in the database, read by a process that does not work on it.
    fn view(&self) -> Option<RunView> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let id = RunId::from(RUN);
        runtime.block_on(async { Sqlite::open(&self.0).unwrap().view(&id).await.unwrap() })
    }

    /// What is recorded of every attempt, in an order that does not depend on who was faster.
    pub(crate) fn records(&self) -> BTreeMap<String, String> {
        let records = self.view().map(|view| view.records).unwrap_or_default();
        let lines = records.iter().map(|record| {
            let what = match &record.outcome {
                RecordOutcome::Output(json) => format!("{json} {:?}", record.parts),
                RecordOutcome::Failure(failure) => format!("failed: {:?}", failure.chain),
            };
            (record.key.to_string(), what)
        });
        lines.collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Watches a run from outside while its processes are killed.
pub(crate) struct Watch<'a> {
    place: &'a Place,
    /// How many starts were looked at.
    seen: usize,
    /// Attempts that were recorded when the last process was killed.
    recorded: BTreeSet<String>,
    /// How many kills have hit an attempt while it was under way.
    hits: BTreeMap<String, usize>,
    /// What is charged and stands in no record.
    charged: Usage,
    /// What calls had reserved when the last process was killed: nobody will hear of them again.
    reserved: Usage,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(place: &'a Place) -> Self {
        let (recorded, hits, charged, reserved) = Default::default();
        Self { place, seen: 0, recorded, hits, charged, reserved }
    }

    /// A process was killed: looks at what it has left, before anybody goes on.
    pub(crate) fn killed(&mut self, context: &str) {
        let started = self.started(context);
        let Some(view) = self.place.view() else {
            assert!(started.is_empty(), "{context}: {started:?} started and there is no run");
            return;
        };
        self.recorded = view.records.iter().map(|record| record.key.to_string()).collect();
        for hit in started.difference(&self.recorded) {
            *self.hits.entry(hit.clone()).or_default() += 1;
        }
        let records: Usage = view.records.iter().map(|record| record.usage).sum();
        let taken_over = view.usage == records + self.charges();
        // One that was killed before it had taken the run over has charged nothing.
        let untouched = view.usage == records + self.charged && view.reserved == self.reserved;
        assert!(taken_over || untouched, "{context}: {:?} is not what was reserved", view.usage);
        if taken_over {
            (self.charged, self.reserved) = (self.charges(), view.reserved);
        }
    }

    /// What kills have cost: exactly what was reserved, and not recorded, when they came.
    pub(crate) fn charges(&self) -> Usage {
        self.charged + self.reserved
    }

    /// What has started since the last kill: once each, and nothing that was recorded before.
    fn started(&mut self, context: &str) -> BTreeSet<String> {
        let mut starts = self.place.starts();
        let new = starts.split_off(self.seen);
        self.seen += new.len();
        let mut once = BTreeSet::new();
        for start in new {
            assert!(!self.recorded.contains(&start), "{context}: {start} was recorded and ran again");
            assert!(once.insert(start.clone()), "{context}: {start} ran twice, with no kill in between");
        }
        once
    }

    /// The run has ended: no attempt was started more often than kills explain.
    pub(crate) fn ended(&mut self, context: &str) {
        self.started(context);
        let mut times = BTreeMap::<String, usize>::new();
        for start in self.place.starts() {
            *times.entry(start).or_default() += 1;
        }
        for (start, times) in times {
            let hits = self.hits.get(&start).copied().unwrap_or(0);
            assert!(times <= 1 + hits, "{context}: {start} ran {times} times, and {hits} kills hit it");
        }
    }
}
