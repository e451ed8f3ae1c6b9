//! Steps with tools: every reply of the model, and every call of a tool, is a node of its own, `node~k`, and so
//! a record of its own. What is recorded is not asked, and not run, again.
//!
//! The numbers continue over the attempts of the step: an attempt that follows a rejection continues the
//! conversation, and one that follows a failure asks once more for the reply that did not come.

use super::any_context::AnyContext;
use super::any_slot::AnySlot;
use super::any_step::{AnyStep, StepDef};
use super::driver::Driver;
use super::model_step::{model_call, schema};
use super::node_events;
use super::retry::{Failed, Work, command, no_output};
use super::served::{Pinned, Served, Serving, together};
use super::tools::{Calls, ToolRunner};
use crate::codec::{CodecError, Digest, Json, digest};
use crate::durable::AnyInput;
use crate::engine::{Key, Kind};
use crate::error::{Error, ErrorKind, LastAttempt, RunResult, StepError};
use crate::future::BoxFuture;
use crate::model::{FinishReason, Message, ModelReply, Repair, Role, ToolSpec};
use crate::path::NodeId;
use crate::step::{ModelPolicy, Policy, RunInfo};
use serde::{Deserialize, Serialize};
use std::any::{Any, TypeId, type_name};
use std::sync::Arc;

/// The conversation of a step with tools. All attempts of the step share it: no reply is requested twice.
pub(super) struct Conversation<'t> {
    tool_runner: Box<dyn ToolRunner + 't>,
    /// Made when the conversation begins, not for a stub.
    own: Option<Arc<[ToolSpec]>>,
    served: Served,
    /// The messages so far; none until the first reply has come.
    messages: Vec<Message>,
    /// The number of the last reply or call.
    last: u32,
    /// How the part of the current attempt ended.
    end: Option<Result<ModelReply, Box<Failed>>>,
}

impl<'t> Conversation<'t> {
    pub(super) fn new(tool_runner: Box<dyn ToolRunner + 't>) -> Self {
        Self { tool_runner, own: None, served: Served::default(), messages: Vec::new(), last: 0, end: None }
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
    /// What servers offer, with the first reply: the model is told of the same tools to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<Pinned>>,
    reply: ModelReply,
}

/// Where a reply is left.
struct ReplySlot(Option<ReplyRecord>);

impl AnySlot for ReplySlot {
    fn value(&mut self) -> Option<&mut (dyn Any + Send + Sync)> {
        self.0.value()
    }
    fn clear(&mut self) {
        self.0.clear();
    }
    fn record(&self) -> Result<Json, CodecError> {
        self.0.record()
    }
    // Texts and whole numbers are the same after they were recorded: what was just made is not read back.
    fn recall(&mut self, json: &Json) -> Result<(), CodecError> {
        if self.0.is_some() { Ok(()) } else { self.0.recall(json) }
    }
    fn accept(&mut self, output: Box<dyn Any + Send>) -> bool {
        self.0.accept(output)
    }
    fn give(&mut self, to: &mut dyn Any) {
        self.0.give(to);
    }
}

/// One reply in the conversation of a step, as a node.
struct ReplyStep<'s> {
    step: &'s mut dyn AnyStep,
    def: StepDef,
    specs: Arc<[ToolSpec]>,
    /// The servers whose tools are still to be listed.
    servers: Option<(&'s Served, Vec<Serving<'s>>)>,
    /// The messages so far; before the first reply, the prompt is still to be built.
    messages: Option<ReplyInput<'s>>,
    record: ReplySlot,
}

/// The type of a reply's node, which is no step of the user's: nothing is cached under it, and no stub replaces it.
struct ReplyNode;

impl<'s> ReplyStep<'s> {
    fn new(step: &'s mut dyn AnyStep, messages: Option<&'s [Message]>, specs: Arc<[ToolSpec]>) -> Self {
        let messages = messages.map(ReplyInput);
        let of = *step.def();
        let model = of.policy.model.map(|model| ModelPolicy { tool_rounds: None, ..model });
        let policy = Policy { model, ..Policy::PLAIN };
        let (id, type_name) =
            (TypeId::of::<ReplyNode> as fn() -> TypeId, type_name::<ReplyNode> as fn() -> _);
        // What the prompt writes is recorded with the prompt.
        let writes = if messages.is_none() { of.writes } else { 0 };
        let def = StepDef { name: "", policy, asks_model: false, writes, reads: 0, id, type_name, ..of };
        Self { step, def, specs, servers: None, messages, record: ReplySlot(None) }
    }
}

/// The messages that a reply follows.
#[derive(Serialize)]
#[serde(transparent)]
struct ReplyInput<'s>(&'s [Message]);

impl AnyInput for ReplyInput<'_> {
    fn record(&self) -> Result<Json, CodecError> {
        Json::encode(self)
    }
    fn digest(&self) -> Result<Digest, CodecError> {
        digest(self)
    }
    // For a stub, of which a reply has none.
    fn value(&self) -> &(dyn Any + Send + Sync) {
        &()
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
        self.step.clear();
        self.step.draft();
    }
    fn call<'a>(&'a mut self, _: bool, run: &'a RunInfo) -> BoxFuture<'a, Result<(), StepError>> {
        Box::pin(async move {
            let (messages, prompt) = if let Some(messages) = &self.messages {
                (messages.0.to_vec(), Vec::new())
            } else {
                let prompt = self.step.prompt(run).await?;
                (prompt.clone(), prompt)
            };
            let call = model_call(run)?;
            let tools = match &self.servers {
                Some((served, servers)) => Some(served.list(servers, &self.specs).await?),
                None => None,
            };
            let listed = tools.iter().flatten().flat_map(|pinned| &pinned.tools).cloned();
            let specs: Vec<ToolSpec> = self.specs.iter().cloned().chain(listed).collect();
            let request = call.request(messages, schema(self.step)?, specs, run);
            let reply = call.send(request, run).await?;
            self.record.0 = Some(ReplyRecord { prompt, tools, reply });
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
    fn exchange(&mut self) {
        if self.messages.is_none() {
            self.step.exchange();
        }
    }
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
        let Conversation { tool_runner, own, served, messages: history, last, .. } = talk;
        let own = if let Some(own) = own {
            Arc::clone(own)
        } else {
            *served = Served::of(tool_runner.servers().len());
            Arc::clone(own.insert(tool_runner.specs().into()))
        };
        let most = work.plan.tool_rounds(step.def().policy.model);
        let place = work.info.place();
        let mut round = 0;
        loop {
            *last += 1;
            let messages = (!history.is_empty()).then_some(history.as_slice());
            let record = {
                let servers = tool_runner.servers();
                let unlisted = served.pinned.is_none() && !servers.is_empty();
                let specs = if unlisted { Arc::clone(&own) } else { together(&own, served) };
                let mut asked = ReplyStep::new(&mut *step, messages, specs);
                asked.servers = unlisted.then_some((&*served, servers));
                match self.reply(&mut asked, work, place.within(*last)).await? {
                    Ok(()) => asked.record.0.ok_or_else(no_output)?,
                    Err(failed) => return Ok(Err(failed)),
                }
            };
            let ReplyRecord { prompt, tools, reply } = record;
            if history.is_empty() {
                *history = prompt;
            }
            if tools.is_some() {
                served.pinned = tools;
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
            let results = {
                let mut driver = self.reborrow();
                driver.within.clone_from(&work.within);
                let calls = Calls { place: &place, reply: *last, list: &reply.calls, served };
                tool_runner.results(driver, step.context().any(), calls).await?
            };
            *last = last.saturating_add(u32::try_from(reply.calls.len()).unwrap_or(u32::MAX));
            let results = reply.calls.iter().zip(results);
            let results: Vec<_> = results
                .map(|(call, text)| Message {
                    answers: Some(Box::new(call.clone())),
                    ..Message::new(Role::Tool, text)
                })
                .collect();
            history.push(Message { calls: reply.calls, ..Message::new(Role::Assistant, reply.content) });
            history.extend(results);
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
        let (info, within) = (inner.info(id), inner.within.clone());
        let mut of_reply = inner.work_within(info, within, &asked.def, Some(work.plan.of_replies()), None);
        inner.once_only(asked, &mut of_reply).await
    }

    async fn once_only(
        &mut self,
        step: &mut dyn AnyStep,
        work: &mut Work<'_>,
    ) -> RunResult<Result<(), Box<Failed>>> {
        let path = work.info.path();
        work.reporter = node_events::begin(self.env, step.def(), &work.plan, &path);
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
}
