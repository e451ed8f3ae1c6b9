use flujo::clock::Timestamp;
use flujo::engine::{ArmEnd, Key, Record};
use flujo::error::{Mismatch, Signal};
use flujo::path::Path;
use flujo::question::Reply;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// One arm in the path of an invocation: the fork, the number of times it was issued, the arm.
pub(super) type Step = (Path, u32, usize);
/// The path of an invocation; empty for the root.
pub(super) type Chain = Vec<Step>;

/// The result of a command.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Record(Arc<Record>),
    Reply(Reply),
    Arms(Vec<ArmEnd>),
    Nothing,
}

/// Answers that replace execution: its own, and those of the surrounding invocation, which are shared and not
/// copied. All arms of a fork share one.
#[derive(Debug, Default)]
pub(super) struct Seed {
    outer: Option<Arc<Self>>,
    own: HashMap<Key, Answer>,
}

impl Seed {
    /// Returns a seed with the answers of an invocation on top of those of its own seed.
    pub(super) fn inside(outer: &Arc<Self>, own: HashMap<Key, Answer>) -> Self {
        Self { outer: Some(Arc::clone(outer)), own }
    }
    pub(super) fn get(&self, key: &Key) -> Option<&Answer> {
        self.layers().find_map(|seed| seed.own.get(key))
    }
    pub(super) fn add(&mut self, key: Key, answer: Answer) {
        self.own.insert(key, answer);
    }
    /// Adds the answers of `other`, which take precedence.
    pub(super) fn take(&mut self, other: &Self, which: impl Fn(&Answer) -> bool) {
        let mut layers: Vec<_> = other.layers().collect();
        layers.reverse();
        let all = layers.into_iter().flat_map(|seed| &seed.own).filter(|(_, answer)| which(answer));
        self.own.extend(all.map(|(key, answer)| (key.clone(), answer.clone())));
    }
    /// Iterates from the innermost layer outwards.
    fn layers(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |seed| seed.outer.as_deref())
    }
}

/// The log of one invocation.
#[derive(Debug, Default)]
struct Log {
    /// Fixed when the invocation starts: every replay must take the same commands from it.
    seed: Arc<Seed>,
    commands: Vec<(Key, Option<Answer>)>,
}

/// All logs of a run.
#[derive(Debug, Default)]
pub(super) struct Logs {
    invocations: BTreeMap<Chain, Log>,
    /// The records in the order in which they were committed.
    records: Vec<Arc<Record>>,
    /// The absolute deadlines of timers.
    timers: BTreeMap<Key, Timestamp>,
}

impl Logs {
    pub(super) fn seeded(seed: &flujo::engine::Seed) -> Self {
        let timers = seed.timers.iter().map(|key| (key.clone(), Timestamp(0))).collect();
        let mut logs = Self { invocations: BTreeMap::new(), records: seed.records.clone(), timers };
        logs.start_over();
        logs
    }

    pub(super) fn records(&self) -> Vec<Arc<Record>> {
        self.records.clone()
    }

    /// Returns the deadline of a timer: the one with which it was first issued.
    pub(super) fn timer(&mut self, key: &Key, deadline: Timestamp) -> Timestamp {
        *self.timers.entry(key.clone()).or_insert(deadline)
    }

    pub(super) fn attempts(&self, path: &Path) -> u32 {
        self.records.iter().filter(|r| r.key.path == *path).map(|r| r.key.n).max().unwrap_or(0)
    }

    /// Returns a seed of everything that is recorded.
    pub(super) fn everything(&self) -> Seed {
        let mut seed = Seed::default();
        for record in &self.records {
            seed.add(record.key.clone(), Answer::Record(Arc::clone(record)));
        }
        let mut last: Option<&Arc<Seed>> = None;
        for log in self.invocations.values() {
            let answers = log.commands.iter().filter_map(|(key, answer)| Some((key, answer.as_ref()?)));
            for (key, answer) in answers.filter(|(_, answer)| !failed(answer)) {
                seed.add(key.clone(), answer.clone());
            }
            // Logs of the arms of one fork are adjacent here.
            if last.is_none_or(|last| !Arc::ptr_eq(last, &log.seed)) {
                seed.take(&log.seed, |answer| !failed(answer));
            }
            last = Some(&log.seed);
        }
        seed
    }

    pub(super) fn start_over(&mut self) {
        let seed = Arc::new(self.everything());
        self.invocations.clear();
        self.invocations.insert(Vec::new(), Log { seed, commands: Vec::new() });
    }

    /// Returns the seed of an invocation, made by `make` when it starts.
    pub(super) fn seed(&mut self, chain: &Chain, make: impl FnOnce(&Self) -> Arc<Seed>) -> Arc<Seed> {
        if let Some(log) = self.invocations.get(chain) {
            return Arc::clone(&log.seed);
        }
        let seed = make(self);
        self.invocations.insert(chain.clone(), Log { seed: Arc::clone(&seed), commands: Vec::new() });
        seed
    }

    /// Issues command number `n` of an invocation: a replay must issue the command that is logged there.
    pub(super) fn issue(&mut self, chain: &Chain, n: usize, key: &Key) -> Result<Option<Answer>, Signal> {
        let log = self.invocations.entry(chain.clone()).or_default();
        match log.commands.get(n) {
            Some((logged, answer)) if logged == key => Ok(answer.clone()),
            Some((logged, _)) => {
                let what = format!("command {n} was `{logged}`, now it is `{key}`");
                Err(Signal::JournalMismatch(Box::new(Mismatch { path: key.path.clone(), what })))
            }
            None => {
                log.commands.push((key.clone(), None));
                Ok(None)
            }
        }
    }

    pub(super) fn answer(&mut self, chain: &Chain, n: usize, answer: Answer) {
        if let Answer::Record(record) = &answer {
            self.records.push(Arc::clone(record));
        }
        if let Some((_, slot)) = self.invocations.get_mut(chain).and_then(|log| log.commands.get_mut(n)) {
            *slot = Some(answer);
        }
    }

    pub(super) fn listing(&self) -> Vec<(String, Vec<String>)> {
        let name = |chain: &Chain| {
            let steps: Vec<_> = chain.iter().map(|(path, n, arm)| format!("{path}#{n}[{arm}]")).collect();
            steps.join(" > ")
        };
        let commands = |log: &Log| log.commands.iter().map(|(key, _)| key.to_string()).collect();
        self.invocations.iter().map(|(chain, log)| (name(chain), commands(log))).collect()
    }
}

/// True for a fork that failed: it is executed again when the run resumes.
fn failed(answer: &Answer) -> bool {
    matches!(answer, Answer::Arms(ends) if ends.iter().any(|end| !matches!(end, ArmEnd::Recorded(_))))
}

#[cfg(test)]
mod tests {
    use super::super::OrderedLog;
    use super::{Answer, ArmEnd, Chain};
    use flujo::engine::{PartChange, RunId};
    use flujo::prelude::*;
    use std::collections::HashSet;
    use std::sync::Arc;

    #[step]
    async fn double(n: u64) -> Result<u64> {
        Ok(2 * n)
    }

    pipeline! {
        fn wide(n: u64) -> u64 {
            let n = double(n);
            let n = double(n).named("again");
            let all = map(0..n, |n| {
                let n = double(n).named("item");
                let (a, b) = join(double(n).named("a"), double(n).named("b"));
                value(a + b)
            });
            value(all.len() as u64)
        }
    }

    #[context]
    #[derive(Debug, Default)]
    struct Notes {
        #[context(part, merge = append)]
        log: Vec<String>,
        #[context(part, merge = last)]
        last: u64,
    }

    #[step]
    async fn note(n: u64, log: &mut Vec<String>, last: &mut u64) -> Result<u64> {
        log.push(format!("note {n}"));
        *last = n;
        Ok(n)
    }

    /// Reads the log from the context, without changing it.
    #[step]
    async fn look(n: u64, log: &mut Vec<String>) -> Result<u64> {
        Ok(n + log.len() as u64)
    }

    pipeline! {
        fn noting(n: u64, ctx: &mut Notes) -> u64 {
            note(1).named("first");
            note(2).named("second");
            let (a, b) = join({ note(3).named("a"); note(4).named("aa") }, look(n));
            let all = map(vec![5, 6], |n| note(n).named("item"));
            value(a + b + all.len() as u64)
        }
    }

    /// A conversation in arms: the record of each holds its own messages, and not the earlier ones.
    #[tokio::test]
    async fn the_record_of_an_arm_has_what_it_appended() {
        let engine = OrderedLog::new();
        let flujo = Flujo::builder().engine(engine.clone()).build().unwrap();
        let result = flujo.run(noting(7)).id("r").await;
        assert_eq!(result.context.log, [1, 2, 3, 4, 5, 6].map(|n| format!("note {n}")));
        assert_eq!((result.context.last, result.into_output().unwrap()), (6, 4 + 9 + 2));
        let run = engine.run(&RunId::from("r")).unwrap();
        let logs = run.logs();
        let root = &logs.invocations[&Chain::new()];
        let arms = root.commands.iter().filter_map(|(_, answer)| match answer {
            Some(Answer::Arms(ends)) => Some(ends),
            _ => None,
        });
        let parts = arms.flatten().map(|end| {
            let ArmEnd::Recorded(record) = end else { panic!("{end:?}") };
            let change = |(name, change): &(String, PartChange)| match change {
                PartChange::Whole(json) => format!("{name} {json}"),
                PartChange::Appended { from, items } => format!("{name} {from}+{items}"),
            };
            (record.written, record.parts.iter().map(change).collect::<Vec<_>>().join(", "))
        });
        let expected = [
            (3, r#"log 2+["note 3","note 4"], last 4"#),
            (1, ""),
            (3, r#"log 4+["note 5"], last 5"#),
            (3, r#"log 4+["note 6"], last 6"#),
        ];
        assert_eq!(parts.collect::<Vec<_>>(), expected.map(|(mask, text)| (mask, text.to_owned())));
    }

    /// A thousand arms must not hold a thousand copies of what came before them.
    #[tokio::test]
    async fn the_arms_of_a_fork_share_their_seed() {
        let engine = OrderedLog::new();
        let flujo = Flujo::builder().engine(engine.clone()).build().unwrap();
        assert_eq!(flujo.run(wide(1)).id("r").await.into_output().unwrap(), 4);
        let run = engine.run(&RunId::from("r")).unwrap();
        let logs = run.logs();
        let seeds = |depth| {
            let seeds = logs.invocations.iter().filter(|(chain, _)| chain.len() == depth);
            seeds.map(|(_, log)| Arc::as_ptr(&log.seed)).collect::<Vec<_>>()
        };
        let distinct = |depth| seeds(depth).into_iter().collect::<HashSet<_>>().len();
        assert_eq!((seeds(1).len(), distinct(1)), (4, 1));
        // A join in every item: its two arms share one, on top of that of the item.
        assert_eq!((seeds(2).len(), distinct(2)), (8, 4));
        let own = |depth| {
            let seeds = logs.invocations.iter().filter(|(chain, _)| chain.len() == depth);
            seeds.map(|(_, log)| log.seed.own.len()).collect::<Vec<_>>()
        };
        assert_eq!((own(1), own(2)), (vec![2; 4], vec![1; 8]));
    }
}
