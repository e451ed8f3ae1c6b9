use flujo::clock::Timestamp;
use flujo::engine::{ArmEnd, Key, Record};
use flujo::error::{Mismatch, Signal};
use flujo::path::Path;
use flujo::question::Reply;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// One arm on the way to an invocation: the fork, which time it was issued, the arm.
pub(super) type Step = (Path, u32, usize);
/// An invocation: the root's is empty.
pub(super) type Chain = Vec<Step>;

/// What a command came to.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Record(Arc<Record>),
    Reply(Reply),
    Arms(Vec<ArmEnd>),
    Nothing,
}

/// Answers taken instead of executing.
#[derive(Clone, Debug, Default)]
pub(super) struct Seed(HashMap<Key, Answer>);

impl Seed {
    pub(super) fn get(&self, key: &Key) -> Option<&Answer> {
        self.0.get(key)
    }
    pub(super) fn all(&self) -> impl Iterator<Item = (&Key, &Answer)> {
        self.0.iter()
    }
    pub(super) fn add(&mut self, key: Key, answer: Answer) {
        self.0.insert(key, answer);
    }
}

/// The log of one invocation.
#[derive(Debug, Default)]
struct Log {
    /// Fixed when the invocation starts: a later replay must take the same commands from it.
    seed: Arc<Seed>,
    commands: Vec<(Key, Option<Answer>)>,
}

/// All logs of a run.
#[derive(Debug, Default)]
pub(super) struct Logs {
    invocations: BTreeMap<Chain, Log>,
    /// Every record in the order in which it was committed.
    records: Vec<Arc<Record>>,
    /// Absolute deadlines of timers.
    timers: BTreeMap<Key, Timestamp>,
}

impl Logs {
    pub(super) fn seeded(records: &[Arc<Record>]) -> Self {
        let mut logs =
            Self { invocations: BTreeMap::new(), records: records.to_vec(), timers: BTreeMap::new() };
        logs.start_over();
        logs
    }

    pub(super) fn records(&self) -> Vec<Arc<Record>> {
        self.records.clone()
    }

    /// The deadline of a timer: the one that it was first issued with.
    pub(super) fn timer(&mut self, key: &Key, deadline: Timestamp) -> Timestamp {
        *self.timers.entry(key.clone()).or_insert(deadline)
    }

    pub(super) fn attempts(&self, path: &Path) -> u32 {
        self.records.iter().filter(|r| r.key.path == *path).map(|r| r.key.n).max().unwrap_or(0)
    }

    /// A seed of everything that is recorded.
    pub(super) fn everything(&self) -> Seed {
        let mut seed = Seed::default();
        for record in &self.records {
            seed.add(record.key.clone(), Answer::Record(Arc::clone(record)));
        }
        for log in self.invocations.values() {
            let answers = log.commands.iter().filter_map(|(key, answer)| Some((key, answer.as_ref()?)));
            for (key, answer) in answers.filter(|(_, answer)| !failed(answer)) {
                seed.add(key.clone(), answer.clone());
            }
            for (key, answer) in log.seed.all().filter(|(_, answer)| !failed(answer)) {
                seed.add(key.clone(), answer.clone());
            }
        }
        seed
    }

    pub(super) fn start_over(&mut self) {
        let seed = Arc::new(self.everything());
        self.invocations.clear();
        self.invocations.insert(Vec::new(), Log { seed, commands: Vec::new() });
    }

    /// The seed of an invocation, fixed by `make` when it starts.
    pub(super) fn seed(&mut self, chain: &Chain, make: impl FnOnce(&Self) -> Seed) -> Arc<Seed> {
        if let Some(log) = self.invocations.get(chain) {
            return Arc::clone(&log.seed);
        }
        let seed = Arc::new(make(self));
        self.invocations.insert(chain.clone(), Log { seed: Arc::clone(&seed), commands: Vec::new() });
        seed
    }

    /// Issues command number `n` of an invocation: a replay must issue the one that is logged there.
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

/// A fork that failed is tried again when the run goes on.
fn failed(answer: &Answer) -> bool {
    matches!(answer, Answer::Arms(ends) if ends.iter().any(|end| !matches!(end, ArmEnd::Recorded(_))))
}
