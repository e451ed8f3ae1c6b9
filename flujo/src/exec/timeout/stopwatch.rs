use crate::clock::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long something of a scope was under way: the union of what is recorded of its attempts and of what is
/// under way now. A pass that replays a record adds the same span again, which changes nothing.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch(Mutex<Covered>);

#[derive(Debug, Default)]
struct Covered {
    /// Disjoint, by when they begin.
    spans: BTreeMap<Timestamp, Timestamp>,
    /// Their sum, in nanoseconds.
    total: u64,
    /// When what is under way began.
    running: BTreeMap<Timestamp, u32>,
    /// Spans before this time belong to an earlier try.
    floor: Timestamp,
}

impl Stopwatch {
    fn covered(&self) -> MutexGuard<'_, Covered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something begins.
    pub(super) fn begin(&self, at: Timestamp) {
        *self.covered().running.entry(at).or_default() += 1;
    }

    /// Ends the span that began at `began`.
    pub(super) fn end(&self, began: Timestamp, at: Timestamp) {
        let mut covered = self.covered();
        if let Some(n) = covered.running.get_mut(&began) {
            *n -= 1;
            if *n == 0 {
                covered.running.remove(&began);
            }
        }
        covered.add(began, at);
    }

    /// Something was under way from `began` to `ended`. Whether what is under way has less time now than it
    /// knew of.
    pub(super) fn add(&self, began: Timestamp, ended: Timestamp) -> bool {
        let mut covered = self.covered();
        let before = covered.total;
        covered.add(began, ended);
        covered.total > before && !covered.running.is_empty()
    }

    pub(super) fn used(&self, now: Timestamp) -> Duration {
        Duration::from_nanos(self.covered().used(now))
    }

    /// A new try begins: what was before does not count.
    pub(super) fn restart(&self, at: Timestamp) {
        let mut covered = self.covered();
        if at <= covered.floor {
            return;
        }
        covered.floor = at;
        let later = covered.spans.split_off(&at);
        let crossing = covered.spans.last_key_value().map(|(_, ended)| *ended);
        covered.spans = later;
        covered.total = covered.spans.iter().map(|(began, ended)| ended.nanos_since(*began)).sum();
        if let Some(ended) = crossing {
            covered.add(at, ended);
        }
    }

    /// All of it, in order.
    pub(crate) fn spans(&self) -> Vec<(Timestamp, Timestamp)> {
        self.covered().spans.iter().map(|(began, ended)| (*began, *ended)).collect()
    }
}

impl Covered {
    fn add(&mut self, began: Timestamp, ended: Timestamp) {
        let (mut began, mut ended) = (began.max(self.floor), ended);
        if ended <= began {
            return;
        }
        // Overlapping spans merge with the new one.
        while let Some((&first, &last)) = self.spans.range(..=ended).next_back() {
            if last < began {
                break;
            }
            self.spans.remove(&first);
            self.total -= last.nanos_since(first);
            (began, ended) = (began.min(first), ended.max(last));
        }
        self.spans.insert(began, ended);
        self.total += ended.nanos_since(began);
    }

    fn used(&self, now: Timestamp) -> u64 {
        let Some((&first, _)) = self.running.first_key_value() else { return self.total };
        let first = first.max(self.floor);
        // Overlapping time counts once.
        let both: u64 = self
            .spans
            .range(..now)
            .rev()
            .take_while(|(_, ended)| **ended > first)
            .map(|(began, ended)| (*ended).min(now).nanos_since((*began).max(first)))
            .sum();
        self.total.saturating_sub(both) + now.nanos_since(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: u64) -> Timestamp {
        Timestamp(n)
    }
    fn used(watch: &Stopwatch, now: u64) -> u128 {
        watch.used(at(now)).as_nanos()
    }

    #[test]
    fn what_overlaps_counts_once_in_whatever_order_it_is_told() {
        let spans = [(0, 2), (8, 10), (0, 9), (12, 13), (9, 9)];
        for first in 0..spans.len() {
            let watch = Stopwatch::default();
            for (began, ended) in spans.iter().cycle().skip(first).take(spans.len() * 2) {
                watch.add(at(*began), at(*ended));
            }
            assert_eq!(used(&watch, 99), 11);
            assert_eq!(watch.spans(), [(at(0), at(10)), (at(12), at(13))]);
        }
    }

    #[test]
    fn what_is_under_way_counts_from_its_beginning_and_once() {
        let watch = Stopwatch::default();
        watch.add(at(0), at(4));
        watch.begin(at(10));
        watch.begin(at(12));
        assert_eq!(used(&watch, 15), 9);
        watch.end(at(10), at(15));
        assert_eq!(used(&watch, 15), 9);
        assert_eq!(used(&watch, 20), 14);
        watch.end(at(12), at(20));
        assert_eq!(used(&watch, 30), 14);
    }

    #[test]
    fn a_new_try_begins_from_nothing() {
        let watch = Stopwatch::default();
        watch.add(at(0), at(4));
        watch.add(at(6), at(12));
        watch.begin(at(7));
        watch.restart(at(10));
        assert_eq!(used(&watch, 10), 2);
        assert_eq!(used(&watch, 13), 3);
        // A replay reports the spans of the earlier try again.
        watch.add(at(0), at(4));
        watch.add(at(8), at(11));
        watch.restart(at(5));
        watch.end(at(7), at(14));
        assert_eq!(watch.spans(), [(at(10), at(14))]);
    }

    #[test]
    fn only_time_that_nobody_knew_of_is_news() {
        let watch = Stopwatch::default();
        assert!(!watch.add(at(0), at(4)));
        watch.begin(at(5));
        assert!(!watch.add(at(1), at(3)));
        assert!(watch.add(at(4), at(5)));
    }
}
