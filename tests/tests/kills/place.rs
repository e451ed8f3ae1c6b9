//! Where a run is killed: a database of its own, with the log of its steps.

use crate::child::{End, Task, start};
use flujo::engine::{Engine, Kind, RunId, RunView};
use flujo_sqlite::Sqlite;
use flujo_tests::files::File;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub struct Place {
    file: File,
    log: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        let file = File::new();
        let log = file.path().with_extension("log");
        let _ = std::fs::remove_file(&log);
        Self { file, log }
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Starts of steps: run, path and attempt.
    pub fn starts(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What is in the database, read by a process that does not work on it.
    pub fn view(&self, id: &str) -> Option<RunView> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { Sqlite::open(self.path()).unwrap().view(&RunId::from(id)).await.unwrap() })
    }

    /// Attempts of the run that are finished.
    pub fn recorded(&self) -> BTreeSet<String> {
        let records = self.view("run").map(|view| view.records).unwrap_or_default();
        let steps = records.iter().filter(|r| matches!(r.key.kind, Kind::Step | Kind::Model));
        steps.map(|r| format!("run {} {}", r.key.path, r.key.n)).collect()
    }

    /// Works on the run in fresh processes until it has ended; what it asks, another one replies.
    pub fn finish(&self, test: &str, form: &str) -> End {
        for _ in 0..20 {
            let said = start(test, &Task::work(self.path(), form)).ends();
            if let Some(end) = End::of(&said) {
                return end;
            }
            assert!(said.starts_with("PAUSED "), "{form}: {said}");
            self.reply(test, form);
        }
        panic!("{form}: the run does not come to an end");
    }

    pub fn reply(&self, test: &str, form: &str) {
        let said = start(test, &Task { role: "reply", ..Task::work(self.path(), form) }).ends();
        assert_eq!(said, "REPLIED", "{form}");
    }

    /// After so many pauses that were answered: `false` if it ends before.
    pub fn paused(&self, test: &str, form: &str, times: usize) -> bool {
        for _ in 0..times {
            if !start(test, &Task::work(self.path(), form)).ends().starts_with("PAUSED ") {
                return false;
            }
            self.reply(test, form);
        }
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.log);
    }
}
