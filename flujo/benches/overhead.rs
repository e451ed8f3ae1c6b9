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

mod common;

use common::chain::{STEPS, chain};
use common::{Boxed, Case, Kept, block_on, case, ratio, report, work};
use flujo::prelude::*;
use std::collections::HashMap;
use std::time::Instant;

/// What a careful person writes by hand: boxed async functions, the clock read twice, a result kept.
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

/// So many runs a sample, each of which is no longer than a fraction of a time slice.
const ROUNDS: usize = 20;

fn run(flujo: &Flujo, expected: &Case) {
    let result = block_on(async { flujo.run(chain(case(7))).await });
    assert_eq!(result.steps.len(), STEPS);
    assert_eq!(result.into_output().as_ref().ok(), Some(expected));
}

fn ephemeral(expected: &Case) -> f64 {
    let flujo = Flujo::builder().ephemeral().build().expect("an engine");
    ratio(
        || {
            let started = Instant::now();
            for _ in 0..ROUNDS {
                run(&flujo, expected);
            }
            started.elapsed()
        },
        || {
            let started = Instant::now();
            for _ in 0..ROUNDS {
                let mut kept = Vec::new();
                let out = block_on(floor_ephemeral(case(7), &mut kept));
                assert!(kept.iter().all(|kept| kept.is_of(started)));
                assert_eq!(out.as_ref(), Ok(expected));
            }
            started.elapsed()
        },
    )
}

fn memory(expected: &Case) -> f64 {
    let rounds = ROUNDS / 5;
    ratio(
        || {
            // A fresh engine each time: what earlier runs left behind is not what is measured.
            let flujo = Flujo::builder().build().expect("an engine");
            let started = Instant::now();
            for _ in 0..rounds {
                run(&flujo, expected);
            }
            started.elapsed()
        },
        || {
            let started = Instant::now();
            for _ in 0..rounds {
                let (mut kept, mut map) = (Vec::new(), HashMap::new());
                let out = block_on(floor_memory(case(7), &mut kept, &mut map));
                assert!(kept.len() == STEPS && map.len() == STEPS);
                assert_eq!(out.as_ref(), Ok(expected));
            }
            started.elapsed()
        },
    )
}

fn main() {
    let expected = (0..STEPS).fold(case(7), |case, _| work(case));
    let held = [
        report("sequential_ephemeral", ephemeral(&expected), 2.0),
        report("sequential_memory", memory(&expected), 1.5),
    ];
    if held.contains(&false) {
        std::process::exit(1);
    }
}
