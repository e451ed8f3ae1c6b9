//! What editors see of a pipeline: its body is emitted a second time under `cfg(rust_analyzer)`, token by
//! token, with the right sides of its `let`s wrapped in [`out`]. Nothing here ever runs.

use super::{Pipeline, recover};
use crate::question::QuestionBuilder;
use crate::step::{FallbackSlot, Step, StepCall};

/// What stands in flow position, and what comes of it.
pub trait Flow {
    /// A step's output, or the plain value itself.
    type Output;
}
impl<S: Step, F: FallbackSlot> Flow for StepCall<S, F> {
    type Output = S::Output;
}

/// The output of a step call.
pub fn out<T: Flow>(_: T) -> T::Output {
    recover()
}

/// The reply to a question has the type of its binding.
pub fn reply<T>(_: QuestionBuilder) -> T {
    recover()
}

/// The context, as plain expressions read it.
pub fn context<'a, P: Pipeline>() -> &'a P::Context {
    recover()
}

/// The user's tokens, as a block.
#[doc(hidden)]
#[macro_export]
macro_rules! __ide_tokens {
    ($($tokens:tt)*) => {
        { $($tokens)* }
    };
}
