//! The pipelines of the workers, whose steps write a log outside of everything.

#![allow(clippy::expect_used, reason = "a test")]

use flujo::prelude::*;
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
    /// A question that nobody answers.
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
    /// A timer between two steps.
    pub(crate) fn waits(n: u64) -> u64 {
        let n = add(n, 0).named("before");
        wait("2s");
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
        .pipeline::<waits>()
        .build()
        .expect("pipelines that fit together")
}
