use super::{FallbackSlot, Step, StepCall};

/// A call where `pipeline!` expects a step.
#[diagnostic::on_unimplemented(
    message = "this call does not return a step [not_a_step]",
    label = "returns `{Self}`, which is not a step call",
    note = "in flow position every call is a step: annotate the function with `#[flujo::step]`",
    note = "to use a plain value here, write `value(..)`"
)]
pub trait IntoStepCall {
    /// The step.
    type Step: Step;
    /// The fallback of the call.
    type Fallback: FallbackSlot;
    /// The call.
    fn into_step_call(self) -> StepCall<Self::Step, Self::Fallback>;
}

#[diagnostic::do_not_recommend]
impl<S: Step, F: FallbackSlot> IntoStepCall for StepCall<S, F> {
    type Step = S;
    type Fallback = F;
    fn into_step_call(self) -> Self {
        self
    }
}
