//! A step without its types: what the executor drives. The executor itself has no type parameters, so it is
//! compiled once, and a step brings the few functions of this trait.

use super::any_context::AnyContext;
use super::any_slot::AnySlot;
use crate::codec::{AnswerSchema, CodecError, Digest, Json};
use crate::context::Context;
use crate::durable::{AnyInput, Inputs};
use crate::engine::Kind;
use crate::error::StepError;
use crate::future::BoxFuture;
use crate::graph::{Facts, NodeKind};
use crate::model::{Message, ModelReply, Repair};
use crate::step::migrate::untaken;
use crate::step::{Policy, RunIn, RunInfo, StepInfo, WritesIn};
use std::any::{Any, TypeId, type_name};
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

/// The error of a call without input or output, which the executor never makes.
#[cold]
pub(super) fn missing(what: &str) -> CodecError {
    CodecError::new(format_args!("internal error: a step has no {what}; please report it"))
}

/// The static definition of a step.
#[derive(Clone, Copy)]
pub(crate) struct StepDef {
    /// The function's name; empty for a reply in a conversation, which is a node that has no function.
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    pub(crate) migrates_from: u32,
    pub(crate) answer: Option<AnswerSchema>,
    pub(crate) policy: Policy,
    /// Bits of the parts that it may write.
    pub(crate) writes: u64,
    /// Bits of the parts that it reads.
    pub(crate) reads: u64,
    /// Whether an attempt asks a model: its function builds a prompt.
    pub(super) asks_model: bool,
    /// Whether the call is one attempt without a timeout.
    pub(super) is_plain: bool,
    /// Functions, not values: in constants, neither can be computed with the oldest compiler that is promised.
    pub(crate) id: fn() -> TypeId,
    pub(crate) type_name: fn() -> &'static str,
}

impl StepDef {
    const fn of<C: Context, R, S: RunIn<C, R>>() -> Self {
        let Facts { name, version, migrates_from, answer, .. } = <S as StepInfo>::FACTS;
        Self {
            name,
            version,
            migrates_from,
            answer,
            policy: S::POLICY,
            asks_model: S::POLICY.model.is_some(),
            is_plain: S::POLICY.is_plain(),
            writes: <S as WritesIn<C>>::OWN,
            reads: S::READS,
            id: TypeId::of::<S>,
            type_name: type_name::<S>,
        }
    }

    /// The kind of its records.
    pub(crate) fn kind(&self) -> Kind {
        if self.policy.model.is_some() { Kind::Model } else { Kind::Step }
    }

    /// The kind of its node.
    pub(crate) fn node_kind(&self) -> NodeKind {
        if self.policy.model.is_some() { NodeKind::Model } else { NodeKind::Step }
    }
}

/// One call of a step: its input, its output, the parts that it may write.
pub(crate) trait AnyStep: Send {
    fn def(&self) -> &StepDef;
    fn context(&mut self) -> &mut dyn AnyContext;
    /// The input, unless a call took it.
    fn input(&self) -> Option<&dyn AnyInput>;
    /// Where the output is left.
    fn slot(&mut self) -> &mut dyn AnySlot;
    /// Makes new copies of the parts that it may write.
    fn draft(&mut self);
    /// Calls the function once. The input is copied where another call may follow. The output is left here.
    fn call<'a>(&'a mut self, copy: bool, run: &'a RunInfo) -> BoxFuture<'a, Result<(), StepError>>;
    /// Calls the function of a model step, which builds the prompt.
    fn prompt<'a>(&'a mut self, run: &'a RunInfo) -> BoxFuture<'a, Result<Vec<Message>, StepError>>;
    /// Parses the answer of a model step, which is left here; returns the repairs that it took.
    fn parse(&mut self, reply: &ModelReply) -> Result<Vec<Repair>, StepError>;
    /// Exchanges the copies and the parts: what the attempt wrote is in place, or again what was there before it.
    fn exchange(&mut self);
    /// Takes the output from a record that was written by an older version of the step.
    fn migrate(&mut self, version: u32, json: &Json) -> Result<(), CodecError>;
}

/// What the executor does with inputs and outputs. Steps hand them out as they are, and do not do any of this
/// themselves: so it is compiled once for each type, and not for each step.
impl dyn AnyStep + '_ {
    /// The record of the input.
    pub(super) fn record_input(&self) -> Result<Json, CodecError> {
        self.input().ok_or_else(|| missing("input"))?.record()
    }
    pub(super) fn digest_input(&self) -> Result<Digest, CodecError> {
        self.input().ok_or_else(|| missing("input"))?.digest()
    }
    /// The output, if there is one.
    pub(super) fn output(&mut self) -> Option<&mut (dyn Any + Send + Sync)> {
        self.slot().value()
    }
    /// Removes the output.
    pub(super) fn clear(&mut self) {
        self.slot().clear();
    }
    /// The record of the output.
    pub(super) fn record_output(&mut self) -> Result<Json, CodecError> {
        self.slot().record()
    }
    /// Takes the output from a record that was written by this version of the step, or an older one.
    pub(super) fn recall(&mut self, version: u32, json: &Json) -> Result<(), CodecError> {
        if version == self.def().version { self.slot().recall(json) } else { self.migrate(version, json) }
    }
}

/// The [`AnyStep`] of the step `S`.
pub(super) struct TypedStep<'c, C, R, S: RunIn<C, R>> {
    pub(super) ctx: &'c mut C,
    pub(super) res: &'c R,
    pub(super) input: Option<S::Input>,
    pub(super) drafts: Option<S::Drafts>,
    pub(super) output: Option<S::Output>,
}

impl<'c, C: Context, R: Send + Sync, S: RunIn<C, R>> TypedStep<'c, C, R, S> {
    pub(super) const DEF: &'static StepDef = &StepDef::of::<C, R, S>();
    const ASKS_MODEL: bool = S::POLICY.model.is_some();
    const MIGRATES: bool = Self::DEF.migrates_from != Self::DEF.version;

    pub(super) fn new(ctx: &'c mut C, res: &'c R, input: S::Input) -> Self {
        Self { ctx, res, input: Some(input), drafts: None, output: None }
    }
}

impl<C: Context, R: Send + Sync, S: RunIn<C, R>> AnyStep for TypedStep<'_, C, R, S> {
    fn def(&self) -> &StepDef {
        Self::DEF
    }

    fn context(&mut self) -> &mut dyn AnyContext {
        self.ctx
    }

    fn input(&self) -> Option<&dyn AnyInput> {
        match &self.input {
            Some(input) => Some(input.erased()),
            None => None,
        }
    }

    fn slot(&mut self) -> &mut dyn AnySlot {
        &mut self.output
    }

    fn draft(&mut self) {
        self.drafts = Some(S::drafts(self.ctx));
    }

    fn call<'a>(&'a mut self, copy: bool, run: &'a RunInfo) -> BoxFuture<'a, Result<(), StepError>> {
        let Some(drafts) = &mut self.drafts else { return no_call() };
        let Some(input) = S::Input::take(&mut self.input, copy) else { return no_call() };
        let body = S::attempt(input, drafts, self.ctx, self.res, run);
        Box::pin(Put { body, output: &mut self.output })
    }

    fn prompt<'a>(&'a mut self, run: &'a RunInfo) -> BoxFuture<'a, Result<Vec<Message>, StepError>> {
        // A constant: what comes after it is not compiled for steps that ask no model.
        if !Self::ASKS_MODEL {
            return no_call();
        }
        let Some(drafts) = &mut self.drafts else { return no_call() };
        let Some(input) = S::Input::take(&mut self.input, true) else { return no_call() };
        S::prompt(input, drafts, self.ctx, self.res, run)
    }

    fn parse(&mut self, reply: &ModelReply) -> Result<Vec<Repair>, StepError> {
        if !Self::ASKS_MODEL {
            return Err(no_input());
        }
        match S::parse(reply) {
            Ok(parsed) => {
                self.output = Some(parsed.answer);
                Ok(parsed.repairs)
            }
            Err(error) => Err(error),
        }
    }

    fn exchange(&mut self) {
        if let Some(drafts) = &mut self.drafts {
            S::exchange(self.ctx, drafts);
        }
    }

    fn migrate(&mut self, version: u32, json: &Json) -> Result<(), CodecError> {
        // Likewise.
        if !Self::MIGRATES {
            return Err(untaken(version, Self::DEF.version));
        }
        match S::migrated(version, json) {
            Ok(output) => {
                self.output = Some(output);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

#[cold]
fn no_input() -> StepError {
    StepError::internal("an attempt had no input")
}

#[cold]
fn no_call<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, StepError>> {
    Box::pin(std::future::ready(Err(no_input())))
}

pin_project_lite::pin_project! {
    /// Puts the output of a body where the caller wants it: handed on as a value, through every future in between,
    /// it would be taken apart and put together again each time.
    pub(super) struct Put<'o, F, T> {
        #[pin]
        pub(super) body: F,
        pub(super) output: &'o mut Option<T>,
    }
}

impl<F: Future<Output = Result<T, StepError>>, T> Future for Put<'_, F, T> {
    type Output = Result<(), StepError>;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.body.poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(output)) => {
                **this.output = Some(output);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }
}

/// An output that an attempt has left.
pub(crate) fn finished<T>(output: Option<T>) -> crate::error::RunResult<T> {
    match output {
        Some(output) => Ok(output),
        None => Err(super::retry::no_output()),
    }
}
