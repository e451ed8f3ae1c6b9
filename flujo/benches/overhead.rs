//! What a sequential step costs, against floors measured in the same run.
//!
//! Prints one line per figure, `RATIO <name> <measured> <= <bound>`, and exits non-zero on a miss.

// Benches print and abort by design.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::large_futures,
    reason = "a bench reports to its caller"
)]
#![allow(missing_docs, reason = "a bench has no readers of its docs")]

use flujo::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

const STEPS: usize = 50;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    id: u64,
    author: String,
    text: String,
    score: f64,
    tags: Vec<String>,
}

fn case() -> Case {
    Case {
        id: 7,
        author: "ada".into(),
        text: "Great, another Monday. Just what everybody here was waiting for, I am sure.".into(),
        score: 0.25,
        tags: vec!["mood".into(), "weekday".into()],
    }
}

/// The work of a step: next to nothing, so that what is measured is everything else.
fn work(mut case: Case) -> Case {
    case.id = case.id.wrapping_mul(31) + 1;
    case
}

#[step]
async fn assess(case: Case) -> Result<Case> {
    Ok(work(case))
}

pipeline! {
    fn chain(case: Case) -> Case {
        let case = assess(case).named("s0");
        let case = assess(case).named("s1");
        let case = assess(case).named("s2");
        let case = assess(case).named("s3");
        let case = assess(case).named("s4");
        let case = assess(case).named("s5");
        let case = assess(case).named("s6");
        let case = assess(case).named("s7");
        let case = assess(case).named("s8");
        let case = assess(case).named("s9");
        let case = assess(case).named("s10");
        let case = assess(case).named("s11");
        let case = assess(case).named("s12");
        let case = assess(case).named("s13");
        let case = assess(case).named("s14");
        let case = assess(case).named("s15");
        let case = assess(case).named("s16");
        let case = assess(case).named("s17");
        let case = assess(case).named("s18");
        let case = assess(case).named("s19");
        let case = assess(case).named("s20");
        let case = assess(case).named("s21");
        let case = assess(case).named("s22");
        let case = assess(case).named("s23");
        let case = assess(case).named("s24");
        let case = assess(case).named("s25");
        let case = assess(case).named("s26");
        let case = assess(case).named("s27");
        let case = assess(case).named("s28");
        let case = assess(case).named("s29");
        let case = assess(case).named("s30");
        let case = assess(case).named("s31");
        let case = assess(case).named("s32");
        let case = assess(case).named("s33");
        let case = assess(case).named("s34");
        let case = assess(case).named("s35");
        let case = assess(case).named("s36");
        let case = assess(case).named("s37");
        let case = assess(case).named("s38");
        let case = assess(case).named("s39");
        let case = assess(case).named("s40");
        let case = assess(case).named("s41");
        let case = assess(case).named("s42");
        let case = assess(case).named("s43");
        let case = assess(case).named("s44");
        let case = assess(case).named("s45");
        let case = assess(case).named("s46");
        let case = assess(case).named("s47");
        let case = assess(case).named("s48");
        let case = assess(case).named("s49");
        case
    }
}

/// What a careful person writes by hand: boxed async functions, the clock read twice, a result kept.
struct Kept {
    name: &'static str,
    started: Instant,
    took: Duration,
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

fn by_hand(case: Case) -> Boxed<std::result::Result<Case, String>> {
    Box::pin(async move { Ok(work(case)) })
}

async fn floor_ephemeral(mut case: Case, kept: &mut Vec<Kept>) -> std::result::Result<Case, String> {
    for _ in 0..STEPS {
        let started = Instant::now();
        case = by_hand(case).await?;
        kept.push(Kept { name: "assess", started, took: started.elapsed() });
    }
    Ok(case)
}

/// The same, with every output encoded, decoded and put into a map.
async fn floor_memory(
    mut case: Case,
    kept: &mut Vec<Kept>,
    map: &mut HashMap<String, String>,
) -> std::result::Result<Case, String> {
    for i in 0..STEPS {
        let started = Instant::now();
        case = by_hand(case).await?;
        let json = serde_json::to_string(&case).map_err(|e| e.to_string())?;
        case = serde_json::from_str(&json).map_err(|e| e.to_string())?;
        map.insert(format!("chain/s{i}"), json);
        kept.push(Kept { name: "assess", started, took: started.elapsed() });
    }
    Ok(case)
}

/// The median over pairs, each measured back to back, so that a noisy machine hits both sides alike.
fn ratio(pairs: usize, mut ours: impl FnMut() -> Duration, mut floor: impl FnMut() -> Duration) -> f64 {
    let mut ratios: Vec<f64> = (0..pairs)
        .map(|i| {
            // Which goes first alternates: caches and clocks favour neither.
            let (a, b) = if i % 2 == 0 {
                let a = ours();
                (a, floor())
            } else {
                let b = floor();
                (ours(), b)
            };
            a.as_secs_f64() / b.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}

fn report(name: &str, measured: f64, bound: f64) -> bool {
    let held = measured <= bound;
    println!("RATIO {name} {measured:.2} <= {bound:.1}{}", if held { "" } else { "  MISSED" });
    held
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let expected = (0..STEPS).fold(case(), |case, _| work(case));
    let (rounds, pairs) = (200, 41);

    let ephemeral = Flujo::builder().ephemeral().build().expect("an engine");
    let run = |flujo: &Flujo, rounds: usize| {
        let started = Instant::now();
        for _ in 0..rounds {
            let result = runtime.block_on(async { flujo.run(chain(case())).await });
            assert_eq!(result.steps.len(), STEPS);
            assert_eq!(result.into_output().expect("an output"), expected);
        }
        started.elapsed()
    };
    let sequential_ephemeral = ratio(
        pairs,
        || run(&ephemeral, rounds),
        || {
            let started = Instant::now();
            for _ in 0..rounds {
                let mut kept = Vec::new();
                let out = runtime.block_on(floor_ephemeral(case(), &mut kept));
                assert!(kept.iter().all(|k| k.name == "assess" && k.started + k.took >= started));
                assert_eq!(out.as_ref(), Ok(&expected));
            }
            started.elapsed()
        },
    );

    let rounds = 20;
    let sequential_memory = ratio(
        pairs,
        || {
            // A fresh engine each time: what earlier runs left behind is not what is measured.
            let memory = Flujo::builder().build().expect("an engine");
            run(&memory, rounds)
        },
        || {
            let started = Instant::now();
            for _ in 0..rounds {
                let (mut kept, mut map) = (Vec::new(), HashMap::new());
                let out = runtime.block_on(floor_memory(case(), &mut kept, &mut map));
                assert!(kept.len() == STEPS && map.len() == STEPS);
                assert_eq!(out.as_ref(), Ok(&expected));
            }
            started.elapsed()
        },
    );

    let held = [
        report("sequential_ephemeral", sequential_ephemeral, 2.0),
        report("sequential_memory", sequential_memory, 1.5),
    ];
    if held.contains(&false) {
        std::process::exit(1);
    }
}
