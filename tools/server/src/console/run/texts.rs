//! Whole texts, for those that a page shows the beginning of: as a file, never as a page.

use super::super::fields::Pairs;
use super::super::visit::{Answer, Refused, Visit};
use super::Seen;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::IntoResponse;
use flujo::codec::Json;
use flujo::engine::{FinalOutcome, RecordOutcome, Status};

/// `GET /runs/{id}/text?of=..`
pub(in super::super) async fn whole(
    State(state): State<AppState>,
    _visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let seen = Seen::of(&state, &id).await?;
    let text = match pairs.get("of") {
        Some("given") => given(&state, &seen, &pairs).await,
        Some(of) => found(&seen, of, &pairs),
        None => None,
    };
    let Some(text) = text else {
        return Err(Refused::from(Problem::new(Kind::UnknownNode, "the run has no such text")));
    };
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"text.txt\""),
    ];
    Ok((headers, text).into_response())
}

fn text(json: &Json) -> String {
    json.as_str().to_owned()
}

async fn given(state: &AppState, seen: &Seen, pairs: &Pairs) -> Option<String> {
    let inputs = state.control.inputs(&seen.view.run.id).await.ok()?;
    let n = pairs.get("n")?.parse().ok()?;
    inputs.of(pairs.get("path")?, n).map(|input| text(&input.input))
}

fn found(seen: &Seen, of: &str, pairs: &Pairs) -> Option<String> {
    let view = &seen.view;
    let index = |name: &str| pairs.get(name)?.parse::<usize>().ok();
    match of {
        "input" => Some(text(&view.run.input)),
        "begun" => Some(text(&view.run.context)),
        "context" => Some(text(&view.context)),
        "output" => match &view.status {
            Status::Ended(FinalOutcome::Done(output)) => Some(text(output)),
            _ => None,
        },
        "record" => match &view.records.get(index("i")?)?.outcome {
            RecordOutcome::Output(output) => Some(text(output)),
            RecordOutcome::Failure(failure) => Some(failure.chain.join("\n")),
        },
        "message" => {
            let exchange = view.records.get(index("i")?)?.messages.get(index("call")?)?;
            let message = match pairs.get("m")? {
                "answer" => exchange.answer.as_ref()?,
                k => exchange.sent.get(k.parse::<usize>().ok()?)?,
            };
            Some(message.text.clone())
        }
        "shown" => {
            let path = pairs.get("path")?;
            let asked = view.questions.iter().chain(view.answered.iter().map(|answered| &answered.question));
            asked.into_iter().find(|question| question.path == *path)?.shown.as_ref().map(text)
        }
        _ => None,
    }
}
