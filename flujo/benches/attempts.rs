//! What the rules of attempts, parts of a context and replay cost, against floors measured in the same run.
//!
//! Prints one line per figure, `RATIO <name> <measured> <= <bound>`, and exits non-zero on a miss.

// Benches print and abort by design.
#![allow(clippy::expect_used, clippy::large_futures, reason = "a bench reports to its caller")]
#![allow(missing_docs, reason = "a bench has no readers of its docs")]

mod common;

use common::chain::{STEPS, assess, chain};
use common::{Case, Kept, block_on, case, ratio, report, work};
use flujo::engine::{Record, RecordOutcome};
use flujo::prelude::*;
use std::time::{Duration, Instant};

// ---- retry_armed: options are set, and nothing fails

#[step(retries = 3, timeout = "20s")]
async fn assess_armed(case: Case) -> Result<Case> {
    Ok(work(case))
}

pipeline! {
    fn bare(case: Case) -> Case {
        repeat(case, |case| assess(case)).until(|case| case.id == 0).max(50).or_last()
    }
}

pipeline! {
    fn armed(case: Case) -> Case {
        repeat(case, |case| assess_armed(case)).until(|case| case.id == 0).max(50).or_last()
    }
}

fn retry_armed() -> f64 {
    // A fresh engine each time: what earlier runs left behind is not what is measured.
    let flujo = || Flujo::builder().build().expect("an engine");
    let expected = (0..50).fold(case(7), |case, _| work(case));
    ratio(
        || {
            let flujo = flujo();
            let started = Instant::now();
            for _ in 0..4 {
                let result = block_on(async { flujo.run(armed(case(7))).await });
                assert_eq!(result.into_output().as_ref().ok(), Some(&expected));
            }
            started.elapsed()
        },
        || {
            let flujo = flujo();
            let started = Instant::now();
            for _ in 0..4 {
                let result = block_on(async { flujo.run(bare(case(7))).await });
                assert_eq!(result.into_output().as_ref().ok(), Some(&expected));
            }
            started.elapsed()
        },
    )
}

// ---- context_parts: a step works on copies of the parts that it asks for

#[context]
#[derive(Debug, Default)]
struct State {
    #[context(part)]
    notes: Vec<String>,
    #[context(part)]
    total: Total,
    /// Nobody asks for it, so nobody copies it.
    #[context(part)]
    pages: Pages,
}

#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Total(u64);
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Pages(Vec<String>);

fn state() -> State {
    let notes = vec!["a note".to_owned(), "another one".to_owned()];
    State { notes, total: Total(0), pages: Pages(vec!["a page".repeat(1000); 100]) }
}

fn touch(case: Case, notes: &mut [String], total: &mut Total) -> Case {
    total.0 += case.id & 1;
    if let Some(last) = notes.last_mut() {
        last.clear();
        last.push_str("seen");
    }
    work(case)
}

#[step]
async fn keep(case: Case, notes: &mut Vec<String>, total: &mut Total) -> Result<Case> {
    Ok(touch(case, notes, total))
}

pipeline! {
    fn parts(case: Case, ctx: &mut State) -> Case {
        let case = keep(case).named("s0");
        let case = keep(case).named("s1");
        let case = keep(case).named("s2");
        let case = keep(case).named("s3");
        let case = keep(case).named("s4");
        let case = keep(case).named("s5");
        let case = keep(case).named("s6");
        let case = keep(case).named("s7");
        let case = keep(case).named("s8");
        keep(case).named("s9")
    }
}

fn by_hand<'a>(
    case: Case,
    notes: &'a mut [String],
    total: &'a mut Total,
) -> std::pin::Pin<Box<dyn Future<Output = std::result::Result<Case, String>> + Send + 'a>> {
    Box::pin(async move { Ok(touch(case, notes, total)) })
}

/// Each attempt works on copies, which take the place of the parts once it has succeeded.
async fn parts_by_hand(
    mut case: Case,
    state: &mut State,
    kept: &mut Vec<Kept>,
) -> std::result::Result<Case, String> {
    for _ in 0..10 {
        let started = Instant::now();
        let (mut notes, mut total) = (state.notes.clone(), state.total.clone());
        case = by_hand(case, &mut notes, &mut total).await?;
        (state.notes, state.total) = (notes, total);
        kept.push(Kept { name: "keep", started, took: started.elapsed() });
    }
    Ok(case)
}

fn context_parts() -> f64 {
    let flujo = Flujo::builder().ephemeral().build().expect("an engine");
    let expected = (0..10).fold(case(7), |case, _| work(case));
    ratio(
        || {
            let states: Vec<State> = (0..20).map(|_| state()).collect();
            let mut took = Duration::ZERO;
            for state in states {
                let started = Instant::now();
                let result = block_on(async { flujo.run(parts(case(7))).context(state).await });
                took += started.elapsed();
                assert_eq!((result.context.notes.len(), result.context.pages.0.len()), (2, 100));
                assert_eq!(result.into_output().as_ref().ok(), Some(&expected));
            }
            took
        },
        || {
            let states: Vec<State> = (0..20).map(|_| state()).collect();
            let mut took = Duration::ZERO;
            for mut state in states {
                let started = Instant::now();
                let mut kept = Vec::new();
                let out = block_on(parts_by_hand(case(7), &mut state, &mut kept));
                took += started.elapsed();
                assert!(kept.iter().all(|kept| kept.is_of(started)));
                assert_eq!((state.notes.len(), state.pages.0.len()), (2, 100));
                assert_eq!(out.as_ref(), Ok(&expected));
            }
            took
        },
    )
}

// ---- replay: a run goes on after fifty steps that are recorded, against `serde_json` decoding their records

pipeline! {
    fn asking(case: Case) -> bool {
        let case = chain(case);
        let fine: bool = ask("Is it fine?");
        fine && case.id != 0
    }
}

fn replay() -> f64 {
    let flujo = Flujo::builder().build().expect("an engine");
    let texts: Vec<String> = block_on(async {
        flujo.run(asking(case(7))).id("records").await;
        let view = flujo.inspect("records").await.expect("the run");
        view.records.iter().map(|record| serde_json::to_string(record).expect("text")).collect()
    });
    assert_eq!(texts.len(), STEPS);
    let expected = (0..STEPS).fold(case(7), |case, _| work(case));
    let mut n = 0;
    ratio(
        || {
            n += 1;
            let id = format!("run {n}");
            block_on(async { flujo.run(asking(case(7))).id(id.as_str()).await });
            let started = Instant::now();
            let result = block_on(async { flujo.resume::<asking>(id.as_str()).reply(true).await });
            let took = started.elapsed();
            assert_eq!(result.expect("a result").into_output().ok(), Some(true));
            took
        },
        || {
            let started = Instant::now();
            let records: Vec<Record> =
                texts.iter().map(|text| serde_json::from_str(text).expect("a record")).collect();
            let took = started.elapsed();
            let last = records.last().map(|record| record.outcome.clone());
            assert!(
                matches!(last, Some(RecordOutcome::Output(json)) if json.decode().ok() == Some(expected.clone()))
            );
            took
        },
    )
}

fn main() {
    let held = [
        report("retry_armed", retry_armed(), 1.2),
        report("context_parts", context_parts(), 2.0),
        report("replay", replay(), 2.0),
    ];
    if held.contains(&false) {
        std::process::exit(1);
    }
}
