//! What callers do to runs.

use super::address;
use super::answer::{Accepted, Created};
use super::header_read::HeaderRead;
use super::operation::{About, Call, Json, Nothing, Operations};
use super::pipelines::{find, registered};
use crate::access::{Caller, Role};
use crate::data::value::Value;
use crate::data::{ForkRequest, LimitsRequest, ReplayBody, ReplyRequest, StartRequest, StartedBody};
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::http::HeaderMap;
use flujo::codec::Json as Recorded;
use flujo::engine::{FinalOutcome, Labels, RunId, RunState, RunView, Status};
use flujo::path::Path;
use flujo::run::{ForkRun, PipelineDescription, StartRun};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// How long a retry is waited for: what cannot begin fails within that time.
const BEGIN: Duration = Duration::from_millis(200);

const fn about(
    path: &'static str,
    name: &'static str,
    summary: &'static str,
    problems: &'static [Kind],
) -> About {
    About { path, name, summary, role: Role::Operator, header: None, problems }
}

pub(super) fn add(operations: Operations) -> Operations {
    use Kind::{
        Answered, Conflict, Mismatch, NotRegistered, Reply, Setup, Unfit, UnknownNode, UnknownPipeline,
        UnknownQuestion, UnknownRun,
    };
    let replay = "Replays the records with the code that is here; nothing runs, and nothing is written.";
    let replay = about("/runs/{id}/replay", "replay_run", replay, &[UnknownRun, NotRegistered]);
    operations
        .post(
            About {
                header: Some(HeaderRead::IdempotencyKey),
                ..about("/runs", "start_run", "Starts a run.", &[UnknownPipeline, Conflict, Unfit, Setup])
            },
            start,
        )
        .post(
            about(
                "/runs/{id}/replies",
                "reply",
                "Answers a question.",
                &[UnknownRun, UnknownQuestion, Answered, Reply],
            ),
            reply,
        )
        .post(about("/runs/{id}/cancel", "cancel_run", "Ends a run for good.", &[UnknownRun]), cancel)
        .post(
            about(
                "/runs/{id}/retry",
                "retry_run",
                "Resumes a failed run at the node that failed.",
                &[UnknownRun, Conflict, Mismatch, NotRegistered],
            ),
            retry,
        )
        .post(
            About {
                header: Some(HeaderRead::IdempotencyKey),
                ..about(
                    "/runs/{id}/fork",
                    "fork_run",
                    "Starts a new run that takes over the records in front of a node.",
                    &[UnknownRun, UnknownNode, Conflict, Mismatch, NotRegistered, Unfit, Setup],
                )
            },
            fork,
        )
        .post(About { role: Role::Viewer, ..replay }, replay_run)
}

/// The id that a caller gives, or the one that follows from its key.
fn id_of(given: Option<String>, caller: &Caller, headers: &HeaderMap) -> Result<RunId, Problem> {
    let bad = |what: &str| Problem::new(Kind::Unfit, what);
    match (given, headers.get("idempotency-key")) {
        (Some(id), _) if id.is_empty() => Err(bad("the id is empty")),
        (Some(id), _) => Ok(id.into()),
        (None, Some(key)) if key.is_empty() => {
            Err(Problem::new(Kind::Parameter, "`Idempotency-Key` is empty"))
        }
        (None, Some(key)) => {
            // Two callers with one key start two runs.
            let mut sum = Sha256::new();
            let name = caller.name().unwrap_or_default();
            sum.update((name.len() as u64).to_be_bytes());
            sum.update(name);
            sum.update(key.as_bytes());
            Ok(digits("k-", sum.finalize().get(..12).unwrap_or_default()))
        }
        (None, None) => {
            let mut random = [0; 12];
            let filled = getrandom::fill(&mut random);
            filled.map_err(|_| {
                Problem::new(Kind::Internal, "there are no random numbers: give the run an id")
            })?;
            Ok(digits("", &random))
        }
    }
}

fn digits(start: &str, bytes: &[u8]) -> RunId {
    let mut text = start.to_owned();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

/// The list of inputs: a map names them, and of a single one its value is enough.
fn inputs(pipeline: &PipelineDescription, given: &Value) -> Result<Recorded, Problem> {
    let text = given.0.as_str();
    let alone = pipeline.inputs.len() == 1 && !text.starts_with('[');
    let one = || Recorded::recorded(format!("[{text}]"));
    if !text.starts_with('{') {
        return Ok(if alone { one() } else { given.0.clone() });
    }
    let unfit = |what: String| Problem::new(Kind::Unfit, what).at(pipeline.name);
    let named = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text);
    let mut named = named.map_err(|error| unfit(error.to_string()))?;
    // An object whose only key is the name of the input has its value, and any other one is the value.
    let names_it = |name: &String| pipeline.inputs.iter().any(|input| input.name == name);
    if alone && !(named.len() == 1 && named.keys().all(names_it)) {
        return Ok(one());
    }
    let mut list = Vec::new();
    for input in &pipeline.inputs {
        // An input that may be absent is `null`.
        let value = named.remove(input.name);
        list.push(value.map_or_else(|| "null".to_owned(), |value| value.get().to_owned()));
    }
    if let Some((unknown, _)) = named.first_key_value() {
        return Err(unfit(format!("it has no input `{}`", unknown.escape_debug())));
    }
    Ok(Recorded::recorded(format!("[{}]", list.join(","))))
}

async fn start(call: Call<Nothing, Json<StartRequest>>) -> Result<Created<StartedBody>, Problem> {
    let Json(given) = call.body;
    let pipeline = find(&call.state, &given.pipeline)?;
    let id = id_of(given.id, &call.caller, &call.headers)?;
    let mut labels = Labels::default();
    for (name, value) in given.labels {
        labels.set(name, value).map_err(|error| Problem { kind: Kind::Unfit, ..error.into() })?;
    }
    let mut run = StartRun::new(pipeline.name, &id, inputs(&pipeline, &given.input)?).labels(labels);
    run.context = given.context.map(|context| context.0);
    run.limits = given.limits.map(LimitsRequest::limits);
    run.by = call.caller.name().map(str::to_owned);
    let state = call.state.control.start(&run).await?;
    Ok(created(&id, state))
}

fn created(id: &RunId, state: RunState) -> Created<StartedBody> {
    Created(address(id), StartedBody { id: id.to_string(), state: state.word() })
}

async fn reply(call: Call<Nothing, Json<ReplyRequest>>) -> Result<Json<StartedBody>, Problem> {
    let id = call.run();
    let Json(ReplyRequest { path, value }) = call.body;
    let control = &call.state.control;
    let view = control.inspect(&id).await?;
    let is_open = |view: &RunView| view.questions.iter().any(|question| question.path == *path.as_str());
    let answered = |view: &RunView| {
        let first = view.answered.iter().find(|answered| answered.question.path == *path.as_str())?;
        let by = first.reply.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
        let what = format!("answered{by} at {}", crate::time::Time(first.reply.at));
        Some(Problem::new(Kind::Answered, what).at(path.as_str()))
    };
    if !is_open(&view) {
        let unknown =
            || Problem::new(Kind::UnknownQuestion, "no question is open at this node").at(path.as_str());
        return Err(answered(&view).unwrap_or_else(unknown));
    }
    if let Err(error) = control.reply(&id, &Path::from(path.as_str()), &value.0, call.caller.name()).await {
        // Somebody else may have been faster.
        let now = control.inspect(&id).await?;
        return Err(answered(&now).unwrap_or_else(|| error.into()));
    }
    now(&call.state, &id).await.map(Json)
}

/// The state of a run after a change.
async fn now(state: &AppState, id: &RunId) -> Result<StartedBody, Problem> {
    let view = state.control.inspect(id).await?;
    Ok(StartedBody { id: id.to_string(), state: RunState::from(&view.status).word() })
}

async fn cancel(call: Call<Nothing, ()>) -> Result<Json<StartedBody>, Problem> {
    let id = call.run();
    call.state.control.cancel(&id, call.caller.name()).await?;
    now(&call.state, &id).await.map(Json)
}

async fn retry(call: Call<Nothing, ()>) -> Result<Accepted<StartedBody>, Problem> {
    let id = call.run();
    let view = call.state.control.inspect(&id).await?;
    registered(&call.state, &view)?;
    if !matches!(view.status, Status::Ended(FinalOutcome::Failed(_))) {
        let what =
            format!("run `{}` has not failed: only a failed run can be retried", id.as_str().escape_debug());
        return Err(Problem::new(Kind::Conflict, what));
    }
    let (control, by) = (Arc::clone(&call.state.control), call.caller.name().map(str::to_owned));
    let of = id.clone();
    let retried = tokio::spawn(async move { control.retry(&of, by.as_deref()).await });
    // The run goes on when the time is up: the task is not ended with its handle.
    if let Ok(Ok(Err(error))) = tokio::time::timeout(BEGIN, retried).await {
        return Err(error.into());
    }
    now(&call.state, &id).await.map(Accepted)
}

async fn fork(call: Call<Nothing, Json<ForkRequest>>) -> Result<Created<StartedBody>, Problem> {
    let of = call.run();
    let Json(given) = call.body;
    let view = call.state.control.inspect(&of).await?;
    let pipeline = registered(&call.state, &view)?;
    let id = id_of(given.id, &call.caller, &call.headers)?;
    let mut fork = ForkRun::new(&of, Path::from(given.from.as_str()), &id);
    fork.input = given.input.map(|input| inputs(&pipeline, &input)).transpose()?;
    fork.models = given.models.into_iter().map(|(node, model)| (Path::from(node.as_str()), model)).collect();
    fork.limits = given.limits.map(LimitsRequest::limits);
    fork.by = call.caller.name().map(str::to_owned);
    let state = call.state.control.fork(&fork).await?;
    Ok(created(&id, state))
}

async fn replay_run(call: Call<Nothing, ()>) -> Result<Json<ReplayBody>, Problem> {
    let id = call.run();
    let view = call.state.control.inspect(&id).await?;
    registered(&call.state, &view)?;
    Ok(Json(ReplayBody::of(&call.state.control.replay(&id).await?)))
}
