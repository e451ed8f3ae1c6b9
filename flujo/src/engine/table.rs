use super::ledger::Ledger;
use super::{Activity, FinalOutcome, Record, RunId, RunRecord, RunView, Status, Turn};
use crate::clock::Clock;
use crate::codec::Json;
use crate::error::{Error, ErrorKind, Signal};
use crate::path::Path;
use crate::question::{Answered, Question, Reply};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// After so many takeovers without a record in between a run has crashed for good.
const TAKEOVERS: u32 = 5;

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

/// Where a run stands.
pub(super) struct State<T> {
    pub(super) outcome: Option<FinalOutcome>,
    pub(super) paused: bool,
    /// The activity of the execution that works on the run.
    pub(super) live: Option<Arc<Activity>>,
    pub(super) token: u64,
    pub(super) takeovers: u32,
    /// How long executions that are over worked on it.
    pub(super) active: Duration,
    begun: bool,
    pub(super) cancelled: bool,
    pub(super) context: Json,
    pub(super) questions: Vec<Open>,
    pub(super) answered: Vec<Answered>,
    pub(super) ledger: Ledger,
    forgiven: Vec<(Path, u32)>,
    pub(super) in_flight: Vec<Path>,
    pub(super) stopped: Option<Signal>,
    /// What the engine keeps.
    pub(super) kept: T,
}

pub(super) struct Open {
    pub(super) question: Question,
    /// The arms that it stands in: a failing or cancelled arm withdraws its questions.
    pub(super) arms: Vec<(Path, usize)>,
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

impl<T> Table<T> {
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
            outcome: None,
            paused: false,
            live: None,
            token: 0,
            takeovers: 0,
            active: Duration::ZERO,
            begun: false,
            cancelled: false,
            context: run.context.clone(),
            questions: Vec::new(),
            answered: Vec::new(),
            ledger: Ledger::new(run.limits),
            forgiven: Vec::new(),
            in_flight: Vec::new(),
            stopped: None,
            kept: keep(&run),
        };
        let id = run.id.clone();
        let entry = Arc::new(Entry {
            run: Arc::new(run),
            clock: Arc::clone(&self.clock),
            state: Mutex::new(state),
            idle: Notify::new(),
        });
        runs.insert(id, Arc::clone(&entry));
        Ok(entry)
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

impl<T: Default> Table<T> {
    /// Creates a run.
    ///
    /// # Errors
    /// The run that has the id.
    pub fn create(&self, run: RunRecord) -> Result<Arc<Entry<T>>, Arc<Entry<T>>> {
        self.create_with(run, |_| T::default())
    }
}

impl<T> Entry<T> {
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
        if state.outcome.is_some() {
            return Ok(None);
        }
        // A run that begins, or goes on after a pause, is not taken over from anybody.
        if state.begun && !state.paused {
            state.takeovers += 1;
        }
        state.ledger.charge_open();
        if state.takeovers >= TAKEOVERS {
            let in_flight = std::mem::take(&mut state.in_flight);
            state.outcome = Some(FinalOutcome::Crashed(in_flight));
            return Ok(None);
        }
        state.begun = true;
        state.paused = false;
        state.stopped = None;
        Ok(Some(self.turn(&mut state)))
    }

    /// Takes the run away from whoever works on it, as another process does after a lease has run out.
    pub fn take_over(self: &Arc<Self>) -> Turn<T> {
        let mut state = lock(&self.state);
        self.turn(&mut state)
    }

    fn turn(self: &Arc<Self>, state: &mut State<T>) -> Turn<T> {
        let activity = Arc::new(Activity::default());
        state.token += 1;
        state.live = Some(Arc::clone(&activity));
        if state.cancelled {
            activity.cancel();
        }
        Turn::new(Arc::clone(self), activity, state.token)
    }

    /// Everything known, with the records that the engine keeps.
    pub fn view(&self, records: impl FnOnce(&T) -> Vec<Arc<Record>>) -> RunView {
        let state = lock(&self.state);
        let status = match &state.outcome {
            Some(outcome) => Status::Ended(outcome.clone()),
            None if state.live.is_some() => Status::Running,
            None if state.paused => Status::Paused,
            None if !state.begun => Status::Created,
            None => Status::Interrupted,
        };
        RunView {
            run: Arc::clone(&self.run),
            status,
            context: state.context.clone(),
            records: records(&state.kept),
            questions: state.questions.iter().map(|open| open.question.clone()).collect(),
            answered: state.answered.clone(),
            usage: state.ledger.spent(),
            active: state.active,
            forgiven: state.forgiven.clone(),
            stopped: state.stopped.clone(),
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
        if let Some(FinalOutcome::Failed(failure)) = &state.outcome {
            if let Some(path) = failure.node().cloned() {
                let so_far = attempts(&state.kept, &path);
                state.forgiven.retain(|(known, _)| *known != path);
                state.forgiven.push((path, so_far));
            }
            state.outcome = None;
            // Going on after a failure is no takeover either.
            state.paused = true;
        }
    }

    /// Answers an open question.
    ///
    /// # Errors
    /// There is no such open question, it was answered, or its deadline has passed.
    pub fn reply(&self, path: &Path, reply: Reply) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::new(ErrorKind::Reply(what)).at(path.clone()));
        let mut state = lock(&self.state);
        if let Some(first) = state.answered.iter().find(|a| a.question.path == *path) {
            return refuse(format!(
                "already answered{} at {:?}",
                first.reply.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default(),
                first.reply.at
            ));
        }
        let Some(i) = state.questions.iter().position(|open| open.question.path == *path) else {
            return refuse("no such question is open".to_owned());
        };
        let deadline = state.questions.get(i).and_then(|open| open.question.deadline);
        if deadline.is_some_and(|d| self.clock.now() >= d) {
            return refuse("the deadline of this question has passed; its default counts".to_owned());
        }
        state.answer(i, reply);
        if let Some(live) = &state.live {
            live.changed();
        }
        Ok(())
    }

    /// Sets the flag that ends the run at its next command; a run that nobody works on ends at once.
    pub fn cancel(&self) {
        let mut state = lock(&self.state);
        if state.outcome.is_some() {
            return;
        }
        state.cancelled = true;
        if let Some(live) = &state.live {
            live.cancel();
            return;
        }
        state.questions.clear();
        state.ledger.charge_open();
        state.outcome = Some(FinalOutcome::Cancelled);
    }
}

impl<T> State<T> {
    pub(super) fn begin(&mut self, path: &Path) {
        // One that was under way when the process died is under way again.
        if !self.in_flight.contains(path) {
            self.in_flight.push(path.clone());
        }
    }

    pub(super) fn answer(&mut self, i: usize, reply: Reply) -> Answered {
        let open = self.questions.remove(i);
        let answered = Answered { question: open.question, reply };
        self.answered.push(answered.clone());
        answered
    }
}
