//! The state of a logical run, which the object of the run keeps: everything but its records, which are in the journals
//! of its invocations.

#[cfg(test)]
mod tests;

use crate::request::{Answer, Effect, Invoked, Request, SentEnded};
use flujo::clock::Timestamp;
use flujo::engine::kit::{Ledger, Lifecycle, OpenQuestion, check_reply};
use flujo::engine::{Key, Reservation, RunRecord};
use flujo::path::Path;
use flujo::question::{Answered, Question, Reply};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a run, beside the record that it was created with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunState {
    pub(crate) pipeline: String,
    /// The key of its graph.
    pub(crate) graph: String,
    /// Whether it may come to rest.
    pub(crate) may_ask: bool,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) questions: Vec<AskedQuestion>,
    pub(crate) answered: Vec<Answered>,
    pub(crate) ledger: Ledger,
    /// The number of the newest execution; 0 before the first.
    pub(crate) execution: u32,
    /// The invocations of the executions, in their order, as the server names them.
    pub(crate) invocations: Vec<String>,
    /// How often the run came to rest: nothing of it worked any more, and replies were waited for.
    pub(crate) rests: u32,
    /// The invocations that work: those that wait for replies or for their arms do not.
    working: BTreeSet<String>,
    /// The forks whose arms have not all ended, by the invocation that waits for them.
    forks: BTreeMap<String, BTreeSet<String>>,
    /// Reservations by the attempt that holds them: an attempt that is made again gives up those of the lost one.
    holders: Vec<(Key, String)>,
}

/// An open question, and the invocation that asked it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AskedQuestion {
    pub(crate) open: OpenQuestion,
    by: Invoked,
}

/// The key of the invocation that executes a run for the `n`th time.
pub(crate) fn root_key(run: &str, execution: u32) -> String {
    format!("{run}~{execution}")
}

impl RunState {
    pub(crate) fn new(run: &RunRecord, graph: String, may_ask: bool) -> Self {
        Self {
            pipeline: run.pipeline.clone(),
            graph,
            may_ask,
            lifecycle: Lifecycle::new(run.context.clone(), run.created),
            questions: Vec::new(),
            answered: run.seed.replies.clone(),
            ledger: Ledger::new(run.limits),
            execution: 0,
            invocations: Vec::new(),
            rests: 0,
            working: BTreeSet::new(),
            forks: BTreeMap::new(),
            holders: Vec::new(),
        }
    }

    /// Whether an execution has begun and not ended.
    pub(crate) fn is_live(&self) -> bool {
        self.lifecycle.begun
            && self.lifecycle.outcome.is_none()
            && self.lifecycle.stopped.is_none()
            && !self.lifecycle.paused
    }

    /// Whether the execution works: it does not if all of its invocations wait for replies.
    pub(crate) fn is_working(&self) -> bool {
        self.is_live() && (!self.working.is_empty() || self.questions.is_empty())
    }

    /// The lifecycle as others see it: a run of which nothing works is paused, although its invocations wait.
    pub(crate) fn shown_lifecycle(&self) -> Lifecycle {
        let mut shown = self.lifecycle.clone();
        shown.paused |= self.is_live() && !self.is_working();
        shown
    }

    /// Applies a request to a run that exists.
    pub(crate) fn apply(&mut self, id: &str, request: Request) -> (Answer, Vec<Effect>) {
        let (lived, worked) = (self.is_live(), self.is_working());
        let (answer, mut effects) = self.decide(id, request);
        // Who waits for the end of an execution waits for its invocation; the call of who waits for a rest ends with it too.
        let rests = worked && self.is_live() && !self.is_working();
        if rests || (self.may_ask && lived && !self.is_live()) {
            effects.push(Effect::Rest(self.rests));
            self.rests += 1;
        }
        (answer, effects)
    }

    fn decide(&mut self, id: &str, request: Request) -> (Answer, Vec<Effect>) {
        let answer = match request {
            Request::Create { .. } => Answer::Exists,
            Request::Begin { at, .. } => return self.begin(id, at),
            Request::Reserve { reservation, holder } => self.reserve(&reservation, holder),
            Request::Check { key, within } if !self.lifecycle.cancelled => {
                self.ledger.check(&key, &within).map_or_else(Answer::Limit, |()| Answer::Done)
            }
            Request::Check { .. } => Answer::Cancelled,
            Request::Settle { key, used, within, reserved } => {
                let was_held = self.holders.extract_if(.., |(held, _)| *held == key).count() > 0;
                if was_held && !reserved {
                    let lost = self.ledger.held(&key).estimated();
                    self.ledger.forfeit(&key, lost, &within);
                }
                self.ledger.settle(&key, used, &within);
                Answer::Done
            }
            Request::Forfeit { key, used, within } => {
                self.holders.retain(|(held, _)| *held != key);
                self.ledger.forfeit(&key, used, &within);
                Answer::Done
            }
            Request::Ask { question, arms, by } => self.ask(question, arms, by),
            Request::Due { path, send } => return self.due(&path, send),
            Request::Reply { path, reply } => return self.reply(&path, reply),
            Request::Fork { invocation, arms } => {
                self.working.remove(&invocation);
                self.working.extend(arms.iter().cloned());
                self.forks.insert(invocation, arms);
                Answer::Done
            }
            Request::ArmEnded { invocation, of, stops } => self.arm_ended(&invocation, &of, stops),
            Request::Join { invocation, fork, withdrawn } => self.join(invocation, &fork, &withdrawn),
            Request::Finish { execution, ended, last } => self.finish(execution, ended, last),
            Request::Cancel { at, by } => {
                let (live, works) = (self.is_live(), self.is_working());
                let changed = self.lifecycle.cancel((at, by.as_deref()), works);
                // What only waits has ended with this: its invocations have nothing to do any more.
                if !works {
                    self.close();
                }
                return (Answer::Done, if changed && live { vec![Effect::Cancel] } else { Vec::new() });
            }
            Request::Reopen { at, by, attempts } => {
                self.lifecycle.reopen((at, by.as_deref()), |_| attempts);
                Answer::Done
            }
        };
        (answer, Vec::new())
    }

    pub(crate) fn begin(&mut self, id: &str, at: Timestamp) -> (Answer, Vec<Effect>) {
        if self.is_live() || !self.lifecycle.take(at) {
            return (Answer::Done, Vec::new());
        }
        // Who restarts a failed invocation is the server, which has its own count of that.
        self.lifecycle.takeovers = 0;
        self.ledger.charge_open();
        self.execution += 1;
        self.forks.clear();
        self.working = BTreeSet::from([root_key(id, self.execution)]);
        (Answer::Begun, vec![Effect::Start(self.execution)])
    }

    fn reserve(&mut self, reservation: &Reservation, holder: String) -> Answer {
        if self.lifecycle.cancelled {
            return Answer::Cancelled;
        }
        let key = &reservation.key;
        match self.holders.iter_mut().find(|(held, _)| held == key) {
            Some((_, by)) if *by == holder => {}
            Some((_, by)) => {
                // The body that held it is gone: its call may have been made.
                *by = holder;
                let lost = self.ledger.held(key).estimated();
                self.ledger.forfeit(key, lost, &reservation.within);
            }
            None => self.holders.push((key.clone(), holder)),
        }
        match self.ledger.reserve(reservation) {
            Ok(_) => Answer::Done,
            Err(exceeded) => Answer::Limit(exceeded),
        }
    }

    fn ask(&mut self, question: Question, arms: Vec<(Path, usize)>, by: Invoked) -> Answer {
        if self.lifecycle.cancelled {
            return Answer::Cancelled;
        }
        let path = &question.path;
        if let Some(known) = self.answered.iter().find(|known| known.question.path == *path) {
            return match known.question.is_asked_again(&question) {
                Ok(()) => Answer::Replied(known.reply.clone()),
                Err(signal) => Answer::Differs(signal),
            };
        }
        // An arm whose fork was joined without it is cancelled, and may not know that yet: its question would stay open for ever.
        if !self.working.remove(&by.key) {
            return Answer::Cancelled;
        }
        if let Some(known) = self.questions.iter_mut().find(|known| known.open.question.path == *path) {
            // A later execution asks it again, and is the one that waits.
            known.by = by;
            return match known.open.question.is_asked_again(&question) {
                Ok(()) => Answer::Open(false),
                Err(signal) => Answer::Differs(signal),
            };
        }
        self.lifecycle.changed = question.asked;
        self.questions.push(AskedQuestion { open: OpenQuestion::new(question, arms), by });
        Answer::Open(true)
    }

    /// Takes the default of a question, unless a reply came before.
    fn due(&mut self, path: &Path, send: bool) -> (Answer, Vec<Effect>) {
        if let Some(known) = self.answered.iter().find(|known| known.question.path == *path) {
            return (Answer::Replied(known.reply.clone()), Vec::new());
        }
        let question = self.questions.iter().map(|asked| &asked.open.question).find(|q| q.path == *path);
        let taken = question.and_then(|q| Some((q.deadline?, q.default.clone()?)));
        let Some((at, value)) = taken else { return (Answer::Done, Vec::new()) };
        let reply = Reply { value, by: Some("deadline".to_owned()), at };
        let waits = self.answer(path, reply.clone()).filter(|_| send);
        let answered = waits.map(|to| Effect::Answer { to, path: path.clone(), reply: reply.clone() });
        (Answer::Replied(reply), answered.into_iter().collect())
    }

    fn reply(&mut self, path: &Path, reply: Reply) -> (Answer, Vec<Effect>) {
        let answered = self.answered.iter().find(|known| known.question.path == *path);
        let open = self.questions.iter().map(|asked| &asked.open.question).find(|q| q.path == *path);
        let answered = answered.map(|known| &known.reply);
        if check_reply(path, answered, open, reply.at).is_err() {
            let (answered, open) = (answered.cloned(), open.cloned().map(Box::new));
            return (Answer::Refused { path: path.clone(), answered, open, at: reply.at }, Vec::new());
        }
        match self.answer(path, reply.clone()) {
            Some(to) => (Answer::Done, vec![Effect::Answer { to, path: path.clone(), reply }]),
            None => (Answer::Done, Vec::new()),
        }
    }

    /// Answers an open question; returns the invocation that waits for it, which works again.
    fn answer(&mut self, path: &Path, reply: Reply) -> Option<Invoked> {
        let at = self.questions.iter().position(|asked| asked.open.question.path == *path)?;
        let AskedQuestion { open, by } = self.questions.remove(at);
        self.lifecycle.changed = reply.at;
        self.answered.push(Answered { question: open.question, reply });
        self.working.insert(by.key.clone());
        Some(by)
    }

    fn arm_ended(&mut self, invocation: &str, of: &str, stops: bool) -> Answer {
        self.working.remove(invocation);
        // After its fork was joined, an arm is of no account.
        if let Some(arms) = self.forks.get_mut(of) {
            arms.remove(invocation);
            // Who waits for it goes on, so the run works at every moment.
            if stops || arms.is_empty() {
                self.working.insert(of.to_owned());
            }
        }
        Answer::Done
    }

    fn join(&mut self, invocation: String, fork: &Path, withdrawn: &[usize]) -> Answer {
        self.forget_arms(&invocation);
        let gone = |asked: &AskedQuestion| {
            asked.open.arms.iter().any(|(path, arm)| path == fork && withdrawn.contains(arm))
        };
        self.questions.retain(|asked| !gone(asked));
        self.working.insert(invocation);
        Answer::Done
    }

    /// Forgets the arms of an invocation, and theirs.
    fn forget_arms(&mut self, invocation: &str) {
        for arm in self.forks.remove(invocation).unwrap_or_default() {
            self.working.remove(&arm);
            self.forget_arms(&arm);
        }
    }

    fn finish(&mut self, execution: u32, ended: SentEnded, last: Timestamp) -> Answer {
        if execution != self.execution || self.lifecycle.outcome.is_some() {
            return Answer::Done;
        }
        // It has ended when it did what it did last, and was not ended before.
        let at = last.max(self.lifecycle.changed);
        let began = self.lifecycle.started.unwrap_or(at);
        self.lifecycle.active = at.since(began);
        self.working.clear();
        self.forks.clear();
        if self.lifecycle.end(ended.into(), at) {
            self.close();
        }
        Answer::Done
    }

    /// Nothing of the run is open any more.
    fn close(&mut self) {
        self.ledger.charge_open();
        self.questions.clear();
        self.holders.clear();
    }
}
