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

mod common;

use common::chain::{STEPS, chain};
use common::{block_on, case, ratio, report, work};
use flujo::Flujo;
use flujo::events::{Event, EventKind, Observer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

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
    let expected = (0..STEPS).fold(case(7), |case, _| work(case));
    // So few that a sample is a fraction of a time slice.
    let rounds = 4;
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
            let result = block_on(async { flujo.run(chain(case(7))).await });
            assert_eq!(result.steps.len(), STEPS);
            assert_eq!(result.into_output().as_ref().ok(), Some(&expected));
        }
        started.elapsed()
    };
    let attempts = Arc::new(Attempts::default());
    let mut samples = 0_u64;
    let observer_on = ratio(
        || {
            samples += 1;
            run(Some(&attempts))
        },
        || run(None),
    );
    let told = attempts.0.load(Ordering::Relaxed);
    assert_eq!(told, samples * rounds * STEPS as u64, "every attempt is told");

    if !report("observer_on", observer_on, 1.5) {
        std::process::exit(1);
    }
}
