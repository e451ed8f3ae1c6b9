//! Engines with one fault each, and what the suite says of them.

mod attempts;
mod control;
mod ends;
mod forks;
mod ledger;
mod questions;
mod runs;
mod table;
mod texts;

use async_trait::async_trait;
use flujo::Error;
use flujo::clock::Clock;
use flujo::engine::{
    Account, Arm, ArmEnd, ArmGrant, AttemptCommand, Body, BoxFuture, Ended, Engine, ForkPolicy, Handle, Key,
    Memory, OnQuestion, Program, Record, RunFilter, RunId, RunRecord, RunSummary, RunView,
};
use flujo::error::Signal;
use flujo::path::Path;
use flujo::question::{Question, Reply};
use flujo_testing::OrderedLog;
use flujo_testing::conformance::Subject;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// A sound engine that a fault is put around.
#[async_trait]
pub trait Sound: Engine + Clone {
    fn on(clock: Arc<dyn Clock>) -> Self;
    fn take_over(&self, id: &RunId) -> Result<(), Error>;
}

#[async_trait]
impl Sound for Memory {
    fn on(clock: Arc<dyn Clock>) -> Self {
        Self::with_clock(clock)
    }
    fn take_over(&self, id: &RunId) -> Result<(), Error> {
        self.take_over(id).map(drop)
    }
}

#[async_trait]
impl Sound for OrderedLog {
    fn on(clock: Arc<dyn Clock>) -> Self {
        Self::with_clock(clock)
    }
    fn take_over(&self, id: &RunId) -> Result<(), Error> {
        self.take_over(id)
    }
}

/// One deviation from the contract. Every method defaults to the sound engine.
#[async_trait]
pub trait Fault: Default + Send + Sync + 'static {
    fn clock(&self, inner: Arc<dyn Clock>) -> Arc<dyn Clock> {
        inner
    }
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        inner.create(run).await
    }
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        inner.execute(id, program).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        inner.view(id).await
    }
    async fn list<S: Sound>(&self, inner: &S, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        inner.list(filter).await
    }
    async fn idle<S: Sound>(&self, inner: &S, id: &RunId) -> Result<(), Error> {
        inner.idle(id).await
    }
    async fn reopen<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        inner.reopen(id, by).await
    }
    async fn reply<S: Sound>(&self, inner: &S, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        inner.reply(id, path, reply).await
    }
    async fn cancel<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        inner.cancel(id, by).await
    }

    /// Begins an execution; what is given is dropped with it.
    fn begin(&self, _: Arc<dyn Account>) -> Option<Box<dyn Send>> {
        None
    }
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        on.inner.attempt(command, body).await
    }
    async fn sleep(&self, on: &mut On<'_>, key: Key, wait: Duration) -> Result<(), Signal> {
        on.inner.sleep(key, wait).await
    }
    async fn ask(&self, on: &mut On<'_>, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        on.inner.ask(question, asked).await
    }
    async fn fork(
        &self,
        on: &mut On<'_>,
        path: Path,
        arms: Vec<Arm<'_>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        on.inner.fork(path, arms, policy).await
    }
    fn account(self: &Arc<Self>, inner: Arc<dyn Account>) -> Arc<dyn Account> {
        inner
    }
}

/// The place of a command: the sound handle, the run and the clock.
pub struct On<'a> {
    pub inner: &'a mut dyn Handle,
    pub id: &'a RunId,
    pub clock: &'a Arc<dyn Clock>,
}

/// A sound engine with a fault.
pub struct Broken<S, F> {
    inner: S,
    fault: Arc<F>,
}

impl<S: Clone, F> Clone for Broken<S, F> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), fault: Arc::clone(&self.fault) }
    }
}

impl<S: Sound, F: Fault> Broken<S, F> {
    /// As what the suite is run on: its storage is the engine itself, so that it can be opened again.
    pub fn subject(name: &str) -> Subject<Self, OnceLock<Self>> {
        let open = |storage: Arc<OnceLock<Self>>, clock: Arc<dyn Clock>| {
            let opened = storage.get_or_init(|| Self { inner: S::on(clock), fault: Arc::default() }).clone();
            std::future::ready(Ok(opened))
        };
        Subject::stored(name, OnceLock::new, open)
            .takes_over(|_, broken: Arc<Self>, id| async move { broken.inner.take_over(&id) })
            .patience(Duration::ZERO)
    }
}

#[async_trait]
impl<S: Sound, F: Fault> Engine for Broken<S, F> {
    fn clock(&self) -> Arc<dyn Clock> {
        self.fault.clock(self.inner.clock())
    }
    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        self.fault.create(&self.inner, run).await
    }
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let (id_of, clock) = (id.clone(), self.inner.clock());
        let program = Arc::new(Wrapped {
            inner: program,
            scene: Scene { fault: Arc::clone(&self.fault), id: id_of, clock },
        });
        self.fault.execute(&self.inner, id, program).await
    }
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        self.fault.view(&self.inner, id).await
    }
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        self.fault.list(&self.inner, filter).await
    }
    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.fault.idle(&self.inner, id).await
    }
    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.fault.reopen(&self.inner, id, by).await
    }
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.fault.reply(&self.inner, id, path, reply).await
    }
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.fault.cancel(&self.inner, id, by).await
    }
}

struct Scene<F> {
    fault: Arc<F>,
    id: RunId,
    clock: Arc<dyn Clock>,
}

impl<F> Clone for Scene<F> {
    fn clone(&self) -> Self {
        Self { fault: Arc::clone(&self.fault), id: self.id.clone(), clock: Arc::clone(&self.clock) }
    }
}

struct Wrapped<F> {
    inner: Arc<dyn Program>,
    scene: Scene<F>,
}

impl<F: Fault> Program for Wrapped<F> {
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        let begun = self.scene.fault.begin(handle.account());
        let running = self.inner.run(Box::new(Faulty { inner: handle, scene: self.scene.clone() }));
        Box::pin(async move {
            let _begun = begun;
            running.await
        })
    }
}

struct Faulty<F> {
    inner: Box<dyn Handle>,
    scene: Scene<F>,
}

impl<F> Faulty<F> {
    fn on(&mut self) -> (&F, On<'_>) {
        let on = On { inner: self.inner.as_mut(), id: &self.scene.id, clock: &self.scene.clock };
        (&self.scene.fault, on)
    }
}

#[async_trait]
impl<F: Fault> Handle for Faulty<F> {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let (fault, mut on) = self.on();
        fault.attempt(&mut on, command, body).await
    }
    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        let (fault, mut on) = self.on();
        fault.sleep(&mut on, key, wait).await
    }
    async fn ask(&mut self, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        let (fault, mut on) = self.on();
        fault.ask(&mut on, question, asked).await
    }
    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        let scene = self.scene.clone();
        let arms = arms.into_iter().map(|arm| {
            let scene = scene.clone();
            Arm {
                body: Box::new(move |grant: ArmGrant| {
                    let handle = Box::new(Faulty { inner: grant.handle, scene });
                    (arm.body)(ArmGrant { handle, encode: grant.encode })
                }),
            }
        });
        let arms = arms.collect();
        let (fault, mut on) = self.on();
        fault.fork(&mut on, path, arms, policy).await
    }
    fn account(&self) -> Arc<dyn Account> {
        self.scene.fault.account(self.inner.account())
    }
}

/// Locks the memory of a fault.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No fault at all.
#[derive(Default)]
pub struct Nothing;
impl Fault for Nothing {}

/// No fault either, but an engine that lets other tasks go first before and after everything.
#[derive(Default)]
pub struct Slow;
async fn pause() {
    let mut polls = 0;
    std::future::poll_fn(|cx| {
        polls += 1;
        if polls > 7 {
            return Poll::Ready(());
        }
        // At once, and not when the runtime has its turn: an engine whose task is not woken takes the run for paused.
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
async fn slowly<T>(done: impl Future<Output = T>) -> T {
    pause().await;
    let done = done.await;
    pause().await;
    done
}
#[async_trait]
impl Fault for Slow {
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        slowly(inner.create(run)).await
    }
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        slowly(inner.execute(id, program)).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        slowly(inner.view(id)).await
    }
    async fn list<S: Sound>(&self, inner: &S, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        slowly(inner.list(filter)).await
    }
    async fn idle<S: Sound>(&self, inner: &S, id: &RunId) -> Result<(), Error> {
        slowly(inner.idle(id)).await
    }
    async fn reopen<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        slowly(inner.reopen(id, by)).await
    }
    async fn reply<S: Sound>(&self, inner: &S, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        slowly(inner.reply(id, path, reply)).await
    }
    async fn cancel<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        slowly(inner.cancel(id, by)).await
    }
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        slowly(on.inner.attempt(command, body)).await
    }
    async fn sleep(&self, on: &mut On<'_>, key: Key, wait: Duration) -> Result<(), Signal> {
        slowly(on.inner.sleep(key, wait)).await
    }
    async fn ask(&self, on: &mut On<'_>, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        slowly(on.inner.ask(question, asked)).await
    }
    async fn fork(
        &self,
        on: &mut On<'_>,
        path: Path,
        arms: Vec<Arm<'_>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        slowly(on.inner.fork(path, arms, policy)).await
    }
}
