//! The object of a logical run: one for each run, by its id. It applies one request after the other, whichever machine
//! they come from.

use crate::arm::Chain;
use crate::service::{Dispatch, NamedService};
use crate::state::{Answer, Effect, Request, RunState, root_key};
use crate::wire::{APPLY, Begin, OBJECT, REPLY, RUN, RUN_RECORD, RUN_STATE, Stored, VIEW};
use flujo::engine::RunRecord;
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
    let Some(Json(mut state)) = cx.get::<Json<RunState>>(RUN_STATE).await? else {
        let Request::Create(run) = request else { return Ok(Json(Answer::Unknown)) };
        cx.set(RUN_STATE, Json(RunState::new(&run)));
        cx.set(RUN_RECORD, Json(run));
        return Ok(Json(Answer::Done));
    };
    let commands = match &request {
        Request::Begin { known, .. } => known.clone(),
        _ => Vec::new(),
    };
    let (answer, effects) = state.apply(id, request);
    for effect in effects {
        match effect {
            Effect::Start(n) => {
                let Some(Json(run)) = cx.get::<Json<Arc<RunRecord>>>(RUN_RECORD).await? else { continue };
                let target = RequestTarget::workflow(&state.pipeline, root_key(id, n), RUN);
                let forgiven = state.lifecycle.forgiven.clone();
                let begin = Begin {
                    run,
                    execution: n,
                    of: None,
                    chain: Chain::new(),
                    commands: commands.clone(),
                    forgiven,
                };
                let sent = cx.request::<_, ()>(target, Json(begin)).send();
                state.invocation = Some(sent.await?.invocation_id().to_owned());
            }
            Effect::Answer { invocation, path, reply } => {
                let target = RequestTarget::workflow(&state.pipeline, invocation, REPLY);
                cx.request::<Json<(Path, Reply)>, ()>(target, Json((path, reply))).send();
            }
            Effect::Cancel => {
                if let Some(invocation) = &state.invocation {
                    cx.cancel_invocation(invocation);
                }
            }
        }
    }
    cx.set(RUN_STATE, Json(state));
    Ok(Json(answer))
}
