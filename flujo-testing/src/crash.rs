use async_trait::async_trait;
use flujo::clock::{Clock, Timestamp};
use flujo::engine::{
    Account, Action, Arm, ArmEnd, ArmGrant, AttemptCommand, Body, BoxFuture, Ended, Engine, ForkPolicy,
    Handle, Key, LimitScope, OnQuestion, PendingQuestion, Program, QuestionFilter, Record, Refusal,
    Reservation, RunCount, RunFilter, RunId, RunRecord, RunSummary, RunView, UsageFilter, UsageLine,
};
use flujo::error::Signal;
use flujo::path::Path;
use flujo::question::{Question, Reply};
use flujo::{Error, Usage};
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// The hook that receives the key of the command at which the process dies.
type Strike = Box<dyn Fn(&str) + Send + Sync>;
/// The hook that receives the key of an attempt that begins.
type Begin = Box<dyn Fn(&Key) + Send + Sync>;

/// The moment of death, relative to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moment {
    /// After the body has run, before its record is written.
    Before,
    /// After the record is written.
    After,
}

/// An engine that dies at one command, as by `kill -9`: every future is dropped on the spot, and only the
/// records of the inner engine are left. Wraps any engine.
///
/// Commands of all handles are counted together, in the order in which they are issued. The next execution,
/// on the inner engine or in another `Crash` around it, resumes the run.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::engine::Memory;
/// use flujo_testing::{Crash, Moment};
/// use std::sync::Arc;
///
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// pipeline! {
///     fn welcome(name: String) -> String { greet(name) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let memory = Arc::new(Memory::new());
/// // It dies after the record of the first command is written.
/// let crash = Arc::new(
///     Crash::new(memory.clone(), 1, Moment::After)
///         .beginning(|key| println!("begins: {key}"))
///         .striking(|key| println!("dies at: {key}")),
/// );
/// let dying = Flujo::builder().engine(crash.clone()).build()?;
/// let cut_off = tokio::time::timeout(std::time::Duration::from_millis(50), dying.run(welcome("Ada".to_owned())).id("r-1")).await;
/// # drop(cut_off);
/// assert!(crash.struck().is_some_and(|key| key.starts_with("welcome/greet")));
///
/// // The next process goes on with the record: the step is not called again.
/// let flujo = Flujo::builder().engine(memory).build()?;
/// let result = flujo.resume::<welcome>("r-1").await?;
/// assert_eq!(result.into_output()?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Crash<E> {
    inner: Arc<E>,
    plan: Arc<CrashPoint>,
}

struct CrashPoint {
    at: usize,
    /// The hook at the moment of death, before everything is dropped.
    strike: Option<Strike>,
    /// The hook before a step is called.
    begin: Option<Begin>,
    moment: Moment,
    issued: AtomicUsize,
    dead: AtomicBool,
    /// The key of the command at which the process died.
    struck: Mutex<Option<String>>,
}

impl fmt::Debug for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashPoint")
            .field("at", &self.at)
            .field("moment", &self.moment)
            .finish_non_exhaustive()
    }
}

impl<E: Engine> Crash<E> {
    /// Wraps an engine that dies at command number `at`, counted from 1.
    pub fn new(inner: Arc<E>, at: usize, moment: Moment) -> Self {
        let plan = CrashPoint {
            at,
            strike: None,
            begin: None,
            moment,
            issued: AtomicUsize::new(0),
            dead: AtomicBool::new(false),
            struck: Mutex::default(),
        };
        Self { inner, plan: Arc::new(plan) }
    }

    /// Sets a hook for the moment of death, for instance one that really kills the process: then nothing is
    /// dropped either.
    #[must_use]
    pub fn striking(mut self, strike: impl Fn(&str) + Send + Sync + 'static) -> Self {
        if let Some(plan) = Arc::get_mut(&mut self.plan) {
            plan.strike = Some(Box::new(strike));
        }
        self
    }

    /// Sets a hook that runs right before a step is called, but not if its record is replayed. It is finished
    /// when the step is called: for instance, it writes a line to a log that outlives the process.
    #[must_use]
    pub fn beginning(mut self, begin: impl Fn(&Key) + Send + Sync + 'static) -> Self {
        if let Some(plan) = Arc::get_mut(&mut self.plan) {
            plan.begin = Some(Box::new(begin));
        }
        self
    }

    /// Returns the key of the command at which the process died; `None` if there were fewer commands.
    pub fn struck(&self) -> Option<String> {
        self.plan.struck.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl CrashPoint {
    /// Counts a command; true if the process dies at it.
    fn strikes(&self, key: &str) -> bool {
        let strikes = self.issued.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if strikes {
            *self.struck.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_owned());
        }
        strikes
    }

    /// Never resolves: the execution is dropped before this future is polled again.
    async fn die<T>(&self) -> T {
        if let Some(strike) = &self.strike {
            let struck = self.struck.lock().unwrap_or_else(PoisonError::into_inner).clone();
            strike(&struck.unwrap_or_default());
        }
        self.dead.store(true, Ordering::SeqCst);
        std::future::pending().await
    }

    async fn around<T>(&self, key: String, command: impl Future<Output = T>) -> T {
        let strikes = self.strikes(&key);
        if strikes && self.moment == Moment::Before {
            return self.die().await;
        }
        let done = command.await;
        if strikes { self.die().await } else { done }
    }
}

#[async_trait]
impl<E: Engine> Engine for Crash<E> {
    fn clock(&self) -> Arc<dyn Clock> {
        self.inner.clock()
    }
    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        self.inner.create(run).await
    }
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let program = Arc::new(Wrapped { inner: program, plan: Arc::clone(&self.plan) });
        let mut run = Some(self.inner.execute(id, program));
        poll_fn(|cx| {
            let Some(running) = run.as_mut() else { return Poll::Ready(Ok(())) };
            let polled = running.as_mut().poll(cx);
            if self.plan.dead.load(Ordering::SeqCst) {
                run = None;
                return Poll::Ready(Ok(()));
            }
            polled
        })
        .await
    }
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        self.inner.view(id).await
    }
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        self.inner.list(filter).await
    }
    async fn count(&self, filter: &RunFilter) -> Result<Vec<RunCount>, Error> {
        self.inner.count(filter).await
    }
    async fn questions(&self, filter: &QuestionFilter) -> Result<Vec<PendingQuestion>, Error> {
        self.inner.questions(filter).await
    }
    async fn usage(&self, filter: &UsageFilter) -> Result<Vec<UsageLine>, Error> {
        self.inner.usage(filter).await
    }
    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.inner.idle(id).await
    }
    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.inner.reopen(id, by).await
    }
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.inner.reply(id, path, reply).await
    }
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.inner.cancel(id, by).await
    }
    async fn prune(&self, before: Timestamp, by: Option<&str>) -> Result<u64, Error> {
        self.inner.prune(before, by).await
    }
    async fn pruned(&self) -> Result<Vec<Action>, Error> {
        self.inner.pruned().await
    }
}

struct Wrapped {
    inner: Arc<dyn Program>,
    plan: Arc<CrashPoint>,
}

impl Program for Wrapped {
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        self.inner.run(wrap(handle, &self.plan))
    }
}

fn wrap(handle: Box<dyn Handle>, plan: &Arc<CrashPoint>) -> Box<dyn Handle> {
    Box::new(Mortal { inner: handle, plan: Arc::clone(plan) })
}

struct Mortal {
    inner: Box<dyn Handle>,
    plan: Arc<CrashPoint>,
}

#[async_trait]
impl Handle for Mortal {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let plan = Arc::clone(&self.plan);
        let strikes = plan.strikes(&command.key.to_string());
        let dies_inside = strikes && plan.moment == Moment::Before;
        let watched = Arc::clone(&plan);
        let key = plan.begin.is_some().then(|| command.key.clone());
        let body: Body<'b> = Box::pin(async move {
            if let (Some(begin), Some(key)) = (&watched.begin, &key) {
                begin(key);
            }
            let done = body.await;
            if dies_inside { watched.die().await } else { done }
        });
        let done = self.inner.attempt(command, body).await;
        // The body of a recorded attempt does not run, so it cannot die inside.
        if strikes { plan.die().await } else { done }
    }
    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        self.plan.around(key.to_string(), self.inner.sleep(key, wait)).await
    }
    async fn ask(&mut self, question: Question, on_asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        self.plan.around(format!("{} Ask", question.path), self.inner.ask(question, on_asked)).await
    }
    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        let plan = Arc::clone(&self.plan);
        let arms = arms.into_iter().map(|arm| {
            let plan = Arc::clone(&plan);
            Arm {
                body: Box::new(move |grant: ArmGrant| {
                    let handle = wrap(grant.handle, &plan);
                    (arm.body)(ArmGrant { handle, encode: grant.encode })
                }),
            }
        });
        let key = format!("{path} Fork");
        plan.around(key, self.inner.fork(path, arms.collect(), policy)).await
    }
    fn account(&self) -> Arc<dyn Account> {
        Arc::new(MortalAccount { inner: self.inner.account(), plan: Arc::clone(&self.plan) })
    }
}

struct MortalAccount {
    inner: Arc<dyn Account>,
    plan: Arc<CrashPoint>,
}

#[async_trait]
impl Account for MortalAccount {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        let key = format!("{} (reserve)", reservation.key);
        self.plan.around(key, self.inner.reserve(reservation)).await
    }
    async fn check(&self, key: &Key, within: &LimitScope) -> Result<(), Refusal> {
        self.inner.check(key, within).await
    }
    async fn settle(&self, key: &Key, used: Usage, within: &LimitScope) -> Result<(), Signal> {
        self.inner.settle(key, used, within).await
    }
    fn forfeit(&self, key: &Key, used: Usage, within: &LimitScope) {
        // A killed process charges nothing: the next owner of the run does.
        if !self.plan.dead.load(Ordering::SeqCst) {
            self.inner.forfeit(key, used, within);
        }
    }
}
