use super::{RunIn, Step, StepCall, WritesIn};
use crate::context::Context;
use crate::cx::Cx;
use crate::error::RunResult;
use crate::path::NodeId;

/// The type behind the name of a step: `StubAgent::of(triage, ..)` takes the function, not the type.
pub trait StepName<Inputs> {
    /// The step.
    type Step: Step;
}

macro_rules! names {
    ($($($t:ident),*;)+) => { $(
        impl<Fun, S: Step, F: FallbackSlot, $($t),*> StepName<($($t,)*)> for Fun
        where
            Fun: Fn($($t),*) -> StepCall<S, F>,
        {
            type Step = S;
        }
    )+ };
}
names! {
    ;
    A;
    A, B;
    A, B, C;
    A, B, C, D;
    A, B, C, D, E;
    A, B, C, D, E, G;
    A, B, C, D, E, G, H;
    A, B, C, D, E, G, H, I;
}

/// A step that takes and returns the same as `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the fallback of `{S}`",
    label = "it does not take and return the same types",
    note = "a fallback is a step with the input and output types of the step it stands in for"
)]
pub trait FallbackOf<S: Step>: Step<Input = S::Input, Output = S::Output> {}

#[diagnostic::do_not_recommend]
impl<S: Step, F: Step<Input = S::Input, Output = S::Output>> FallbackOf<S> for F {}

/// A call with a fallback. Unlike the type itself it has no default, which rustc would go on with where the
/// fallback is no type.
#[doc(hidden)]
pub type WithFallback<S, F> = StepCall<S, F>;

/// No fallback.
#[derive(Debug)]
pub enum NoFallback {}

/// Nothing, or the step that `.fallback(..)` named. It knows nothing of the step it stands in for: that
/// the types are the same was proved, and reported, by `.fallback(..)`.
pub trait FallbackSlot: Send + 'static {
    /// The input of the fallback.
    type Input: Send;
    /// Its output.
    type Output: Send;
}
impl FallbackSlot for NoFallback {
    type Input = ();
    type Output = ();
}
#[diagnostic::do_not_recommend]
impl<S: Step> FallbackSlot for S {
    type Input = S::Input;
    type Output = S::Output;
}

/// A fallback that can run where the call runs.
pub trait Fallback<C, R>: FallbackSlot {
    /// Its name, the last part of the node's id: `node!name`.
    const NAME: &'static str;
    /// What it may write.
    const MASK: u64;
    /// Runs it.
    fn exec(
        cx: &mut Cx<'_, C, R>,
        id: NodeId,
        input: Self::Input,
    ) -> impl Future<Output = RunResult<Self::Output>> + Send;
}
// Anywhere, so that what is no context is not reported once more for the fallback that nobody named.
impl<C, R> Fallback<C, R> for NoFallback {
    const NAME: &'static str = "";
    const MASK: u64 = 0;
    fn exec(_: &mut Cx<'_, C, R>, _: NodeId, (): ()) -> impl Future<Output = RunResult<()>> + Send {
        std::future::ready(Ok(()))
    }
}
impl<C: Context, R: Send + Sync, S: RunIn<C, R>> Fallback<C, R> for S {
    const NAME: &'static str = S::FACTS.name;
    const MASK: u64 = <S as WritesIn<C>>::MASK;
    fn exec(
        cx: &mut Cx<'_, C, R>,
        id: NodeId,
        input: S::Input,
    ) -> impl Future<Output = RunResult<S::Output>> + Send {
        S::exec(cx, id, StepCall::<S>::new(input))
    }
}

/// Carries values over to the fallback and back. Two identities, stored where their types were proved
/// to be the same.
pub(crate) struct Bridge<S: Step, F: FallbackSlot> {
    pub(crate) input: fn(S::Input) -> F::Input,
    pub(crate) output: fn(F::Output) -> S::Output,
}
impl<S: Step, F: FallbackOf<S>> Bridge<S, F> {
    pub(crate) fn new() -> Self {
        Self { input: |input| input, output: |output| output }
    }
}
