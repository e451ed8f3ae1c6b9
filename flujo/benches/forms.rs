//! What the forms and the rules of attempts cost, against floors measured in the same run.
//!
//! Prints one line per figure, `RATIO <name> <measured> <= <bound>`, and exits non-zero on a miss.

// Benches print and abort by design.
#![allow(clippy::expect_used, clippy::large_futures, reason = "a bench reports to its caller")]
#![allow(missing_docs, reason = "a bench has no readers of its docs")]

mod common;

use common::{Boxed, Case, Kept, block_on, case, ratio, report, work};
use flujo::prelude::*;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use std::time::Instant;

const ITEMS: u64 = 1000;

/// A step that waits for something, as every step of an AI workflow does: it is polled twice.
#[step]
async fn assess(case: Case) -> Result<Case> {
    tokio::task::yield_now().await;
    Ok(work(case))
}

pipeline! {
    fn eight(case: Case) -> (Case, Case, Case, Case, Case, Case, Case, Case) {
        join(
            assess(case.clone()).named("a"),
            assess(case.clone()).named("b"),
            assess(case.clone()).named("c"),
            assess(case.clone()).named("d"),
            assess(case.clone()).named("e"),
            assess(case.clone()).named("f"),
            assess(case.clone()).named("g"),
            assess(case).named("h"),
        )
    }
}

pipeline! {
    fn thousand(cases: Vec<Case>) -> Vec<Case> {
        map(cases, |case| assess(case))
    }
}

fn by_hand(case: Case) -> Boxed<std::result::Result<Case, String>> {
    Box::pin(async move {
        tokio::task::yield_now().await;
        Ok(work(case))
    })
}

/// As a careful person writes it: the clock read twice, a result kept.
async fn timed(name: &'static str, case: Case) -> std::result::Result<(Case, Kept), String> {
    let started = Instant::now();
    let case = by_hand(case).await?;
    Ok((case, Kept { name, started, took: started.elapsed() }))
}

fn flujo() -> Flujo {
    Flujo::builder().ephemeral().build().expect("an engine")
}

fn join_8() -> f64 {
    let flujo = flujo();
    let rounds = 20;
    ratio(
        || {
            let started = Instant::now();
            for _ in 0..rounds {
                let result = block_on(async { flujo.run(eight(case(7))).await });
                assert_eq!(result.steps.len(), 8);
                assert_eq!(result.into_output().expect("an output").7, work(case(7)));
            }
            started.elapsed()
        },
        || {
            let started = Instant::now();
            for _ in 0..rounds {
                let one = case(7);
                let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
                let done = block_on(async { join_all(names.map(|name| timed(name, one.clone()))).await });
                let (out, kept): (Vec<Case>, Vec<Kept>) =
                    done.into_iter().map(|done| done.expect("an output")).unzip();
                assert!(kept.iter().all(|kept| kept.is_of(started)));
                assert_eq!(out.last(), Some(&work(case(7))));
            }
            started.elapsed()
        },
    )
}

fn map_1000() -> f64 {
    let flujo = flujo();
    let cases = || (0..ITEMS).map(case).collect::<Vec<_>>();
    let expected: Vec<Case> = (0..ITEMS).map(|id| work(case(id))).collect();
    let width = 8;
    ratio(
        || {
            let cases = cases();
            let started = Instant::now();
            let result = block_on(async { flujo.run(thousand(cases)).await });
            assert_eq!(result.steps.len(), 1000);
            let out = result.into_output();
            let took = started.elapsed();
            assert_eq!(out.expect("an output"), expected);
            took
        },
        || {
            let cases = cases();
            let started = Instant::now();
            let done: Vec<_> = block_on(async {
                stream::iter(cases).map(|case| timed("assess", case)).buffered(width).collect().await
            });
            let (out, kept): (Vec<Case>, Vec<Kept>) =
                done.into_iter().map(|done| done.expect("an output")).unzip();
            assert!(kept.iter().all(|kept| kept.is_of(started)));
            drop(kept);
            let took = started.elapsed();
            assert_eq!(out, expected);
            took
        },
    )
}

fn main() {
    let held = [report("join_8", join_8(), 3.0), report("map_1000", map_1000(), 3.0)];
    if held.contains(&false) {
        std::process::exit(1);
    }
}
