//! Steps and their calls: retry, timeout, fallback, cache, validators, plugins, tools.
//!
//! `#[step]` makes a step of an async function. Calling it gives a [`StepCall`], which a pipeline runs; its methods are
//! the options of the call, and the attribute holds the defaults.
//!
//! ```
//! use flujo::prelude::*;
//!
//! #[step(retries = 2, timeout = "20s")]
//! async fn fetch(name: String) -> Result<String> {
//!     Err(StepError::fatal(format!("no page of {name}")))
//! }
//!
//! #[step]
//! async fn from_archive(name: String) -> Result<String> {
//!     Ok(format!("the archived page of {name}"))
//! }
//!
//! pipeline! {
//!     fn page(name: String) -> String {
//!         fetch(name).retries(0).fallback(from_archive)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let flujo = Flujo::builder().build()?;
//! let result = flujo.run(page("Ada".to_string())).await;
//! let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
//! assert_eq!(paths, ["page/fetch", "page/fetch!from_archive"]);
//! assert_eq!(result.into_output()?, "the archived page of Ada");
//! # Ok(())
//! # }
//! ```
//!
//! In a unit test a step runs by itself: `fetch("Ada".to_string()).run(&mut context, &resources).await`.

mod backoff;
mod call;
mod callee_kind;
mod drafts;
mod facts;
mod fallback;
pub(crate) mod findings;
mod info;
mod into_step_call;
pub(crate) mod migrate;
mod plain;
pub(crate) mod plugin;
mod policy;
mod redirect;
mod result;
mod stand_in_call;
mod stub;
mod tool;
mod tool_list;
mod user_future;
mod validate;
pub(crate) mod writes;

pub use backoff::Backoff;
pub use call::StepCall;
pub use callee_kind::{
    BrokenKind, CalleeKind, ContextStep, DetachedPipeline, DetachedWithoutResources, NestedPipeline,
    NestedWithoutResources, StepKind,
};
pub use drafts::Drafts;
pub(crate) use fallback::{AnyStandIns, StandIns};
pub use fallback::{
    Fallback, FallbackOf, FallbackSlot, FallbackTo, NoFallback, StepName, WithFallback, WithRedirect,
};
pub use findings::{Findings, KeepingFindings, KeepsFindings, KeptFinding};
pub use info::RunInfo;
pub use into_step_call::IntoStepCall;
// Public here, so that messages do not name `__private`.
pub use migrate::Older;
// Guards that only generated code writes.
#[doc(hidden)]
pub use plain::{AfterStep, Gives, Neither, NoStep, NoStepYet, Plain, PlainClosure, PlainFunction, Then};
pub use plugin::{Plugin, PluginResult, Priority};
pub(crate) use policy::Options;
pub use policy::{ModelName, ModelPolicy, Policy};
pub use redirect::{RedirectOf, Redirecting};
pub use result::StepResult;
pub(crate) use result::Tally;
pub(crate) use stub::Stubs;
pub use stub::{AnyStub, Stub};
pub(crate) use tool::StepTool;
pub use tool::{Argument, Arguments, ToolIn, ToolKind};
pub(crate) use tool_list::Offered;
pub use tool_list::{Tool, ToolSet, assert_asks_first, assert_has_tools, assert_named_apart, assert_tool};
pub use user_future::{called, costed};
pub use validate::{ValidationResult, Validator, Validators};
pub use writes::WritesIn;

use crate::codec::{CodecError, Json};
use crate::exec::{Cx, StepFuture, ToolRunner};
use crate::future::BoxFuture;
use crate::model::{Message, ModelReply, Parsed};
use crate::path::NodeId;
// Public here, so that messages do not name `__private`.
pub use crate::durable::{AnyInput, Inputs, Recorded, Takes};
use crate::error::StepError;
pub use facts::{PipelineData, StepInfo};

/// A step or a pipeline: the type behind a function annotated with `#[step]` or written in `pipeline!`.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::step::{Leaf, ModelLeaf, Step};
///
/// #[step(retries = 2)]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// #[step(model = "openai:gpt-4o-mini")]
/// fn label(post: String) -> Prompt<String> {
///     Prompt::ask(post)
/// }
///
/// fn retries<S: Step>() -> u32 {
///     S::POLICY.retries
/// }
/// assert_eq!(retries::<greet>(), 2);
///
/// // A function is no pipeline, and may ask a model.
/// const fn is_leaf<S: Leaf>() {}
/// const fn asks_a_model<S: ModelLeaf>() {}
/// const _: () = (is_leaf::<greet>(), asks_a_model::<label>()).0;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step [not_a_step]",
    label = "expected a step or a pipeline",
    note = "annotate the function with `#[flujo::step]`"
)]
pub trait Step: StepInfo + Sized + Send + Sync + 'static {
    /// The inputs as a tuple.
    type Input: Inputs<Self>;
    /// The output.
    type Output: Recorded;
    /// How it runs, and whether a model may call it: one impl for all steps, so that a step brings no code for it.
    #[doc(hidden)]
    type Kind;
    /// The defaults that the attribute set.
    #[allow(clippy::cast_possible_truncation, reason = "the number was a `u32`")]
    const POLICY: Policy = Policy { retries: Self::FACTS.retries as u32, ..Policy::PLAIN };
    /// A call with the plugins and validators that the attribute set.
    #[doc(hidden)]
    fn reviewed(call: StepCall<Self>) -> StepCall<Self> {
        call
    }
    /// The output of a record of an older version, carried over by the functions that `migrate` names.
    #[doc(hidden)]
    fn migrated(was: u32, _: &Json) -> Result<Self::Output, CodecError> {
        Err(migrate::untaken(was, Self::FACTS.version))
    }
}

/// A step that is one function, not a pipeline: it has attempts of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a pipeline: this option belongs to steps [option_of_steps]",
    label = "not an option of a pipeline call",
    note = "pipeline calls take `.retries`, `.timeout`, `.limits`, `.settle` and `.named`; set the others on the steps inside"
)]
pub trait Leaf: Step {}

/// A step that is answered by a model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not call a model: this option belongs to model steps [option_of_model_steps]",
    label = "not an option of this step",
    note = "a model step is `#[step(model = \"provider:model\")] fn name(..) -> Prompt<T>`"
)]
pub trait ModelLeaf: Leaf {}

/// A step that can run where the context is `C` and the resources are `R`.
///
/// Bounds name this trait, and steps implement [`StepIn`]: where a part or a resource is missing, rustc lists impls for
/// the type that the bound is about, and here there are none whose generated parameters it could show.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::step::{RunIn, Step, StepCall, StepIn};
///
/// struct Db;
///
/// #[step]
/// async fn look_up(name: String, db: &Db) -> Result<String> {
///     let _ = db;
///     Ok(name)
/// }
///
/// /// A helper for tests of steps that need the database and no context.
/// async fn tested<S: RunIn<(), Db>>(call: StepCall<S>) -> Option<S::Output> {
///     call.run(&mut (), &Db).await.ok()
/// }
/// const fn runs_with_a_database<S: StepIn<(), Db>>() {}
/// const _: () = runs_with_a_database::<look_up>();
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(tested(look_up("Ada".to_owned())).await.as_deref(), Some("Ada"));
/// # }
/// ```
pub trait RunIn<C, R>: StepIn<C, R> {}
impl<C, R, S: StepIn<C, R>> RunIn<C, R> for S {}

/// How a step runs where the context is `C` and the resources are `R`. One impl per step, so that a missing part or
/// resource is reported with its concrete type.
pub trait StepIn<C, R>: Step<Kind: CalleeKind<Self, C, R>> + WritesIn<C> {
    /// Copies of the context parts that it may write: a failed attempt leaves no trace.
    #[doc(hidden)]
    type Drafts: Drafts<C>;
    /// Bits of the parts that it reads.
    #[doc(hidden)]
    const READS: u64 = 0;
    /// The tools of a model step.
    #[doc(hidden)]
    fn tool_runner(_: &R) -> Option<Box<dyn ToolRunner + '_>> {
        None
    }
    /// Makes the copies.
    #[doc(hidden)]
    fn drafts(ctx: &C) -> Self::Drafts {
        Self::Drafts::of(ctx)
    }
    /// Exchanges the copies and the parts.
    #[doc(hidden)]
    fn exchange(ctx: &mut C, drafts: &mut Self::Drafts) {
        drafts.exchange(ctx);
    }
    /// Calls the user's function; a pipeline has none.
    #[doc(hidden)]
    fn attempt(
        input: Self::Input,
        drafts: &mut Self::Drafts,
        ctx: &C,
        res: &R,
        run: &RunInfo,
    ) -> impl Future<Output = Result<Self::Output, StepError>> + Send {
        let _ = (input, drafts, ctx, res, run);
        std::future::ready(Err(StepError::internal("a pipeline has no attempts")))
    }
    /// Calls the function of a model step, which builds the prompt.
    #[doc(hidden)]
    fn prompt<'a>(
        input: Self::Input,
        drafts: &'a mut Self::Drafts,
        ctx: &'a C,
        res: &'a R,
        run: &'a RunInfo,
    ) -> BoxFuture<'a, Result<Vec<Message>, StepError>> {
        let _ = (input, drafts, ctx, res, run);
        no_prompt()
    }
    /// Parses the answer of a model step.
    #[doc(hidden)]
    fn parse(reply: &ModelReply) -> Result<Parsed<Self::Output>, StepError> {
        let _ = reply;
        Err(no_model())
    }
    /// Runs it as the node `id` of the pipeline that `cx` drives.
    #[doc(hidden)]
    #[inline]
    fn exec<'a, F: Fallback<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<Self, F>,
    ) -> StepFuture<'a, Self::Output> {
        Self::Kind::exec(cx, id, call)
    }
}

#[cold]
fn no_model() -> StepError {
    StepError::internal("only a model step has a prompt")
}

#[cold]
fn no_prompt<'a>() -> BoxFuture<'a, Result<Vec<Message>, StepError>> {
    Box::pin(std::future::ready(Err(no_model())))
}
