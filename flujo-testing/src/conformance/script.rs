//! The suite's pipelines as data: the commands that an engine receives, and the actions of their bodies.

use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{Exchange, Finding, ForkPolicy, Key, Kind, ModelUse, NodeLimits, PartChange};
use flujo::error::{FailureKind, FailureRecord, LastAttempt, Signal};
use flujo::usage::Usage;
use std::sync::Arc;
use std::time::Duration;

/// One command of a script, or an action between two commands.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Attempt(Box<Attempt>),
    Sleep {
        path: &'static str,
        wait: Duration,
    },
    Ask(Box<Ask>),
    Fork(Box<Fork>),
    /// An action that happens once per check, however often an engine starts the program.
    Once(&'static str, Act),
    /// Ends the program, or the arm, as failed at this node.
    Fail(&'static str),
    /// Ends the program, or the arm, by a signal.
    Stop(Signal),
}

/// An action on the run from outside of it.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Notes the keys of all records.
    View,
    /// Notes usage and reservations.
    Usage,
    /// Ends the process: the execution is dropped.
    Die,
    Cancel,
    Reply(&'static str, i64),
    TakeOver,
    /// Tries to execute the run a second time.
    Execute,
}

/// An action in the body of an attempt.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Reserve(u64),
    Check,
    Settle(u64),
    Forfeit(u64),
    Sleep(Duration),
    /// Waits until this many bodies run concurrently.
    Meet(usize),
    /// Waits until this effect or result was noted.
    Sees(&'static str),
    /// Waits until this many notes contain this text.
    SeesAll(&'static str, usize),
    /// Yields to everything else that can proceed.
    Yield,
    /// Advances a held clock by this many seconds, once the engine has had time to write the commands issued
    /// before.
    Later(u64),
    Act(Act),
    Never,
}

/// The result of a body.
#[derive(Clone, Debug)]
pub(super) enum Give {
    Output(Json),
    Failure(Box<FailureRecord>),
    Signal(Signal),
}

#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) key: Key,
    pub(super) version: u32,
    pub(super) migrates_from: u32,
    pub(super) input: &'static str,
    pub(super) limits: Option<Arc<NodeLimits>>,
    pub(super) does: Vec<Deed>,
    pub(super) gives: Give,
    pub(super) used: Usage,
    /// Parts, findings and models of the record.
    pub(super) extras: Option<Box<Extras>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    pub(super) parts: Vec<(String, PartChange)>,
    pub(super) findings: Vec<Finding>,
    pub(super) models: ModelUse,
    pub(super) messages: Vec<Exchange>,
    pub(super) times: (Timestamp, Timestamp),
}

/// Returns a step with input `x` and output 0, to be changed by the methods below.
pub(super) fn step(path: &str) -> Attempt {
    Attempt {
        key: Key { path: path.into(), kind: Kind::Step, n: 1 },
        version: 1,
        migrates_from: 1,
        input: "x",
        limits: None,
        does: Vec::new(),
        gives: Give::Output(number(0)),
        used: Usage::default(),
        extras: None,
    }
}

/// Returns a model step, else as [`step`].
pub(super) fn call(path: &str) -> Attempt {
    let mut attempt = step(path);
    attempt.key.kind = Kind::Model;
    attempt
}

impl Attempt {
    pub(super) fn n(mut self, n: u32) -> Self {
        self.key.n = n;
        self
    }
    pub(super) fn version(mut self, version: u32, migrates_from: u32) -> Self {
        (self.version, self.migrates_from) = (version, migrates_from);
        self
    }
    pub(super) fn input(mut self, input: &'static str) -> Self {
        self.input = input;
        self
    }
    pub(super) fn limited(mut self, path: &str, calls: u64, outer: Option<Arc<NodeLimits>>) -> Self {
        self.limits = Some(limited(path, calls, outer));
        self
    }
    pub(super) fn does(mut self, deed: Deed) -> Self {
        self.does.push(deed);
        self
    }
    pub(super) fn act(self, act: Act) -> Self {
        self.does(Deed::Act(act))
    }
    pub(super) fn gives(mut self, n: i64) -> Self {
        self.gives = Give::Output(number(n));
        self
    }
    pub(super) fn gives_json(mut self, json: Json) -> Self {
        self.gives = Give::Output(json);
        self
    }
    pub(super) fn fails(mut self) -> Self {
        self.gives = Give::Failure(Box::new(failure(&self.key.path.to_string())));
        self
    }
    pub(super) fn signals(mut self, signal: Signal) -> Self {
        self.gives = Give::Signal(signal);
        self
    }
    pub(super) fn used(mut self, n: u64) -> Self {
        self.used = calls(n);
        self
    }
}

/// Returns a limit on the model calls of a node.
pub(super) fn limited(path: &str, calls: u64, outer: Option<Arc<NodeLimits>>) -> Arc<NodeLimits> {
    let limits = flujo::UsageLimits::NONE.model_calls(calls);
    Arc::new(NodeLimits { path: path.into(), limits, outer })
}

#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) path: &'static str,
    pub(super) message: &'static str,
    pub(super) schema: &'static str,
    pub(super) shown: Option<i64>,
    /// The wait from the moment the command is issued, and the default reply.
    pub(super) default: Option<(Duration, i64)>,
    /// The process dies in the callback that reports the open question.
    pub(super) dies_told: bool,
}

/// Returns a question without a deadline.
pub(super) fn ask(path: &'static str) -> Ask {
    Ask { path, message: "How many?", schema: "integer", shown: None, default: None, dies_told: false }
}

impl Ask {
    pub(super) fn message(mut self, message: &'static str) -> Self {
        self.message = message;
        self
    }
    pub(super) fn schema(mut self, schema: &'static str) -> Self {
        self.schema = schema;
        self
    }
    pub(super) fn showing(mut self, shown: i64) -> Self {
        self.shown = Some(shown);
        self
    }
    pub(super) fn default_after(mut self, seconds: u64, reply: i64) -> Self {
        self.default = Some((Duration::from_secs(seconds), reply));
        self
    }
    pub(super) fn dies_told(mut self) -> Self {
        self.dies_told = true;
        self
    }
}

#[derive(Clone, Debug)]
pub(super) struct Fork {
    pub(super) path: &'static str,
    pub(super) arms: Vec<Vec<Op>>,
    pub(super) policy: ForkPolicy,
    /// The program continues after the failure of the fork.
    pub(super) caught: bool,
}

/// Returns a fork with up to eight concurrent arms; its first failure ends it.
pub(super) fn fork(path: &'static str, arms: Vec<Vec<Op>>) -> Fork {
    Fork { path, arms, policy: ForkPolicy { settle: false, concurrency: 8 }, caught: false }
}

impl Fork {
    pub(super) fn settled(mut self) -> Self {
        self.policy.settle = true;
        self
    }
    pub(super) fn at_once(mut self, concurrency: usize) -> Self {
        self.policy.concurrency = concurrency;
        self
    }
    pub(super) fn caught(mut self) -> Self {
        self.caught = true;
        self
    }
}

/// Returns a durable timer.
pub(super) fn sleep(path: &'static str, seconds: u64) -> Op {
    Op::Sleep { path, wait: Duration::from_secs(seconds) }
}

impl From<Attempt> for Op {
    fn from(attempt: Attempt) -> Self {
        Self::Attempt(Box::new(attempt))
    }
}
impl From<Ask> for Op {
    fn from(ask: Ask) -> Self {
        Self::Ask(Box::new(ask))
    }
}
impl From<Fork> for Op {
    fn from(fork: Fork) -> Self {
        Self::Fork(Box::new(fork))
    }
}

/// Builds the commands of a program, in order.
macro_rules! script {
    ($($op:expr),* $(,)?) => { vec![$($crate::conformance::script::Op::from($op)),*] };
}
pub(super) use script;

pub(super) fn number(n: i64) -> Json {
    Json::recorded(n.to_string())
}

pub(super) fn calls(n: u64) -> Usage {
    Usage::default().model_calls(n)
}

/// Returns the usage of calls that are charged in full, without a report.
pub(super) fn estimated(n: u64) -> Usage {
    calls(n).estimated_calls(n)
}

/// Returns the failure of a node, with every field set that an attempt may set.
pub(super) fn failure(path: &str) -> FailureRecord {
    FailureRecord {
        kind: FailureKind::Rejected,
        retryable: true,
        chain: vec![format!("{path} is broken"), "because of that".to_owned()],
        feedback: Some("say it again".to_owned()),
        last_output: Some(number(13)),
        limit: Some(5),
        path: Some(path.into()),
        attempt: Some((1, 3)),
        redirect: true,
        retry_after: Some(7),
        exceeded: None,
        original: None,
        scope: None,
        last: Some(Box::new(LastAttempt { path: path.into(), n: 1, ended: Timestamp(9) })),
        active: Vec::new(),
    }
}
