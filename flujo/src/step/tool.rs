//! Steps that a model may call.

use super::callee_kind::{
    BrokenKind, ContextStep, DetachedPipeline, DetachedWithoutResources, NestedPipeline,
    NestedWithoutResources, StepKind,
};
use super::{NoFallback, RunIn, Step, StepCall, StepInfo};
use crate::codec::{CodecError, Json};
use crate::durable::{Durable, Inputs, Recorded};
use crate::error::{Error, RunResult};
use crate::exec::Cx;
use crate::future::BoxFuture;
use crate::graph::{Facts, NodeKind};
use crate::model::{ToolCall, ToolSpec, take_apart, wrong};
use crate::path::NodeId;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};
use std::fmt;

/// A value that a model can call a tool with: it has a JSON Schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool",
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
    /// Their schemas.
    fn schemas(generator: &mut SchemaGenerator) -> Vec<Value>;
}

macro_rules! arguments {
    ($($($t:ident)*;)+) => { $(
        impl<$($t: Argument),*> Arguments for ($($t,)*) {
            fn schemas(generator: &mut SchemaGenerator) -> Vec<Value> {
                // Of no inputs there is nothing to say.
                let _ = &generator;
                vec![$($t::schema(generator)),*]
            }
        }
    )+ };
}
arguments! {
    ;
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E G;
    A B C D E G H;
    A B C D E G H I;
}

/// A step that a model may call where the resources are `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a tool",
    label = "a tool is a step",
    note = "annotate the function with `#[flujo::step]`"
)]
pub trait ToolIn<R>: Step {
    /// Runs it as the node `id`.
    #[doc(hidden)]
    fn run_tool<'a>(
        cx: &'a mut Cx<'_, (), R>,
        id: NodeId,
        input: Self::Input,
    ) -> BoxFuture<'a, RunResult<Self::Output>>;
}

impl<S: Step<Kind: ToolKind<S, R>>, R> ToolIn<R> for S {
    fn run_tool<'a>(
        cx: &'a mut Cx<'_, (), R>,
        id: NodeId,
        input: S::Input,
    ) -> BoxFuture<'a, RunResult<S::Output>> {
        S::Kind::run(cx, id, input)
    }
}

/// How a model's call of the callee `S` runs.
#[doc(hidden)]
pub trait ToolKind<S: Step, R> {
    /// Runs it as the node `id`.
    fn run<'a>(cx: &'a mut Cx<'_, (), R>, id: NodeId, input: S::Input)
    -> BoxFuture<'a, RunResult<S::Output>>;
}

impl<S: RunIn<(), R>, R: Send + Sync> ToolKind<S, R> for StepKind {
    fn run<'a>(
        cx: &'a mut Cx<'_, (), R>,
        id: NodeId,
        input: S::Input,
    ) -> BoxFuture<'a, RunResult<S::Output>> {
        cx.tool::<S>(id, input)
    }
}

/// A list of tools that is none: the mistake is reported at its name, and nowhere else.
macro_rules! no_tools {
    ($($kind:ty)+) => { $(
        impl<S: Step, R> ToolKind<S, R> for $kind {
            fn run<'a>(cx: &'a mut Cx<'_, (), R>, _: NodeId, _: S::Input) -> BoxFuture<'a, RunResult<S::Output>> {
                cx.no_tool()
            }
        }
    )+ };
}
no_tools!(ContextStep NestedPipeline NestedWithoutResources DetachedPipeline DetachedWithoutResources BrokenKind);

/// The tools of a step, where the resources are `R`; implemented by `#[step(tools = [..])]`.
#[doc(hidden)]
pub trait ToolSet<R> {
    /// Returns the tools that the model may call.
    fn tools() -> Vec<Tool<R>>;
}

/// A step as a tool.
pub struct Tool<R> {
    pub(crate) spec: ToolSpec,
    inputs: &'static [(&'static str, &'static str)],
    schema: Value,
    run: Run<R>,
}

type Run<R> = for<'a> fn(&'a mut Cx<'_, (), R>, NodeId, &Json) -> Started<'a>;

/// A tool under way, unless its arguments do not fit.
type Started<'a> = Result<BoxFuture<'a, RunResult<String>>, CodecError>;

impl<R> fmt::Debug for Tool<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl<R: Send + Sync> Tool<R> {
    /// The step `S` as a tool.
    pub fn of<S: ToolIn<R>>() -> Self
    where
        S::Input: Arguments,
    {
        let facts = <S as StepInfo>::FACTS;
        let mut generator = SchemaGenerator::default();
        let schemas = <S::Input as Arguments>::schemas(&mut generator);
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
        Self { spec, inputs: facts.inputs, schema, run: run::<S, R> }
    }
}

impl<R> Tool<R> {
    /// Begins a call; the error is the text for the model if the arguments do not fit.
    pub(crate) fn begin<'a>(
        &self,
        cx: &'a mut Cx<'_, (), R>,
        id: NodeId,
        call: &ToolCall,
    ) -> Result<BoxFuture<'a, RunResult<String>>, String> {
        let told = |what: &dyn fmt::Display| format!("the arguments do not fit: {what}");
        let given = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
        let given: Value = serde_json::from_str(given).map_err(|e| told(&e))?;
        let Value::Object(mut given) = given else { return Err(told(&"they are not a JSON object")) };
        if let Some(unknown) = given.keys().find(|key| self.inputs.iter().all(|(name, _)| name != key)) {
            return Err(told(&format_args!("unknown argument `{unknown}`")));
        }
        // One that may be left out is `null`.
        for (name, _) in self.inputs {
            given.entry(*name).or_insert(Value::Null);
        }
        let given = Value::Object(given);
        if let Some(wrong) = wrong(&self.schema, &given) {
            return Err(told(&wrong));
        }
        let input: Vec<&Value> = self.inputs.iter().filter_map(|(name, _)| given.get(*name)).collect();
        let input = Json::encode(&input).map_err(|e| told(&e))?;
        (self.run)(cx, id, &input).map_err(|e| told(&e))
    }
}

fn run<'a, S: ToolIn<R>, R>(cx: &'a mut Cx<'_, (), R>, id: NodeId, input: &Json) -> Started<'a>
where
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

impl<'r, R: Send + Sync> Cx<'r, (), R> {
    /// Runs a step that a model has called.
    #[doc(hidden)]
    pub fn tool<'a, S: RunIn<(), R>>(
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
        Box::pin(std::future::ready(Err(Error::internal("a tool takes no context"))))
    }
}

/// Refuses, at the tool's name, a tool with the name of another one: the model could not tell them apart.
#[doc(hidden)]
#[track_caller]
pub const fn assert_named_apart(facts: &Facts, other: &Facts, same_name: &str) {
    let (name, other) = (facts.name.as_bytes(), other.name.as_bytes());
    // The placeholder for a callee that is no step has no name.
    let (mut rest, mut others, mut same) = (name, other, !name.is_empty() && name.len() == other.len());
    while let ([a, more @ ..], [b, more_others @ ..]) = (rest, others) {
        same &= *a == *b;
        (rest, others) = (more, more_others);
    }
    assert!(!same, "{}", same_name);
}

/// Refuses, at the tool's name, what no model can call.
#[doc(hidden)]
#[track_caller]
pub const fn assert_tool(facts: &Facts, is_function: &str, takes_context: &str, is_pipeline: &str) {
    // The placeholder for a callee that is no step has no name.
    assert!(!facts.name.is_empty(), "{}", is_function);
    assert!(facts.reads.is_empty() && facts.writes.is_empty(), "{}", takes_context);
    assert!(!matches!(facts.kind, NodeKind::Pipeline), "{}", is_pipeline);
}
