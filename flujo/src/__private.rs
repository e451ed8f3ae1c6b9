//! The items that generated code names. Not part of the public interface: it may change in any release.

pub use crate::cache::CachePolicy;
pub use crate::codec::{CodecError, Json};
pub use crate::context::field::{Field, Hole, NoField, NoList, NoRule, decode_as, read_as, rest_writer};
pub use crate::context::{ALL, ArmState, Contains, Context, List, MergeConflict, Part, REST, rules};
pub use crate::durable::{Durable, Inputs, Recorded, Reply, Takes, assert_durable, assert_reply, recover};
pub use crate::error::{Error, Failure, RunResult, StepError, step_error};
pub use crate::exec::{
    ArmResult, ArmScope, CONCURRENCY, Calls, Cx, Driver, Fork, ForkPoint, ItemFork, MapPoint, Mapped, Own,
    Pipeline, Redirected, Serving, SettledFuture, Slot, StepFuture, ToolRunner, tool_runner,
};
pub use crate::flow;
pub use crate::flow::{
    ALL_AT_ONCE, Critique, Feedback, GatePlugins, assert_concurrency, assert_items, assert_rounds,
};
pub use crate::future::BoxFuture;
pub use crate::graph::{
    Asking, Bounds, Edge, Facts, Fresh, Graph, NoDefault, Node, NodeKind, StepTexts, ValueSchemas,
    fingerprint,
};
pub use crate::model::{
    Answer, CacheTime, CallOptions, IntoPrompt, Message, ModelReply, NoAnswer, Parsed, Prompt,
    ReasoningEffort, ToolChoice, messages,
};
pub use crate::path::NodeId;
pub use crate::question::Approval;
pub use crate::resources::Provides;
pub use crate::step::migrate::untaken;
pub use crate::step::writes::{
    FallbackWrites, NoFit, NotWithin, Probe, Within, all_of, assert_apart, assert_disjoint, assert_mergeable,
    assert_reads, mask, project,
};
pub use crate::step::{
    Backoff, Fallback, FallbackTo, IntoStepCall, KeepsFindings, Leaf, ModelLeaf, ModelName, ModelPolicy,
    NoFallback, NoStep, NoStepYet, Older, PipelineData, Plain, Policy, RunInfo, Step, StepCall, StepIn,
    StepInfo, Then, ToolIn, ToolSet, WithFallback, WithRedirect, WritesIn, called, costed,
};
pub use crate::step::{
    BrokenKind, CalleeKind, ContextStep, DetachedPipeline, DetachedWithoutResources, NestedPipeline,
    NestedWithoutResources, StepKind,
};
pub use crate::step::{Tool, assert_asks_first, assert_has_tools, assert_named_apart, assert_tool};
pub use crate::usage::UsageLimits;
pub use serde;
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::collections::BTreeSet;
pub use std::future::Future;
pub use std::marker::{PhantomData, Send, Sized, Sync};
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::string::String;
pub use std::time::Duration;
pub use std::vec::Vec;
pub use std::{column, file, format, line, unreachable, vec};

pub mod ide;
pub use crate::__ide_tokens as ide_tokens;

use crate::graph::ReplyCheck;
use crate::question::QuestionBuilder;

/// The graph of a pipeline. These are functions for the same reason as [`Facts::of`].
pub const fn graph<P: PipelineData<()>>() -> &'static Graph {
    P::GRAPH
}

/// The worst case of one run of a pipeline.
pub const fn bounds<P: PipelineData<()>>() -> Bounds {
    P::BOUNDS
}

/// Proves, at the type's own token, that it is a context.
pub const fn assert_context<T: Context>() {}

/// Whether a reply fits `T`.
///
/// # Errors
/// It does not.
pub fn check_reply<T: Reply>(json: &Json) -> Result<(), CodecError> {
    json.decode::<T>().map(|_| ())
}

/// `Replies::<T>::CHECK` is the inherent constant when `T` can be a reply, else that of [`NoReply`]: a type
/// that cannot is reported by the question, and must not be reported again by the graph.
#[derive(Debug)]
pub struct Replies<T>(PhantomData<T>);
impl<T: Reply> Replies<T> {
    /// The check of a reply of this type.
    pub const CHECK: Option<ReplyCheck> = Some(check_reply::<T>);
}
/// The fallback of [`Replies`].
pub trait NoReply {
    /// None.
    const CHECK: Option<ReplyCheck> = None;
}
impl<T> NoReply for T {}

/// Boxes the future of a prompt.
pub fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    Box::pin(future)
}

/// Begins a question.
pub fn question(message: impl Into<String>) -> QuestionBuilder {
    QuestionBuilder::new(message.into())
}

/// Names the type of `Ok(..)` at the end of an async block.
///
/// # Errors
/// None.
pub fn done<T>(value: T) -> RunResult<T> {
    Ok(value)
}

/// Stands for a callee that turns out to be no step, so that only the call itself is reported.
#[derive(Debug)]
pub struct NotAStep;
impl StepInfo for NotAStep {
    const FACTS: Facts = Facts::NONE;
}
// What it stands for was reported: it is missing nowhere else.
impl<C> WritesIn<C> for NotAStep {}
impl Step for NotAStep {
    type Input = ();
    type Output = ();
    type Kind = BrokenKind;
    const POLICY: Policy = Policy::PLAIN;
}
