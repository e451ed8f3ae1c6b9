//! The object of a logical run: one for each run, by its id. It applies one request after the other, whichever machine
//! they come from.

use crate::arm::{Chain, Commands, PastResult};
use crate::entry::Entry;
use crate::request::{Answer, Effect, Request};
use crate::service::{Dispatch, NamedService};
use crate::state::{RunState, root_key};
use crate::wire::{APPLY, Begin, OBJECT, REPLY, REST, RUN, RUN_RECORD, RUN_STATE, Stored, VIEW};
use flujo::engine::{RunRecord, Seed};
use flujo::path::Path;
use flujo::question::Reply;
use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::HandlerResult;
use restate_sdk::serde::Json;
use std::sync::Arc;

pub(crate) fn service() -> Result<NamedService, serde_json::Error> {
    let dispatch: Dispatch = Arc::new(|cx| {
        Box::pin(async move {
            if cx.handler_name() == VIEW {
                let (Json(()), _) = cx.input::<Json<()>>().await;
                let done = view(&cx).await;
                cx.handle_handler_result(done);
            } else {
                let (Json(request), about) = cx.input::<Json<Request>>().await;
                let done = apply(&cx, &about.key, request).await;
                cx.handle_handler_result(done);
            }
            cx.end();
            Ok(())
        })
    });
    NamedService::new(OBJECT, "VIRTUAL_OBJECT", &[(APPLY, "EXCLUSIVE"), (VIEW, "SHARED")], dispatch)
}

async fn view(cx: &ContextInternal) -> HandlerResult<Json<Option<Stored>>> {
    let Some(Json(run)) = cx.get::<Json<Arc<RunRecord>>>(RUN_RECORD).await? else { return Ok(Json(None)) };
    let state = cx.get::<Json<RunState>>(RUN_STATE).await?;
    Ok(Json(state.map(|Json(state)| (run, state))))
}

async fn apply(cx: &ContextInternal, id: &str, request: Request) -> HandlerResult<Json<Answer>> {
    let stored = cx.get::<Json<RunState>>(RUN_STATE).await?;
    let mut created = None;
    let (mut state, commands, (answer, effects)) = match (stored, request) {
        (Some(Json(mut state)), request) => {
            let commands = match &request {
                Request::Begin { known, .. } => known.clone(),
                _ => Vec::new(),
            };
            let done = state.apply(id, request);
            (state, commands, done)
        }
        (None, Request::Create { run, graph, may_ask, begins }) => {
            let mut state = RunState::new(&run, graph, may_ask);
            let effects = if begins { state.begin(id, run.created).1 } else { Vec::new() };
            let commands = seeded(&run);
            created = Some(sent(&run));
            cx.set(RUN_RECORD, Json(run));
            (state, commands, (Answer::Done, effects))
        }
        (None, _) => return Ok(Json(Answer::Unknown)),
    };
    for effect in effects {
        match effect {
            Effect::Start(n) => {
                let run = match created.take() {
                    Some(run) => run,
                    None => match cx.get::<Json<RunRecord>>(RUN_RECORD).await? {
                        Some(Json(run)) => sent(&run),
                        None => continue,
                    },
                };
                let target = RequestTarget::workflow(&state.pipeline, root_key(id, n), RUN);
                let forgiven = state.lifecycle.forgiven.clone();
                let begin = Begin {
                    run,
                    execution: n,
                    of: None,
                    settle: false,
                    chain: Chain::new(),
                    commands: commands.clone(),
                    forgiven,
                };
                let sent = cx.request::<_, ()>(target, Json(begin)).send();
                state.invocations.push(sent.await?.invocation_id().to_owned());
            }
            Effect::Answer { to, path, reply } => {
                let target = RequestTarget::workflow(to.service, to.key, REPLY);
                cx.request::<Json<(Path, Reply)>, ()>(target, Json((path, reply))).send();
            }
            Effect::Rest(n) => {
                let root = root_key(id, state.execution);
                cx.request::<_, ()>(RequestTarget::workflow(&state.pipeline, root, REST), Json(n)).send();
            }
            Effect::Cancel => {
                if let Some(invocation) = state.invocations.last() {
                    cx.cancel_invocation(invocation);
                }
            }
        }
    }
    cx.set(RUN_STATE, Json(state));
    Ok(Json(answer))
}

/// The commands that a run takes over from another one.
fn seeded(run: &RunRecord) -> Commands {
    let records = run
        .seed
        .records
        .iter()
        .map(|record| (record.key.clone(), PastResult::Record(Entry(Arc::clone(record)))));
    records.chain(run.seed.timers.iter().map(|key| (key.clone(), PastResult::Over))).collect()
}

/// A run as its invocations need it: what it takes over is among their commands.
fn sent(run: &RunRecord) -> Arc<RunRecord> {
    Arc::new(RunRecord { seed: Seed::default(), ..run.clone() })
}
