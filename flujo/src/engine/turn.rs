use super::table::{Entry, Open, State, lock};
use super::{Account, Activity, Asked, Change, Ended, Keep, Key, Record, Refusal, Reservation, Within};
use crate::clock::{Clock, Timestamp};
use crate::error::Signal;
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::usage::Usage;
use async_trait::async_trait;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

/// The right to work on a run, until it is dropped or somebody else takes it.
pub struct Turn<T: Keep = ()> {
    entry: Arc<Entry<T>>,
    activity: Arc<Activity>,
    token: u64,
    began: Timestamp,
    /// Whether the end of this execution is written down.
    finished: AtomicBool,
}

/// What became of a command that was issued.
#[derive(Debug)]
pub enum Issued<O, A> {
    /// It was executed before.
    Found(O),
    /// Its body may begin, once this is durable.
    Begun(Option<A>),
}

impl<T: Keep> fmt::Debug for Turn<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("run", &self.entry).field("token", &self.token).finish_non_exhaustive()
    }
}

impl<T: Keep> Turn<T> {
    pub(super) fn new(entry: Arc<Entry<T>>, activity: Arc<Activity>, token: u64) -> Self {
        let began = entry.clock.now();
        Self { entry, activity, token, began, finished: AtomicBool::new(false) }
    }

    /// What is going on in this execution.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.entry.clock
    }

    /// Every write goes through here: it carries the token, and fails if that is not the newest.
    fn owned(&self) -> Result<MutexGuard<'_, State<T>>, Signal> {
        let state = lock(&self.entry.state);
        if state.token == self.token { Ok(state) } else { Err(Signal::OwnershipLost) }
    }

    /// The same for a command, which is not issued any more once the run is cancelled.
    fn issuing(&self) -> Result<MutexGuard<'_, State<T>>, Signal> {
        let state = self.owned()?;
        if state.standing.cancelled { Err(Signal::Cancelled) } else { Ok(state) }
    }

    /// Looks whether a command may be issued.
    ///
    /// # Errors
    /// Cancelled, or taken over.
    pub fn check(&self) -> Result<(), Signal> {
        self.issuing().map(drop)
    }

    /// Looks at what the engine keeps, to issue a command.
    ///
    /// # Errors
    /// Cancelled, or taken over.
    pub fn issue<O>(&self, look: impl FnOnce(&mut T) -> O) -> Result<O, Signal> {
        Ok(look(&mut self.issuing()?.kept))
    }

    /// Issues a command that has a body: gives what `find` finds of it, else notes that the body is under
    /// way.
    ///
    /// # Errors
    /// Cancelled, or taken over.
    pub fn find_or_begin<O>(
        &self,
        path: &Path,
        find: impl FnOnce(&T) -> Option<O>,
    ) -> Result<Issued<O, T::Ack>, Signal> {
        let mut state = self.issuing()?;
        Ok(match find(&state.kept) {
            Some(found) => Issued::Found(found),
            None => Issued::Begun(state.begin(path)),
        })
    }

    /// Notes that a body is under way. Of a run that was taken over that is written down: if it is what
    /// kills the process, somebody will want to know.
    ///
    /// # Errors
    /// Taken over.
    pub fn begin(&self, path: &Path) -> Result<Option<T::Ack>, Signal> {
        Ok(self.owned()?.begin(path))
    }

    /// Writes the record of an attempt by `write`, and settles what it had reserved `within` limited nodes.
    ///
    /// # Errors
    /// Taken over: nothing is written.
    pub fn commit(
        &self,
        record: &Record,
        within: &Within,
        write: impl FnOnce(&mut T),
    ) -> Result<T::Ack, Signal> {
        let mut state = self.owned()?;
        let progress = state.progress();
        write(&mut state.kept);
        state.standing.in_flight.retain(|path| *path != record.key.path);
        let reserved = state.ledger.settle(&record.key, record.usage, within);
        Ok(state.kept.write(Change::Attempt { record, within, reserved, progress }))
    }

    /// Asks, and waits for the reply as long as the run has something else to do.
    ///
    /// # Errors
    /// [`Signal::Suspended`], and other signals.
    pub async fn ask(
        &self,
        question: Question,
        arms: &[(Path, usize)],
        asked: Asked<'_>,
    ) -> Result<Reply, Signal> {
        self.check()?;
        if let Some(ack) = self.record_question(&question, arms)? {
            T::durable(ack, &self.activity).await?;
            asked(&question);
        }
        let path = question.path;
        loop {
            match self.activity.until(|| self.look(&path).transpose()).await? {
                Seen::Reply(reply) => return Ok(reply),
                Seen::Due(ack) => T::durable(ack, &self.activity).await?,
            }
        }
    }

    /// `None` if it was recorded before.
    fn record_question(&self, question: &Question, arms: &[(Path, usize)]) -> Result<Option<T::Ack>, Signal> {
        let mut state = self.owned()?;
        let open = state.questions.iter().map(|open| &open.question);
        let known = open.chain(state.answered.iter().map(|a| &a.question)).find(|q| q.path == question.path);
        if let Some(known) = known {
            return known.is_asked_again(question).map(|()| None);
        }
        state.questions.push(Open { question: question.clone(), arms: arms.to_vec() });
        let progress = state.progress();
        Ok(Some(state.kept.write(Change::Asked { question, arms, progress })))
    }

    fn look(&self, path: &Path) -> Result<Option<Seen<T::Ack>>, Signal> {
        let mut state = self.owned()?;
        if let Some(found) = state.answered.iter().find(|a| a.question.path == *path).cloned() {
            state.standing.replied = false;
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
        let reply = Reply { value: default, by: Some("deadline".to_owned()), at: now };
        let ack = state.kept.write(Change::Due { path, reply: &reply });
        if T::REPLIES_HERE {
            state.answer(i, reply);
        }
        Ok(Some(Seen::Due(ack)))
    }

    /// Withdraws the questions that stand in an arm.
    ///
    /// # Errors
    /// Taken over.
    pub fn withdraw(&self, fork: &Path, arm: usize) -> Result<Option<T::Ack>, Signal> {
        let mut state = self.owned()?;
        let inside = |open: &Open| open.arms.iter().any(|(path, i)| path == fork && *i == arm);
        if !state.questions.iter().any(inside) {
            return Ok(None);
        }
        let (gone, open) = std::mem::take(&mut state.questions).into_iter().partition(inside);
        state.questions = open;
        let gone: Vec<Open> = gone;
        let paths: Vec<_> = gone.into_iter().map(|open| open.question.path).collect();
        Ok(Some(state.kept.write(Change::Withdrawn(&paths))))
    }

    /// Writes down how the execution ended.
    ///
    /// # Errors
    /// Taken over: nothing is written.
    pub fn finish(&self, ended: Ended) -> Result<T::Ack, Signal> {
        let mut state = self.owned()?;
        self.finished.store(true, Ordering::SeqCst);
        self.count_time(&mut state);
        if state.standing.end(ended) {
            state.ledger.charge_open();
            state.questions.clear();
        }
        let State { kept, standing, .. } = &mut *state;
        Ok(kept.write(Change::Finished(standing)))
    }

    fn count_time(&self, state: &mut State<T>) {
        let worked = self.entry.clock.now().since(self.began);
        state.standing.active = state.standing.active.saturating_add(worked);
    }
}

/// What is seen of a question.
enum Seen<A> {
    /// It is answered.
    Reply(Reply),
    /// Its deadline has passed; once this is durable it is answered, by its default or by whoever was faster.
    Due(A),
}

impl<T: Keep> State<T> {
    /// Notes that a body is under way. In a run that was taken over it is written down.
    fn begin(&mut self, path: &Path) -> Option<T::Ack> {
        self.standing.begin(path);
        (self.standing.takeovers > 0).then(|| self.kept.write(Change::Began(&self.standing)))
    }

    /// Notes that the run has come one step further. `true` if it is the first since it was taken over.
    fn progress(&mut self) -> bool {
        std::mem::take(&mut self.standing.takeovers) > 0
    }
}

/// All handles of a run share its turn, and so its account.
#[async_trait]
impl<T: Keep> Account for Turn<T> {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        let ack = {
            let mut state = self.issuing()?;
            if !state.ledger.reserve(&reservation).map_err(Refusal::Limit)? {
                return Ok(());
            }
            state.kept.write(Change::Reserved(&reservation))
        };
        Ok(T::durable(ack, &self.activity).await?)
    }

    async fn check(&self, key: &Key, within: &Within) -> Result<(), Refusal> {
        self.issuing()?.ledger.check(key, within).map_err(Refusal::Limit)
    }

    async fn settle(&self, key: &Key, used: Usage, within: &Within) -> Result<(), Signal> {
        let ack = {
            let mut state = self.owned()?;
            state.ledger.settle(key, used, within);
            state.kept.write(Change::Settled { key, used, within })
        };
        T::durable(ack, &self.activity).await
    }

    fn forfeit(&self, key: &Key, used: Usage, within: &Within) {
        // Whoever took the run over has charged it.
        if let Ok(mut state) = self.owned() {
            state.ledger.forfeit(key, used, within);
            drop(state.kept.write(Change::GivenUp { key, used, within }));
        }
    }
}

impl<T: Keep> Drop for Turn<T> {
    fn drop(&mut self) {
        let mut state = lock(&self.entry.state);
        if state.token == self.token {
            state.live = None;
            if !self.finished.load(Ordering::SeqCst) {
                self.count_time(&mut state);
                let State { kept, standing, .. } = &mut *state;
                drop(kept.write(Change::Released(standing)));
            }
            drop(state);
            self.entry.idle.notify_waiters();
        }
    }
}
