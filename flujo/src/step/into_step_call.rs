use super::{FallbackSlot, Step, StepCall};

/// A call where `pipeline!` expects a step.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::step::{IntoStepCall, Step, StepInfo};
///
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
///
/// fn name_of<T: IntoStepCall>(call: T) -> &'static str {
///     drop(call.into_step_call());
///     <T::Step as StepInfo>::FACTS.name
/// }
/// assert_eq!(name_of(greet("Ada".to_owned())), "greet");
/// ```
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
