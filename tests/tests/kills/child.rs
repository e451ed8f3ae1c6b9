//! What a process is told to do with a form, by its environment.

use crate::spoken::{Process, say};
use flujo::engine::{Engine, RunFilter, RunId, Status};
use flujo::prelude::*;
use flujo::question::Reply;
use flujo::step::{RunIn, StepCall};
use flujo::{ErrorKind, Pipeline, Usage};
use flujo_sqlite::Sqlite;
use flujo_testing::{Crash, Moment, PausedClock};
use flujo_tests::every_form;
use flujo_tests::stories::*;
use flujo_tests::world::*;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a process is told to do.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    pub database: &'a Path,
    pub form: &'a str,
    /// `work` on the run `run`, `reply` to what it asks, or `recover` all runs.
    pub role: &'a str,
    /// Stops at this command, from 1, and says so; 0 for never.
    pub at: usize,
    pub moment: Moment,
    /// How many milliseconds each call of a step takes.
    pub slow: u64,
    /// The time of a lease, in milliseconds.
    pub lease: u64,
}

impl<'a> Task<'a> {
    pub fn work(database: &'a Path, form: &'a str) -> Self {
        Self { database, form, role: "work", at: 0, moment: Moment::Before, slow: 0, lease: 15_000 }
    }
}

/// Starts a process; `test` is the test that it is to run, as far as its name goes.
pub fn start(test: &str, task: &Task<'_>) -> Process {
    let moment = if task.moment == Moment::Before { "before" } else { "after" };
    let told = [
        ("FLUJO_DATABASE", task.database.as_os_str().to_owned()),
        ("FLUJO_FORM", task.form.into()),
        ("FLUJO_ROLE", task.role.into()),
        ("FLUJO_AT", task.at.to_string().into()),
        ("FLUJO_MOMENT", moment.into()),
        ("FLUJO_SLOW", task.slow.to_string().into()),
        ("FLUJO_LEASE", task.lease.to_string().into()),
    ];
    Process::start(test, told)
}

/// What this process is told to do, if it was started by a test.
pub fn is_child() -> bool {
    let Ok(database) = std::env::var("FLUJO_DATABASE") else { return false };
    let word = |name: &str| std::env::var(name).unwrap();
    let number = |name: &str| word(name).parse::<u64>().unwrap();
    let moment = if word("FLUJO_MOMENT") == "before" { Moment::Before } else { Moment::After };
    let (form, role) = (word("FLUJO_FORM"), word("FLUJO_ROLE"));
    let inside = Inside {
        database: database.into(),
        role,
        at: usize::try_from(number("FLUJO_AT")).unwrap(),
        moment,
        slow: Duration::from_millis(number("FLUJO_SLOW")),
        lease: Duration::from_millis(number("FLUJO_LEASE")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(inside.form(&form));
    true
}

struct Inside {
    database: std::path::PathBuf,
    role: String,
    at: usize,
    moment: Moment,
    slow: Duration,
    lease: Duration,
}

macro_rules! work {
    ([$inside:ident $form:ident] $($pipeline:ident $name:literal [$($path:literal => $reply:literal),*];)+) => {
        match $form {
            $($name => $inside.work(|| $pipeline("x".to_owned()), &[$(($path, $reply)),*]).await,)+
            other => panic!("no form `{other}`"),
        }
    };
}

impl Inside {
    async fn form(&self, form: &str) {
        let inside = self;
        every_form!(work [inside form]);
    }

    async fn work<P>(&self, call: impl Fn() -> StepCall<P>, replies: &[(&str, &str)])
    where
        P: Pipeline + RunIn<P::Context, World>,
        P::Context: Default + Debug,
        P::Output: Debug,
    {
        let log = self.database.with_extension("log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let calls = Calls::logged(Log { file, slow: self.slow });
        let sqlite =
            Sqlite::builder(&self.database).clock(Arc::new(PausedClock::default())).lease(self.lease);
        let sqlite = Arc::new(sqlite.open().unwrap());
        if self.role == "reply" {
            return reply(&sqlite, replies).await;
        }
        let crash = Crash::new(sqlite, self.at, self.moment).striking(|key| {
            say(&format!("STRUCK {key}"));
            // Whoever hears that kills this process; nothing of it goes on meanwhile.
            loop {
                std::thread::park();
            }
        });
        let builder = Flujo::builder().resources(World { calls }).models(Scripted::default()).prices(Prices);
        let flujo = builder.engine(crash).pipeline::<P>().build().unwrap();
        if self.role == "recover" {
            return recover(&flujo).await;
        }
        let status = flujo.inspect("run").await.ok().map(|view| view.status);
        let result = match status {
            None | Some(Status::Ended(_)) => flujo.run(call()).id("run").await,
            Some(_) => flujo.resume::<P>("run").await.unwrap(),
        };
        let outcome = match &result.outcome {
            Outcome::Paused(questions) => {
                let paths: Vec<_> = questions.iter().map(|q| q.path.as_str()).collect();
                return say(&format!("PAUSED {}", paths.join(" ")));
            }
            Outcome::Failed(e) => format!("failed: {e}"),
            other => format!("{other:?}"),
        };
        let usage = serde_json::to_string(&result.usage).unwrap();
        say(&format!("ENDED {usage} {outcome} {:?}", result.context));
    }
}

async fn reply(sqlite: &Arc<Sqlite>, replies: &[(&str, &str)]) {
    let id = RunId::from("run");
    for question in sqlite.view(&id).await.unwrap().unwrap().questions {
        let (_, value) = replies.iter().find(|(path, _)| *path == question.path.as_str()).unwrap();
        let value = flujo::codec::Json::parse(value).unwrap();
        let reply = Reply { value, by: Some("a person".to_owned()), at: sqlite.clock().now() };
        sqlite.reply(&id, &question.path, reply).await.unwrap();
    }
    say("REPLIED");
}

/// Goes on with all runs until none is left.
async fn recover(flujo: &Flujo<World>) {
    loop {
        let recovered = flujo.recover().await.unwrap();
        let lost = |(_, error): &(RunId, flujo::Error)| matches!(error.kind(), ErrorKind::Signal(_));
        for (id, error) in &recovered.problems {
            say(&format!("PROBLEM {id}: {error}"));
        }
        assert!(recovered.problems.iter().all(lost), "{:?}", recovered.problems);
        let runs = flujo.list(&RunFilter::default()).await.unwrap();
        let left = runs.iter().filter(|run| run.state < flujo::engine::RunState::Done).count();
        if left == 0 {
            return say("RECOVERED");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How a run ended, as its process says it.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub usage: Usage,
    pub rest: String,
}

impl End {
    pub fn of(said: &str) -> Option<Self> {
        let (usage, rest) = said.strip_prefix("ENDED ")?.split_once("} ")?;
        let usage = usage.to_owned() + "}";
        Some(Self { usage: serde_json::from_str(&usage).unwrap(), rest: rest.to_owned() })
    }
}
