use super::findings::Keep;
use super::redirect::RedirectConversion;
use super::{Redirecting, RunIn, Step, StepCall, WritesIn};
use crate::context::Context;
use crate::error::Error;
use crate::exec::{Cx, Redirected, StepFuture};
use crate::path::NodeId;
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

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
    message = "`{Self}` cannot be the fallback of `{S}` [fallback_does_not_fit]",
    label = "it does not take and return the same types",
    note = "a fallback is a step with the input and output types of the step that it replaces"
)]
pub trait FallbackOf<S: Step>: Step<Input = S::Input, Output = S::Output> {}

#[diagnostic::do_not_recommend]
impl<S: Step, F: Step<Input = S::Input, Output = S::Output>> FallbackOf<S> for F {}

/// A call with a fallback. Unlike the type itself it has no default, which rustc would go on with where the
/// fallback is no type.
#[doc(hidden)]
pub type WithFallback<S, F> = StepCall<S, FallbackTo<F>>;

/// A call with a redirect, and perhaps a fallback.
#[doc(hidden)]
pub type WithRedirect<S, F, D> = StepCall<S, Redirecting<F, D>>;

/// The fallback `S`. Not `S` itself: next to an impl for every step, rustc would not say what a redirect
/// lacks.
pub struct FallbackTo<S>(PhantomData<fn() -> S>);

impl<S> fmt::Debug for FallbackTo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FallbackTo")
    }
}

/// The absence of a fallback.
#[derive(Debug)]
pub enum NoFallback {}

/// Nothing, or the step that `.fallback(..)` named, and the one that `.redirect(..)` did. It knows nothing of
/// the step they stand in for: that the types are the same was proved, and reported, by those methods.
pub trait FallbackSlot: Send + 'static {
    /// The input of the fallback.
    type Input: Send;
    /// The output of the fallback.
    type Output: Send;
    /// The input of the step that a plugin may redirect to.
    type RedirectInput: Send;
    /// The output of the redirect.
    type RedirectOutput: Send;
    /// The type of the call with this fallback.
    type WithFallback<T: Step>: FallbackSlot<
            Input = T::Input,
            Output = T::Output,
            RedirectInput = Self::RedirectInput,
            RedirectOutput = Self::RedirectOutput,
        >;
    /// The type of the call with this redirect.
    type WithRedirect<T: Step>: FallbackSlot<
            Input = Self::Input,
            Output = Self::Output,
            RedirectInput = T::Input,
            RedirectOutput = T::Output,
        >;
}
impl FallbackSlot for NoFallback {
    type Input = ();
    type Output = ();
    type RedirectInput = ();
    type RedirectOutput = ();
    type WithFallback<T: Step> = FallbackTo<T>;
    type WithRedirect<T: Step> = Redirecting<Self, T>;
}
#[diagnostic::do_not_recommend]
impl<S: Step> FallbackSlot for FallbackTo<S> {
    type Input = S::Input;
    type Output = S::Output;
    type RedirectInput = ();
    type RedirectOutput = ();
    type WithFallback<T: Step> = FallbackTo<T>;
    type WithRedirect<T: Step> = Redirecting<Self, T>;
}

/// A fallback that can run where the call runs.
pub trait Fallback<C, R>: FallbackSlot {
    /// The name of the fallback, the last part of the node's id: `node!name`.
    #[doc(hidden)]
    const NAME: &'static str;
    /// The parts of the context that it may write.
    #[doc(hidden)]
    const MASK: u64;
    /// Runs it.
    #[doc(hidden)]
    fn exec<'a>(cx: &'a mut Cx<'_, C, R>, id: NodeId, input: Self::Input) -> StepFuture<'a, Self::Output>;
    /// Runs a call that has this fallback.
    #[doc(hidden)]
    fn leaf<'a, S: RunIn<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<S, Self>,
    ) -> StepFuture<'a, S::Output>
    where
        C: Context,
        R: Send + Sync,
        Self: Sized,
    {
        cx.bridged_leaf(id, call)
    }
    /// The step that a plugin may redirect to; empty if there is none.
    #[doc(hidden)]
    const REDIRECT: &'static str = "";
    /// The function that keeps findings in the context, if the call keeps them.
    #[doc(hidden)]
    const KEEP: Option<Keep<C>> = None;
    /// Goes on with that one.
    #[doc(hidden)]
    fn redirect<'a>(
        _: &'a mut Cx<'_, C, R>,
        _: NodeId,
        _: Redirected<Self::RedirectInput>,
    ) -> StepFuture<'a, Self::RedirectOutput> {
        StepFuture::typed(Box::pin(std::future::ready(Err(Error::internal(
            "a call was redirected to no step",
        )))))
    }
}
// For every `C`: a type that is no context is not reported again for a fallback that the call does not have.
impl<C, R> Fallback<C, R> for NoFallback {
    const NAME: &'static str = "";
    const MASK: u64 = 0;
    fn exec<'a>(_: &'a mut Cx<'_, C, R>, _: NodeId, (): ()) -> StepFuture<'a, ()> {
        StepFuture::typed(Box::pin(std::future::ready(Ok(()))))
    }
    fn leaf<'a, S: RunIn<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<S>,
    ) -> StepFuture<'a, S::Output>
    where
        C: Context,
        R: Send + Sync,
    {
        // A call that keeps its findings has another type: here nothing stands in and nothing is kept.
        cx.plain_leaf(id, call)
    }
}
impl<C: Context, R: Send + Sync, S: RunIn<C, R>> Fallback<C, R> for FallbackTo<S> {
    const NAME: &'static str = S::FACTS.name;
    const MASK: u64 = <S as WritesIn<C>>::MASK;
    fn exec<'a>(cx: &'a mut Cx<'_, C, R>, id: NodeId, input: S::Input) -> StepFuture<'a, S::Output> {
        S::exec(cx, id, S::reviewed(StepCall::new(input)))
    }
}

/// The steps that stand in for `S` in one call.
pub(crate) struct StandIns<S: Step, F: FallbackSlot> {
    pub(crate) fallback: Option<FallbackConversion<S, F>>,
    pub(crate) redirect: Option<RedirectConversion<S, F>>,
}

/// Carries values over to the fallback and back. Two identities, stored where their types were proved
/// to be the same.
pub(crate) struct FallbackConversion<S: Step, F: FallbackSlot> {
    pub(crate) input: fn(S::Input) -> F::Input,
    pub(crate) output: fn(F::Output) -> S::Output,
}

/// The [`StandIns`] of a call, without their types: most calls have none, and need no code that would drop them.
pub(crate) type AnyStandIns = Box<dyn Any + Send + Sync>;

impl<S: Step, F: FallbackSlot> StandIns<S, F> {
    /// Those of a call of `S` that has this type of stand-ins.
    pub(crate) fn of(call: Option<AnyStandIns>) -> Self {
        match call.map(<AnyStandIns>::downcast) {
            Some(Ok(these)) => *these,
            _ => Self { fallback: None, redirect: None },
        }
    }
}

impl<S: Step, F: FallbackSlot> FallbackConversion<S, F> {
    /// Converts for a call that has another type of stand-ins.
    pub(super) fn over<G: FallbackSlot<Input = F::Input, Output = F::Output>>(
        self,
    ) -> FallbackConversion<S, G> {
        let Self { input, output } = self;
        FallbackConversion { input, output }
    }
}
