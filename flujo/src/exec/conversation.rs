//! Steps with tools: every reply of the model, and every call of a tool, is a node of its own, `node~k`, and so
//! a record of its own. What is recorded is not asked, and not run, again.
//!
//! The numbers go on over the attempts of the step: an attempt that follows a rejection goes on with the
//! conversation, and one that follows a failure asks once more for the reply that did not come.

use super::Cx;
use super::any_context::AnyContext;
use super::any_step::{AnyStep, StepDef};
use super::driver::Driver;
use super::map::CONCURRENCY;
use super::node_events;
use super::plan::Plan;
use super::retry::{Failed, Work, command, lost};
use crate::codec::{CodecError, Digest, Json, digest};
use crate::engine::{BoxFuture, Key, Kind};
use crate::error::{Error, ErrorKind, LastAttempt, RunResult, StepError};
use crate::model::{FinishReason, Message, Role, Said, Talk, TalkEnd, ToolCall, ToolSpec, ask, opened};
use crate::path::{NodeId, Place};
use crate::step::{ModelPolicy, Policy, RunInfo, Tool};
use std::any::{Any, TypeId, type_name};
use std::sync::{Arc, OnceLock};

/// The tools of a model step, without the type of the resources that they need.
pub trait Toolbox: Send + Sync {
    /// What the model is told of them.
    fn specs(&self) -> Vec<ToolSpec>;
    /// Runs the tool with this index as the node `id`; gives what the model is told.
    fn call<'a>(
        &'a self,
        index: usize,
        driver: Driver<'a>,
        id: NodeId,
        call: &'a ToolCall,
    ) -> BoxFuture<'a, RunResult<String>>;
}

/// A [`Toolbox`] with the resources.
struct Tools<'r, R> {
    make: fn() -> Vec<Tool<R>>,
    /// Made when the conversation begins, not for a stub.
    made: OnceLock<Vec<Tool<R>>>,
    res: &'r R,
}

/// The toolbox of a step whose tools need `R`.
pub fn toolbox<R: Send + Sync>(make: fn() -> Vec<Tool<R>>, res: &R) -> Box<dyn Toolbox + '_> {
    Box::new(Tools { make, made: OnceLock::new(), res })
}

impl<R> Tools<'_, R> {
    fn tools(&self) -> &[Tool<R>] {
        self.made.get_or_init(self.make)
    }
}

impl<R: Send + Sync> Toolbox for Tools<'_, R> {
    fn specs(&self) -> Vec<ToolSpec> {
        self.tools().iter().map(|tool| tool.spec.clone()).collect()
    }
    fn call<'a>(
        &'a self,
        index: usize,
        driver: Driver<'a>,
        id: NodeId,
        call: &'a ToolCall,
    ) -> BoxFuture<'a, RunResult<String>> {
        Box::pin(async move {
            let mut nothing = ();
            let mut cx = Cx { ctx: &mut nothing, res: self.res, driver };
            let Some(tool) = self.tools().get(index) else { return Err(lost()) };
            match tool.begin(&mut cx, id, call) {
                Ok(running) => running.await,
                Err(told) => Ok(told),
            }
        })
    }
}

/// One reply in the conversation of a step.
struct Turn<'s> {
    step: &'s mut dyn AnyStep,
    def: StepDef,
    asked: Asked,
    said: Option<Said>,
}

/// What a reply answers.
enum Asked {
    /// The prompt, which is still to be put together.
    Prompt,
    /// Everything that was said so far.
    Messages(Vec<Message>),
}

/// A reply is no step of the user's: nothing is cached under its name, and no stub stands in for it.
struct ReplyNode;

impl<'s> Turn<'s> {
    fn new(step: &'s mut dyn AnyStep, asked: Asked) -> Self {
        let of = *step.def();
        let model = of.policy.model.map(|model| ModelPolicy { tool_rounds: None, ..model });
        let policy = Policy { model, ..Policy::PLAIN };
        let (id, type_name) =
            (TypeId::of::<ReplyNode> as fn() -> TypeId, type_name::<ReplyNode> as fn() -> _);
        let def = StepDef { name: "", policy, writes: 0, reads: 0, id, type_name, ..of };
        Self { step, def, asked, said: None }
    }
}

impl AnyStep for Turn<'_> {
    fn def(&self) -> &StepDef {
        &self.def
    }
    fn context(&mut self) -> &mut dyn AnyContext {
        self.step.context()
    }
    fn record_input(&self) -> Result<Json, CodecError> {
        match &self.asked {
            Asked::Prompt => self.step.record_input(),
            Asked::Messages(messages) => Json::encode(messages),
        }
    }
    fn digest_input(&self) -> Result<Digest, CodecError> {
        match &self.asked {
            Asked::Prompt => self.step.digest_input(),
            Asked::Messages(messages) => digest(messages),
        }
    }
    fn input(&self) -> Option<&(dyn Any + Send + Sync)> {
        None
    }
    fn begin(&mut self) {
        self.said = None;
        self.step.begin();
    }
    fn call<'a>(&'a mut self, _: bool, run: &'a RunInfo) -> BoxFuture<'a, Result<(), StepError>> {
        Box::pin(async move {
            let (messages, prompt) = match &self.asked {
                Asked::Messages(messages) => (messages.clone(), Vec::new()),
                Asked::Prompt => {
                    let prompt = opened(self.step.call(true, run).await, run)?;
                    (prompt.clone(), prompt)
                }
            };
            let schema = self.def.answer.map_or_else(|| Ok(Json::null()), |schema| schema());
            let reply = ask(messages, schema.map_err(StepError::fatal)?, run).await?;
            self.said = Some(Said { prompt, reply });
            Ok(())
        })
    }
    // A step with tools only reads the context.
    fn commit(&mut self) {}
    fn output(&mut self) -> Option<&mut (dyn Any + Send + Sync)> {
        match &mut self.said {
            Some(said) => Some(said),
            None => None,
        }
    }
    fn clear(&mut self) {
        self.said = None;
    }
    fn record_output(&self) -> Result<Json, CodecError> {
        // `Some` is encoded as what it holds.
        Json::encode(&self.said)
    }
    fn recall(&mut self, _: u32, json: &Json) -> Result<(), CodecError> {
        self.said = Some(json.decode()?);
        Ok(())
    }
    fn accept(&mut self, _: Box<dyn Any + Send>) -> bool {
        false
    }
    fn give(&mut self, _: &mut dyn Any) {}
}

impl Failed {
    fn into_end(self) -> TalkEnd {
        TalkEnd::Failure(Box::new(self.record), self.live)
    }

    /// What broke an attempt's part of the conversation off.
    pub(super) fn of_talk(info: &mut RunInfo) -> Option<Box<Self>> {
        let talk = info.talk()?;
        match talk.end.take() {
            Some(TalkEnd::Failure(record, live)) => Some(Box::new(Self { record: *record, live })),
            end => {
                talk.end = end;
                None
            }
        }
    }
}

impl Driver<'_> {
    /// One attempt's part of the conversation, up to what its record is made of: an answer, or what went wrong.
    pub(super) async fn talk(&mut self, step: &mut dyn AnyStep, work: &mut Work<'_>) -> RunResult<()> {
        let specs: Arc<[ToolSpec]> = match &work.toolbox {
            Some(toolbox) => toolbox.specs().into(),
            None => return Ok(()),
        };
        let feedback = work.info.feedback().map(str::to_owned);
        let mut talk = work.info.take_talk().unwrap_or_else(|| Talk::with(Arc::clone(&specs)));
        if let Some(feedback) = feedback {
            talk.rejected(&feedback);
        }
        talk.end = None;
        let done = if work.plan.cached.is_some() {
            let what = "the answer of a step with tools is not kept: say `cached` of its tools";
            Ok(Box::<Failed>::from(StepError::unconfigured(what)).into_end())
        } else {
            self.rounds_of(step, work, &mut talk, &specs).await
        };
        let done = done.map(|end| talk.end = Some(end));
        work.info.talks(talk);
        done
    }

    async fn rounds_of(
        &mut self,
        step: &mut dyn AnyStep,
        work: &Work<'_>,
        talk: &mut Talk,
        specs: &Arc<[ToolSpec]>,
    ) -> RunResult<TalkEnd> {
        let most = step.def().policy.model.and_then(|model| model.tool_rounds).unwrap_or(0);
        let place = work.info.place();
        let mut round = 0;
        loop {
            talk.last += 1;
            let asked =
                if talk.messages.is_empty() { Asked::Prompt } else { Asked::Messages(talk.messages.clone()) };
            let said = match self.turn(step, work, place.within(talk.last), asked, specs).await? {
                Ok(said) => said,
                Err(failed) => return Ok(failed.into_end()),
            };
            if talk.messages.is_empty() {
                talk.messages = said.prompt;
            }
            let reply = said.reply;
            // Calls that are cut short are none.
            if reply.calls.is_empty() || reply.finish == FinishReason::Length {
                return Ok(TalkEnd::Answer(reply));
            }
            if round == most {
                let what = format!(
                    "the model still asks for tools after {most} rounds: raise `tool_rounds`, or have the prompt say \
                     when to answer"
                );
                return Ok(Box::<Failed>::from(StepError::fatal(what)).into_end());
            }
            round += 1;
            let results = self.results_of(work, &place, talk.last, specs, &reply.calls).await?;
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
    async fn turn(
        &mut self,
        step: &mut dyn AnyStep,
        work: &Work<'_>,
        id: NodeId,
        asked: Asked,
        specs: &Arc<[ToolSpec]>,
    ) -> RunResult<Result<Said, Box<Failed>>> {
        let mut inner = self.inside(work.within.clone());
        let mut turn = Turn::new(step, asked);
        let plan = Plan::new(&turn.def, Some(work.plan.of_replies()));
        let mut of_turn = inner.work(id, &turn.def, plan, None)?;
        of_turn.info.talks(Talk::with(Arc::clone(specs)));
        let done = inner.once_only(&mut turn, &mut of_turn).await?;
        match done {
            Ok(()) => Ok(Ok(turn.said.ok_or_else(lost)?)),
            Err(failed) => Ok(Err(failed)),
        }
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

    /// What the model is told of its calls: one by itself, several beside each other.
    async fn results_of(
        &mut self,
        work: &Work<'_>,
        place: &Place,
        reply: u32,
        specs: &[ToolSpec],
        calls: &[ToolCall],
    ) -> RunResult<Vec<String>> {
        let Some(toolbox) = work.toolbox.as_deref() else { return Err(lost()) };
        let (mut nothing, mut written) = ((), 0);
        let mut driver = self.writing(&mut written);
        driver.within.clone_from(&work.within);
        let ids = (reply.saturating_add(1)..).map(|k| place.within(k));
        if let ([call], Some(id)) = (calls, ids.clone().next()) {
            return Ok(vec![result(driver, toolbox, specs, id, call).await?]);
        }
        let mut cx = Cx { ctx: &mut nothing, res: &(), driver };
        let items: Vec<(NodeId, &ToolCall)> = ids.zip(calls).collect();
        let mapped = {
            let (scope, point) = cx.map_point(place.within(reply));
            let each = async |own: super::Own<'_, (), (NodeId, &ToolCall)>| {
                let (mut fork, (id, call)) = own.take();
                let done = {
                    let mut cx = scope.selected(&mut fork);
                    let text = result(cx.driver.reborrow(), toolbox, specs, id, call).await?;
                    cx.end(text)?
                };
                Ok((done, fork))
            };
            point.map(items, CONCURRENCY, each).await?
        };
        cx.merge_items(mapped)
    }
}

/// What the model is told of one call.
async fn result(
    driver: Driver<'_>,
    toolbox: &dyn Toolbox,
    specs: &[ToolSpec],
    id: NodeId,
    call: &ToolCall,
) -> RunResult<String> {
    let Some(index) = specs.iter().position(|spec| spec.name == call.name) else {
        let known: Vec<_> = specs.iter().map(|spec| format!("`{}`", spec.name)).collect();
        return Ok(format!("there is no tool `{}`: there are {}", call.name, known.join(", ")));
    };
    match toolbox.call(index, driver, id, call).await {
        Ok(text) => Ok(text),
        Err(error) => match error.settle() {
            Some(failure) => Ok(format!("failed: {}", failure.message)),
            None => Err(error),
        },
    }
}
