use super::fallback::FallbackConversion;
use super::plugin::Plugins;
use super::policy::Check;
use super::redirect::RedirectConversion;
use super::{
    AnyStandIns, Backoff, Fallback, FallbackOf, FallbackSlot, FallbackTo, KeepingFindings, Leaf, NoFallback,
    Options, Plugin, RedirectOf, Redirecting, RunIn, StandIns, Step, Validators,
};
use crate::cache::CachePolicy;
use crate::context::Context;
use crate::error::RunResult;
use crate::future::BoxFuture;
use crate::usage::UsageLimits;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// A step bound to its input. Nothing runs until a pipeline, or [`run`](StepCall::run), drives it.
///
/// The methods are the options of a call; in `pipeline!` they are written the same way.
#[must_use = "a step does nothing until a pipeline runs it"]
pub struct StepCall<S: Step, F: FallbackSlot = NoFallback> {
    pub(crate) input: S::Input,
    pub(crate) options: Option<Box<Options>>,
    /// Those of the type `F`.
    pub(crate) stand_ins: Option<AnyStandIns>,
    pub(crate) standing_in: PhantomData<fn() -> F>,
}

impl<S: Step, F: FallbackSlot> fmt::Debug for StepCall<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepCall").field("step", &S::FACTS.name).finish_non_exhaustive()
    }
}

/// A call where `pipeline!` expects a step.
#[diagnostic::on_unimplemented(
    message = "this call does not return a step",
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

impl<S: Step> StepCall<S> {
    #[doc(hidden)]
    #[inline]
    pub fn new(input: S::Input) -> Self {
        Self { input, options: None, stand_ins: None, standing_in: PhantomData }
    }
}

impl<S: Step, F: FallbackSlot> StepCall<S, F> {
    fn with_stand_ins(input: S::Input, options: Option<Box<Options>>, these: StandIns<S, F>) -> Self {
        Self { input, options, stand_ins: Some(Box::new(these)), standing_in: PhantomData }
    }

    /// The options, made now if this is the first one.
    pub(super) fn options(&mut self) -> &mut Options {
        self.options.get_or_insert_with(Box::default)
    }

    /// `n` extra attempts after the first; for a pipeline, `n` restarts at the node that failed.
    pub fn retries(self, n: u32) -> Self {
        let mut call = self;
        call.options().retries = Some(n);
        call
    }

    /// Sets the timeout of one attempt; for a pipeline, its active time: attempts and
    /// the waits between them, over crashes too, but not the time in which it waits for a person or in a `wait`.
    /// A restart has all of it again. In `pipeline!`, `.timeout("20s")` is checked by the compiler.
    pub fn timeout(self, limit: Duration) -> Self {
        let mut call = self;
        call.options().timeout = Some(limit);
        call
    }

    /// Sets the limits of the node, all its attempts and its fallback together; for a pipeline, everything in it. A
    /// model call that could exceed it is not made: the node fails, and is not tried again, but its fallback
    /// is, which may be cheaper. Limits of the run and of nodes around it hold too.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # #[step(model = "openai:gpt-4o", max_tokens = 500)]
    /// # fn think(text: String) -> Prompt<String> { Prompt::ask(text) }
    /// # #[step(model = "openai:gpt-4o-mini", max_tokens = 100)]
    /// # fn guess(text: String) -> Prompt<String> { Prompt::ask(text) }
    /// pipeline! {
    ///     fn answer(text: String) -> String {
    ///         think(text).limits(UsageLimits::usd("0.01")).fallback(guess)
    ///     }
    /// }
    /// ```
    pub fn limits(self, limits: UsageLimits) -> Self {
        let mut call = self;
        call.options().limits = Some(limits);
        call
    }

    /// Takes the output from the cache, if one that is not too old is kept there under the same key; see
    /// [`cache`](crate::cache). **Services are not part of the key**: count up the `version` of a step that
    /// takes `&R` by hand. In `pipeline!`, `.cached("1h")` or `.cached(forever)`.
    pub fn cached(self, policy: CachePolicy) -> Self
    where
        S: Leaf,
    {
        let mut call = self;
        call.options().cached = Some(policy);
        call
    }

    /// Sets the backoff between attempts.
    pub fn backoff(self, backoff: Backoff) -> Self
    where
        S: Leaf,
    {
        let mut call = self;
        call.options().backoff = Some(backoff);
        call
    }

    /// Asks `validators`, one or a tuple, about every output. A rejection is the feedback of the next
    /// attempt; when no attempt is left, the step fails.
    pub fn validate<V: Validators<S::Output>>(self, validators: V) -> Self
    where
        S: Leaf,
    {
        let check: Check = Box::new(move |output| match output.downcast_ref::<S::Output>() {
            Some(output) => validators.validate_all(output),
            // The type fits: the option is a method of a call with this output.
            None => Vec::new(),
        });
        let mut call = self;
        call.options().checks.push(check);
        call
    }

    /// Asks `plugin` about every output, before validators; it may replace it. Several run by priority.
    pub fn plugin<P: Plugin<S::Output>>(self, plugin: P) -> Self
    where
        S: Leaf,
    {
        let mut call = self;
        call.options().plugins.add(Plugins::of::<S::Output, P>(plugin));
        call
    }

    /// Keeps what plugins, validators and the parser say against outputs in the context, in its part of the
    /// type [`Findings`](crate::Findings): when the node ends, whether it succeeded or failed.
    pub fn keep_findings(self) -> StepCall<S, KeepingFindings<F>>
    where
        S: Leaf,
    {
        let StandIns { fallback, redirect } = StandIns::<S, F>::of(self.stand_ins);
        let (fallback, redirect) =
            (fallback.map(FallbackConversion::over), redirect.map(RedirectConversion::over));
        StepCall::with_stand_ins(self.input, self.options, StandIns { fallback, redirect })
    }

    /// `strict(false)` lets a rejected output pass; the findings are recorded on the step's result.
    pub fn strict(self, strict: bool) -> Self
    where
        S: Leaf,
    {
        let mut call = self;
        call.options().strict = strict;
        call
    }

    /// Runs the step on its own, for unit tests: nothing is recorded, options hold.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// #[step]
    /// async fn shout(text: String) -> Result<String> {
    ///     Ok(text.to_uppercase())
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let loud = shout("hi".to_string()).run(&mut (), &()).await;
    /// assert_eq!(loud.unwrap(), "HI");
    /// # }
    /// ```
    ///
    /// # Errors
    /// The step failed; the error's path is the step's name.
    // Boxed: a future whose type repeats the bounds has rustc report a missing part at the method, at the
    // call and at `.await`.
    pub fn run<'a, C: Context, R: Send + Sync>(
        self,
        context: &'a mut C,
        resources: &'a R,
    ) -> BoxFuture<'a, RunResult<S::Output>>
    where
        S: RunIn<C, R>,
        F: Fallback<C, R>,
    {
        Box::pin(crate::exec::run_alone(self, context, resources))
    }
}

impl<S: Step, F: FallbackSlot> StepCall<S, F> {
    /// Runs `T` once, on the same input, after the last attempt failed. `pipeline!` turns
    /// `.fallback(cheap)` into this.
    #[doc(hidden)]
    pub fn with_fallback<T: FallbackOf<S>>(self) -> StepCall<S, F::WithFallback<T>>
    where
        S: Leaf,
    {
        self.falling::<T, _>()
    }

    /// Goes on with `D` once a plugin redirects. `pipeline!` turns `.redirect(careful)` into this.
    #[doc(hidden)]
    pub fn with_redirect<D: RedirectOf<S>>(self) -> StepCall<S, F::WithRedirect<D>>
    where
        S: Leaf,
    {
        self.redirecting::<D, _>()
    }

    /// [`with_redirect`](StepCall::with_redirect) for `#[step]`: the step is named once, in the type that is
    /// returned, so a misspelt one is reported once.
    #[doc(hidden)]
    pub fn with_own_redirect<D: RedirectOf<S>>(self) -> StepCall<S, Redirecting<F, D>>
    where
        S: Leaf,
    {
        self.redirecting::<D, _>()
    }

    fn falling<T, G>(self) -> StepCall<S, G>
    where
        T: FallbackOf<S>,
        G: FallbackSlot<
                Input = T::Input,
                Output = T::Output,
                RedirectInput = F::RedirectInput,
                RedirectOutput = F::RedirectOutput,
            >,
    {
        let Self { input, options, stand_ins, .. } = self;
        let redirect = StandIns::<S, F>::of(stand_ins).redirect.map(RedirectConversion::over);
        let conversion = FallbackConversion { input: |input| input, output: |output| output };
        StepCall::with_stand_ins(input, options, StandIns { fallback: Some(conversion), redirect })
    }

    fn redirecting<D, G>(self) -> StepCall<S, G>
    where
        D: RedirectOf<S>,
        G: FallbackSlot<
                Input = F::Input,
                Output = F::Output,
                RedirectInput = D::Input,
                RedirectOutput = D::Output,
            >,
    {
        let Self { input, options, stand_ins, .. } = self;
        let fallback = StandIns::<S, F>::of(stand_ins).fallback.map(FallbackConversion::over);
        let conversion = RedirectConversion { input: |input| input, output: |output| output };
        StepCall::with_stand_ins(input, options, StandIns { fallback, redirect: Some(conversion) })
    }
}

impl<S: Leaf> StepCall<S> {
    /// [`with_fallback`](StepCall::with_fallback) for `#[step]`, as [`with_own_redirect`](StepCall::with_own_redirect).
    #[doc(hidden)]
    pub fn with_own_fallback<T: FallbackOf<S>>(self) -> StepCall<S, FallbackTo<T>> {
        self.falling::<T, _>()
    }
}
