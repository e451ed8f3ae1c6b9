//! Tools of servers, which say at run time what they offer: listed with the first reply of a conversation, and recorded with it.

use super::any_context::AnyContext;
use super::any_slot::AnySlot;
use super::any_step::{AnyStep, StepDef};
use super::approval::CallForm;
use super::driver::Driver;
use super::retry::no_output;
use crate::codec::{CodecError, Digest, Json, digest};
use crate::durable::AnyInput;
use crate::error::{RunResult, Signal, StepError};
use crate::future::BoxFuture;
use crate::model::{Message, ModelReply, Repair, ToolCall, ToolServer, ToolSpec};
use crate::path::NodeId;
use crate::question::ApprovalQuestion;
use crate::step::{Options, Policy, RunInfo};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::any::{Any, TypeId, type_name};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A function of the name of a tool and its arguments that decides whether a call asks.
pub(crate) type AsksIf = fn(&str, &Value) -> bool;

/// What the list of tools says of a server.
#[derive(Default)]
pub(crate) struct ServerForm {
    /// The names of the tools that are offered; all if it is empty.
    pub(crate) only: Vec<String>,
    /// Extra attempts of a call.
    pub(crate) retries: u32,
    pub(crate) question: Option<ApprovalQuestion>,
    /// Decides which calls ask; all of them without it.
    pub(crate) asks_if: Option<AsksIf>,
}

/// A server in the list of tools.
#[derive(Clone, Copy)]
pub struct Serving<'a> {
    pub(crate) server: &'a dyn ToolServer,
    pub(crate) form: &'a ServerForm,
}

impl std::fmt::Debug for Serving<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").field("server", &self.server.name()).finish_non_exhaustive()
    }
}

/// What a server offered when the conversation began.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pinned {
    server: String,
    pub(super) tools: Vec<ToolSpec>,
}

/// What is known of the servers of a conversation.
#[derive(Default)]
pub(super) struct Served {
    /// What each offered when the conversation began; `None` before its first reply.
    pub(super) pinned: Option<Vec<Pinned>>,
    /// What each offers now, as far as this execution has asked.
    current: Vec<OnceCell<Vec<ToolSpec>>>,
}

impl Served {
    pub(super) fn of(servers: usize) -> Self {
        Self { pinned: None, current: (0..servers).map(|_| OnceCell::new()).collect() }
    }

    /// Lists the tools of the servers.
    ///
    /// # Errors
    /// A server cannot be reached, does not offer what the step names, or two tools have one name.
    pub(super) async fn list(
        &self,
        servers: &[Serving<'_>],
        own: &[ToolSpec],
    ) -> Result<Vec<Pinned>, StepError> {
        let mut known: Vec<(String, String)> =
            own.iter().map(|tool| (tool.name.clone(), "a step".to_owned())).collect();
        let mut all = Vec::new();
        for (serving, current) in servers.iter().zip(&self.current) {
            let Serving { server, form } = *serving;
            let name = server.name();
            let offered = server.tools().await?;
            let missing = form.only.iter().find(|only| offered.iter().all(|tool| tool.name != **only));
            if let Some(missing) = missing {
                let names: Vec<_> = offered.iter().map(|tool| format!("`{}`", tool.name)).collect();
                return Err(StepError::fatal(format!(
                    "`{name}` offers no tool `{missing}`; it offers {}",
                    names.join(", ")
                )));
            }
            // What was listed now is what there is now.
            let _ = current.set(offered.clone());
            let chosen = |tool: &ToolSpec| form.only.is_empty() || form.only.contains(&tool.name);
            let tools: Vec<ToolSpec> = offered.into_iter().filter(chosen).collect();
            for tool in &tools {
                if let Some((_, other)) = known.iter().find(|(known, _)| *known == tool.name) {
                    return Err(StepError::fatal(format!(
                        "`{}` is a tool of `{name}` and of {other}, and the model selects tools by name: choose tools with \
                         `.only([..])`",
                        tool.name
                    )));
                }
                known.push((tool.name.clone(), format!("`{name}`")));
            }
            all.push(Pinned { server: name.to_owned(), tools });
        }
        Ok(all)
    }

    /// The tools of all servers, as the model was told of them.
    pub(super) fn specs(&self) -> impl Iterator<Item = &ToolSpec> {
        self.pinned.iter().flatten().flat_map(|pinned| &pinned.tools)
    }

    /// The place of a tool among the servers.
    fn find(&self, name: &str) -> Option<(usize, &Pinned, &ToolSpec)> {
        let mut pinned = self.pinned.iter().flatten().enumerate();
        pinned.find_map(|(i, of)| Some((i, of, of.tools.iter().find(|tool| tool.name == name)?)))
    }
}

/// What a call of a served tool came to: the text for the model, or the failure of the tool. `None` if no server has it.
pub(super) type ServedResult = Option<RunResult<String>>;

impl Driver<'_> {
    /// Runs a call of a tool of a server. Boxed here: it is compiled once.
    ///
    /// # Errors
    /// No person can be asked, or a signal ends the run.
    pub(super) fn served<'a>(
        &'a mut self,
        id: NodeId,
        call: &'a ToolCall,
        servers: Vec<Serving<'a>>,
        served: &'a Served,
    ) -> BoxFuture<'a, RunResult<ServedResult>> {
        Box::pin(async move {
            let Some((i, pinned, spec)) = served.find(&call.name) else { return Ok(None) };
            let (Some(serving), Some(current)) = (servers.get(i), served.current.get(i)) else {
                let what =
                    format!("the tools of `{}` are recorded, and the step has no such server", pinned.server);
                return Err(Signal::mismatch(self.own_path(), what).into());
            };
            let form = form(spec, serving.form);
            let (given, input) = match form.arguments(&call.arguments) {
                Ok(read) => read,
                Err(message) => return Ok(Some(Ok(message))),
            };
            let (input, note) = match self.approve(id.clone(), &form, given, input).await? {
                Ok(approved) => approved,
                Err(message) => return Ok(Some(Ok(message))),
            };
            let input = ServedInput { tool: spec.name.clone(), arguments: input };
            let step = ServedStep { server: serving.server, spec, current, input, output: None, nothing: () };
            let options = Options {
                retries: Some(serving.form.retries),
                tool: Some(spec.name.as_str().into()),
                ..Options::default()
            };
            let done = self.node(id, Box::new(step), Some(Box::new(options)), None).await;
            Ok(Some(done.and_then(|mut step| {
                let mut text: Option<String> = None;
                step.slot().give(&mut text);
                let text = text.ok_or_else(no_output)?;
                Ok(match note {
                    Some(note) => format!("{note}\n{text}"),
                    None => text,
                })
            })))
        })
    }
}

/// The form of the calls of a tool of a server.
fn form(spec: &ToolSpec, of: &ServerForm) -> CallForm {
    let (name, asks_if) = (spec.name.clone(), of.asks_if);
    let needs_approval = Box::new(move |input: &Json| match asks_if {
        None => Ok(true),
        Some(asks_if) => Ok(asks_if(&name, &input.decode()?)),
    });
    CallForm {
        tool: spec.name.clone().into(),
        inputs: None,
        schema: Arc::new(spec.schema.decode().unwrap_or(Value::Bool(true))),
        question: of.question.clone(),
        needs_approval,
    }
}

/// The input of a call: what its record is compared by.
#[derive(Clone, Serialize)]
struct ServedInput {
    tool: String,
    arguments: Json,
}

impl AnyInput for ServedInput {
    fn record(&self) -> Result<Json, CodecError> {
        Json::encode(self)
    }
    fn digest(&self) -> Result<Digest, CodecError> {
        digest(self)
    }
    fn value(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

/// One call of a tool of a server, as a node.
struct ServedStep<'a> {
    server: &'a dyn ToolServer,
    /// What the model was told of the tool.
    spec: &'a ToolSpec,
    current: &'a OnceCell<Vec<ToolSpec>>,
    input: ServedInput,
    output: Option<String>,
    nothing: (),
}

/// The type of such a node: nothing is cached under it, and no stub replaces it.
struct ServedNode;

static DEF: StepDef = StepDef {
    name: "",
    version: 1,
    migrates_from: 1,
    answer: None,
    policy: Policy::PLAIN,
    writes: 0,
    reads: 0,
    asks_model: false,
    is_plain: false,
    id: TypeId::of::<ServedNode>,
    type_name: type_name::<ServedNode>,
};

impl ServedStep<'_> {
    /// Refuses a call of a tool that is not what the model was told of.
    async fn unchanged(&self, run: &RunInfo) -> Result<(), StepError> {
        let (name, server) = (&self.spec.name, self.server.name());
        let now = self.current.get_or_try_init(|| self.server.tools()).await?;
        let what = match now.iter().find(|tool| tool.name == *name) {
            Some(now) if now == self.spec => return Ok(()),
            None => "is no longer offered".to_owned(),
            Some(now) => {
                let description = (now.description != self.spec.description).then_some("its description");
                let arguments = (now.schema != self.spec.schema).then_some("its arguments");
                let parts: Vec<_> = description.into_iter().chain(arguments).collect();
                format!("is another one: {} changed", parts.join(" and "))
            }
        };
        let what = format!("the tool `{name}` of `{server}`, which the model was told of, {what}");
        Err(StepError::of_signal(Signal::mismatch(run.path(), what)))
    }
}

impl AnyStep for ServedStep<'_> {
    fn def(&self) -> &StepDef {
        &DEF
    }
    fn context(&mut self) -> &mut dyn AnyContext {
        &mut self.nothing
    }
    fn input(&self) -> Option<&dyn AnyInput> {
        Some(&self.input)
    }
    fn slot(&mut self) -> &mut dyn AnySlot {
        &mut self.output
    }
    fn draft(&mut self) {}
    fn call<'a>(&'a mut self, _: bool, run: &'a RunInfo) -> BoxFuture<'a, Result<(), StepError>> {
        Box::pin(async move {
            self.unchanged(run).await?;
            self.output = Some(self.server.call(&self.input.tool, &self.input.arguments).await?);
            Ok(())
        })
    }
    fn prompt<'a>(&'a mut self, _: &'a RunInfo) -> BoxFuture<'a, Result<Vec<Message>, StepError>> {
        Box::pin(std::future::ready(Err(StepError::internal("a tool of a server has no prompt"))))
    }
    fn parse(&mut self, _: &ModelReply) -> Result<Vec<Repair>, StepError> {
        Err(StepError::internal("a tool of a server has no answer"))
    }
    fn exchange(&mut self) {}
    fn migrate(&mut self, _: u32, json: &Json) -> Result<(), CodecError> {
        self.slot().recall(json)
    }
}

/// The tools of a conversation: those of its steps, then those of its servers.
pub(super) fn together(own: &Arc<[ToolSpec]>, served: &Served) -> Arc<[ToolSpec]> {
    if served.pinned.is_none() {
        return Arc::clone(own);
    }
    own.iter().chain(served.specs()).cloned().collect()
}
