//! A step that is chosen by its name, at run time: what [`agentic_loop`](super::agentic_loop) runs for its planner.

use super::Toolbox;
use crate::context::Context;
use crate::durable::Takes;
use crate::error::RunResult;
use crate::exec::{Cx, StepFuture};
use crate::future::BoxFuture;
use crate::graph::{Bounds, Facts, NodeKind};
use crate::model::{ToolCall, ToolSpec};
use crate::path::NodeId;
use crate::resources::Provides;
use crate::step::{
    Arguments, CalleeKind, Fallback, Policy, Step, StepCall, StepIn, StepInfo, StepTool, ToolIn, WritesIn,
};
use std::sync::Arc;

/// A step on a toolbox, whatever services it needs.
pub(super) trait Offered: Send + Sync {
    /// The description for the planner.
    fn spec(&self) -> &ToolSpec;
    /// Runs the step as the node `id`. If the arguments do not fit, the output is the text that says so.
    fn call<'a>(
        &'a self,
        cx: &'a mut Cx<'_, (), Toolbox>,
        id: NodeId,
        call: &'a ToolCall,
    ) -> BoxFuture<'a, RunResult<String>>;
}

/// A step with the services that it uses.
pub(super) struct Served<R> {
    tool: StepTool<(), R>,
    services: Arc<R>,
}

impl<R: Send + Sync> Served<R> {
    pub(super) fn of<S: ToolIn<(), R>>(services: &Arc<R>) -> Self
    where
        <S as Step>::Input: Arguments,
    {
        Self { tool: StepTool::of::<S>(), services: Arc::clone(services) }
    }
}

impl<R: Send + Sync> Offered for Served<R> {
    fn spec(&self) -> &ToolSpec {
        &self.tool.spec
    }

    fn call<'a>(
        &'a self,
        cx: &'a mut Cx<'_, (), Toolbox>,
        id: NodeId,
        call: &'a ToolCall,
    ) -> BoxFuture<'a, RunResult<String>> {
        Box::pin(async move {
            let mut cx = cx.serving(&*self.services);
            self.tool.call(&mut cx, id, call).await?
        })
    }
}

/// Runs the step of this name, which is the node `run_tool!name`.
pub(super) fn run_tool(tool: String, arguments: String) -> StepCall<run_tool> {
    StepCall::new((tool, arguments))
}

/// See the function. It is no step that anybody else can call: it has no options, and no attempts of its own.
#[allow(non_camel_case_types, reason = "steps are called by their functions")]
pub(super) struct run_tool {}

impl StepInfo for run_tool {
    const FACTS: Facts = Facts {
        name: "run_tool",
        kind: NodeKind::Step,
        inputs: &[("tool", "String"), ("arguments", "String")],
        output: "String",
        resources: &["Toolbox"],
        doc: "Runs a step that is chosen by its name.",
        file: file!(),
        line: line!(),
        // Which steps there are is known only when the program runs.
        bounds: Bounds { step_runs: None, model_calls: None, questions: Some(0) },
        ..Facts::NONE
    };
}

impl Takes<0> for run_tool {
    type Value = String;
}
impl Takes<1> for run_tool {
    type Value = String;
}

impl Step for run_tool {
    type Input = (String, String);
    type Output = String;
    type Kind = Self;
    const POLICY: Policy = Policy::PLAIN;
}

impl<C> WritesIn<C> for run_tool {
    const MASK: u64 = 0;
}

impl<C: Context, R: Send + Sync + Provides<Toolbox>> StepIn<C, R> for run_tool {
    type Drafts = ();
}

impl<C: Context, R: Send + Sync + Provides<Toolbox>> CalleeKind<Self, C, R> for run_tool {
    fn exec<'a, F: Fallback<C, R>>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        call: StepCall<Self, F>,
    ) -> StepFuture<'a, String> {
        StepFuture::typed(Box::pin(async move {
            let (name, arguments) = call.input;
            let toolbox: &Toolbox = cx.resources().provide();
            let Some(tool) = toolbox.tools.get(name.as_str()) else {
                let known: Vec<_> = toolbox.tools.keys().map(|name| format!("`{name}`")).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Ok(format!("unknown step `{name}`; known steps: {known}"));
            };
            let id = id.replaced_by(&name);
            let call = ToolCall::new("", name, arguments);
            let (mut nothing, mut written) = ((), 0);
            let mut cx = cx.without_context(&mut nothing, &mut written);
            let mut cx = cx.serving(toolbox);
            tool.call(&mut cx, id, &call).await
        }))
    }
}
