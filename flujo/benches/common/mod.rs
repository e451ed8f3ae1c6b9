//! What the benches share: the value that flows, the work of a step, and how two ways are compared.

// Not every bench needs all of it.
#![allow(dead_code, reason = "each bench is a crate of its own")]
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench reports to its caller")]

pub(crate) mod chain;
pub(crate) mod crates;
pub(crate) mod programs;

use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What flows through an AI workflow is text: a post as people write them, with quotes and line breaks. A
/// page or a model's answer would be longer, and what flujo adds to a step a smaller part of it.
const POST: &str = "Great, another Monday. Just what everybody here was waiting for, I am sure. I got up at \
    six to be in time for the train that did not come, stood for forty minutes next to a man who explained \
    his diet to me, and found my desk taken by a plant when I finally got here. The coffee machine says \
    \"descaling\" since Thursday. Apparently that is nobody's job, or everybody's, which is the same. And \
    before somebody asks: yes, I did read the announcement about the new seating plan, all nine pages of \
    it. It does not mention plants.\n\nAnyway. Have a productive week, everyone!";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) text: String,
    pub(crate) score: f64,
    pub(crate) tags: Vec<String>,
}

pub(crate) fn case(id: u64) -> Case {
    Case {
        id,
        author: "ada".into(),
        text: POST.into(),
        score: 0.25,
        tags: vec!["mood".into(), "weekday".into()],
    }
}

/// The work of a step: next to nothing, so that what is measured is everything else.
pub(crate) fn work(mut case: Case) -> Case {
    case.id = case.id.wrapping_mul(31) + 1;
    case
}

/// What a careful person keeps of a step.
pub(crate) struct Kept {
    pub(crate) name: &'static str,
    pub(crate) started: Instant,
    pub(crate) took: Duration,
}

impl Kept {
    /// Whether it says something sensible of a step that ran after `start`.
    pub(crate) fn is_of(&self, start: Instant) -> bool {
        !self.name.is_empty() && self.started + self.took >= start
    }
}

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// The median over pairs, each measured back to back, so that a noisy machine hits both sides alike. What is
/// measured should take well under a millisecond: what is longer than a time slice is interrupted more often
/// on the slower side, and the ratio tells of the neighbours.
pub(crate) fn ratio(mut ours: impl FnMut() -> Duration, mut floor: impl FnMut() -> Duration) -> f64 {
    const PAIRS: usize = 401;
    let ratios = (0..PAIRS)
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
    median(ratios)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn report(name: &str, measured: f64, bound: f64) -> bool {
    let held = measured <= bound;
    println!("RATIO {name} {measured:.2} <= {bound:.1}{}", if held { "" } else { "  MISSED" });
    held
}
