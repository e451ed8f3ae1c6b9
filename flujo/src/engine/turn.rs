use super::table::{Entry, Open, State, lock};
use super::{
    Account, Activity, Asked, Ended, EndedBy, FinalOutcome, Key, Record, Refusal, Reservation, Within,
};
use crate::clock::{Clock, Timestamp};
use crate::error::{FailureRecord, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::usage::Usage;
use async_trait::async_trait;
use std::fmt;
use std::sync::{Arc, MutexGuard};

/// The right to work on a run, until it is dropped or somebody else takes it.
pub struct Turn<T = ()> {
    entry: Arc<Entry<T>>,
    activity: Arc<Activity>,
    token: u64,
    began: Timestamp,
}

impl<T> fmt::Debug for Turn<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("run", &self.entry).field("token", &self.token).finish_non_exhaustive()
    }
}

impl<T> Turn<T> {
    pub(super) fn new(entry: Arc<Entry<T>>, activity: Arc<Activity>, token: u64) -> Self {
        let began = entry.clock.now();
        Self { entry, activity, token, began }
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
        if state.cancelled { Err(Signal::Cancelled) } else { Ok(state) }
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
    ) -> Result<Option<O>, Signal> {
        let mut state = self.issuing()?;
        let found = find(&state.kept);
        if found.is_none() {
            state.begin(path);
        }
        Ok(found)
    }

    /// Notes that a body is under way.
    ///
    /// # Errors
    /// Taken over.
    pub fn begin(&self, path: &Path) -> Result<(), Signal> {
        self.owned()?.begin(path);
        Ok(())
    }

    /// Writes the record of an attempt by `write`, and settles what it had reserved `within` limited nodes.
    ///
    /// # Errors
    /// Taken over: nothing is written.
    pub fn commit(&self, record: &Record, within: &Within, write: impl FnOnce(&mut T)) -> Result<(), Signal> {
        let mut state = self.owned()?;
        write(&mut state.kept);
        state.in_flight.retain(|path| *path != record.key.path);
        state.takeovers = 0;
        state.ledger.settle(&record.key, record.usage, within);
        Ok(())
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
        if self.record_question(&question, arms)? {
            asked(&question);
        }
        let path = question.path;
        self.activity.until(|| self.look(&path).transpose()).await
    }

    /// Whether it was not recorded before.
    fn record_question(&self, question: &Question, arms: &[(Path, usize)]) -> Result<bool, Signal> {
        let mut state = self.owned()?;
        let open = state.questions.iter().map(|open| &open.question);
        let known = open.chain(state.answered.iter().map(|a| &a.question)).find(|q| q.path == question.path);
        if let Some(known) = known {
            return known.is_asked_again(question).map(|()| false);
        }
        state.questions.push(Open { question: question.clone(), arms: arms.to_vec() });
        state.takeovers = 0;
        Ok(true)
    }

    fn look(&self, path: &Path) -> Result<Option<Reply>, Signal> {
        let mut state = self.owned()?;
        if let Some(found) = state.answered.iter().find(|a| a.question.path == *path) {
            return Ok(Some(found.reply.clone()));
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
        Ok(Some(state.answer(i, reply).reply))
    }

    /// Withdraws the questions that stand in an arm.
    ///
    /// # Errors
    /// Taken over.
    pub fn withdraw(&self, fork: &Path, arm: usize) -> Result<(), Signal> {
        self.owned()?.questions.retain(|open| !open.arms.iter().any(|(path, i)| path == fork && *i == arm));
        Ok(())
    }

    /// Writes down how the execution ended.
    pub fn finish(&self, ended: Ended) {
        let Ok(mut state) = self.owned() else { return };
        if let Some(context) = ended.context {
            state.context = context;
        }
        let outcome = match ended.outcome {
            Ok(output) => Some(FinalOutcome::Done(output)),
            Err(EndedBy::Failure(failure)) => Some(FinalOutcome::Failed(failure)),
            Err(EndedBy::Signal(Signal::Cancelled)) => Some(FinalOutcome::Cancelled),
            Err(EndedBy::Signal(Signal::RunLimit(exceeded))) => {
                Some(FinalOutcome::Failed(FailureRecord::limit(exceeded)))
            }
            Err(EndedBy::Signal(Signal::Suspended)) => {
                state.paused = true;
                None
            }
            Err(EndedBy::Signal(signal)) => {
                state.stopped = Some(signal);
                None
            }
        };
        if let Some(outcome) = outcome {
            state.ledger.charge_open();
            state.questions.clear();
            state.in_flight.clear();
            state.outcome = Some(outcome);
        }
    }
}

/// All handles of a run share its turn, and so its account.
#[async_trait]
impl<T: Send> Account for Turn<T> {
    async fn reserve(&self, reservation: Reservation) -> Result<(), Refusal> {
        self.issuing()?.ledger.reserve(reservation).map_err(Refusal::Limit)
    }

    async fn check(&self, key: &Key, within: &Within) -> Result<(), Refusal> {
        self.issuing()?.ledger.check(key, within).map_err(Refusal::Limit)
    }

    async fn settle(&self, key: &Key, used: Usage, within: &Within) -> Result<(), Signal> {
        self.owned()?.ledger.settle(key, used, within);
        Ok(())
    }

    fn forfeit(&self, key: &Key, used: Usage, within: &Within) {
        // Whoever took the run over has charged it.
        if let Ok(mut state) = self.owned() {
            state.ledger.forfeit(key, used, within);
        }
    }
}

impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        let mut state = lock(&self.entry.state);
        if state.token == self.token {
            state.live = None;
            let worked = self.entry.clock.now().since(self.began);
            state.active = state.active.saturating_add(worked);
            drop(state);
            self.entry.idle.notify_waiters();
        }
    }
}
