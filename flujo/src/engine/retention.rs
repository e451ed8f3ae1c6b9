//! Retention of ended runs by an engine in memory.

use super::RunId;
use crate::clock::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// The number of ended runs that [`Memory`](super::Memory) keeps, and for how long.
///
/// Defaults to the last 1,000 runs of the last 24 hours, so that a server can run for a year: a run of a few steps
/// takes some kilobytes. Both bounds hold. Running, paused and interrupted runs are always kept. A run has ended once
/// it is done, has failed or is cancelled; a failed run can be resumed as long as it is kept. A removed run cannot be
/// inspected, and its id can be used by a new run.
///
/// A run whose result was not read yet does not count against the number: it is kept until the result was read once,
/// or until its age exceeds the limit.
///
/// ```
/// use flujo::engine::{Memory, Retention};
/// use std::time::Duration;
///
/// let week = Duration::from_secs(7 * 24 * 60 * 60);
/// let engine = Memory::new().retention(Retention::DEFAULT.runs(10_000).age(week));
/// # drop(engine);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// The most ended runs that are kept.
    pub runs: usize,
    /// The time for which an ended run is kept, from its end.
    pub age: Duration,
}

impl Retention {
    /// Keeps the last 1,000 ended runs of the last 24 hours.
    pub const DEFAULT: Self = Self { runs: 1_000, age: Duration::from_secs(24 * 60 * 60) };
    /// Keeps all runs as long as the engine lives.
    ///
    /// ```
    /// use flujo::engine::{Memory, Retention};
    /// let engine = Memory::new().retention(Retention::ALL);
    /// # drop(engine);
    /// ```
    pub const ALL: Self = Self { runs: usize::MAX, age: Duration::MAX };

    /// Sets the most ended runs that are kept.
    #[must_use]
    pub const fn runs(self, runs: usize) -> Self {
        Self { runs, ..self }
    }

    /// Sets the time for which an ended run is kept, from its end.
    #[must_use]
    pub const fn age(self, age: Duration) -> Self {
        Self { age, ..self }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The ended runs of an engine, and the order in which they expire.
#[derive(Default)]
pub(super) struct EndedRuns {
    retention: Retention,
    runs: HashMap<RunId, EndedRun>,
    /// In the order of their ends, for the age limit. Runs that were removed are skipped.
    by_end: VecDeque<(Timestamp, RunId, u64)>,
    /// In the order of their first reads, for the limit of the count.
    by_reading: VecDeque<(RunId, u64)>,
    /// The number of runs whose result was read.
    read: usize,
    /// The sequence number of the last end.
    last: u64,
}

/// One end of a run: a failed run may be resumed and end again, with another sequence number.
#[derive(Clone, Copy)]
struct EndedRun {
    number: u64,
    is_read: bool,
}

impl EndedRuns {
    pub(super) fn set_retention(&mut self, retention: Retention) {
        self.retention = retention;
    }

    /// Records that a run has ended; does nothing if its end is recorded already.
    pub(super) fn ended(&mut self, id: &RunId, at: Timestamp) {
        if self.runs.contains_key(id) {
            return;
        }
        self.last += 1;
        self.runs.insert(id.clone(), EndedRun { number: self.last, is_read: false });
        self.by_end.push_back((at, id.clone(), self.last));
    }

    /// Records that the result of a run was read.
    pub(super) fn read(&mut self, id: &RunId) {
        if let Some(run) = self.runs.get_mut(id).filter(|run| !run.is_read) {
            run.is_read = true;
            self.read += 1;
            self.by_reading.push_back((id.clone(), run.number));
        }
    }

    /// Removes a run from the queues, because it continues or was removed from the engine.
    pub(super) fn remove(&mut self, id: &RunId) {
        if self.runs.remove(id).is_some_and(|run| run.is_read) {
            self.read -= 1;
        }
    }

    /// Removes the expired runs, and returns their ids.
    pub(super) fn expired(&mut self, now: Timestamp) -> Vec<RunId> {
        let mut gone = Vec::new();
        while self.by_end.front().is_some_and(|(at, ..)| now.since(*at) > self.retention.age) {
            let Some((_, id, number)) = self.by_end.pop_front() else { break };
            self.expire(id, number, &mut gone);
        }
        while self.read > self.retention.runs {
            let Some((id, number)) = self.by_reading.pop_front() else { break };
            self.expire(id, number, &mut gone);
        }
        self.compact();
        gone
    }

    fn expire(&mut self, id: RunId, number: u64, gone: &mut Vec<RunId>) {
        if self.runs.get(&id).is_some_and(|run| run.number == number) {
            self.remove(&id);
            gone.push(id);
        }
    }

    /// Removes skipped entries from the queues once they are the majority.
    fn compact(&mut self) {
        let (runs, most) = (&self.runs, 2 * self.runs.len() + 64);
        let is_current = |id: &RunId, number: u64| runs.get(id).is_some_and(|run| run.number == number);
        if self.by_end.len() > most {
            self.by_end.retain(|(_, id, number)| is_current(id, *number));
            self.by_end.shrink_to(most);
        }
        if self.by_reading.len() > most {
            self.by_reading.retain(|(id, number)| is_current(id, *number));
            self.by_reading.shrink_to(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> RunId {
        RunId::from(n.to_string().as_str())
    }
    fn at(seconds: u64) -> Timestamp {
        Timestamp(0).plus(Duration::from_secs(seconds))
    }

    #[test]
    fn the_oldest_that_was_read_goes_first() {
        let mut runs = EndedRuns::default();
        runs.set_retention(Retention::ALL.runs(2));
        for n in 0..4 {
            runs.ended(&id(n), at(n));
        }
        assert_eq!(runs.expired(at(9)), []);
        for n in [2, 0, 3, 3] {
            runs.read(&id(n));
        }
        assert_eq!(runs.expired(at(9)), [id(2)]);
        runs.read(&id(1));
        assert_eq!(runs.expired(at(9)), [id(0)]);
        runs.set_retention(Retention::ALL.runs(0));
        assert_eq!(runs.expired(at(9)), [id(3), id(1)]);
    }

    #[test]
    fn age_ends_them_read_or_not() {
        let mut runs = EndedRuns::default();
        runs.set_retention(Retention::ALL.age(Duration::from_secs(10)));
        for n in 0..3 {
            runs.ended(&id(n), at(n));
        }
        runs.read(&id(1));
        assert_eq!(runs.expired(at(10)), []);
        assert_eq!(runs.expired(at(12)), [id(0), id(1)]);
        assert_eq!((runs.runs.len(), runs.read), (1, 0));
    }

    #[test]
    fn a_run_that_goes_on_counts_from_its_next_end() {
        let mut runs = EndedRuns::default();
        runs.set_retention(Retention::ALL.runs(1).age(Duration::from_secs(10)));
        runs.ended(&id(1), at(0));
        runs.read(&id(1));
        runs.remove(&id(1));
        runs.ended(&id(1), at(5));
        runs.ended(&id(2), at(6));
        assert_eq!(runs.expired(at(11)), []);
        runs.read(&id(2));
        runs.read(&id(1));
        assert_eq!(runs.expired(at(11)), [id(2)]);
        assert_eq!(runs.expired(at(16)), [id(1)]);
    }

    #[test]
    fn what_is_skipped_takes_no_room() {
        let mut runs = EndedRuns::default();
        runs.set_retention(Retention::ALL.runs(10));
        for n in 0..10_000 {
            runs.ended(&id(n), at(n));
            runs.read(&id(n));
            drop(runs.expired(at(n)));
        }
        assert_eq!((runs.runs.len(), runs.read), (10, 10));
        assert!(runs.by_end.len() <= 84 && runs.by_reading.len() <= 84);
    }
}
