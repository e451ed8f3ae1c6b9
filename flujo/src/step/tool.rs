//! Steps and pipelines that a model may call.

use super::callee_kind::{
    BrokenKind, ContextStep, DetachedPipeline, DetachedWithoutResources, NestedPipeline,
    NestedWithoutResources, StepKind,
};
use super::{NoFallback, RunIn, Step, StepCall, StepInfo, WritesIn};
use crate::codec::{CodecError, Json};
use crate::context::Context;
use crate::durable::{Durable, Inputs, Recorded};
use crate::error::{Error, RunResult};
use crate::exec::{CallForm, Cx, misfit};
use crate::future::BoxFuture;
use crate::graph::Facts;
use crate::model::{ToolCall, ToolSpec, take_apart};
use crate::path::NodeId;
use crate::question::ApprovalQuestion;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A value that a model can call a tool with: it has a JSON Schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool [not_a_tool_argument]",
    label = "an input of this tool is a `{Self}`, which has no JSON Schema",
    note = "add `#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]` to `{Self}`"
)]
pub trait Argument: Recorded {
    /// The JSON Schema of the input.
    #[doc(hidden)]
    fn schema(generator: &mut SchemaGenerator) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Durable + JsonSchema> Argument for T {
    fn schema(generator: &mut SchemaGenerator) -> Value {
        generator.subschema_for::<T>().to_value()
    }
}

/// Inputs that all are [`Argument`]s.
#[doc(hidden)]
pub trait Arguments {
    /// A function of them that decides whether a call asks: `fn(&A, &B) -> bool`.
    type Decides: Send + Sync + 'static;
    /// Their schemas.
    fn schemas(generator: &mut SchemaGenerator) -> Vec<Value>;
    /// Calls such a function.
    fn decided(&self, decides: &Self::Decides) -> bool;
}

macro_rules! arguments {
    ($($($t:ident $i:tt)*;)+) => { $(
        impl<$($t: Argument),*> Arguments for ($($t,)*) {
            type Decides = fn($(&$t),*) -> bool;
            fn schemas(generator: &mut SchemaGenerator) -> Vec<Value> {
                // Of no inputs there is nothing to say.
                let _ = &generator;
                vec![$($t::schema(generator)),*]
            }
            fn decided(&self, decides: &Self::Decides) -> bool {
                decides($(&self.$i),*)
            }
        }
    )+ };
}
arguments! {
    ;
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 G 5;
    A 0 B 1 C 2 D 3 E 4 G 5 H 6;
    A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7;
}

/// A step or pipeline that a model may call where the context is `C` and the resources are `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a tool [not_a_step]",
    label = "a tool is a step or a pipeline",
    note = "annotate the function with `#[flujo::step]`"
)]
pub trait ToolIn<C, R>: Step {
    /// Runs it as the node `id`.
    #[doc(hidden)]
    fn run_tool<'a>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        input: Self::Input,
    ) -> BoxFuture<'a, RunResult<Self::Output>>;
    /// Bits of the parts of `C` that a call may write.
    #[doc(hidden)]
    fn writes() -> u64;
}

impl<S: Step<Kind: ToolKind<S, C, R>>, C, R> ToolIn<C, R> for S {
    fn run_tool<'a>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        input: S::Input,
    ) -> BoxFuture<'a, RunResult<S::Output>> {
        S::Kind::run(cx, id, input)
    }
    fn writes() -> u64 {
        S::Kind::writes()
    }
}

/// How a model's call of the callee `S` runs.
#[doc(hidden)]
pub trait ToolKind<S: Step, C, R> {
    /// Runs it as the node `id`.
    fn run<'a>(cx: &'a mut Cx<'_, C, R>, id: NodeId, input: S::Input) -> BoxFuture<'a, RunResult<S::Output>>;
    /// Bits of the parts of `C` that it may write.
    fn writes() -> u64;
}

macro_rules! tools {
    ($($kind:ty)+) => { $(
        impl<S: RunIn<C, R>, C: Context, R: Send + Sync> ToolKind<S, C, R> for $kind {
            fn run<'a>(
                cx: &'a mut Cx<'_, C, R>,
                id: NodeId,
                input: S::Input,
            ) -> BoxFuture<'a, RunResult<S::Output>> {
                cx.tool::<S>(id, input)
            }
            fn writes() -> u64 {
                <S as WritesIn<C>>::MASK
            }
        }
    )+ };
}
tools!(StepKind ContextStep NestedPipeline NestedWithoutResources DetachedPipeline DetachedWithoutResources);

/// A tool that is none: the mistake is reported at its name, and nowhere else.
impl<S: Step, C, R> ToolKind<S, C, R> for BrokenKind {
    fn run<'a>(cx: &'a mut Cx<'_, C, R>, _: NodeId, _: S::Input) -> BoxFuture<'a, RunResult<S::Output>> {
        cx.no_tool()
    }
    fn writes() -> u64 {
        0
    }
}

/// A step or pipeline as a tool.
pub(crate) struct StepTool<C, R> {
    pub(crate) spec: ToolSpec,
    pub(super) form: CallForm,
    /// Bits of the parts that a call may write.
    pub(crate) writes: u64,
    run: Run<C, R>,
}

type Run<C, R> = for<'a> fn(&'a mut Cx<'_, C, R>, NodeId, &Json) -> Started<'a>;

/// A tool under way, unless its arguments do not fit.
type Started<'a> = Result<BoxFuture<'a, RunResult<String>>, CodecError>;

impl<C: Context, R: Send + Sync> StepTool<C, R> {
    /// Creates the tool of the step or pipeline `S`.
    pub(crate) fn of<S: ToolIn<C, R>>() -> Self
    where
        S::Input: Arguments,
    {
        let facts = <S as StepInfo>::FACTS;
        let described = known(TypeId::of::<S>(), &facts, <S::Input as Arguments>::schemas);
        let (spec, schema) = (described.0.clone(), Arc::clone(&described.1));
        let question = facts.ask_first.map(ApprovalQuestion::saying);
        let needs_approval = Box::new(|input: &Json| S::Input::recall(input).map(|_| true));
        let (tool, inputs) = (facts.name.into(), Some(facts.inputs));
        let form = CallForm { tool, inputs, schema, question, needs_approval };
        Self { spec, form, writes: S::writes(), run: run::<S, C, R> }
    }
}

/// The description of a tool for the model, and the schema of its arguments.
type Described = Arc<(ToolSpec, Arc<Value>)>;

/// A cache by type: generating schemas takes longer than a whole round of a conversation.
static DESCRIBED: LazyLock<Mutex<HashMap<TypeId, Described>>> = LazyLock::new(Mutex::default);

/// The description of the tool of this type. Has no type parameters: the map and its lock are compiled here, and not for each
/// tool.
fn known(ty: TypeId, facts: &Facts, schemas: fn(&mut SchemaGenerator) -> Vec<Value>) -> Described {
    let known = || DESCRIBED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(described) = known().get(&ty) {
        return Arc::clone(described);
    }
    let described = Arc::new(described(facts, schemas));
    known().insert(ty, Arc::clone(&described));
    described
}

fn described(facts: &Facts, schemas: fn(&mut SchemaGenerator) -> Vec<Value>) -> (ToolSpec, Arc<Value>) {
    let mut generator = SchemaGenerator::default();
    let schemas = schemas(&mut generator);
    let names = facts.inputs.iter().map(|(name, _)| (*name).to_owned());
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), Value::Object(names.clone().zip(schemas).collect()));
    schema.insert("required".to_owned(), names.collect::<Vec<_>>().into());
    schema.insert("additionalProperties".to_owned(), false.into());
    let shared = generator.take_definitions(true);
    if !shared.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(shared));
    }
    let mut schema = Value::Object(schema);
    // Only a schema that is written by hand is nested too deep to be sent; then there is none.
    let sent = Json::encode(&schema).unwrap_or_else(|_| {
        take_apart(schema.take());
        Json::null()
    });
    let spec = ToolSpec { name: facts.name.to_owned(), description: facts.doc.to_owned(), schema: sent };
    (spec, Arc::new(schema))
}

impl<C: Context, R: Send + Sync> StepTool<C, R> {
    /// Runs a call; returns the result for the model, or the failure of the tool.
    ///
    /// # Errors
    /// No person can be asked, or a signal ends the run.
    pub(crate) async fn call(
        &self,
        cx: &mut Cx<'_, C, R>,
        id: NodeId,
        call: &ToolCall,
    ) -> RunResult<RunResult<String>> {
        let (given, input) = match self.form.arguments(&call.arguments) {
            Ok(read) => read,
            Err(message) => return Ok(Ok(message)),
        };
        let (input, note) = if self.form.question.is_none() {
            (input, None)
        } else {
            match cx.driver.approve(id.clone(), &self.form, given, input).await? {
                Ok(approved) => approved,
                Err(message) => return Ok(Ok(message)),
            }
        };
        let text = match (self.run)(cx, id, &input) {
            Ok(running) => running.await,
            Err(e) => return Ok(Ok(misfit(&e))),
        };
        Ok(match note {
            Some(note) => text.map(|text| format!("{note}\n{text}")),
            None => text,
        })
    }
}

fn run<'a, S, C, R>(cx: &'a mut Cx<'_, C, R>, id: NodeId, input: &Json) -> Started<'a>
where
    S: ToolIn<C, R>,
    C: Context,
    R: Send + Sync,
{
    let input = S::Input::recall(input)?;
    Ok(Box::pin(async move {
        let output = S::run_tool(cx, id, input).await?;
        let output = output.record().map_err(|e| Error::setup(e.to_string()))?;
        // The model gets text as it is, and every other value as JSON.
        Ok(output.decode::<String>().unwrap_or_else(|_| output.as_str().to_owned()))
    }))
}

impl<'r, C: Context, R: Send + Sync> Cx<'r, C, R> {
    /// Runs a step or pipeline that a model has called.
    #[doc(hidden)]
    pub fn tool<'a, S: RunIn<C, R>>(
        &'a mut self,
        id: NodeId,
        input: S::Input,
    ) -> BoxFuture<'a, RunResult<S::Output>>
    where
        'r: 'a,
    {
        Box::pin(S::exec::<NoFallback>(self, id, S::reviewed(StepCall::new(input))))
    }
}

impl<C, R> Cx<'_, C, R> {
    /// Runs in place of a step that is no tool, which was reported.
    #[doc(hidden)]
    pub fn no_tool<'a, T: Send + 'a>(&'a mut self) -> BoxFuture<'a, RunResult<T>> {
        Box::pin(std::future::ready(Err(Error::internal("a tool that is no step was called"))))
    }
}
