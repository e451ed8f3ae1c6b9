use super::ledger::Ledger;
use super::{
    Activity, Ended, EndedBy, FinalOutcome, Key, Record, Reservation, RunId, RunRecord, RunView, Status,
};
use crate::clock::Clock;
use crate::codec::Json;
use crate::error::{Error, ErrorKind, FailureRecord, Signal};
use crate::path::Path;
use crate::question::{Answered, Question, Reply};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// After so many takeovers without a record in between a run has crashed for good.
const TAKEOVERS: u32 = 5;

/// The control side of an engine that keeps its runs in this process: run records, questions, ledger,
/// ownership. `Memory` and the test engines differ only in how they keep the records of commands.
pub struct Table {
    runs: Mutex<BTreeMap<RunId, Arc<Entry>>>,
    clock: Arc<dyn Clock>,
}

/// One run.
pub struct Entry {
    run: Arc<RunRecord>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    idle: Notify,
}

struct State {
    outcome: Option<FinalOutcome>,
    paused: bool,
    /// The activity of the execution that works on the run.
    live: Option<Arc<Activity>>,
    token: u64,
    takeovers: u32,
    begun: bool,
    cancelled: bool,
    context: Json,
    questions: Vec<Open>,
    answered: Vec<Answered>,
    ledger: Ledger,
    forgiven: Vec<(Path, u32)>,
    in_flight: Vec<Path>,
    stopped: Option<Signal>,
}

struct Open {
    question: Question,
    /// The arms that it stands in: a failing or cancelled arm withdraws its questions.
    arms: Vec<(Path, usize)>,
}

/// The right to work on a run, until it is dropped or somebody else takes it.
pub struct Turn {
    entry: Arc<Entry>,
    activity: Arc<Activity>,
    token: u64,
}

macro_rules! opaque {
    ($($t:ident)*) => { $(impl fmt::Debug for $t {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct(stringify!($t)).finish_non_exhaustive()
        }
    })* };
}
opaque!(Table Entry Turn);

/// A poisoned lock means that a panic happened elsewhere; the state behind it is changed in one piece.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Table {
    /// No runs yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { runs: Mutex::default(), clock }
    }

    /// The clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Creates a run.
    ///
    /// # Errors
    /// The run that has the id.
    pub fn create(&self, run: RunRecord) -> Result<Arc<Entry>, Arc<Entry>> {
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
            begun: false,
            cancelled: false,
            context: run.context.clone(),
            questions: Vec::new(),
            answered: Vec::new(),
            ledger: Ledger::new(run.limits),
            forgiven: Vec::new(),
            in_flight: Vec::new(),
            stopped: None,
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
    pub fn entry(&self, id: &RunId) -> Result<Arc<Entry>, Error> {
        let found = lock(&self.runs).get(id).cloned();
        found.ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }
}

impl Entry {
    /// What the run was created with.
    pub fn run(&self) -> &Arc<RunRecord> {
        &self.run
    }

    /// Takes ownership with a new fencing token. `None` if the run has ended, which includes that it has
    /// just been taken over once too often.
    ///
    /// # Errors
    /// Somebody in this process works on it.
    pub fn take_turn(self: &Arc<Self>) -> Result<Option<Turn>, Error> {
        let mut state = lock(&self.state);
        if state.live.is_some() {
            return Err(Error::new(ErrorKind::RunConflict(format!(
                "run `{}` is being worked on; wait for it, or cancel it",
                self.run.id
            ))));
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
    pub fn take_over(self: &Arc<Self>) -> Turn {
        let mut state = lock(&self.state);
        self.turn(&mut state)
    }

    fn turn(self: &Arc<Self>, state: &mut State) -> Turn {
        let activity = Arc::new(Activity::default());
        state.token += 1;
        state.live = Some(Arc::clone(&activity));
        if state.cancelled {
            activity.cancel();
        }
        Turn { entry: Arc::clone(self), activity, token: state.token }
    }

    /// Everything known, with the records that the engine keeps.
    pub fn view(&self, records: Vec<Arc<Record>>) -> RunView {
        let state = lock(&self.state);
        let status = match &state.outcome {
            Some(outcome) => Status::Ended(outcome.clone()),
            None if state.live.is_some() => Status::Running,
            None if state.paused => Status::Paused,
            None => Status::Interrupted,
        };
        RunView {
            run: Arc::clone(&self.run),
            status,
            context: state.context.clone(),
            records,
            questions: state.questions.iter().map(|open| open.question.clone()).collect(),
            answered: state.answered.clone(),
            usage: state.ledger.spent(),
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
    pub fn reopen(&self, attempts: impl Fn(&Path) -> u32) {
        let mut state = lock(&self.state);
        if let Some(FinalOutcome::Failed(failure)) = &state.outcome {
            if let Some(path) = failure.path.clone() {
                let so_far = attempts(&path);
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

impl State {
    fn answer(&mut self, i: usize, reply: Reply) -> Answered {
        let open = self.questions.remove(i);
        let answered = Answered { question: open.question, reply };
        self.answered.push(answered.clone());
        answered
    }
}

impl Turn {
    /// What is going on in this execution.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.entry.clock
    }

    /// Every write goes through here: it carries the token, and fails if that is not the newest.
    fn owned(&self) -> Result<MutexGuard<'_, State>, Signal> {
        let state = lock(&self.entry.state);
        if state.token == self.token { Ok(state) } else { Err(Signal::OwnershipLost) }
    }

    /// Looks whether a command may be issued.
    ///
    /// # Errors
    /// Cancelled, or taken over.
    pub fn check(&self) -> Result<(), Signal> {
        let state = self.owned()?;
        if state.cancelled { Err(Signal::Cancelled) } else { Ok(()) }
    }

    /// Notes that a body is under way.
    ///
    /// # Errors
    /// Taken over.
    pub fn begin(&self, path: &Path) -> Result<(), Signal> {
        let mut state = self.owned()?;
        // One that was under way when the process died is under way again.
        if !state.in_flight.contains(path) {
            state.in_flight.push(path.clone());
        }
        Ok(())
    }

    /// Writes the record of an attempt by `write`, and settles what it had reserved.
    ///
    /// # Errors
    /// Taken over: nothing is written.
    pub fn commit(&self, record: &Record, write: impl FnOnce()) -> Result<(), Signal> {
        let mut state = self.owned()?;
        write();
        state.in_flight.retain(|path| *path != record.key.path);
        state.takeovers = 0;
        state.ledger.settle(record.key.clone(), record.usage);
        Ok(())
    }

    /// See [`Handle::reserve`](super::Handle::reserve).
    ///
    /// # Errors
    /// A limit stands against it; cancelled; taken over.
    pub fn reserve(&self, reservation: Reservation) -> Result<(), Signal> {
        self.check()?;
        let path = reservation.key.path.clone();
        self.owned()?.ledger.reserve(reservation).map_err(|message| Signal::RunLimit { path, message })
    }

    /// See [`Handle::settle`](super::Handle::settle).
    ///
    /// # Errors
    /// Taken over.
    pub fn settle(&self, key: Key, used: crate::usage::Usage) -> Result<(), Signal> {
        self.owned()?.ledger.settle(key, used);
        Ok(())
    }

    /// Asks, and waits for the reply as long as the run has something else to do.
    ///
    /// # Errors
    /// [`Signal::Suspended`], and other signals.
    pub async fn ask(&self, question: Question, arms: &[(Path, usize)]) -> Result<Reply, Signal> {
        self.check()?;
        self.record_question(&question, arms)?;
        let path = question.path;
        self.activity.until(|| self.look(&path).transpose()).await
    }

    fn record_question(&self, question: &Question, arms: &[(Path, usize)]) -> Result<(), Signal> {
        let mut state = self.owned()?;
        let open = state.questions.iter().map(|open| &open.question);
        let known = open.chain(state.answered.iter().map(|a| &a.question)).find(|q| q.path == question.path);
        if let Some(known) = known {
            let what = if known.schema != question.schema {
                "the type of its reply is another one than when it was asked"
            } else if known.message != question.message || known.shown != question.shown {
                "it asks something else than when it was asked"
            } else {
                return Ok(());
            };
            return Err(Signal::mismatch(question.path.clone(), what));
        }
        state.questions.push(Open { question: question.clone(), arms: arms.to_vec() });
        state.takeovers = 0;
        Ok(())
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
            Err(EndedBy::Signal(Signal::RunLimit { path, message })) => {
                Some(FinalOutcome::Failed(FailureRecord::limit(path, message)))
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

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = lock(&self.entry.state);
        if state.token == self.token {
            state.live = None;
            drop(state);
            self.entry.idle.notify_waiters();
        }
    }
}
