//! The pipelines of the workers, whose steps write a log outside of everything.

#![allow(clippy::expect_used, reason = "a test")]

pub(crate) mod builds;

use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Tokens};
use flujo::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::time::Duration;

/// Writes a line where the test reads it: one write, so that lines of several processes do not mix.
fn log(line: &str) {
    if let Ok(path) = std::env::var("FLUJO_LOG") {
        let mut file = File::options().create(true).append(true).open(path).expect("a log");
        file.write_all(format!("{line}\n").as_bytes()).expect("a line");
    }
}

/// Adds one, after `millis`.
#[step]
pub(crate) async fn add(n: u64, millis: u64, run: &RunInfo) -> Result<u64> {
    let path = run.path();
    log(&format!("begins {} {path} {}", run.id(), std::process::id()));
    tokio::time::sleep(Duration::from_millis(millis)).await;
    log(&format!("ends {} {path} {}", run.id(), std::process::id()));
    Ok(n + 1)
}

pipeline! {
    /// Five steps, one after the other.
    pub(crate) fn steps(n: u64, millis: u64) -> u64 {
        let n = add(n, millis).named("a");
        let n = add(n, millis).named("b");
        let n = add(n, millis).named("c");
        let n = add(n, millis).named("d");
        let n = add(n, millis).named("e");
        n
    }
}

pipeline! {
    /// A question between two steps.
    pub(crate) fn asks(n: u64) -> u64 {
        let n = add(n, 0).named("before");
        let more: u64 = ask("How many more?");
        let n = add(n + more, 0).named("after");
        n
    }
}

pipeline! {
    /// A question without an answer.
    pub(crate) fn unanswered(n: u64) -> u64 {
        let more: u64 = ask("How many more?").timeout("1s", 7);
        value(n + more)
    }
}

pipeline! {
    /// Two arms of three steps, and one with a map of arms of two.
    pub(crate) fn arms(n: u64, millis: u64) -> u64 {
        let n = add(n, millis).named("first");
        let (a, b, c) = join(
            { let x = add(n, millis).named("a0"); let x = add(x, millis).named("a1"); add(x, millis).named("a2") },
            { let x = add(n, millis).named("b0"); let x = add(x, millis).named("b1"); add(x, millis).named("b2") },
            {
                map(vec![10, 20], |x| {
                    let x = add(x, millis).named("m0");
                    add(x, millis).named("m1")
                })
            },
        );
        let n = value(a + b + c.iter().sum::<u64>());
        add(n, millis).named("last")
    }
}

pipeline! {
    /// Items of items.
    pub(crate) fn nested(n: u64, millis: u64) -> u64 {
        let rows = map(vec![vec![n, 2], vec![3, 4]], |row| {
            let cells = map(row, |x| {
                let x = add(x, millis).named("x");
                add(x, millis).named("y")
            });
            let sum = value(cells.iter().sum::<u64>());
            add(sum, millis).named("sum")
        });
        let n = value(rows.iter().sum::<u64>());
        add(n, 0).named("last")
    }
}

pipeline! {
    /// A timer between two steps.
    pub(crate) fn waits(n: u64) -> u64 {
        let n = add(n, 0).named("before");
        wait("2s");
        add(n, 0).named("after")
    }
}

/// Fails until somebody says that it need not any more, by a file beside the log.
#[step]
pub(crate) async fn pay(n: u64, run: &RunInfo) -> Result<u64> {
    log(&format!("begins {} {} {}", run.id(), run.path(), std::process::id()));
    let paid =
        std::env::var("FLUJO_LOG").is_ok_and(|log| std::path::Path::new(&format!("{log}.paid")).exists());
    if !paid {
        return Err(StepError::fatal("no money"));
    }
    Ok(n)
}

pipeline! {
    /// A step that fails between two others.
    pub fn fails(n: u64) -> u64 {
        let n = add(n, 0).named("before");
        wait("2s");
        let n = pay(n);
        add(n, 0).named("after")
    }
}

/// Fails the first time that it is called in a run.
#[step(retries = 0)]
pub(crate) async fn stumble(n: u64, run: &RunInfo) -> Result<u64> {
    log(&format!("begins {} {} {}", run.id(), run.path(), std::process::id()));
    let mark = format!("{}.{}", std::env::var("FLUJO_LOG").unwrap_or_default(), run.id());
    if std::fs::exists(&mark).is_ok_and(|exists| exists) {
        return Ok(n);
    }
    std::fs::write(mark, "").expect("a mark");
    Err(StepError::retryable("stumbled"))
}

pipeline! {
    /// An arm that fails beside one that does not.
    pub fn stumbles(n: u64) -> u64 {
        let (a, b) = join({ add(n, 0).named("a") }, { let x = add(n, 0).named("b"); let x = add(x, 300).named("bb"); stumble(x) });
        value(a + b)
    }
}

pipeline! {
    /// One step.
    pub(crate) fn single(n: u64, millis: u64) -> u64 {
        add(n, millis)
    }
}

/// Does not end the first time that it is called in a run.
#[step]
pub(crate) async fn hang(n: u64, run: &RunInfo) -> Result<u64> {
    log(&format!("begins {} {} {}", run.id(), run.path(), std::process::id()));
    let mark = format!("{}.{}", std::env::var("FLUJO_LOG").unwrap_or_default(), run.id());
    if !std::fs::exists(&mark).is_ok_and(|exists| exists) {
        std::fs::write(mark, "").expect("a mark");
        std::future::pending::<()>().await;
    }
    log(&format!("ends {} {} {}", run.id(), run.path(), std::process::id()));
    Ok(n)
}

pipeline! {
    /// A step that hangs between two others.
    pub(crate) fn hangs(n: u64) -> u64 {
        let n = add(n, 0).named("before");
        let n = hang(n);
        add(n, 0).named("after")
    }
}

/// Adds one, in some time.
#[step(timeout = "20s")]
pub(crate) async fn soon(n: u64) -> Result<u64> {
    Ok(n + 1)
}

/// Adds one, in more time.
#[step(timeout = "90s")]
pub(crate) async fn later(n: u64) -> Result<u64> {
    Ok(n + 1)
}

pipeline! {
    /// Steps that all have timeouts.
    pub(crate) fn timed(n: u64) -> u64 {
        let n = soon(n);
        later(n)
    }
}

/// A text of so many letters.
#[step]
pub(crate) async fn letters(n: u64, run: &RunInfo) -> Result<String> {
    log(&format!("begins {} {} {}", run.id(), run.path(), std::process::id()));
    Ok("x".repeat(usize::try_from(n).expect("a size")))
}

/// How many letters there are.
#[step]
pub(crate) async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

pipeline! {
    /// A large value between two steps.
    pub(crate) fn large(n: u64) -> u64 {
        let n = add(n, 0).named("before");
        let text = letters(n);
        count(text)
    }
}

pipeline! {
    /// A large input.
    pub(crate) fn counts(text: String) -> u64 {
        count(text)
    }
}

pipeline! {
    /// Two large values, one after the other, before arms.
    pub(crate) fn piles(n: u64) -> u64 {
        let a = letters(n).named("a");
        let b = letters(n).named("b");
        let (a, b) = join({ count(a).named("ca") }, { count(b).named("cb") });
        value(a + b)
    }
}

pipeline! {
    /// A large result, made of two values that are less so.
    pub(crate) fn sums(n: u64) -> String {
        let a = letters(n).named("a");
        let b = letters(n).named("b");
        value(format!("{a}{b}"))
    }
}

pipeline! {
    /// Arms with large results.
    pub(crate) fn yields(n: u64) -> u64 {
        let all = map(vec![n, 3], |n| {
            let a = letters(n).named("a");
            let b = letters(n).named("b");
            value(format!("{a}{b}"))
        });
        value(all.iter().map(|text| text.len() as u64).sum::<u64>())
    }
}

/// Asks a model.
#[step(model = "test:counts", retries = 0)]
pub(crate) fn guess(n: u64) -> Prompt<String> {
    Prompt::system("Guess.").user(format!("Is it {n}?"))
}

pipeline! {
    /// Arms that ask a model, two times each.
    pub fn guesses(n: u64) -> u64 {
        let all = map(vec![1, 2, 3, 4], |i| {
            let a = guess(i).named("g0");
            let b = guess(i + n).named("g1");
            value((a.len() + b.len()) as u64)
        });
        value(all.iter().sum::<u64>())
    }
}

/// Says "yes" after a moment, and writes down that it did.
pub(crate) struct Counts;

#[async_trait::async_trait]
impl ModelClient for Counts {
    async fn call(
        &self,
        _: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        log(&format!("called model {}", std::process::id()));
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(ModelReply::new("yes").used(Tokens::new(10, 2)))
    }
}

/// A place that a parcel may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Place {
    Near,
    Far,
    Nowhere,
}

pipeline! {
    /// The arms that a set selects.
    pub(crate) fn routed(n: u64, millis: u64) -> u64 {
        let places = value(BTreeSet::from([Place::Near, Place::Far]));
        let found = route(places, |place| match place {
            Place::Near => add(n, millis).named("near"),
            Place::Far => {
                let n = add(n + 10, millis).named("far");
                add(n, millis).named("farther")
            }
            Place::Nowhere => fail("nowhere"),
        });
        let n = value(found.iter().sum::<u64>());
        add(n, 0).named("last")
    }
}

pipeline! {
    /// A step that is tried again after some time.
    pub(crate) fn retried(n: u64) -> u64 {
        let n = stumble(n).retries(1).backoff("2s");
        add(n, 0).named("after")
    }
}

/// All of them, on an engine.
pub(crate) fn all(engine: flujo_restate::Restate) -> Flujo {
    Flujo::builder()
        .engine(engine)
        .pipeline::<steps>()
        .pipeline::<asks>()
        .pipeline::<unanswered>()
        .pipeline::<arms>()
        .pipeline::<nested>()
        .pipeline::<routed>()
        .pipeline::<retried>()
        .pipeline::<waits>()
        .pipeline::<fails>()
        .pipeline::<stumbles>()
        .pipeline::<guesses>()
        .pipeline::<single>()
        .pipeline::<sums>()
        .pipeline::<yields>()
        .pipeline::<hangs>()
        .pipeline::<timed>()
        .pipeline::<large>()
        .pipeline::<counts>()
        .pipeline::<piles>()
        .models(Counts)
        .build()
        .expect("pipelines that fit together")
}
