//! A file that the steps of all workers write to, and the table that is made of it.

use flujo::engine::RunView;
use flujo::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The log, as one process writes it.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    who: String,
}

impl Log {
    pub(crate) fn open(path: &Path, who: &str) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { file, who: who.to_owned() })
    }

    /// One line is one write, so that lines of several processes do not mix.
    pub(crate) fn write(&self, what: &str, run: &RunInfo) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let line = format!("{what} {} {} {} {now}\n", self.who, run.id(), run.path());
        (&self.file).write_all(line.as_bytes())
    }
}

/// A run and a path.
type Step = (String, String);

/// A line of the log.
struct Line {
    begins: bool,
    who: String,
    step: Step,
    at: u64,
}

/// The lines of a log.
pub(crate) struct Done(Vec<Line>);

impl Done {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let line = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let (what, who) = (words.next()?, words.next()?);
            let step = (words.next()?, words.next()?);
            Some(Line { begins: what == "begins", who, step, at: words.next()?.parse().ok()? })
        };
        Ok(Self(text.lines().filter_map(line).collect()))
    }

    /// How many steps have ended on a worker.
    pub(crate) fn ended_by(&self, who: &str) -> usize {
        self.0.iter().filter(|line| !line.begins && line.who == who).count()
    }

    /// How many steps that are on record were done again: the log has a beginning after the end that is recorded.
    pub(crate) fn done_twice(&self, views: &[RunView]) -> usize {
        let mut recorded = BTreeMap::new();
        for view in views {
            for record in &view.records {
                recorded.insert((view.run.id.as_str(), record.key.path.as_str()), record.ended.0);
            }
        }
        let is_again = |line: &&Line| {
            let (run, path) = (line.step.0.as_str(), line.step.1.as_str());
            line.begins && recorded.get(&(run, path)).is_some_and(|ended| line.at > *ended)
        };
        self.0.iter().filter(is_again).count()
    }

    /// A table of who did what. A step counts for the worker that ended it last: it is this result that is on record.
    pub(crate) fn table(&self, workers: &[&str], killed: &str) -> String {
        let (mut ended, mut begun) = (BTreeMap::new(), BTreeSet::new());
        let mut again: BTreeMap<&str, usize> = BTreeMap::new();
        for line in &self.0 {
            if !line.begins {
                ended.insert(&line.step, line.who.as_str());
            } else if !begun.insert(&line.step) {
                *again.entry(&line.who).or_default() += 1;
            }
        }
        let head =
            format!("{:<10}{:>16}{:>8}{:>8}{:>18}", "", "steps finished", "runs", "arms", "steps done again");
        let row = |who: &&str| {
            let steps: Vec<_> = ended.iter().filter(|(_, by)| *by == who).map(|(step, _)| *step).collect();
            let runs: BTreeSet<_> = steps.iter().map(|(run, _)| run).collect();
            let arm = |(run, path): &&Step| Some((run.clone(), path.rsplit_once('/')?.0.to_owned()));
            let arms: BTreeSet<_> =
                steps.iter().filter_map(arm).filter(|(_, arm)| arm.contains('/')).collect();
            let again = again.get(who).copied().unwrap_or_default();
            let note = if *who == killed { "  (killed)" } else { "" };
            let (steps, runs, arms) = (steps.len(), runs.len(), arms.len());
            format!("\n{who:<10}{steps:>16}{runs:>8}{arms:>8}{again:>18}{note}")
        };
        workers.iter().fold(head, |table, who| table + &row(who))
    }
}
