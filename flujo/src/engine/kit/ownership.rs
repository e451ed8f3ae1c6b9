use super::entry::{Entry, State};
use super::{Activity, Change, Journal, OpenQuestion};
use crate::clock::{Clock, Timestamp};
use crate::engine::{Ended, LimitScope, OnQuestion, Record};
use crate::error::Signal;
use crate::path::Path;
use crate::question::{DEADLINE, Question, Reply};
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

mod account;

/// The right of one execution to work on a run, until it is dropped or another owner takes over.
///
/// Every write carries the fencing token of this ownership, and fails with [`Signal::OwnershipLost`] once there is a
/// newer one. All handles of an execution share it, and it is their [`Account`](crate::engine::Account).
///
/// The commands of a handle are made of it. Here the journal holds records by path, and writes them nowhere:
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String {
/// #         let name: String = ask("Who is it?");
/// #         greet(name)
/// #     }
/// # }
/// use flujo::clock::SystemClock;
/// use flujo::codec::Json;
/// use flujo::engine::kit::{Change, Entry, Journal, Ownership, Records, SavedRun};
/// use flujo::engine::{Ended, Key, Kind, RunRecord};
/// use flujo::error::Signal;
/// use flujo::question::{Question, Reply};
/// use std::borrow::Cow;
/// use std::sync::Arc;
///
/// struct Mine(Records);
///
/// impl Journal for Mine {
///     type Ack = ();
///     fn write(&mut self, _: Change<'_>) {}
///     async fn durable((): ()) -> Result<(), Signal> { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// # let flujo = Flujo::builder().build()?;
/// # let paused = flujo.run(welcome("Ada".to_owned())).id("r-1").await;
/// # let question: Question = paused.questions()[0].clone();
/// # flujo.resume::<welcome>("r-1").reply("Ada").await?;
/// # let view = flujo.inspect("r-1").await?;
/// # let run = RunRecord { id: "r-2".into(), ..RunRecord::clone(&view.run) };
/// # let record = view.records[0].clone();
/// let entry = Entry::new(SavedRun::new(run), Mine(Records::new(4, std::iter::empty())), Arc::new(SystemClock::new()));
/// let owned: Ownership<Mine> = entry.acquire().await?.expect("the run has not ended");
/// owned.check()?;
///
/// // An attempt: its record, or the right to run its body.
/// let find = |mine: &Mine| mine.0.find(&record.key).cloned();
/// if owned.find_or_begin(&record.key.path, find).await?.is_none() {
///     owned.begin(&record.key.path).await?;
///     owned.commit(&record, &None, |mine| mine.0.push(record.clone())).await?;
/// }
/// assert_eq!(owned.find_or_begin(&record.key.path, find).await?, Some(record.clone()));
///
/// // A timer: the first deadline counts.
/// let timer = Key { path: "welcome/nap".into(), kind: Kind::Sleep, n: 1 };
/// let deadline = owned.clock().now();
/// owned.issue(|mine| {
///     let ack = mine.write(Change::Timer { key: Cow::Borrowed(&timer), deadline });
///     mine.0.set_timer(timer.clone(), deadline);
///     ((), Some(ack))
/// }).await?;
///
/// // A question: with nothing else to do, the execution is suspended until there is a reply.
/// assert_eq!(owned.activity().drive(owned.ask(question.clone(), &[], &mut |_| {})).await, Err(Signal::Suspended));
/// assert_eq!(entry.questions(), [question.clone()]);
/// let reply = Reply { value: Json::encode("Ada").unwrap(), by: Some("ops".to_owned()), at: owned.clock().now() };
/// entry.reply(&question.path, reply.clone()).await?;
/// assert_eq!(owned.ask(question.clone(), &[], &mut |_| {}).await?, reply);
///
/// // Had the arm of a fork asked it and failed, its questions would be withdrawn.
/// owned.withdraw(&"welcome/join".into(), 0).await?;
/// owned.finish(Ended { outcome: Ok(Json::null()), context: None }).await?;
/// assert_eq!(entry.view(|mine| mine.0.to_vec()).records, [record]);
/// # Ok(())
/// # }
/// ```
pub struct Ownership<J: Journal = ()> {
    entry: Arc<Entry<J>>,
    activity: Arc<Activity>,
    token: u64,
    began: Timestamp,
    /// True once the end of this execution is written.
    finished: AtomicBool,
}

impl<J: Journal> fmt::Debug for Ownership<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ownership")
            .field("run", &self.entry)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl<J: Journal> Ownership<J> {
    pub(super) fn new(entry: Arc<Entry<J>>, activity: Arc<Activity>, token: u64) -> Self {
        let began = entry.clock.now();
        Self { entry, activity, token, began, finished: AtomicBool::new(false) }
    }

    /// Returns the activity of this execution.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Returns the clock of the run.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.entry.clock
    }

    /// Locks the state for a write.
    fn owned(&self) -> Result<MutexGuard<'_, State<J>>, Signal> {
        let state = self.entry.state();
        if state.token == self.token { Ok(state) } else { Err(Signal::OwnershipLost) }
    }

    /// Locks the state for a command; fails once the run is cancelled.
    fn issuing(&self) -> Result<MutexGuard<'_, State<J>>, Signal> {
        let state = self.owned()?;
        if state.lifecycle.cancelled { Err(Signal::Cancelled) } else { Ok(state) }
    }

    /// Waits until a change is durable.
    async fn durable(&self, ack: J::Ack) -> Result<(), Signal> {
        self.activity.storing(J::durable(ack)).await
    }

    /// Checks that a command may be issued.
    ///
    /// # Errors
    /// [`Signal::Cancelled`] or [`Signal::OwnershipLost`].
    pub fn check(&self) -> Result<(), Signal> {
        self.issuing().map(drop)
    }

    /// Issues a command without a body: `command` reads the journal, and writes to it if the command was not executed
    /// before. Waits until the write is durable.
    ///
    /// # Errors
    /// [`Signal::Cancelled`], [`Signal::OwnershipLost`], or storage failed.
    pub async fn issue<O: Send>(
        &self,
        command: impl FnOnce(&mut J) -> (O, Option<J::Ack>) + Send,
    ) -> Result<O, Signal> {
        let (out, ack) = command(&mut self.issuing()?.journal);
        if let Some(ack) = ack {
            self.durable(ack).await?;
        }
        Ok(out)
    }

    /// Issues a command that has a body: returns the recorded result that `find` reads from the journal, or `None` if
    /// the body may begin.
    ///
    /// # Errors
    /// [`Signal::Cancelled`], [`Signal::OwnershipLost`], or storage failed.
    pub async fn find_or_begin<O: Send>(
        &self,
        path: &Path,
        find: impl FnOnce(&J) -> Option<O> + Send,
    ) -> Result<Option<O>, Signal> {
        let ack = {
            let mut state = self.issuing()?;
            match find(&state.journal) {
                Some(found) => return Ok(Some(found)),
                None => state.begin(path),
            }
        };
        if let Some(ack) = ack {
            self.durable(ack).await?;
        }
        Ok(None)
    }

    /// Records that the body of a node is running. In a run that was taken over this is written and made durable
    /// first: if the body kills the process, the number of takeovers must stay bounded.
    ///
    /// # Errors
    /// [`Signal::OwnershipLost`], or storage failed.
    pub async fn begin(&self, path: &Path) -> Result<(), Signal> {
        let ack = self.owned()?.begin(path);
        match ack {
            Some(ack) => self.durable(ack).await,
            None => Ok(()),
        }
    }

    /// Writes the record of an attempt, settles its reservation on the limited nodes of `within`, and waits until
    /// that is durable. `keep` adds the record to the journal for later look-ups.
    /// # Errors
    /// [`Signal::OwnershipLost`], with nothing written; or storage failed.
    pub async fn commit(
        &self,
        record: &Record,
        within: &LimitScope,
        keep: impl FnOnce(&mut J) + Send,
    ) -> Result<(), Signal> {
        let ack = {
            let mut state = self.owned()?;
            let progress = state.progress();
            keep(&mut state.journal);
            state.lifecycle.in_flight.retain(|path| *path != record.key.path);
            state.lifecycle.changed = record.ended;
            let reserved = state.ledger.settle(&record.key, record.usage, within);
            let (record, within) = (Cow::Borrowed(record), Cow::Borrowed(within));
            state.journal.write(Change::Attempt { record, within, reserved, progress })
        };
        self.durable(ack).await
    }

    /// Asks a question, and waits for the reply as long as the run has other work to do. `on_asked` is called once
    /// the question is durable, unless it was recorded before.
    ///
    /// # Errors
    /// [`Signal::Suspended`], and other signals.
    pub async fn ask(
        &self,
        question: Question,
        arms: &[(Path, usize)],
        on_asked: OnQuestion<'_>,
    ) -> Result<Reply, Signal> {
        self.check()?;
        if let Some(ack) = self.record_question(&question, arms)? {
            self.durable(ack).await?;
            on_asked(&question);
        }
        let path = question.path;
        loop {
            match self.activity.until(|| self.look(&path).transpose()).await? {
                Seen::Reply(reply) => return Ok(reply),
                Seen::Due(ack) => self.durable(ack).await?,
            }
        }
    }

    /// Records a question; `None` if it was recorded before.
    fn record_question(&self, question: &Question, arms: &[(Path, usize)]) -> Result<Option<J::Ack>, Signal> {
        let mut state = self.owned()?;
        let open = state.questions.iter().map(|open| &open.question);
        let known = open.chain(state.answered.iter().map(|a| &a.question)).find(|q| q.path == question.path);
        if let Some(known) = known {
            return known.is_asked_again(question).map(|()| None);
        }
        state.lifecycle.changed = question.asked;
        state.questions.push(OpenQuestion::new(question.clone(), arms.to_vec()));
        let progress = state.progress();
        let (question, arms) = (Cow::Borrowed(question), Cow::Borrowed(arms));
        Ok(Some(state.journal.write(Change::Asked { question, arms, progress })))
    }

    fn look(&self, path: &Path) -> Result<Option<Seen<J::Ack>>, Signal> {
        let mut state = self.owned()?;
        if let Some(found) = state.answered.iter().find(|a| a.question.path == *path).cloned() {
            state.lifecycle.replied = false;
            return Ok(Some(Seen::Reply(found.reply)));
        }
        let now = self.entry.clock.now();
        let due = state.questions.iter().position(|open| {
            open.question.path == *path && open.question.deadline.is_some_and(|deadline| now >= deadline)
        });
        let Some(i) = due else { return Ok(None) };
        let Some(default) = state.questions.get(i).and_then(|open| open.question.default.clone()) else {
            return Ok(None);
        };
        let reply = Reply { value: default, by: Some(DEADLINE.to_owned()), at: now };
        let change = Change::Due { path: Cow::Borrowed(path), reply: Cow::Borrowed(&reply) };
        let ack = state.journal.write(change);
        if !J::SHARED {
            state.answer(i, reply);
        }
        Ok(Some(Seen::Due(ack)))
    }

    /// Withdraws the questions that arm number `arm` of a fork has asked, and waits until that is durable.
    ///
    /// # Errors
    /// [`Signal::OwnershipLost`], or storage failed.
    pub async fn withdraw(&self, fork: &Path, arm: usize) -> Result<(), Signal> {
        let ack = {
            let mut state = self.owned()?;
            let inside = |open: &OpenQuestion| open.arms.iter().any(|(path, i)| path == fork && *i == arm);
            if !state.questions.iter().any(inside) {
                return Ok(());
            }
            let (gone, open) = std::mem::take(&mut state.questions).into_iter().partition(inside);
            state.questions = open;
            let gone: Vec<OpenQuestion> = gone;
            let paths: Vec<_> = gone.into_iter().map(|open| open.question.path).collect();
            state.journal.write(Change::Withdrawn(Cow::Owned(paths)))
        };
        self.durable(ack).await
    }

    /// Writes the end of the execution, and waits until that is durable.
    ///
    /// # Errors
    /// [`Signal::OwnershipLost`], with nothing written; or storage failed.
    pub async fn finish(&self, ended: Ended) -> Result<(), Signal> {
        let ack = {
            let mut state = self.owned()?;
            self.finished.store(true, Ordering::SeqCst);
            let now = self.entry.clock.now();
            self.count_time(&mut state, now);
            if state.lifecycle.end(ended, now) {
                state.ledger.charge_open();
                state.questions.clear();
            }
            state.write(Change::Finished)
        };
        self.durable(ack).await
    }

    fn count_time(&self, state: &mut State<J>, now: Timestamp) {
        let worked = now.since(self.began);
        state.lifecycle.active = state.lifecycle.active.saturating_add(worked);
    }
}

/// The state of a question.
enum Seen<A> {
    /// The question is answered.
    Reply(Reply),
    /// The deadline has passed. Once this change is durable, the question is answered: by its default, or by an
    /// earlier reply.
    Due(A),
}

impl<J: Journal> State<J> {
    /// Records that a body is running; written only in a run that was taken over.
    fn begin(&mut self, path: &Path) -> Option<J::Ack> {
        self.lifecycle.begin(path);
        (self.lifecycle.takeovers > 0)
            .then(|| self.journal.write(Change::Started(Cow::Borrowed(&self.lifecycle))))
    }

    /// Resets the count of takeovers; true if this is the first record since the run was taken over.
    fn progress(&mut self) -> bool {
        std::mem::take(&mut self.lifecycle.takeovers) > 0
    }
}

impl<J: Journal> Drop for Ownership<J> {
    fn drop(&mut self) {
        let mut state = self.entry.state();
        if state.token == self.token {
            state.live = None;
            if !self.finished.load(Ordering::SeqCst) {
                let now = self.entry.clock.now();
                self.count_time(&mut state, now);
                state.lifecycle.changed = now;
                drop(state.write(Change::Released));
            }
            drop(state);
            self.entry.released();
        }
    }
}
