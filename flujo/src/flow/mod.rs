//! The forms of `pipeline!`, as documented items: what an editor shows when it points at one.
//!
//! Inside `pipeline!` these words are part of the language. Called anywhere else they do nothing useful,
//! so that each of them says so.

mod counts;
mod critique;
mod loops;
mod settled;

#[doc(hidden)]
pub use counts::{assert_concurrency, assert_items, assert_rounds};
pub use critique::{Critique, Feedback};
pub use loops::{Form, WaitFor, gate, map, refine, repeat, route, wait};

pub use settled::{Arms, Each, Tuple, Whole};

use crate::question::QuestionBuilder;

/// Asks a person: `let reply: T = ask("..")`.
///
/// Options: `.showing(&value)`, `.timeout(duration, default)`, `.named("id")`. The node is named after its
/// `let` binding. The run pauses once nothing else is left to do; `flujo.resume::<p>(id).reply(v)` goes on
/// right after the question. `T` needs a JSON Schema: `#[derive(schemars::JsonSchema)]`.
pub fn ask(message: impl Into<String>) -> QuestionBuilder {
    QuestionBuilder::new(message.into())
}

/// A plain value where a step call could stand: `value(Some(case))`.
///
/// Only needed around an expression that is itself the call of a path; everything else that is not a call
/// of a step is a plain value without it.
pub fn value<T>(x: T) -> T {
    x
}

/// Ends the pipeline as failed, with this message: `let Some(x) = found else { fail("nothing found") };`.
///
/// # Panics
/// Outside of `pipeline!`, where there is nothing that it could end.
#[allow(clippy::panic, reason = "a form outside of `pipeline!` is a mistake that must not pass silently")]
pub fn fail(message: impl std::fmt::Display) -> ! {
    panic!("`fail` is a form of `pipeline!`: {message}")
}

/// Runs arms beside each other: `let (a, b) = join(search(q.clone()), summarize(q));`.
///
/// Two to eight arms; each is a call, a block, or `|| ..`. The arguments of calls are evaluated before any
/// arm starts. Every arm has its own copy of the context; what they wrote is merged part by part. The first
/// failure cancels the others; with `.settle()` every arm gives a `Result` instead.
pub fn join<T>(arms: T) -> Form<T, Arms> {
    Form::new(arms)
}
