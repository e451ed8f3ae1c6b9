//! The service of a pipeline: its runs, and their arms, are invocations of it.

use crate::arm::SentEnd;
use crate::handle::Invocation;
use crate::limit;
use crate::request::{Answer, Request};
use crate::service::{Dispatch, NamedService};
use crate::wire::{APPLY, AT_REST, Begin, OBJECT, REPLY, REST, RUN};
use crate::worker::Worker;
use flujo::clock::Timestamp;
use flujo::engine::{ArmEnd, Ended, EndedBy, ForkPolicy};
use flujo::error::Signal;
use flujo::path::Path;
use flujo::question::Reply;
use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, HandlerResult};
use restate_sdk::serde::Json;
use std::sync::{Arc, PoisonError};

pub(crate) fn service(name: &str, worker: &Arc<Worker>) -> Result<NamedService, serde_json::Error> {
    let worker = Arc::clone(worker);
    let dispatch: Dispatch = Arc::new(move |cx| {
        let worker = Arc::clone(&worker);
        Box::pin(async move {
            match cx.handler_name() {
                REPLY => {
                    let (Json((path, reply)), _) = cx.input::<Json<(Path, Reply)>>().await;
                    cx.resolve_promise(path.as_str(), Json(reply));
                    cx.handle_handler_result(Ok(Json(())));
                }
                REST => {
                    let (Json(n), _) = cx.input::<Json<u32>>().await;
                    cx.resolve_promise(&rest(n), Json(()));
                    cx.handle_handler_result(Ok(Json(())));
                }
                AT_REST => {
                    let (Json(n), _) = cx.input::<Json<u32>>().await;
                    let rested = cx.promise::<Json<()>>(&rest(n)).await;
                    cx.handle_handler_result(rested.map_err(HandlerError::from));
                }
                _ => {
                    let (Json(begin), about) = cx.input::<Json<Begin>>().await;
                    let done = execute(&worker, &cx, (about.key, about.invocation_id), begin).await;
                    cx.handle_handler_result(done);
                }
            }
            cx.end();
            Ok(())
        })
    });
    NamedService::new(
        name,
        "WORKFLOW",
        &[(RUN, "WORKFLOW"), (REPLY, "SHARED"), (REST, "SHARED"), (AT_REST, "SHARED")],
        dispatch,
    )
}

/// Executes a run, or an arm of it. An arm answers with its end.
async fn execute(
    worker: &Arc<Worker>,
    cx: &ContextInternal,
    (key, invocation_id): (String, String),
    begin: Begin,
) -> HandlerResult<Json<Option<(SentEnd, Timestamp)>>> {
    // Another worker may have the pipeline: the server tries again.
    let (program, dropped) = worker.program(&begin.run, begin.forgiven.clone())?;
    let (id, execution, is_arm) = (begin.run.id.clone(), begin.execution, !begin.chain.is_empty());
    let settle = begin.settle;
    let of = begin.of.clone().unwrap_or_default();
    let invocation = Invocation::new(cx.clone(), Arc::clone(worker), (key.clone(), invocation_id), begin);
    let (end, last) = (invocation.end(), invocation.last());
    let ended = tokio::select! {
        ended = program.run(Box::new(invocation)) => ended,
        () = dropped => return Err(HandlerError::from("the execution was dropped")),
    };
    if let Err(EndedBy::Signal(signal @ (Signal::Engine(_) | Signal::OwnershipLost))) = &ended.outcome {
        // What has failed may work again, so this is no end.
        return Err(HandlerError::from(signal.to_string()));
    }
    let target = || RequestTarget::object(OBJECT, id.as_str(), APPLY);
    if !is_arm {
        let last = *last.lock().unwrap_or_else(PoisonError::into_inner);
        let request = Request::Finish { execution, ended: limit::ended(ended, worker.client.limit), last };
        cx.request::<_, Json<Answer>>(target(), Json(request)).call().await?;
        return Ok(Json(None));
    }
    let found = end.lock().unwrap_or_else(PoisonError::into_inner).take();
    let end = limit::arm_ended(SentEnd::from(end_of_arm(ended, found)), worker.client.limit);
    let stops = ForkPolicy { settle, concurrency: 1 }.stops_at(&ArmEnd::from(end.clone()));
    cx.request::<_, Json<Answer>>(target(), Json(Request::ArmEnded { invocation: key, of, stops })).send();
    let last = *last.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Json(Some((end, last))))
}

/// The promise that is kept when a run comes to rest for the `n`th time. No path of a question has a blank.
fn rest(n: u32) -> String {
    format!("rest {n}")
}

fn end_of_arm(ended: Ended, found: Option<ArmEnd>) -> ArmEnd {
    match (ended.outcome, found) {
        (Err(EndedBy::Signal(Signal::ArmEnded)), Some(end)) => end,
        (Err(EndedBy::Signal(signal)), _) => ArmEnd::Signal(signal),
        (Err(EndedBy::Failure(failure)), _) => ArmEnd::Failed(failure),
        (Ok(_), _) => ArmEnd::Signal(Signal::Internal("the body ended before its arm".to_owned())),
    }
}
