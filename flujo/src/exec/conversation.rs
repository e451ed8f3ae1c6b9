//! Steps with tools: every reply of the model, and every call of a tool, is a node of its own, `node~k`, and so
//! a record of its own. What is recorded is not asked, and not run, again.
//!
//! The numbers continue over the attempts of the step: an attempt that follows a rejection continues the
//! conversation, and one that follows a failure asks once more for the reply that did not come.

use super::Cx;
use super::any_context::AnyContext;
use super::any_slot::AnySlot;
use super::any_step::{AnyStep, StepDef};
use super::driver::Driver;
use super::items::CONCURRENCY;
use super::model_step::{model_call, schema};
use super::node_events;
use super::retry::{Failed, Work, command, no_output};
use crate::codec::{CodecError, Digest, Json, digest};
use crate::durable::AnyInput;
use crate::engine::{Key, Kind};
use crate::error::{Error, ErrorKind, LastAttempt, RunResult, StepError};
use crate::future::BoxFuture;
use crate::model::{FinishReason, Message, ModelReply, Repair, Role, ToolCall, ToolSpec};
use crate::path::{NodeId, Place};
use crate::step::{ModelPolicy, Policy, RunInfo, Tool};
use serde::{Deserialize, Serialize};
use std::any::{Any, TypeId, type_name};
use std::sync::{Arc, OnceLock};

/// The tools of a model step, without the type of the resources that they need.
pub trait ToolRunner: Send + Sync {
    /// Returns the descriptions of the tools that the model is given.
    fn specs(&self) -> Vec<ToolSpec>;
    /// Runs the tool with this index as the node `id`; returns the text for the model, or the failure of the tool.
    fn call<'a>(
        &'a self,
        index: usize,
        driver: Driver<'a>,
        id: NodeId,
        call: &'a ToolCall,
    ) -> BoxFuture<'a, RunResult<RunResult<String>>>;
}

/// A [`ToolRunner`] with the resources.
struct Tools<'r, R> {
    make: fn() -> Vec<Tool<R>>,
    /// Made when the conversation begins, not for a stub.
    made: OnceLock<Vec<Tool<R>>>,
    res: &'r R,
}

/// The [`ToolRunner`] of a step whose tools need `R`.
pub fn tool_runner<R: Send + Sync>(make: fn() -> Vec<Tool<R>>, res: &R) -> Box<dyn ToolRunner + '_> {
    Box::new(Tools { make, made: OnceLock::new(), res })
}

impl<R> Tools<'_, R> {
    fn tools(&self) -> &[Tool<R>] {
        self.made.get_or_init(self.make)
    }
}

impl<R: Send + Sync> ToolRunner for Tools<'_, R> {
    fn specs(&self) -> Vec<ToolSpec> {
        self.tools().iter().map(|tool| tool.spec.clone()).collect()
    }
    fn call<'a>(
        &'a self,
        index: usize,
        driver: Driver<'a>,
        id: NodeId,
        call: &'a ToolCall,
    ) -> BoxFuture<'a, RunResult<RunResult<String>>> {
        Box::pin(async move {
            let mut nothing = ();
            let mut cx = Cx { ctx: &mut nothing, res: self.res, driver };
            let Some(tool) = self.tools().get(index) else {
                return Err(Error::internal("a tool was called that the step does not have"));
            };
            tool.call(&mut cx, id, call).await
        })
    }
}

/// The conversation of a step with tools. All attempts of the step share it: no reply is requested twice.
pub(super) struct Conversation<'t> {
    tool_runner: Box<dyn ToolRunner + 't>,
    /// Made when the conversation begins, not for a stub.
    specs: Option<Arc<[ToolSpec]>>,
    /// The messages so far; none until the first reply has come.
    messages: Vec<Message>,
    /// The number of the last reply or call.
    last: u32,
    /// How the part of the current attempt ended.
    end: Option<Result<ModelReply, Box<Failed>>>,
}

impl<'t> Conversation<'t> {
    pub(super) fn new(tool_runner: Box<dyn ToolRunner + 't>) -> Self {
        Self { tool_runner, specs: None, messages: Vec::new(), last: 0, end: None }
    }

    /// Tells the model why the answer of the last attempt was rejected.
    fn rejected(&mut self, feedback: &str) {
        if let Some(Ok(reply)) = self.end.take() {
            self.messages.push(Message::new(Role::Assistant, reply.content));
        }
        self.messages.push(Message::rejection(feedback));
    }

    /// The failure that ended the part of the current attempt, if one did.
    pub(super) fn take_failure(&mut self) -> Option<Box<Failed>> {
        match self.end.take() {
            Some(Err(failed)) => Some(failed),
            end => {
                self.end = end;
                None
            }
        }
    }

    /// The answer that ended the part of the current attempt.
    pub(super) fn answer(&self) -> Option<&ModelReply> {
        self.end.as_ref().and_then(|end| end.as_ref().ok())
    }
}

/// The record of a reply.
#[derive(Clone, Serialize, Deserialize)]
struct ReplyRecord {
    /// The prompt, with the first reply: it is not built again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    prompt: Vec<Message>,
    reply: ModelReply,
}

/// One reply in the conversation of a step, as a node.
struct ReplyStep<'s> {
    step: &'s mut dyn AnyStep,
    def: StepDef,
    specs: Arc<[ToolSpec]>,
    /// The messages so far; before the first reply, the prompt is still to be built.
    messages: Option<Vec<Message>>,
    record: Option<ReplyRecord>,
}

/// The type of a reply's node, which is no step of the user's: nothing is cached under it, and no stub replaces it.
struct ReplyNode;

impl<'s> ReplyStep<'s> {
    fn new(step: &'s mut dyn AnyStep, messages: Option<Vec<Message>>, specs: Arc<[ToolSpec]>) -> Self {
        let of = *step.def();
        let model = of.policy.model.map(|model| ModelPolicy { tool_rounds: None, ..model });
        let policy = Policy { model, ..Policy::PLAIN };
        let (id, type_name) =
            (TypeId::of::<ReplyNode> as fn() -> TypeId, type_name::<ReplyNode> as fn() -> _);
        let def = StepDef { name: "", policy, asks_model: false, writes: 0, reads: 0, id, type_name, ..of };
        Self { step, def, specs, messages, record: None }
    }
}

impl AnyInput for Vec<Message> {
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

impl AnyStep for ReplyStep<'_> {
    fn def(&self) -> &StepDef {
        &self.def
    }
    fn context(&mut self) -> &mut dyn AnyContext {
        self.step.context()
    }
    fn input(&self) -> Option<&dyn AnyInput> {
        match &self.messages {
            None => self.step.input(),
            Some(messages) => Some(messages),
        }
    }
    fn slot(&mut self) -> &mut dyn AnySlot {
        &mut self.record
    }
    fn draft(&mut self) {
        self.step.begin();
    }
    fn call<'a>(&'a mut self, _: bool, run: &'a RunInfo) -> BoxFuture<'a, Result<(), StepError>> {
        Box::pin(async move {
            let (messages, prompt) = if let Some(messages) = &self.messages {
                (messages.clone(), Vec::new())
            } else {
                let prompt = self.step.prompt(run).await?;
                (prompt.clone(), prompt)
            };
            let call = model_call(run)?;
            let request = call.request(messages, schema(self.step)?, &self.specs, run);
            let reply = call.send(request, run).await?;
            self.record = Some(ReplyRecord { prompt, reply });
            Ok(())
        })
    }
    fn prompt<'a>(&'a mut self, run: &'a RunInfo) -> BoxFuture<'a, Result<Vec<Message>, StepError>> {
        self.step.prompt(run)
    }
    // The answer of this step is the whole reply.
    fn parse(&mut self, _: &ModelReply) -> Result<Vec<Repair>, StepError> {
        Ok(Vec::new())
    }
    // A step with tools only reads the context.
    fn exchange(&mut self) {}
    // The engine reads its records back: they have no versions.
    fn migrate(&mut self, _: u32, json: &Json) -> Result<(), CodecError> {
        self.slot().recall(json)
    }
}

impl Driver<'_> {
    /// The part of one attempt in the conversation: it ends with an answer, or with the failure of the attempt.
    pub(super) async fn converse(
        &mut self,
        step: &mut dyn AnyStep,
        work: &mut Work<'_>,
        talk: &mut Conversation<'_>,
    ) -> RunResult<()> {
        if let Some(feedback) = work.info.feedback() {
            talk.rejected(feedback);
        }
        talk.end = None;
        talk.end = Some(if work.plan.cached.is_some() {
            let what = "the answer of a step with tools is not cached: set `cached` on its tools";
            Err(StepError::unconfigured(what).into())
        } else {
            self.rounds_of(step, work, talk).await?
        });
        Ok(())
    }

    async fn rounds_of(
        &mut self,
        step: &mut dyn AnyStep,
        work: &Work<'_>,
        talk: &mut Conversation<'_>,
    ) -> RunResult<Result<ModelReply, Box<Failed>>> {
        let specs = talk.specs.get_or_insert_with(|| talk.tool_runner.specs().into()).clone();
        let most = step.def().policy.model.and_then(|model| model.tool_rounds).unwrap_or(0);
        let place = work.info.place();
        let mut round = 0;
        loop {
            talk.last += 1;
            let messages = (!talk.messages.is_empty()).then(|| talk.messages.clone());
            let mut asked = ReplyStep::new(&mut *step, messages, Arc::clone(&specs));
            let ReplyRecord { prompt, reply } =
                match self.reply(&mut asked, work, place.within(talk.last)).await? {
                    Ok(()) => asked.record.ok_or_else(no_output)?,
                    Err(failed) => return Ok(Err(failed)),
                };
            if talk.messages.is_empty() {
                talk.messages = prompt;
            }
            // Calls that are cut short are none.
            if reply.calls.is_empty() || reply.finish == FinishReason::Length {
                return Ok(Ok(reply));
            }
            if round == most {
                let what = format!(
                    "the model still asks for tools after {most} rounds: raise `tool_rounds`, or have the prompt say \
                     when to answer"
                );
                return Ok(Err(StepError::fatal(what).into()));
            }
            round += 1;
            let results =
                self.results_of(work, &place, (&*talk.tool_runner, &specs), talk.last, &reply.calls).await?;
            talk.last = talk.last.saturating_add(u32::try_from(reply.calls.len()).unwrap_or(u32::MAX));
            let results = reply.calls.iter().zip(results);
            let results: Vec<_> = results
                .map(|(call, text)| Message {
                    answers: Some(Box::new(call.clone())),
                    ..Message::new(Role::Tool, text)
                })
                .collect();
            talk.messages
                .push(Message { calls: reply.calls, ..Message::new(Role::Assistant, reply.content) });
            talk.messages.extend(results);
        }
    }

    /// One reply: a record of its own, of one attempt. Whether there is another one is up to the step.
    async fn reply(
        &mut self,
        asked: &mut ReplyStep<'_>,
        work: &Work<'_>,
        id: NodeId,
    ) -> RunResult<Result<(), Box<Failed>>> {
        let mut inner = self.inside(work.within.clone());
        let mut of_reply = inner.work(id, &asked.def, Some(work.plan.of_replies()), None)?;
        inner.once_only(asked, &mut of_reply).await
    }

    async fn once_only(
        &mut self,
        step: &mut dyn AnyStep,
        work: &mut Work<'_>,
    ) -> RunResult<Result<(), Box<Failed>>> {
        let path = work.info.path();
        work.reporter = node_events::begin(self.env, step.def(), &path);
        let digest = step.digest_input().map_err(|e| Error::new(ErrorKind::Codec(e)).at(path.clone()))?;
        let key = Key { path: path.clone(), kind: Kind::Model, n: 1 };
        let command = command(step.def(), key, digest, &work.within);
        let done = self.attempt(step, command, work).await?;
        self.tally(work, done.is_ok());
        let last = LastAttempt { path, n: 1, ended: work.ended };
        let ended = match &done {
            Ok(()) => Ok(()),
            Err(failed) => Err(failed.record.of_attempt(last, 1)),
        };
        node_events::node(self.env, &mut work.reporter, &ended);
        Ok(done)
    }

    /// The results of tool calls, for the model: a single call runs inline, several run concurrently.
    async fn results_of(
        &mut self,
        work: &Work<'_>,
        place: &Place,
        (tool_runner, specs): (&dyn ToolRunner, &[ToolSpec]),
        reply: u32,
        calls: &[ToolCall],
    ) -> RunResult<Vec<String>> {
        let (mut nothing, mut written) = ((), 0);
        let mut driver = self.writing(&mut written);
        driver.within.clone_from(&work.within);
        let ids = (reply.saturating_add(1)..).map(|k| place.within(k));
        if let ([call], Some(id)) = (calls, ids.clone().next()) {
            return Ok(vec![result(driver, tool_runner, specs, id, call).await?]);
        }
        let mut cx = Cx { ctx: &mut nothing, res: &(), driver };
        let items: Vec<(NodeId, &ToolCall)> = ids.zip(calls).collect();
        let mapped = {
            let (scope, point) = cx.map_point(place.within(reply));
            let each = async |own: super::Own<'_, (), (NodeId, &ToolCall)>| {
                let (mut fork, (id, call)) = own.take();
                let done = {
                    let mut cx = scope.selected(&mut fork);
                    let text = result(cx.driver.reborrow(), tool_runner, specs, id, call).await?;
                    cx.end(text)?
                };
                Ok((done, fork))
            };
            point.map(items, CONCURRENCY, each).await?
        };
        cx.merge_items(mapped)
    }
}

/// The result of one call, for the model.
async fn result(
    driver: Driver<'_>,
    tool_runner: &dyn ToolRunner,
    specs: &[ToolSpec],
    id: NodeId,
    call: &ToolCall,
) -> RunResult<String> {
    let Some(index) = specs.iter().position(|spec| spec.name == call.name) else {
        let known: Vec<_> = specs.iter().map(|spec| format!("`{}`", spec.name)).collect();
        return Ok(format!("unknown tool `{}`; known tools: {}", call.name, known.join(", ")));
    };
    match tool_runner.call(index, driver, id, call).await? {
        Ok(text) => Ok(text),
        Err(error) => match error.settle() {
            Some(failure) => Ok(format!("failed: {}", failure.message)),
            None => Err(error),
        },
    }
}
