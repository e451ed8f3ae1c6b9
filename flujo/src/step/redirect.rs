use super::{CalleeKind as _, Fallback, FallbackSlot, FallbackTo, Leaf, RunIn, Step, WritesIn};
use crate::context::Context;
use crate::exec::{Cx, Redirected, StepFuture};
use crate::path::NodeId;
use std::fmt;
use std::marker::PhantomData;

/// A step that a redirected attempt may be one of: it takes and returns the same as `S`.
#[diagnostic::on_unimplemented(
    message = "`{S}` cannot be redirected to `{Self}` [redirect_does_not_fit]",
    label = "it is not a step that takes and returns the same types",
    note = "a redirect names a step, not a pipeline, with the input and output types of the step that is called"
)]
pub trait RedirectOf<S: Step>: Leaf<Input = S::Input, Output = S::Output> {}

#[diagnostic::do_not_recommend]
impl<S: Step, D: Leaf<Input = S::Input, Output = S::Output>> RedirectOf<S> for D {}

/// The steps that may stand in for another: the fallback `F`, and `D` for attempts that a plugin redirects.
pub struct Redirecting<F, D>(PhantomData<fn() -> (F, D)>);

impl<F, D> fmt::Debug for Redirecting<F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redirecting")
    }
}

#[diagnostic::do_not_recommend]
impl<F: FallbackSlot, D: Step> FallbackSlot for Redirecting<F, D> {
    type Input = F::Input;
    type Output = F::Output;
    type RedirectInput = D::Input;
    type RedirectOutput = D::Output;
    type WithFallback<T: Step> = Redirecting<FallbackTo<T>, D>;
    type WithRedirect<T: Step> = Redirecting<F, T>;
}

impl<C: Context, R: Send + Sync, F: Fallback<C, R>, D: RunIn<C, R>> Fallback<C, R> for Redirecting<F, D> {
    const NAME: &'static str = F::NAME;
    const MASK: u64 = F::MASK | <D as WritesIn<C>>::MASK;
    const REDIRECT: &'static str = D::FACTS.name;
    fn exec<'a>(cx: &'a mut Cx<'_, C, R>, id: NodeId, input: F::Input) -> StepFuture<'a, F::Output> {
        F::exec(cx, id, input)
    }
    fn redirect<'a>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        redirected: Redirected<D::Input>,
    ) -> StepFuture<'a, D::Output> {
        D::Kind::redirected(cx, id, redirected)
    }
}

/// Carries a call over to the step that it was redirected to, and the output back: identities, stored where
/// the types were proved to be the same.
pub(crate) struct RedirectConversion<S: Step, F: FallbackSlot> {
    pub(crate) input: fn(S::Input) -> F::RedirectInput,
    pub(crate) output: fn(F::RedirectOutput) -> S::Output,
}

impl<S: Step, F: FallbackSlot> RedirectConversion<S, F> {
    /// Converts for a call that has another type of stand-ins.
    pub(super) fn over<G>(self) -> RedirectConversion<S, G>
    where
        G: FallbackSlot<RedirectInput = F::RedirectInput, RedirectOutput = F::RedirectOutput>,
    {
        let Self { input, output } = self;
        RedirectConversion { input, output }
    }
}
