use async_trait::async_trait;
use flujo::clock::Clock;
use flujo::engine::{
    Account, Arm, ArmEnd, ArmGrant, AttemptCommand, Body, BoxFuture, Ended, Engine, ForkPolicy, Handle, Key,
    LimitScope, OnQuestion, Program, Record, Refusal, Reservation, RunFilter, RunId, RunRecord, RunSummary,
    RunView,
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

/// What is told the key of the command that the process dies at.
type Strike = Box<dyn Fn(&str) + Send + Sync>;
/// What is told the key of an attempt that begins.
type Begin = Box<dyn Fn(&Key) + Send + Sync>;

/// When, around a command, the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moment {
    /// The body has run, its record is not written yet.
    Before,
    /// The record is written.
    After,
}

/// Kills the run at one command, as `kill -9` would: every future is dropped on the spot, only what the
/// inner engine has recorded is left. Works around any engine.
///
/// The count goes over all commands of all handles, in the order in which they are issued; the next
/// execution, on the inner engine or in another `Crash` around it, goes on.
#[derive(Debug)]
pub struct Crash<E> {
    inner: Arc<E>,
    plan: Arc<Plan>,
}

struct Plan {
    at: usize,
    /// What happens when it strikes, before everything is dropped.
    strike: Option<Strike>,
    /// What happens when an attempt begins in earnest.
    begin: Option<Begin>,
    moment: Moment,
    issued: AtomicUsize,
    dead: AtomicBool,
    /// The key of the command that the process died at.
    struck: Mutex<Option<String>>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("at", &self.at).field("moment", &self.moment).finish_non_exhaustive()
    }
}

impl<E: Engine> Crash<E> {
    /// Dies around command number `at`, from 1.
    pub fn new(inner: Arc<E>, at: usize, moment: Moment) -> Self {
        let plan = Plan {
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

    /// Does something at the moment of death, for instance kill the process in earnest: then nothing is dropped
    /// either.
    #[must_use]
    pub fn striking(mut self, strike: impl Fn(&str) + Send + Sync + 'static) -> Self {
        if let Some(plan) = Arc::get_mut(&mut self.plan) {
            plan.strike = Some(Box::new(strike));
        }
        self
    }

    /// Does something whenever an attempt begins in earnest, right before the step is called: not for one whose record
    /// is taken. What it does is done when the step is called, for instance a line in a log that outlives the process.
    #[must_use]
    pub fn beginning(mut self, begin: impl Fn(&Key) + Send + Sync + 'static) -> Self {
        if let Some(plan) = Arc::get_mut(&mut self.plan) {
            plan.begin = Some(Box::new(begin));
        }
        self
    }

    /// Where it died: the key of the command, if there were as many.
    pub fn struck(&self) -> Option<String> {
        self.plan.struck.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Plan {
    /// Counts a command; `true` if the process dies at it.
    fn strikes(&self, key: &str) -> bool {
        let strikes = self.issued.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if strikes {
            *self.struck.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_owned());
        }
        strikes
    }

    /// Nothing happens any more: the execution is dropped before this future is polled again.
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
    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.inner.idle(id).await
    }
    async fn reopen(&self, id: &RunId) -> Result<(), Error> {
        self.inner.reopen(id).await
    }
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.inner.reply(id, path, reply).await
    }
    async fn cancel(&self, id: &RunId) -> Result<(), Error> {
        self.inner.cancel(id).await
    }
}

struct Wrapped {
    inner: Arc<dyn Program>,
    plan: Arc<Plan>,
}

impl Program for Wrapped {
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        self.inner.run(wrap(handle, &self.plan))
    }
}

fn wrap(handle: Box<dyn Handle>, plan: &Arc<Plan>) -> Box<dyn Handle> {
    Box::new(Mortal { inner: handle, plan: Arc::clone(plan) })
}

struct Mortal {
    inner: Box<dyn Handle>,
    plan: Arc<Plan>,
}

#[async_trait]
impl Handle for Mortal {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let plan = Arc::clone(&self.plan);
        let strikes = plan.strikes(&command.key.to_string());
        let dies_inside = strikes && plan.moment == Moment::Before;
        let watched = Arc::clone(&plan);
        let key = plan.begin.is_some().then(|| command.key.clone());
        let body: Body<'b> = Box::new(move || {
            Box::pin(async move {
                if let (Some(begin), Some(key)) = (&watched.begin, &key) {
                    begin(key);
                }
                let done = body().await;
                if dies_inside { watched.die().await } else { done }
            })
        });
        let done = self.inner.attempt(command, body).await;
        // A record that was there already has no body to die in.
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
    plan: Arc<Plan>,
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
        // A process that was killed charges nothing any more: whoever takes the run over does.
        if !self.plan.dead.load(Ordering::SeqCst) {
            self.inner.forfeit(key, used, within);
        }
    }
}
