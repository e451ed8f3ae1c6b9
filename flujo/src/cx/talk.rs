//! Steps with tools: every reply of the model, and every call of a tool, is a node of its own, `node~k`, and so
//! a record of its own. What is recorded is not asked, and not run, again.
//!
//! The numbers go on over the attempts of the step: an attempt that follows a rejection goes on with the
//! conversation, and one that follows a failure asks once more for the reply that did not come.

use super::Cx;
use super::attempts::{Failed, Work, lost};
use super::map::CONCURRENCY;
use super::plan::Plan;
use super::tell;
use crate::codec::{CodecError, Digest, Json, digest};
use crate::context::Context;
use crate::durable::Inputs;
use crate::engine::{AttemptCommand, Key, Kind};
use crate::error::{Error, ErrorKind, LastAttempt, RunResult, StepError};
use crate::graph::Facts;
use crate::model::{FinishReason, Message, Role, Said, Talk, TalkEnd, ToolCall, ToolSpec, ask, opened};
use crate::path::{NodeId, Place};
use crate::step::{Attempt, Leaf, ModelPolicy, Policy, RunInfo, Step, StepInfo, Tool, WritesIn};
use std::marker::PhantomData;
use std::sync::Arc;

/// One reply in the conversation of the step `S`.
struct Turn<S>(PhantomData<fn() -> S>);

/// What it replies to.
enum Asked<S: Step> {
    /// The prompt, which is still to be put together.
    Prompt(S::Input),
    /// Everything that was said so far.
    Messages(Vec<Message>),
}

impl<S: Step> StepInfo for Turn<S> {
    const FACTS: Facts = Facts { name: "", retries: 0, ..S::FACTS };
}

impl<S: Step> Step for Turn<S> {
    type Input = Asked<S>;
    type Output = Said;
    const POLICY: Policy = Policy {
        model: match S::POLICY.model {
            Some(model) => Some(ModelPolicy { tool_rounds: None, ..model }),
            None => None,
        },
        ..Policy::PLAIN
    };
}

impl<S: Step> Leaf for Turn<S> {}

impl<S: Step, C> WritesIn<C> for Turn<S> {
    const MASK: u64 = 0;
}

impl<S: Step> Inputs<Turn<S>> for Asked<S> {
    fn record(&self) -> Result<Json, CodecError> {
        match self {
            Self::Prompt(input) => input.record(),
            Self::Messages(messages) => Json::encode(messages),
        }
    }
    fn recall(json: &Json) -> Result<Self, CodecError> {
        json.decode().map(Self::Messages)
    }
    fn digest(&self) -> Result<Digest, CodecError> {
        match self {
            Self::Prompt(input) => input.digest(),
            Self::Messages(messages) => digest(messages),
        }
    }
    fn copy(&self) -> Self {
        match self {
            Self::Prompt(input) => Self::Prompt(input.copy()),
            Self::Messages(messages) => Self::Messages(messages.clone()),
        }
    }
}

impl<C: Context, R: Send + Sync, S: Attempt<C, R>> Attempt<C, R> for Turn<S> {
    type Drafts = S::Drafts;
    fn drafts(ctx: &C) -> Self::Drafts {
        S::drafts(ctx)
    }
    // A step with tools only reads the context.
    fn commit(_: &mut C, _: Self::Drafts) {}
    async fn attempt(
        input: Self::Input,
        drafts: &mut Self::Drafts,
        ctx: &C,
        res: &R,
        run: &RunInfo,
    ) -> Result<Said, StepError> {
        let (messages, prompt) = match input {
            Asked::Messages(messages) => (messages, Vec::new()),
            Asked::Prompt(input) => {
                let prompt = opened(S::attempt(input, drafts, ctx, res, run).await, run)?;
                (prompt.clone(), prompt)
            }
        };
        let schema = S::FACTS.answer.map_or_else(|| Ok(Json::null()), |schema| schema());
        let reply = ask(messages, schema.map_err(StepError::fatal)?, run).await?;
        Ok(Said { prompt, reply })
    }
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

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// One attempt's part of the conversation, up to what its record is made of: an answer, or what went wrong.
    pub(super) async fn talk<S: Attempt<C, R>>(&mut self, work: &mut Work<S>) -> RunResult<()> {
        let tools = S::tools();
        let specs: Arc<[ToolSpec]> = tools.iter().map(|tool| tool.spec.clone()).collect();
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
            self.rounds_of(work, &mut talk, &tools, &specs).await
        };
        let done = done.map(|end| talk.end = Some(end));
        work.info.talks(talk);
        done
    }

    async fn rounds_of<S: Attempt<C, R>>(
        &mut self,
        work: &Work<S>,
        talk: &mut Talk,
        tools: &[Tool<R>],
        specs: &Arc<[ToolSpec]>,
    ) -> RunResult<TalkEnd> {
        let most = S::POLICY.model.and_then(|model| model.tool_rounds).unwrap_or(0);
        let place = work.info.place();
        let mut round = 0;
        loop {
            talk.last += 1;
            let asked = if talk.messages.is_empty() {
                Asked::Prompt(work.input.as_ref().ok_or_else(lost)?.copy())
            } else {
                Asked::Messages(talk.messages.clone())
            };
            let said = match self.turn(work, place.within(talk.last), asked, specs).await? {
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
            let results = self.results_of(work, &place, talk.last, tools, &reply.calls).await?;
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
    async fn turn<S: Attempt<C, R>>(
        &mut self,
        work: &Work<S>,
        id: NodeId,
        asked: Asked<S>,
        specs: &Arc<[ToolSpec]>,
    ) -> RunResult<Result<Said, Box<Failed>>> {
        let mut inner = self.inside(work.within.clone());
        let plan = Plan::<Turn<S>>::new(Some(work.plan.of_replies()));
        let mut turn = inner.work(id, plan, asked)?;
        turn.info.talks(Talk::with(Arc::clone(specs)));
        let done = inner.once_only(&mut turn).await?;
        match done {
            Ok(()) => Ok(Ok(turn.output.ok_or_else(lost)?)),
            Err(failed) => Ok(Err(failed)),
        }
    }

    async fn once_only<S: Attempt<C, R>>(
        &mut self,
        work: &mut Work<S>,
    ) -> RunResult<Result<(), Box<Failed>>> {
        let path = work.info.path();
        work.told = tell::begin::<S>(self.env, &path);
        let input = work.input.as_ref().ok_or_else(lost)?;
        let digest = input.digest().map_err(|e| Error::new(ErrorKind::Codec(e)).at(path.clone()))?;
        let key = Key { path: path.clone(), kind: Kind::Model, n: 1 };
        let within = work.within.clone();
        let command = AttemptCommand {
            key,
            version: S::FACTS.version,
            migrates_from: S::FACTS.migrates_from,
            digest,
            within,
        };
        let done = self.attempt::<S>(command, work).await?;
        if let Some(tally) = work.tally.take() {
            self.log.push(self.env, || tally.into_result(work.info.place(), done.is_ok()));
        }
        let last = LastAttempt { path, n: 1, ended: work.ended };
        let told = match &done {
            Ok(()) => Ok(()),
            Err(failed) => Err(failed.record.of_attempt(last, 1)),
        };
        tell::node(self.env, &mut work.told, &told);
        Ok(done)
    }

    /// What the model is told of its calls: one by itself, several beside each other.
    async fn results_of<S: Step>(
        &mut self,
        work: &Work<S>,
        place: &Place,
        reply: u32,
        tools: &[Tool<R>],
        calls: &[ToolCall],
    ) -> RunResult<Vec<String>> {
        let (mut nothing, mut written) = ((), 0);
        let mut cx = self.without_context(&mut nothing, &mut written);
        cx.within.clone_from(&work.within);
        let ids = (reply.saturating_add(1)..).map(|k| place.within(k));
        if let ([call], Some(id)) = (calls, ids.clone().next()) {
            return Ok(vec![result(&mut cx, tools, id, call).await?]);
        }
        let items: Vec<(NodeId, &ToolCall)> = ids.zip(calls).collect();
        let mapped = {
            let (scope, point) = cx.map_point(place.within(reply));
            let each = async |own: super::Own<'_, (), (NodeId, &ToolCall)>| {
                let (mut fork, (id, call)) = own.take();
                let done = {
                    let mut cx = scope.selected(&mut fork);
                    let text = result(&mut cx, tools, id, call).await?;
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
async fn result<R: Send + Sync>(
    cx: &mut Cx<'_, (), R>,
    tools: &[Tool<R>],
    id: NodeId,
    call: &ToolCall,
) -> RunResult<String> {
    let Some(tool) = tools.iter().find(|tool| tool.spec.name == call.name) else {
        let known: Vec<_> = tools.iter().map(|tool| format!("`{}`", tool.spec.name)).collect();
        return Ok(format!("there is no tool `{}`: there are {}", call.name, known.join(", ")));
    };
    let running = match tool.begin(cx, id, call) {
        Ok(running) => running,
        Err(told) => return Ok(told),
    };
    match running.await {
        Ok(text) => Ok(text),
        Err(error) => match error.settle() {
            Some(failure) => Ok(format!("failed: {}", failure.message)),
            None => Err(error),
        },
    }
}
