use super::question::{OpenQuestion, check_reply};
use super::{Activity, Change, Journal, Ledger, Lifecycle, Ownership, SavedRun};
use crate::clock::Clock;
use crate::engine::{Record, RunRecord, RunSummary, RunView};
use crate::error::{Error, ErrorKind};
use crate::path::Path;
use crate::question::{Answered, Question, Reply};
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// One run in this process: its state behind one lock, and its journal `J`.
///
/// Its methods are the control side of a run, and [`acquire`](Self::acquire) begins an execution of it.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::clock::SystemClock;
/// use flujo::codec::Json;
/// use flujo::engine::kit::{Entry, SavedRun};
/// use flujo::engine::{ActionKind, Ended, EndedBy, RunRecord, RunState};
/// use flujo::ErrorKind;
/// use flujo::error::{FailureKind, FailureRecord};
/// use std::sync::Arc;
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// # let run = RunRecord { id: "r-2".into(), ..RunRecord::clone(&view.run) };
/// let entry = Entry::new(SavedRun::new(run), (), Arc::new(SystemClock::new()));
/// assert_eq!((entry.run().id.as_str(), entry.has_ended()), ("r-2", false));
///
/// // One execution at a time: it owns the run until it is finished.
/// let owned = entry.acquire().await?.expect("the run has not ended");
/// assert!(matches!(entry.acquire().await.map_err(|error| error.kind().clone()), Err(ErrorKind::Busy(_))));
/// let failure = FailureRecord::new(FailureKind::Failed, false, "no page");
/// owned.finish(Ended { outcome: Err(EndedBy::Failure(failure)), context: None }).await?;
/// drop(owned);
/// entry.idle().await;
/// assert_eq!(entry.summary().state, RunState::Failed);
///
/// // The control side: a failed run is reopened, then cancelled.
/// entry.reopen(Some("ops"), |_journal, _path| 1).await?;
/// entry.cancel(Some("ops")).await?;
/// let view = entry.view(|_journal| Vec::new());
/// assert_eq!(view.acted.iter().map(|action| &action.what).collect::<Vec<_>>(), [&ActionKind::Retried, &ActionKind::Cancelled]);
/// # Ok(())
/// # }
/// ```
pub struct Entry<J: Journal = ()> {
    run: Arc<RunRecord>,
    pub(super) clock: Arc<dyn Clock>,
    state: Mutex<State<J>>,
    idle: Notify,
}

/// The mutable state of a run.
pub(super) struct State<J> {
    pub(super) lifecycle: Lifecycle,
    /// The activity of the execution that works on the run.
    pub(super) live: Option<Arc<Activity>>,
    /// The fencing token of the newest owner.
    pub(super) token: u64,
    pub(super) questions: Vec<OpenQuestion>,
    pub(super) answered: Vec<Answered>,
    pub(super) ledger: Ledger,
    pub(super) journal: J,
}

impl<J: Journal> fmt::Debug for Entry<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("run", &self.run.id).finish_non_exhaustive()
    }
}

/// Locks a mutex, poisoned or not: no panic leaves the state behind it half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<J: Journal> Entry<J> {
    /// Creates the entry of a run that was just created, or loaded. The journal must hold its records and timers: an
    /// entry does not use those of `saved`.
    pub fn new(saved: SavedRun, journal: J, clock: Arc<dyn Clock>) -> Arc<Self> {
        let SavedRun { run, lifecycle, questions, answered, ledger, .. } = saved;
        let state = State { lifecycle, live: None, token: 0, questions, answered, ledger, journal };
        Arc::new(Self { run, clock, state: Mutex::new(state), idle: Notify::new() })
    }

    /// Returns the run as it was created.
    pub fn run(&self) -> &Arc<RunRecord> {
        &self.run
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State<J>> {
        lock(&self.state)
    }

    /// Wakes the waiters for the end of the current execution.
    pub(super) fn released(&self) {
        self.idle.notify_waiters();
    }

    /// Takes ownership with a new fencing token, and waits until that is durable. `None` if the run has ended, which
    /// includes that this takeover exceeds the allowed number.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`]: an execution in this process works on the run; or storage failed.
    pub async fn acquire(self: &Arc<Self>) -> Result<Option<Ownership<J>>, Error> {
        let (owned, ack) = {
            let mut state = self.state();
            if state.live.is_some() {
                return Err(Error::new(ErrorKind::Busy(self.run.id.to_string())));
            }
            if state.lifecycle.outcome.is_some() {
                return Ok(None);
            }
            state.ledger.charge_open();
            let owned = state.lifecycle.take(self.clock.now()).then(|| self.own(&mut state));
            if owned.is_none() {
                state.questions.clear();
            }
            (owned, state.write(Change::Acquired))
        };
        J::durable(ack).await?;
        Ok(owned)
    }

    /// Takes ownership with a new fencing token from the current execution: because the lease of another process has
    /// expired, or because shared storage has granted the run to this process. Writes nothing.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # pipeline! {
    /// #     fn refund(cents: u32) -> bool {
    /// #         let pay: bool = ask("Pay?").showing(&cents);
    /// #         value(pay)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// use flujo::clock::SystemClock;
    /// use flujo::engine::kit::{Entry, SavedRun};
    /// use flujo::error::Signal;
    /// use std::sync::Arc;
    ///
    /// # let flujo = Flujo::builder().build()?;
    /// # flujo.run(refund(990)).id("r-1").await;
    /// # flujo.resume::<refund>("r-1").reply(true).await?;
    /// # let view = flujo.inspect("r-1").await?;
    /// # let (run, answered) = (view.run, view.answered[0].clone());
    /// let entry = Entry::new(SavedRun::new(run), (), Arc::new(SystemClock::new()));
    /// let first = entry.take_over();
    /// let second = entry.take_over();
    /// assert_eq!(first.check(), Err(Signal::OwnershipLost));
    /// second.check()?;
    ///
    /// // What shared storage holds, because it came through another process.
    /// entry.record_reply(answered);
    /// assert_eq!(entry.view(|_journal| Vec::new()).answered.len(), 1);
    /// entry.record_cancellation();
    /// assert_eq!(second.check(), Err(Signal::Cancelled));
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_over(self: &Arc<Self>) -> Ownership<J> {
        self.own(&mut self.state())
    }

    fn own(self: &Arc<Self>, state: &mut State<J>) -> Ownership<J> {
        let activity = Arc::new(Activity::default());
        state.token += 1;
        state.live = Some(Arc::clone(&activity));
        if state.lifecycle.cancelled {
            activity.cancel();
        }
        Ownership::new(Arc::clone(self), activity, state.token)
    }

    /// Returns the view of the run, with the records that its journal holds.
    pub fn view(&self, records: impl FnOnce(&J) -> Vec<Arc<Record>>) -> RunView {
        let state = self.state();
        let lifecycle = &state.lifecycle;
        let mut view = RunView::new(Arc::clone(&self.run), lifecycle.status(state.live.is_some()));
        view.context = lifecycle.context.clone();
        view.records = records(&state.journal);
        view.questions = state.questions.iter().map(|open| open.question.clone()).collect();
        view.answered.clone_from(&state.answered);
        view.usage = state.ledger.spent();
        view.reserved = state.ledger.reserved();
        view.lost = state.ledger.lost().map(|(key, used)| (key.clone(), used)).collect();
        view.active = lifecycle.active;
        view.forgiven.clone_from(&lifecycle.forgiven);
        view.stopped.clone_from(&lifecycle.stopped);
        view.acted.clone_from(&lifecycle.acted);
        (view.started, view.changed, view.ended) = (lifecycle.started, lifecycle.changed, lifecycle.ended);
        view
    }

    /// Returns true if the run is done, has failed or is cancelled.
    pub fn has_ended(&self) -> bool {
        self.state().lifecycle.outcome.is_some()
    }

    /// Returns the summary of the run for lists.
    pub fn summary(&self) -> RunSummary {
        let state = self.state();
        let State { lifecycle, live, questions, ledger, .. } = &*state;
        let questions: Vec<_> = questions.iter().collect();
        lifecycle.summary(&self.run, &questions, ledger.spent(), live.is_some())
    }

    /// Returns the open questions of the run.
    pub fn questions(&self) -> Vec<Question> {
        self.state().questions.iter().map(|open| open.question.clone()).collect()
    }

    /// Waits until no execution in this process works on the run.
    pub async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.state().live.is_none() {
                return;
            }
            idle.await;
        }
    }

    /// Makes a failed run ready to continue, and waits until that is durable: the attempts of the node that failed no
    /// longer count. `attempts` returns the number of attempts recorded for a path; `by` is the caller.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    pub async fn reopen(&self, by: Option<&str>, attempts: impl Fn(&J, &Path) -> u32) -> Result<(), Error> {
        let ack = {
            let mut state = self.state();
            let State { lifecycle, journal, .. } = &mut *state;
            if !lifecycle.reopen((self.clock.now(), by), |path| attempts(journal, path)) {
                return Ok(());
            }
            state.write(Change::Reopened)
        };
        Ok(J::durable(ack).await?)
    }

    /// Answers an open question, and waits until that is durable.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`]: there is no such open question, it was answered, or its deadline has passed; or storage
    /// failed.
    pub async fn reply(&self, path: &Path, reply: Reply) -> Result<(), Error> {
        let ack = {
            let mut state = self.state();
            let answered = state.answered.iter().find(|a| a.question.path == *path);
            let open = state.questions.iter().position(|open| open.question.path == *path);
            let question = open.and_then(|i| state.questions.get(i)).map(|open| &open.question);
            check_reply(path, answered.map(|a| &a.reply), question, self.clock.now())?;
            let change = Change::Replied { path: Cow::Borrowed(path), reply: Cow::Borrowed(&reply) };
            let ack = state.journal.write(change);
            if let Some(i) = open {
                state.answer(i, reply);
            }
            state.changed();
            ack
        };
        Ok(J::durable(ack).await?)
    }

    /// Sets the flag that ends the run at its next command, and waits until that is durable. A run without an
    /// execution ends at once; a run that has ended is not changed. `by` is the caller.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    pub async fn cancel(&self, by: Option<&str>) -> Result<(), Error> {
        let ack = {
            let mut state = self.state();
            let live = state.live.clone();
            if !state.lifecycle.cancel((self.clock.now(), by), live.is_some()) {
                return Ok(());
            }
            if let Some(live) = live {
                live.cancel();
            } else {
                state.questions.clear();
                state.ledger.charge_open();
            }
            state.write(Change::Cancelled)
        };
        Ok(J::durable(ack).await?)
    }

    /// Records in memory a reply that shared storage holds: one that came through another process, or the default
    /// that this process wrote. Writes nothing, and changes nothing if the question is already answered here.
    pub fn record_reply(&self, answered: Answered) {
        let mut state = self.state();
        let path = &answered.question.path;
        if state.answered.iter().any(|known| known.question.path == *path) {
            return;
        }
        state.questions.retain(|open| open.question.path != *path);
        state.answered.push(answered);
        state.changed();
    }

    /// Records in memory a cancellation that shared storage holds. Writes nothing.
    pub fn record_cancellation(&self) {
        let mut state = self.state();
        state.lifecycle.cancelled = true;
        if let Some(live) = &state.live {
            live.cancel();
        }
    }
}

impl<J: Journal> State<J> {
    /// Writes the state of the run, with its usage so far.
    pub(super) fn write<'s>(&'s mut self, change: fn(Cow<'s, Lifecycle>) -> Change<'s>) -> J::Ack {
        let Self { lifecycle, ledger, journal, .. } = self;
        lifecycle.usage = ledger.spent();
        journal.write(change(Cow::Borrowed(lifecycle)))
    }
}

impl<J> State<J> {
    pub(super) fn answer(&mut self, i: usize, reply: Reply) {
        self.lifecycle.changed = reply.at;
        let open = self.questions.remove(i);
        self.answered.push(Answered { question: open.question, reply });
    }

    /// Marks the run as replied, and wakes a waiting execution.
    fn changed(&mut self) {
        self.lifecycle.replied = true;
        if let Some(live) = &self.live {
            live.changed();
        }
    }
}
