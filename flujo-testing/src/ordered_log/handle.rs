use super::Run;
use super::log::{Answer, Chain, Logs, Seed};
use async_trait::async_trait;
use flujo::engine::kit::{Ownership, drive_arms};
use flujo::engine::{
    Account, Arm, ArmEnd, ArmGrant, AttemptCommand, Body, BoxFuture, EndedBy, ForkPolicy, Handle, Key, Kind,
    OnQuestion, Program, Record,
};
use flujo::error::{Mismatch, Signal};
use flujo::path::Path;
use flujo::question::{Question, Reply};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The handle of one invocation: the root's, or that of one arm.
pub(super) struct Invocation {
    run: Arc<Run>,
    ownership: Arc<Ownership>,
    program: Arc<dyn Program>,
    /// The arm that this invocation is for.
    chain: Chain,
    /// The number of forks entered so far: commands before the last one come from the seed.
    entered: usize,
    seed: Arc<Seed>,
    next: usize,
    /// The commands that this invocation issued earlier, for a pipeline that restarts.
    issued: HashMap<Key, Answer>,
    /// The number of times that each fork was issued and failed.
    forks: HashMap<Path, u32>,
    end: Arc<Mutex<Option<ArmEnd>>>,
}

/// The way to execute a command.
enum Next {
    Answered(Answer),
    Run(usize),
}

impl Invocation {
    pub(super) fn root(run: Arc<Run>, ownership: Arc<Ownership>, program: Arc<dyn Program>) -> Self {
        let seed = run.logs().seed(&Chain::new(), |_| Arc::default());
        Self::new(run, ownership, program, Chain::new(), seed)
    }

    fn new(
        run: Arc<Run>,
        ownership: Arc<Ownership>,
        program: Arc<dyn Program>,
        chain: Chain,
        seed: Arc<Seed>,
    ) -> Self {
        Self {
            run,
            ownership,
            program,
            chain,
            entered: 0,
            seed,
            next: 0,
            issued: HashMap::new(),
            forks: HashMap::new(),
            end: Arc::default(),
        }
    }

    fn issue(&mut self, key: &Key) -> Result<Next, Signal> {
        self.ownership.check()?;
        if let Some(answer) = self.seed.get(key).or_else(|| self.issued.get(key)) {
            return Ok(Next::Answered(answer.clone()));
        }
        if self.entered < self.chain.len() {
            let what = "an arm's invocation came across a command that its seed does not have".to_owned();
            return Err(Signal::JournalMismatch(Box::new(Mismatch { path: key.path.clone(), what })));
        }
        let n = self.next;
        let answer = self.run.logs().issue(&self.chain, n, key)?;
        self.next += 1;
        Ok(match answer {
            Some(answer) => {
                self.issued.insert(key.clone(), answer.clone());
                Next::Answered(answer)
            }
            None => Next::Run(n),
        })
    }

    fn answer(&mut self, n: usize, key: Key, answer: Answer) {
        self.run.logs().answer(&self.chain, n, answer.clone());
        self.issued.insert(key, answer);
    }

    /// Returns the arms around this handle, as questions record them.
    fn arms(&self) -> Vec<(Path, usize)> {
        self.chain.iter().map(|(path, _, arm)| (path.clone(), *arm)).collect()
    }

    /// Returns the seed of the arms of a fork that is issued for the `n`th time.
    fn seed_of_arms(&self, n: u32, logs: &Logs) -> Seed {
        if n == 1 {
            return Seed::inside(&self.seed, self.issued.clone());
        }
        // After a restart the arms may have records of their own.
        let mut all = logs.everything();
        all.take(&self.seed, |_| true);
        for (key, answer) in &self.issued {
            all.add(key.clone(), answer.clone());
        }
        all
    }

    /// Starts the invocation of one arm: the body from the beginning, with a seed of everything before the
    /// fork, and without its siblings.
    fn child(
        &self,
        path: &Path,
        n: u32,
        arm: usize,
        shared: &OnceLock<Arc<Seed>>,
    ) -> BoxFuture<'static, ArmEnd> {
        let mut chain = self.chain.clone();
        chain.push((path.clone(), n, arm));
        let seed = self
            .run
            .logs()
            .seed(&chain, |logs| Arc::clone(shared.get_or_init(|| Arc::new(self.seed_of_arms(n, logs)))));
        let run = Arc::clone(&self.run);
        let child = Self::new(run, Arc::clone(&self.ownership), Arc::clone(&self.program), chain, seed);
        let (program, end) = (Arc::clone(&self.program), Arc::clone(&child.end));
        Box::pin(async move {
            let ended = program.run(Box::new(child)).await;
            let found = end.lock().unwrap_or_else(PoisonError::into_inner).take();
            match (ended.outcome, found) {
                (Err(EndedBy::Signal(Signal::ArmEnded)), Some(end)) => end,
                (Err(EndedBy::Signal(signal)), _) => ArmEnd::Signal(signal),
                (Err(EndedBy::Failure(failure)), _) => ArmEnd::Failed(failure),
                (Ok(_), _) => ArmEnd::Signal(Signal::Internal("the body ended before its arm".to_owned())),
            }
        })
    }
}

#[async_trait]
impl Handle for Invocation {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let key = command.key.clone();
        let n = match self.issue(&key)? {
            Next::Answered(Answer::Record(record)) => {
                record.answers(&command)?;
                return Ok(record);
            }
            Next::Answered(_) => {
                return Err(Signal::Internal(format!("`{key}` has an answer of another kind")));
            }
            Next::Run(n) => n,
        };
        self.ownership.begin(&key.path).await?;
        let done = self.ownership.activity().body(body).await??;
        let within = command.within.clone();
        let record = Arc::new(Record::new(command, done));
        let ownership = Arc::clone(&self.ownership);
        let keep = |(): &mut ()| self.answer(n, key, Answer::Record(Arc::clone(&record)));
        ownership.commit(&record, &within, keep).await?;
        Ok(record)
    }

    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        if let Next::Run(n) = self.issue(&key)? {
            let now = self.ownership.clock().now();
            // The deadline is fixed when the sleep is first issued: a restart waits for the remaining time.
            let left = self.run.logs().timer(&key, now.plus(wait)).since(now);
            if !left.is_zero() {
                self.ownership.activity().body(self.ownership.clock().sleep(left)).await?;
            }
            self.answer(n, key, Answer::Nothing);
        }
        Ok(())
    }

    async fn ask(&mut self, question: Question, on_asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        let key = Key { path: question.path.clone(), kind: Kind::Ask, n: 1 };
        let n = match self.issue(&key)? {
            Next::Answered(Answer::Reply(reply)) => return Ok(reply),
            Next::Answered(_) => {
                return Err(Signal::Internal(format!("`{key}` has an answer of another kind")));
            }
            Next::Run(n) => n,
        };
        let reply = self.ownership.ask(question, &self.arms(), on_asked).await?;
        self.answer(n, key, Answer::Reply(reply.clone()));
        Ok(reply)
    }

    async fn fork<'b>(
        &mut self,
        path: Path,
        mut arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        let times = self.forks.get(&path).copied().unwrap_or(0) + 1;
        if let Some((fork, n, arm)) = self.chain.get(self.entered)
            && *fork == path
            && *n == times
        {
            let last = self.entered + 1 == self.chain.len();
            let body = arms.swap_remove(*arm).body;
            let mut inner = Self::new(
                Arc::clone(&self.run),
                Arc::clone(&self.ownership),
                Arc::clone(&self.program),
                self.chain.clone(),
                Arc::clone(&self.seed),
            );
            inner.entered = self.entered + 1;
            inner.end = Arc::clone(&self.end);
            let end = body(ArmGrant { handle: Box::new(inner), encode: last }).await;
            return Err(match end {
                // A pause or a cancellation in an arm applies to the whole run.
                ArmEnd::Signal(signal) => signal,
                end if last => {
                    *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
                    Signal::ArmEnded
                }
                _ => Signal::Internal("an arm ended before the fork inside it was reached".to_owned()),
            });
        }
        let key = Key { path: path.clone(), kind: Kind::Fork, n: times };
        let ends = match self.issue(&key)? {
            Next::Answered(Answer::Arms(ends)) => ends,
            Next::Answered(_) => {
                return Err(Signal::Internal(format!("`{key}` has an answer of another kind")));
            }
            Next::Run(n) => {
                let shared = OnceLock::new();
                let children = (0..arms.len()).map(|arm| self.child(&path, times, arm, &shared));
                let ends = drive_arms(Box::new(children), policy).await;
                for (i, end) in ends.iter().enumerate() {
                    if matches!(end, ArmEnd::Failed(_) | ArmEnd::Cancelled) {
                        self.ownership.withdraw(&path, i).await?;
                    }
                }
                let stopped = ends.iter().any(|end| matches!(end, ArmEnd::Signal(_)));
                if !stopped || ends.iter().any(|end| policy.fails(end)) {
                    self.ownership.check()?;
                    self.answer(n, key, Answer::Arms(ends.clone()));
                }
                ends
            }
        };
        if ends.iter().any(|end| policy.fails(end)) {
            self.forks.insert(path, times);
        }
        Ok(ends)
    }

    fn account(&self) -> Arc<dyn Account> {
        Arc::clone(&self.ownership) as Arc<dyn Account>
    }
}
