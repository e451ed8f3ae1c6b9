use super::ledger::Ledger;
use super::{
    Activity, FinalOutcome, Keep, Record, RunFilter, RunId, RunRecord, RunState, RunSummary, RunView,
    Standing, Turn,
};
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, ErrorKind};
use crate::path::Path;
use crate::question::{Answered, Question, Reply};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The control side of an engine that keeps its runs in this process: run records, questions, ledger,
/// ownership. `Memory` and the test engines differ only in how they keep the records of commands: in `T`,
/// which is guarded by the same lock as everything else that is known of a run.
pub struct Table<T = ()> {
    runs: Mutex<BTreeMap<RunId, Arc<Entry<T>>>>,
    clock: Arc<dyn Clock>,
}

/// One run.
pub struct Entry<T = ()> {
    run: Arc<RunRecord>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) state: Mutex<State<T>>,
    pub(super) idle: Notify,
}

/// Everything that changes in a run.
pub(crate) struct State<T> {
    pub(crate) standing: Standing,
    /// The activity of the execution that works on the run.
    pub(crate) live: Option<Arc<Activity>>,
    pub(crate) token: u64,
    pub(crate) questions: Vec<Open>,
    pub(crate) answered: Vec<Answered>,
    pub(crate) ledger: Ledger,
    /// What the engine keeps.
    pub(crate) kept: T,
}

pub(crate) struct Open {
    pub(crate) question: Question,
    /// The arms that it stands in: a failing or cancelled arm withdraws its questions.
    pub(crate) arms: Vec<(Path, usize)>,
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}
impl<T> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("run", &self.run.id).finish_non_exhaustive()
    }
}

/// A poisoned lock means that a panic happened elsewhere; the state behind it is changed in one piece.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Keep> Table<T> {
    /// No runs yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { runs: Mutex::default(), clock }
    }

    /// The clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Creates a run. `keep` makes what the engine keeps of it.
    ///
    /// # Errors
    /// The run that has the id.
    pub fn create_with(
        &self,
        run: RunRecord,
        keep: impl FnOnce(&RunRecord) -> T,
    ) -> Result<Arc<Entry<T>>, Arc<Entry<T>>> {
        let mut runs = lock(&self.runs);
        if let Some(found) = runs.get(&run.id) {
            return Err(Arc::clone(found));
        }
        let state = State {
            standing: Standing::new(run.context.clone()),
            live: None,
            token: 0,
            questions: Vec::new(),
            answered: run.seed.replies.clone(),
            ledger: Ledger::new(run.limits),
            kept: keep(&run),
        };
        let id = run.id.clone();
        let entry = Entry::new(Arc::new(run), Arc::clone(&self.clock), state);
        runs.insert(id, Arc::clone(&entry));
        Ok(entry)
    }

    /// The runs that a filter takes, in the order of their ids.
    pub fn list(&self, filter: &RunFilter) -> Vec<RunSummary> {
        let runs: Vec<_> = lock(&self.runs).values().cloned().collect();
        let mut found = Vec::new();
        for summary in runs.iter().map(|run| run.summary()) {
            if filter.takes(&summary, found.len()) {
                found.push(summary);
            }
        }
        found
    }

    /// The run of this id.
    ///
    /// # Errors
    /// There is none.
    pub fn entry(&self, id: &RunId) -> Result<Arc<Entry<T>>, Error> {
        let found = lock(&self.runs).get(id).cloned();
        found.ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }
}

impl<T: Keep + Default> Table<T> {
    /// Creates a run.
    ///
    /// # Errors
    /// The run that has the id.
    pub fn create(&self, run: RunRecord) -> Result<Arc<Entry<T>>, Arc<Entry<T>>> {
        self.create_with(run, |_| T::default())
    }
}

impl<T: Keep> Entry<T> {
    pub(crate) fn new(run: Arc<RunRecord>, clock: Arc<dyn Clock>, state: State<T>) -> Arc<Self> {
        Arc::new(Self { run, clock, state: Mutex::new(state), idle: Notify::new() })
    }

    /// What the run was created with.
    pub fn run(&self) -> &Arc<RunRecord> {
        &self.run
    }

    /// Takes ownership with a new fencing token. `None` if the run has ended, which includes that it has
    /// just been taken over once too often.
    ///
    /// # Errors
    /// Somebody in this process works on it.
    pub fn take_turn(self: &Arc<Self>) -> Result<Option<Turn<T>>, Error> {
        let mut state = lock(&self.state);
        if state.live.is_some() {
            return Err(Error::new(ErrorKind::Busy(self.run.id.to_string())));
        }
        if state.standing.outcome.is_some() {
            return Ok(None);
        }
        state.ledger.charge_open();
        if !state.standing.take() {
            return Ok(None);
        }
        Ok(Some(self.next_turn(&mut state)))
    }

    /// Takes the run away from whoever works on it, as another process does after a lease has run out.
    pub fn take_over(self: &Arc<Self>) -> Turn<T> {
        self.turn()
    }

    /// The right to work on a run that somebody else has said is this process's.
    pub(crate) fn turn(self: &Arc<Self>) -> Turn<T> {
        self.next_turn(&mut lock(&self.state))
    }

    fn next_turn(self: &Arc<Self>, state: &mut State<T>) -> Turn<T> {
        let activity = Arc::new(Activity::default());
        state.token += 1;
        state.live = Some(Arc::clone(&activity));
        if state.standing.cancelled {
            activity.cancel();
        }
        Turn::new(Arc::clone(self), activity, state.token)
    }

    /// Everything known, with the records that the engine keeps.
    pub fn view(&self, records: impl FnOnce(&T) -> Vec<Arc<Record>>) -> RunView {
        let state = lock(&self.state);
        let standing = &state.standing;
        RunView {
            run: Arc::clone(&self.run),
            status: standing.status(state.live.is_some()),
            context: standing.context.clone(),
            records: records(&state.kept),
            questions: state.questions.iter().map(|open| open.question.clone()).collect(),
            answered: state.answered.clone(),
            usage: state.ledger.spent(),
            reserved: state.ledger.reserved(),
            active: standing.active,
            forgiven: standing.forgiven.clone(),
            stopped: standing.stopped.clone(),
        }
    }

    /// As one of a list.
    pub fn summary(&self) -> RunSummary {
        let state = lock(&self.state);
        let paused = state.standing.paused;
        let deadlines = state.questions.iter().filter_map(|open| open.question.deadline);
        RunSummary {
            id: self.run.id.clone(),
            pipeline: self.run.pipeline.clone(),
            state: RunState::from(&state.standing.status(state.live.is_some())),
            replied: paused && state.standing.replied,
            deadline: deadlines.min().filter(|_| paused),
        }
    }

    /// Waits until nobody works on the run.
    pub async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if lock(&self.state).live.is_none() {
                return;
            }
            idle.await;
        }
    }

    /// Makes a failed run ready to go on: the attempts of the node that failed no longer count. `attempts`
    /// gives the number of attempts recorded for a path.
    pub fn reopen(&self, attempts: impl Fn(&T, &Path) -> u32) {
        let mut state = lock(&self.state);
        let State { standing, kept, .. } = &mut *state;
        standing.reopen(|path| attempts(kept, path));
    }

    /// Answers an open question.
    ///
    /// # Errors
    /// There is no such open question, it was answered, or its deadline has passed.
    pub fn reply(&self, path: &Path, reply: Reply) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::new(ErrorKind::Reply(what)).at(path.clone()));
        let mut state = lock(&self.state);
        let answered = state.answered.iter().find(|a| a.question.path == *path);
        let open = state.questions.iter().position(|open| open.question.path == *path);
        let question = open.and_then(|i| state.questions.get(i)).map(|open| &open.question);
        refusal(answered.map(|a| &a.reply), question, self.clock.now()).map_or(Ok(()), refuse)?;
        if let Some(i) = open {
            state.answer(i, reply);
        }
        state.standing.replied = true;
        if let Some(live) = &state.live {
            live.changed();
        }
        Ok(())
    }

    /// Sets the flag that ends the run at its next command; a run that nobody works on ends at once.
    pub fn cancel(&self) {
        let mut state = lock(&self.state);
        if state.standing.outcome.is_some() {
            return;
        }
        state.standing.cancelled = true;
        if let Some(live) = &state.live {
            live.cancel();
            return;
        }
        state.questions.clear();
        state.ledger.charge_open();
        state.standing.outcome = Some(FinalOutcome::Cancelled);
    }

    /// Somebody else has answered, and it is written down: a reply that came through another process, or the
    /// default that this one wrote.
    pub fn told(&self, answered: Answered) {
        let mut state = lock(&self.state);
        let path = &answered.question.path;
        if state.answered.iter().any(|known| known.question.path == *path) {
            return;
        }
        state.questions.retain(|open| open.question.path != *path);
        state.answered.push(answered);
        state.standing.replied = true;
        if let Some(live) = &state.live {
            live.changed();
        }
    }

    /// Somebody else has cancelled the run, and it is written down.
    pub fn told_cancelled(&self) {
        let mut state = lock(&self.state);
        state.standing.cancelled = true;
        if let Some(live) = &state.live {
            live.cancel();
        }
    }
}

/// Why a reply is not taken, if it is not: it was answered before, is not open, or too late.
pub(crate) fn refusal(first: Option<&Reply>, open: Option<&Question>, now: Timestamp) -> Option<String> {
    if let Some(first) = first {
        let by = first.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        return Some(format!("already answered{by} at {:?}", first.at));
    }
    let Some(question) = open else { return Some("no such question is open".to_owned()) };
    let late = question.deadline.is_some_and(|deadline| now >= deadline);
    late.then(|| "the deadline of this question has passed; its default counts".to_owned())
}

impl<T> State<T> {
    pub(super) fn answer(&mut self, i: usize, reply: Reply) -> Answered {
        let open = self.questions.remove(i);
        let answered = Answered { question: open.question, reply };
        self.answered.push(answered.clone());
        answered
    }
}
