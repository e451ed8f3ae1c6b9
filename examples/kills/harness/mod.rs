//! Kills the processes that work on a story, with real signals, on real disks: around every command and at random
//! instants. New processes go on, and a third one answers what is asked. It must come to the same as undisturbed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that goes wrong panics, and what it prints is read by people"
)]

mod place;
mod process;
mod spoken;

use flujo::codec::Json;
use flujo::engine::{Engine, RunId, Status};
use flujo::prelude::*;
use flujo::question::{Question, Reply};
use flujo::run::Builder;
use flujo::step::{RunIn, StepCall};
use flujo::{Pipeline, Usage};
use flujo_sqlite::Sqlite;
use flujo_testing::{Crash, Moment};
use place::{Place, RUN, Watch};
use process::Task;
use spoken::{Process, say};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A pipeline with all it needs to be run by a process that may be killed.
pub(crate) struct Story<P: Pipeline, R> {
    /// The name of the test that tells it.
    pub(crate) test: &'static str,
    /// Its own name: a test may tell several.
    pub(crate) name: &'static str,
    pub(crate) builder: fn() -> Builder<R>,
    pub(crate) call: fn() -> StepCall<P>,
    /// What a person replies.
    pub(crate) reply: fn(&Question) -> Json,
    /// How many kills in a row it comes through the same: calls that are cut off are charged, and limits hold.
    pub(crate) in_a_row: usize,
}

/// How many stories the examples tell: they share what `FLUJO_KILLS` asks for.
#[allow(dead_code, reason = "others count their own")]
pub(crate) const STORIES: usize = 12;

/// Whether this process was started by a test, and told what to do.
#[allow(dead_code, reason = "only a test with several stories has to know")]
pub(crate) fn is_told() -> bool {
    Task::of_this_process().is_some()
}

/// What a person replies where nobody is asked.
#[allow(dead_code, reason = "some are asked in each of their stories")]
pub(crate) fn nobody(question: &Question) -> Json {
    panic!("nobody was to be asked: {}", question.path)
}

/// A reply, as it is written down.
#[allow(dead_code, reason = "nobody is asked in some stories")]
pub(crate) fn said(reply: &impl serde::Serialize) -> Json {
    Json::encode(reply).unwrap()
}

/// How a run ended, and everything that must come out the same.
#[derive(Clone, Debug, PartialEq)]
struct End {
    usage: Usage,
    /// Outcome and context.
    rest: String,
    records: BTreeMap<String, String>,
}

/// Kills at random instants for each story: a few, or a share of what `FLUJO_KILLS` asks for in all.
fn kills_at_random(stories: usize) -> usize {
    let all = std::env::var("FLUJO_KILLS").ok().map(|n| n.parse::<usize>().expect("FLUJO_KILLS is a number"));
    all.map_or(4, |all| all.div_ceil(stories))
}

impl<P, R> Story<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    P::Context: Default + Debug,
    P::Output: Debug,
    R: Send + Sync + 'static,
{
    /// Kills it around every command and at random instants; `stories` share what `FLUJO_KILLS` asks for.
    /// Gives how often.
    pub(crate) fn survives(&self, stories: usize) -> usize {
        if let Some(task) = Task::of_this_process() {
            if task.story == self.name {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                runtime.block_on(self.obey(&task));
            }
            return 0;
        }
        let place = Place::new();
        let expected = self.finish(&place);
        let everywhere = self.killed_everywhere(&expected);
        let at_random = self.killed_at_random(&expected, kills_at_random(stories));
        println!("KILLS {everywhere:3} around commands, {at_random:3} at random instants: {}", self.name);
        assert!(everywhere > 0 && at_random > 0, "{} was never killed", self.name);
        everywhere + at_random
    }

    fn task(&self, place: &Place) -> Task {
        Task::work(place.path(), self.name)
    }

    /// Works on the run in fresh processes until it has ended; what it asks, another one replies.
    fn finish(&self, place: &Place) -> End {
        for _ in 0..40 {
            let said = self.task(place).start(self.test).ends();
            if let Some((usage, rest)) = said.strip_prefix("ENDED ").and_then(|said| said.split_once("} ")) {
                let usage = serde_json::from_str(&format!("{usage}}}")).unwrap();
                return End { usage, rest: rest.to_owned(), records: place.records() };
            }
            assert_eq!(said, "PAUSED", "{}", self.name);
            self.replies(place);
        }
        panic!("{}: the run does not come to an end", self.name);
    }

    /// A process of its own answers everything that is asked.
    fn replies(&self, place: &Place) {
        let task = Task { replies: true, ..self.task(place) };
        assert_eq!(task.start(self.test).ends(), "REPLIED", "{}", self.name);
    }

    /// Goes on with a run whose processes were killed, and compares it with the one that nobody disturbed.
    fn comes_to_the_same(&self, watch: &mut Watch<'_>, place: &Place, expected: &End, context: &str) {
        let end = self.finish(place);
        watch.ended(context);
        // A call of a model whose reservation is written and whose attempt is not recorded is charged in full, and
        // made again; everything else costs the same, to the nano-dollar.
        assert_eq!(end.usage, expected.usage + watch.charges(), "{context}");
        assert_eq!((end.rest, end.records), (expected.rest.clone(), expected.records.clone()), "{context}");
    }

    /// Kills it around every command of every stretch between two pauses.
    fn killed_everywhere(&self, expected: &End) -> usize {
        let mut kills = 0;
        for moment in [Moment::Before, Moment::After] {
            'stretches: for pauses in 0.. {
                for at in 1.. {
                    let place = Place::new();
                    if !self.paused(&place, pauses) {
                        break 'stretches;
                    }
                    let mut process = Task { at, moment, ..self.task(&place) }.start(self.test);
                    let said = process.says().expect("it says something");
                    let Some(key) = said.strip_prefix("STRUCK ") else { break };
                    assert!(process.kill(), "{said}");
                    kills += 1;
                    let context = format!("{}, {moment:?} {key} ({at}, {pauses} pauses)", self.name);
                    let mut watch = Watch::new(&place);
                    watch.killed(&context);
                    self.comes_to_the_same(&mut watch, &place, expected, &context);
                }
            }
        }
        kills
    }

    /// Brings it past so many pauses; `false` if it ends before.
    fn paused(&self, place: &Place, times: usize) -> bool {
        for _ in 0..times {
            if self.task(place).start(self.test).ends() != "PAUSED" {
                return false;
            }
            self.replies(place);
        }
        true
    }

    /// Kills it at random instants, up to three times in a row, so that what goes on after a kill is killed too.
    fn killed_at_random(&self, expected: &End, enough: usize) -> usize {
        const SLOW: u64 = 2_000;
        let slow = |place: &Place| Task { slow: SLOW, ..self.task(place) };
        let (measured, since) = (Place::new(), Instant::now());
        slow(&measured).start(self.test).ends();
        let longest = u64::try_from(since.elapsed().as_micros()).unwrap();
        let mut random = Random(
            self.name.bytes().fold(0x9e37_79b9, |hash: u64, byte| hash.wrapping_mul(31) ^ u64::from(byte)),
        );
        let mut kills = 0;
        for round in 0.. {
            if kills >= enough {
                break;
            }
            let context = format!("{}, round {round}", self.name);
            assert!(round < 50 + 4 * enough, "{context}: it is always faster than the signal");
            let place = Place::new();
            let (mut watch, before) = (Watch::new(&place), kills);
            for _ in 0..3 {
                let mut process: Process = slow(&place).start(self.test);
                std::thread::sleep(Duration::from_micros(random.below(longest)));
                if process.kill() {
                    kills += 1;
                    watch.killed(&context);
                    if kills - before == self.in_a_row {
                        break;
                    }
                } else if process.ends() == "PAUSED" {
                    self.replies(&place);
                } else {
                    break;
                }
            }
            self.comes_to_the_same(&mut watch, &place, expected, &context);
        }
        kills
    }

    /// What a process does that was told to.
    async fn obey(&self, task: &Task) {
        let sqlite = Arc::new(Sqlite::open(&task.database).unwrap());
        if task.replies {
            return self.answer(&sqlite).await;
        }
        let log = task.log();
        let crash = Crash::new(sqlite, task.at, task.moment);
        let crash = crash.beginning(move |key| log.starts(key)).striking(|key| {
            say(&format!("STRUCK {key}"));
            // Whoever hears that kills this process; nothing of it goes on meanwhile.
            loop {
                std::thread::park();
            }
        });
        let flujo = (self.builder)().engine(crash).build().unwrap();
        let status = flujo.inspect(RUN).await.ok().map(|view| view.status);
        let result = match status {
            None | Some(Status::Ended(_)) => flujo.run((self.call)()).id(RUN).await,
            Some(_) => flujo.resume::<P>(RUN).await.unwrap(),
        };
        let outcome = match &result.outcome {
            Outcome::Paused(_) => return say("PAUSED"),
            Outcome::Failed(error) => format!("failed: {error}"),
            other => format!("{other:?}"),
        };
        let usage = serde_json::to_string(&result.usage).unwrap();
        say(&format!("ENDED {usage} {outcome} {:?}", result.context).replace('\n', " "));
    }

    async fn answer(&self, sqlite: &Arc<Sqlite>) {
        let id = RunId::from(RUN);
        for question in sqlite.view(&id).await.unwrap().unwrap().questions {
            let value = (self.reply)(&question);
            let reply = Reply { value, by: Some("a person".to_owned()), at: sqlite.clock().now() };
            sqlite.reply(&id, &question.path, reply).await.unwrap();
        }
        say("REPLIED");
    }
}

/// Numbers that are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n.max(1)
    }
}
