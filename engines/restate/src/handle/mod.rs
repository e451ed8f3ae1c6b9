//! The handle of one invocation: of a run, or of one arm of it.

mod arms;

use crate::account::unexpected;
use crate::arm::{Chain, PastResult, SentEnd};
use crate::entry::{Attempted, Entry, name_of};
use crate::limit;
use crate::request::{Answer, Invoked, Request};
use crate::wire::{APPLY, Begin, OBJECT, arms_of, error_of, signal_of};
use crate::worker::Worker;
use async_trait::async_trait;
use flujo::Usage;
use flujo::clock::Timestamp;
use flujo::engine::{
    Account, Arm, ArmEnd, ArmGrant, AttemptCommand, Body, ForkPolicy, Handle, Key, Kind, OnQuestion, Record,
    RunRecord,
};
use flujo::error::{Mismatch, Signal};
use flujo::path::Path;
use flujo::question::{Question, Reply};
use hyper::body::Bytes;
use restate_sdk::context::{RequestTarget, RunFuture};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use restate_sdk::serde::Json;
use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// The handle of an invocation. Commands are issued on its context, in their order.
pub(crate) struct Invocation {
    cx: ContextInternal,
    worker: Arc<Worker>,
    run: Arc<RunRecord>,
    execution: u32,
    /// The key of this invocation, and the id that the server gave it.
    key: String,
    id: String,
    chain: Chain,
    /// How many forks on the way to its arm were entered: commands before the last one are known.
    entered: usize,
    /// The commands that are not executed again, and those that this invocation has executed.
    known: Arc<Mutex<HashMap<Key, PastResult>>>,
    /// How often each fork was issued and failed.
    forks: HashMap<Path, u32>,
    forgiven: Vec<(Path, u32)>,
    /// The attempts whose bodies have reserved something.
    reserved: Arc<Mutex<HashSet<Key>>>,
    end: Arc<Mutex<Option<ArmEnd>>>,
    /// The time of the last thing that is on record. It is made of what is on record, so every replay has the same.
    last: Arc<Mutex<Timestamp>>,
}

impl Invocation {
    pub(crate) fn new(
        cx: ContextInternal,
        worker: Arc<Worker>,
        (key, id): (String, String),
        begin: Begin,
    ) -> Self {
        let Begin { run, execution, chain, commands, forgiven, .. } = begin;
        let last = commands.iter().filter_map(|(_, known)| known.at()).max();
        let last = Arc::new(Mutex::new(last.unwrap_or(run.created)));
        let known = commands.into_iter().map(|(key, known)| (key.clone(), known.under(key)));
        let known = Arc::new(Mutex::new(known.collect()));
        let (forks, reserved, end) = (HashMap::new(), Arc::default(), Arc::default());
        Self {
            cx,
            worker,
            run,
            execution,
            key,
            id,
            chain,
            entered: 0,
            known,
            forks,
            forgiven,
            reserved,
            end,
            last,
        }
    }

    /// Where the end of its arm is left.
    pub(crate) fn end(&self) -> Arc<Mutex<Option<ArmEnd>>> {
        Arc::clone(&self.end)
    }

    /// Where the time of its last thing is left.
    pub(crate) fn last(&self) -> Arc<Mutex<Timestamp>> {
        Arc::clone(&self.last)
    }

    fn happened(&self, at: Timestamp) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = at.max(*last);
    }

    /// The result of a command that is not executed again.
    fn find(&self, key: &Key) -> Result<Option<PastResult>, Signal> {
        let found = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if found.is_none() && self.entered < self.chain.len() {
            let what = "the invocation of an arm came across a command that was not executed before its fork";
            let mismatch = Mismatch { path: key.path.clone(), what: what.to_owned() };
            return Err(Signal::JournalMismatch(Box::new(mismatch)));
        }
        Ok(found)
    }

    fn keep(&self, key: Key, known: PastResult) {
        if let Some(at) = known.at() {
            self.happened(at);
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, known);
    }

    /// Asks the object of the run.
    async fn ask_object(&self, request: Request) -> Result<Answer, Signal> {
        let target = RequestTarget::object(OBJECT, self.run.id.as_str(), APPLY);
        let call = self.cx.request::<_, Json<Answer>>(target, Json(request)).call();
        match call.await {
            Ok(Json(Answer::Cancelled)) => Err(Signal::Cancelled),
            Ok(Json(Answer::Differs(signal))) => Err(signal),
            Ok(Json(answer)) => Ok(answer),
            Err(error) => Err(signal_of(&error)),
        }
    }

    /// The service of the arms of this build.
    fn service_of_arms(&self) -> String {
        arms_of(&self.run.pipeline, self.worker.build(&self.run.pipeline))
    }

    /// The service that this invocation is of.
    fn service(&self) -> String {
        if self.chain.is_empty() { self.run.pipeline.clone() } else { self.service_of_arms() }
    }

    /// The arms around this invocation, as questions record them.
    fn arms(&self) -> Vec<(Path, usize)> {
        self.chain.iter().map(|(path, _, arm)| (path.clone(), *arm)).collect()
    }

    /// Runs the arm that this invocation is for.
    async fn enter(&self, fork: usize, arm: usize, mut arms: Vec<Arm<'_>>) -> Signal {
        let is_last = fork + 1 == self.chain.len();
        if arm >= arms.len() {
            return Signal::Internal(format!("a fork has no arm {arm}"));
        }
        let body = arms.swap_remove(arm).body;
        let inner = Self {
            cx: self.cx.clone(),
            worker: Arc::clone(&self.worker),
            run: Arc::clone(&self.run),
            execution: self.execution,
            key: self.key.clone(),
            id: self.id.clone(),
            chain: self.chain.clone(),
            entered: fork + 1,
            known: Arc::clone(&self.known),
            forks: HashMap::new(),
            forgiven: self.forgiven.clone(),
            reserved: Arc::clone(&self.reserved),
            end: Arc::clone(&self.end),
            last: Arc::clone(&self.last),
        };
        match body(ArmGrant { handle: Box::new(inner), encode: is_last }).await {
            ArmEnd::Signal(signal) => signal,
            end if is_last => {
                *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
                Signal::ArmEnded
            }
            _ => Signal::Internal("an arm ended before the fork inside it was reached".to_owned()),
        }
    }

    /// Waits for the reply to a question that is open, or for its deadline.
    async fn wait_for(&self, question: &Question) -> Result<Reply, Signal> {
        let promise = self.cx.promise::<Json<Reply>>(question.path.as_str());
        let Some(deadline) = question.deadline.filter(|_| self.worker.has_server_time()) else {
            return promise.await.map(|Json(reply)| reply).map_err(|error| signal_of(&error));
        };
        let timer = self.cx.sleep(deadline.since(question.asked));
        let replied = async {
            Ok::<_, TerminalError>(restate_sdk::select! {
                replied = promise => { Some(replied?.0) },
                over = timer => { over?; None },
            })
        };
        if let Some(reply) = replied.await.map_err(|error: TerminalError| signal_of(&error))? {
            return Ok(reply);
        }
        match self.ask_object(Request::Due { path: question.path.clone(), send: false }).await? {
            Answer::Replied(reply) => Ok(reply),
            other => Err(unexpected(&other)),
        }
    }
}

#[async_trait]
impl Handle for Invocation {
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
        let key = command.key.clone();
        match self.find(&key)? {
            Some(PastResult::Record(Entry(record))) => {
                record.answers(&command)?;
                return Ok(record);
            }
            Some(_) => return Err(another_kind(&key)),
            None => {}
        }
        let (cx, name, within) = (self.cx.clone(), name_of(&key), command.within.clone());
        let limit = self.worker.client.limit;
        let executed = command.clone();
        let reservations = Arc::clone(&self.reserved);
        let run = cx.run(move || async move {
            match body.await {
                Ok(done) => {
                    let reserved =
                        reservations.lock().unwrap_or_else(PoisonError::into_inner).remove(&executed.key);
                    Ok(limit::written(Record::new(executed, done), reserved, limit)?)
                }
                // Nothing is recorded, and the server tries again.
                Err(signal @ (Signal::Engine(_) | Signal::OwnershipLost)) => {
                    Err(HandlerError::from(signal.to_string()))
                }
                Err(signal) => Err(error_of(&signal).into()),
            }
        });
        let bytes: Bytes = run.name(name).await.map_err(|error| signal_of(&error))?;
        let unreadable = |error| Signal::Internal(format!("the record of `{key}` cannot be read: {error}"));
        let Attempted { entry, reserved } = serde_json::from_slice(&bytes).map_err(unreadable)?;
        let record = entry.under(key.clone());
        record.answers(&command)?;
        let pays = key.kind == Kind::Model || within.is_some() || !self.run.limits.is_none();
        if pays || record.usage != Usage::default() {
            let settled = Request::Settle { key: key.clone(), used: record.usage, within, reserved };
            self.ask_object(settled).await?;
        }
        self.keep(key, PastResult::Record(Entry(Arc::clone(&record))));
        Ok(record)
    }

    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
        let clock = Arc::clone(&self.worker.clock);
        let (left, deadline) = match self.find(&key)? {
            Some(PastResult::Over) => return Ok(()),
            // An earlier execution set it.
            Some(PastResult::Until(deadline)) => (deadline.since(clock.now()), deadline),
            Some(_) => return Err(another_kind(&key)),
            None => {
                // On record under the name of the command, where a later execution finds it.
                let set = self.cx.run(move || async move { Ok(Json(clock.now().plus(wait))) });
                let Json(deadline) = set.name(name_of(&key)).await.map_err(|error| signal_of(&error))?;
                (wait, deadline)
            }
        };
        if self.worker.has_server_time() {
            self.cx.sleep(left).await.map_err(|error| signal_of(&error))?;
        } else {
            let clock = Arc::clone(&self.worker.clock);
            let over = self.cx.run(move || async move {
                clock.sleep(deadline.since(clock.now())).await;
                Ok(Json(()))
            });
            over.await.map_err(|error| signal_of(&error))?;
        }
        self.happened(deadline);
        self.keep(key, PastResult::Over);
        Ok(())
    }

    async fn ask(&mut self, question: Question, on_asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        let key = Key { path: question.path.clone(), kind: Kind::Ask, n: 1 };
        match self.find(&key)? {
            Some(PastResult::Reply(reply)) => return Ok(reply),
            Some(_) => return Err(another_kind(&key)),
            None => {}
        }
        // Its times are those of the first execution.
        let now = question.clone();
        let recorded = self.cx.run(move || async move { Ok(Json(question)) });
        let Json(question) = recorded.name(name_of(&key)).await.map_err(|error| signal_of(&error))?;
        question.is_asked_again(&now)?;
        let by = Invoked { service: self.service(), key: self.key.clone() };
        let asked = Request::Ask { question: question.clone(), arms: self.arms(), by };
        let mut asking = pin!(self.ask_object(asked));
        // What is answered without waiting was asked before, and is in the journal.
        let (answer, replayed) = match poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx))).await {
            Poll::Ready(answer) => (answer?, true),
            Poll::Pending => (asking.await?, false),
        };
        let reply = match answer {
            Answer::Replied(reply) => reply,
            Answer::Open(is_new) => {
                if is_new && !replayed {
                    on_asked(&question);
                }
                self.wait_for(&question).await?
            }
            other => return Err(unexpected(&other)),
        };
        self.keep(key, PastResult::Reply(reply.clone()));
        Ok(reply)
    }

    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        let n = self.forks.get(&path).copied().unwrap_or(0) + 1;
        let here = self.chain.get(self.entered).filter(|(fork, times, _)| *fork == path && *times == n);
        if let Some((_, _, arm)) = here {
            return Err(self.enter(self.entered, *arm, arms).await);
        }
        let key = Key { path: path.clone(), kind: Kind::Fork, n };
        let ends = match self.find(&key)? {
            Some(PastResult::Arms(ends)) => ends,
            Some(_) => return Err(another_kind(&key)),
            None => {
                let count = arms.len();
                // Their bodies run in other invocations.
                drop(arms);
                let ends = self.spread(&path, n, count, policy).await?;
                let signal = ends.iter().find_map(|end| match end {
                    SentEnd::Signal(signal) => Some(signal.clone()),
                    _ => None,
                });
                if let Some(signal) = signal {
                    return Err(signal);
                }
                self.keep(key, PastResult::Arms(ends.clone()));
                ends
            }
        };
        let ends: Vec<_> = ends.into_iter().map(ArmEnd::from).collect();
        if ends.iter().any(|end| policy.fails(end)) {
            self.forks.insert(path, n);
        }
        Ok(ends)
    }

    fn account(&self) -> Arc<dyn Account> {
        self.worker.accounts.of(&self.run.id, &self.reserved)
    }
}

fn another_kind(key: &Key) -> Signal {
    Signal::Internal(format!("`{key}` has a result of another kind"))
}
