//! What it costs to be looked at: a run with one observer against the same run without.
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

use flujo::events::{Event, EventKind, Observer};
use flujo::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const STEPS: usize = 50;

/// What flows through an AI workflow is text: a post as people write them, with quotes and line breaks. A
/// page or a model's answer would be longer, and what flujo adds to a step a smaller part of it.
const POST: &str = "Great, another Monday. Just what everybody here was waiting for, I am sure. I got up at \
    six to be in time for the train that did not come, stood for forty minutes next to a man who explained \
    his diet to me, and found my desk taken by a plant when I finally got here. The coffee machine says \
    \"descaling\" since Thursday. Apparently that is nobody's job, or everybody's, which is the same. And \
    before somebody asks: yes, I did read the announcement about the new seating plan, all nine pages of \
    it. It does not mention plants.\n\nAnyway. Have a productive week, everyone!";

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
        text: POST.into(),
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

/// Counts what ended: an observer that does next to nothing.
#[derive(Default)]
struct Attempts(AtomicU64);

#[flujo::async_trait]
impl Observer for Attempts {
    async fn event(&self, event: &Event) {
        if let EventKind::AttemptEnded { .. } = event.kind {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let expected = (0..STEPS).fold(case(), |case, _| work(case));
    let (rounds, pairs) = (20, 41);
    // A fresh engine each time: what earlier runs left behind is not what is measured.
    let run = |observer: Option<&Arc<Attempts>>| {
        let builder = Flujo::builder();
        let builder = match observer {
            Some(observer) => builder.observer(Arc::clone(observer)),
            None => builder,
        };
        let flujo = builder.build().expect("an engine");
        let started = Instant::now();
        for _ in 0..rounds {
            let result = runtime.block_on(async { flujo.run(chain(case())).await });
            assert_eq!(result.steps.len(), STEPS);
            assert_eq!(result.into_output().expect("an output"), expected);
        }
        started.elapsed()
    };
    let attempts = Arc::new(Attempts::default());
    let observer_on = ratio(pairs, || run(Some(&attempts)), || run(None));
    let told = attempts.0.load(Ordering::Relaxed);
    assert_eq!(told, (pairs * rounds * STEPS) as u64, "every attempt is told");

    if !report("observer_on", observer_on, 1.5) {
        std::process::exit(1);
    }
}
