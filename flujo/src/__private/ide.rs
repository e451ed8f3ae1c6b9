//! The form of a pipeline that editors see: its body is emitted a second time under `cfg(rust_analyzer)`, token by
//! token, with calls in flow position wrapped in [`out`]. Nothing here ever runs.

use super::{Pipeline, recover};
use crate::question::QuestionBuilder;
use crate::step::{FallbackSlot, Step, StepCall};

/// A value in flow position, and its output.
pub trait Flow {
    /// A step's output.
    type Output;
}
impl<S: Step, F: FallbackSlot> Flow for StepCall<S, F> {
    type Output = S::Output;
}

impl<T, K> Flow for crate::flow::Form<T, K> {
    type Output = T;
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

/// The options that `pipeline!` takes out of a call before anything runs.
#[cfg(rust_analyzer)]
pub mod options {
    use super::{Flow, QuestionBuilder, recover};
    use crate::error::Failure;
    use crate::step::{FallbackSlot, Step, StepCall};

    /// A call whose failure is a value.
    #[derive(Debug)]
    pub struct Settled<T>(T);

    impl<T: Flow> Flow for Settled<T> {
        type Output = Result<T::Output, Failure>;
    }

    impl<S: Step, F: FallbackSlot> StepCall<S, F> {
        /// The name of this node, a literal of the letters `a` to `z`, digits and `_`: a segment of paths.
        pub fn named(self, _: &'static str) -> Self {
            recover()
        }
        /// Runs `step` once, on the same input, after the last attempt failed.
        pub fn fallback<T>(self, _: T) -> Self {
            recover()
        }
        /// The next attempt is one of `step` once a plugin redirects.
        pub fn redirect<T>(self, _: T) -> Self {
            recover()
        }
        /// Turns a failure into a value: the output is a `Result<T, Failure>`, and siblings go on.
        pub fn settle(self) -> Settled<Self> {
            recover()
        }
    }

    impl QuestionBuilder {
        /// The name of this question, a literal of the letters `a` to `z`, digits and `_`.
        pub fn named(self, _: &'static str) -> Self {
            recover()
        }
    }
}
