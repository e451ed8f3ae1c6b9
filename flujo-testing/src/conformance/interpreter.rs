//! The program that issues the commands of a script, as the runtime does for a pipeline.

use super::script::{Ask, Attempt, Deed, Fork, Give, Op, failure, number};
use super::world::Stage;
use flujo::clock::{Clock, Timestamp};
use flujo::codec::{Digest, Json};
use flujo::engine::{
    Account, Arm, ArmEnd, ArmGrant, ArmRecord, AttemptCommand, AttemptRecord, BoxFuture, Ended, EndedBy,
    Handle, Key, Kind, Program, RecordOutcome, Refusal, Reservation,
};
use flujo::error::{FailureRecord, Signal};
use flujo::question::Question;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

/// A script, with the state that its programs share.
pub(super) struct Script {
    pub(super) stage: Stage,
    pub(super) ops: Arc<[Op]>,
    /// The output of the program.
    pub(super) output: Json,
    /// The final context of the program.
    pub(super) context: Json,
}

impl Program for Script {
    fn run(&self, mut handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(async move {
            let played = play(&self.stage, &self.ops, handle.as_mut()).await;
            let outcome = match played {
                Ok(_) => Ok(self.output.clone()),
                Err(Stop::Failure(failure)) => Err(EndedBy::Failure(*failure)),
                Err(Stop::Signal(signal)) => Err(EndedBy::Signal(signal)),
            };
            Ended { outcome, context: Some(self.context.clone()) }
        })
    }
}

/// The reason why a script stops before its end.
enum Stop {
    Failure(Box<FailureRecord>),
    Signal(Signal),
}

impl From<Signal> for Stop {
    fn from(signal: Signal) -> Self {
        Self::Signal(signal)
    }
}

/// Issues the commands; returns the value of the last one.
fn play<'a>(
    stage: &'a Stage,
    ops: &'a [Op],
    handle: &'a mut dyn Handle,
) -> BoxFuture<'a, Result<Json, Stop>> {
    Box::pin(async move {
        let mut value = Json::null();
        for op in ops {
            value = match op {
                Op::Attempt(attempt) => attempted(stage, attempt, handle).await?,
                Op::Sleep { path, wait } => {
                    let key = Key { path: (*path).into(), kind: Kind::Sleep, n: 1 };
                    noted(stage, path, handle.sleep(key, *wait).await)?;
                    stage.result(format!("{path} is over after {} s", stage.seconds()));
                    Json::null()
                }
                Op::Ask(ask) => asked(stage, ask, handle).await?,
                Op::Fork(fork) => forked(stage, fork, handle).await?,
                Op::Once(label, act) => {
                    if stage.first(label) {
                        stage.act(act).await;
                    }
                    continue;
                }
                Op::Fail(path) => return Err(Stop::Failure(Box::new(failure(path)))),
                Op::Stop(signal) => return Err(Stop::Signal(signal.clone())),
            };
        }
        Ok(value)
    })
}

/// Notes the signal that ended a command.
fn noted<T>(stage: &Stage, command: &str, ended: Result<T, Signal>) -> Result<T, Signal> {
    if let Err(signal) = &ended {
        // An ordered log ends the execution of an arm with this signal; it is not an outcome of the command.
        if *signal != Signal::ArmEnded {
            stage.result(format!("{command} ends by {}", named(signal)));
        }
    }
    ended
}

/// Describes a signal without the texts that engines may choose.
pub(super) fn named(signal: &Signal) -> String {
    match signal {
        Signal::JournalMismatch(mismatch) => format!("JournalMismatch at {}", mismatch.path),
        Signal::Engine(_) => "Engine".to_owned(),
        Signal::RunLimit(_) => "RunLimit".to_owned(),
        signal => format!("{signal:?}"),
    }
}

async fn attempted(stage: &Stage, attempt: &Attempt, handle: &mut dyn Handle) -> Result<Json, Stop> {
    let command = AttemptCommand {
        key: attempt.key.clone(),
        version: attempt.version,
        migrates_from: attempt.migrates_from,
        digest: Digest::of(attempt.input.as_bytes()),
        within: attempt.limits.clone(),
    };
    let name = format!("{}.{}", attempt.key.path, attempt.key.n);
    let account = handle.account();
    let body = Box::pin(perform(stage, attempt, name.clone(), account));
    let record = noted(stage, &name, handle.attempt(command, body).await)?;
    if record.key != attempt.key {
        stage.result(format!("{name} is answered by the record of {}", record.key));
    }
    match &record.outcome {
        RecordOutcome::Output(json) => {
            stage.result(format!("{name} = {}", canonical(json)));
            Ok(json.clone())
        }
        RecordOutcome::Failure(failure) => {
            stage.result(format!("{name} failed: {}", failure.chain.join(": ")));
            Ok(Json::null())
        }
    }
}

/// Normalizes a JSON text, regardless of the order of keys and of white space: an engine may store it as a
/// value.
pub(super) fn canonical(json: &Json) -> String {
    json.decode::<serde_json::Value>()
        .map_or_else(|error| format!("no JSON: {error}"), |value| value.to_string())
}

async fn perform(
    stage: &Stage,
    attempt: &Attempt,
    name: String,
    account: Arc<dyn Account>,
) -> Result<AttemptRecord, Signal> {
    stage.effect(format!("{name} runs"));
    let _under_way = stage.under_way();
    let started = stage.clock().now();
    for deed in &attempt.does {
        match deed {
            Deed::Sleep(wait) => stage.clock().sleep(*wait).await,
            Deed::Meet(n) => stage.meet(*n).await,
            Deed::Sees(line) => stage.sees(line).await,
            Deed::SeesAll(text, n) => stage.sees_all(text, *n).await,
            Deed::Later(seconds) => stage.later(*seconds).await,
            Deed::Yield => {
                for _ in 0..20 {
                    yielded().await;
                }
            }
            Deed::Act(act) => stage.act(act).await,
            Deed::Never => std::future::pending().await,
            Deed::Reserve(n) => {
                let reservation = Reservation {
                    key: attempt.key.clone(),
                    amount: super::script::calls(*n),
                    within: attempt.limits.clone(),
                };
                stage.effect(format!("{name} reserves {n}: {}", refused(account.reserve(reservation).await)));
            }
            Deed::Check => {
                let checked = account.check(&attempt.key, &attempt.limits).await;
                stage.effect(format!("{name} checks: {}", refused(checked)));
            }
            Deed::Settle(n) => {
                let used = super::script::calls(*n);
                let settled = account.settle(&attempt.key, used, &attempt.limits).await;
                let settled = settled.map_or_else(|signal| named(&signal), |()| "done".to_owned());
                stage.effect(format!("{name} settles {n}: {settled}"));
            }
            Deed::Forfeit(n) => {
                account.forfeit(&attempt.key, super::script::estimated(*n), &attempt.limits);
            }
        }
    }
    let outcome = match &attempt.gives {
        Give::Output(json) => Ok(json.clone()),
        Give::Failure(failure) => Err(failure.clone()),
        Give::Signal(signal) => return Err(signal.clone()),
    };
    let extras = attempt.extras.as_deref();
    let times = extras.map_or_else(|| (started, stage.clock().now()), |extras| extras.times);
    Ok(AttemptRecord {
        outcome,
        parts: extras.map(|extras| extras.parts.clone()).unwrap_or_default(),
        usage: attempt.used,
        findings: extras.map(|extras| extras.findings.clone()).unwrap_or_default(),
        cached: extras.is_some(),
        models: extras.map(|extras| Box::new(extras.models.clone())),
        messages: extras.map(|extras| extras.messages.clone().into()).unwrap_or_default(),
        started: times.0,
        ended: times.1,
    })
}

/// Yields once, on any runtime.
async fn yielded() {
    let mut is_second = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut is_second, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn refused(answer: Result<(), Refusal>) -> String {
    match answer {
        Ok(()) => "yes".to_owned(),
        Err(Refusal::Limit(exceeded)) => format!(
            "no, {:?} of {:?}: {:?} spent, {:?} reserved, {:?} needed",
            exceeded.limit, exceeded.of, exceeded.spent, exceeded.reserved, exceeded.needed
        ),
        Err(Refusal::Signal(signal)) => format!("no, {}", named(&signal)),
    }
}

/// Builds the question of a script, as the runtime does at this time.
pub(super) fn question(stage: &Stage, ask: &Ask) -> Question {
    let now = stage.clock().now();
    Question {
        path: ask.path.into(),
        message: ask.message.to_owned(),
        shown: ask.shown.map(number),
        schema: Json::recorded(format!("{{\"type\":\"{}\"}}", ask.schema)),
        asked: now,
        deadline: ask.default.map(|(wait, _)| now.plus(wait)),
        default: ask.default.map(|(_, reply)| number(reply)),
    }
}

async fn asked(stage: &Stage, ask: &Ask, handle: &mut dyn Handle) -> Result<Json, Stop> {
    let path = ask.path;
    let mut tell = |_: &Question| {
        stage.effect(format!("{path} is told"));
        if ask.dies_told && stage.first(path) {
            // No command follows, as when a process ends; the panic hook is silent. An engine that runs
            // programs on a task of its own may catch the panic: the execution is dropped all the same.
            stage.world.die();
            std::panic::resume_unwind(Box::new(Died));
        }
    };
    let reply = noted(stage, path, handle.ask(question(stage, ask), &mut tell).await)?;
    let by = reply.by.as_deref().unwrap_or("no author");
    stage.result(format!("{path} is replied {} by {by} at {}", canonical(&reply.value), reply.at.0));
    Ok(reply.value)
}

/// The panic payload that stands for the end of the process.
pub(super) struct Died;

async fn forked(stage: &Stage, fork: &Fork, handle: &mut dyn Handle) -> Result<Json, Stop> {
    let values: Vec<Arc<Mutex<Option<Json>>>> = fork.arms.iter().map(|_| Arc::default()).collect();
    let arms = fork.arms.iter().zip(&values).map(|(ops, value)| {
        let value = Arc::clone(value);
        Arm { body: Box::new(move |grant| Box::pin(arm(stage, ops, grant, value))) }
    });
    let ended = handle.fork(fork.path.into(), arms.collect(), fork.policy).await;
    let ends = noted(stage, fork.path, ended)?;
    let at_hand = values.iter().map(|value| value.lock().unwrap_or_else(PoisonError::into_inner).clone());
    let shown: Vec<_> = ends.iter().zip(at_hand).map(|(end, value)| ending(end, value)).collect();
    let all = if ends.len() == fork.arms.len() { "" } else { ", and that is not one for each arm" };
    stage.result(format!("{} ends as [{}]{all}", fork.path, shown.join(", ")));
    if !fork.caught {
        for end in &ends {
            if let ArmEnd::Failed(failure) = end
                && fork.policy.fails(end)
            {
                return Err(Stop::Failure(Box::new(failure.clone())));
            }
        }
    }
    let signal =
        ends.into_iter().find_map(|end| if let ArmEnd::Signal(signal) = end { Some(signal) } else { None });
    signal.map_or_else(|| Ok(Json::null()), |signal| Err(Stop::Signal(signal)))
}

fn ending(end: &ArmEnd, value: Option<Json>) -> String {
    match end {
        ArmEnd::Inline => value.map_or_else(|| "no value".to_owned(), |value| canonical(&value)),
        ArmEnd::Recorded(record) if *record == arm_record(record.output.clone()) => canonical(&record.output),
        ArmEnd::Recorded(record) => format!("{record:?}"),
        ArmEnd::Failed(failure) => format!("failed: {}", failure.chain.join(": ")),
        ArmEnd::Signal(signal) => named(signal),
        ArmEnd::Cancelled => "cancelled".to_owned(),
    }
}

async fn arm(stage: &Stage, ops: &[Op], mut grant: ArmGrant, value: Arc<Mutex<Option<Json>>>) -> ArmEnd {
    match play(stage, ops, grant.handle.as_mut()).await {
        Ok(output) if grant.encode => ArmEnd::Recorded(arm_record(output)),
        Ok(output) => {
            *value.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
            ArmEnd::Inline
        }
        Err(Stop::Failure(failure)) => ArmEnd::Failed(*failure),
        Err(Stop::Signal(signal)) => ArmEnd::Signal(signal),
    }
}

/// Returns the record of an arm, with every field set.
fn arm_record(output: Json) -> ArmRecord {
    let parts = vec![("total".to_owned(), number(5).into())];
    ArmRecord { output, written: 6, parts, active: vec![(Timestamp(1), Timestamp(2))] }
}

/// Returns the paths and attempt numbers of records.
pub(super) fn keys(records: &[Arc<flujo::engine::Record>]) -> Vec<String> {
    records.iter().map(|record| format!("{}.{}", record.key.path, record.key.n)).collect()
}
