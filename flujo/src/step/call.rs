use super::fallback::FallbackConversion;
use super::plugin::Plugins;
use super::policy::Check;
use super::redirect::RedirectConversion;
use super::{
    AnyStandIns, Backoff, Fallback, FallbackOf, FallbackSlot, FallbackTo, KeepingFindings, Leaf, ModelLeaf,
    NoFallback, Options, Plugin, RedirectOf, Redirecting, RunIn, StandIns, Step, Validators,
};
use crate::cache::CachePolicy;
use crate::context::Context;
use crate::error::RunResult;
use crate::future::BoxFuture;
use crate::model::{CacheTime, CallOptions, ReasoningEffort, ToolChoice};
use crate::usage::UsageLimits;
use serde::Serialize;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// A step bound to its input. Nothing runs until a pipeline, or [`run`](StepCall::run), drives it.
///
#[doc = include_str!("call.md")]
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

impl<S: Step> StepCall<S> {
    #[doc(hidden)]
    #[inline]
    pub fn new(input: S::Input) -> Self {
        Self { input, options: None, stand_ins: None, standing_in: PhantomData }
    }
}

impl<S: Step, F: FallbackSlot> StepCall<S, F> {
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

    /// The model that answers this call, `provider:model`.
    pub fn model(self, model: impl Into<String>) -> Self
    where
        S: ModelLeaf,
    {
        self.models([model])
    }

    /// The models that answer this call: where a call of one fails, the next is asked in the same attempt. An answer that does
    /// not fit is no failure of a call.
    pub fn models<T: Into<String>>(self, models: impl IntoIterator<Item = T>) -> Self
    where
        S: ModelLeaf,
    {
        let mut call = self;
        call.options().models = models.into_iter().map(Into::into).collect();
        call
    }

    /// Sampling temperature of this call.
    pub fn temperature(self, temperature: f64) -> Self
    where
        S: ModelLeaf,
    {
        let mut call = self;
        call.options().temperature = Some(temperature);
        call
    }

    /// Upper bound of output tokens of this call.
    pub fn max_tokens(self, tokens: u32) -> Self
    where
        S: ModelLeaf,
    {
        let mut call = self;
        call.options().max_tokens = Some(tokens);
        call
    }

    /// Nucleus sampling of this call.
    pub fn top_p(self, top_p: f64) -> Self
    where
        S: ModelLeaf,
    {
        let mut call = self;
        call.options().top_p = Some(top_p);
        call
    }

    /// Sets the most rounds of tool calls in one attempt of this call.
    pub fn tool_rounds(self, rounds: u32) -> Self
    where
        S: ModelLeaf,
    {
        let mut call = self;
        call.options().tool_rounds = Some(rounds);
        call
    }

    /// States that the call has tools of its own, which the pipeline gives it. `pipeline!` turns `.tools([..])` into
    /// this.
    #[doc(hidden)]
    pub fn with_tools(self) -> Self
    where
        S: ModelLeaf,
    {
        self
    }

    /// Sets options of this call; those that are not set stay as the attribute says.
    fn with(self, options: CallOptions) -> Self {
        let mut call = self;
        let own = &mut call.options().of_call;
        let before = own.take().map(|own| *own).unwrap_or_default();
        *own = Some(Box::new(options.over(before)));
        call
    }

    /// Sets how much the model reasons before it answers. In `pipeline!` a literal such as `"low"` is checked by the
    /// compiler.
    ///
    /// Like the options below, it is refused before anything runs where the model's provider does not take it.
    pub fn reasoning_effort(self, effort: ReasoningEffort) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().reasoning_effort(effort))
    }

    /// Sets whether the text of the model's reasoning is requested and recorded:
    /// [`StepResult::reasoning`](super::StepResult::reasoning). It is reported as events wherever a provider sends it.
    pub fn reasoning_text(self, requested: bool) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().reasoning_text(requested))
    }

    /// Sets the texts that end the answer of this call.
    pub fn stop<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().stop(texts))
    }

    /// Sets the seed of the sampling.
    pub fn seed(self, seed: u64) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().seed(seed))
    }

    /// Sets whether the model has to call a tool first. In `pipeline!`, `.tool_choice(required)`, `.tool_choice(none)`.
    pub fn tool_choice(self, choice: ToolChoice) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().tool_choice(choice))
    }

    /// Sets whether one reply may call several tools.
    pub fn parallel_calls(self, allowed: bool) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().parallel_calls(allowed))
    }

    /// Sets the service tier, in the provider's word. A limit of cost needs the price of `provider:model@tier`.
    pub fn service_tier(self, tier: impl Into<String>) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().service_tier(tier))
    }

    /// Asks the provider to keep tools and system messages in its prompt cache for this time. In `pipeline!`,
    /// `.prompt_cache("5m")` or `.prompt_cache("1h")`.
    pub fn prompt_cache(self, time: CacheTime) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().prompt_cache(time))
    }

    /// Sets a field of the request that flujo does not know, in the provider's words; once for each field.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # #[step(model = "openai:gpt-4o", max_tokens = 500)]
    /// # fn think(text: String) -> Prompt<String> { Prompt::ask(text) }
    /// pipeline! {
    ///     fn answer(text: String) -> String {
    ///         think(text).extra("verbosity", "low").extra("top_logprobs", 2)
    ///     }
    /// }
    /// ```
    pub fn extra(self, name: impl Into<String>, value: impl Serialize) -> Self
    where
        S: ModelLeaf,
    {
        self.with(CallOptions::new().extra(name, value))
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
    /// The step failed, as its [`ErrorKind`](crate::ErrorKind) says: `ErrorKind::Failed`, `ErrorKind::TimedOut`,
    /// `ErrorKind::Rejected` and the like. The error's path is the step's name.
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
}

impl<S: Leaf> StepCall<S> {
    /// [`with_fallback`](StepCall::with_fallback) for `#[step]`, as [`with_own_redirect`](StepCall::with_own_redirect).
    #[doc(hidden)]
    pub fn with_own_fallback<T: FallbackOf<S>>(self) -> StepCall<S, FallbackTo<T>> {
        self.falling::<T, _>()
    }
}
