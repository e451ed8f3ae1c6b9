//! The reply to a question.

use super::super::fields::Form;
use super::super::form::{Errors, Field, edited, read};
use super::super::page::{Section, html_of, page};
use super::super::show;
use super::super::visit::{Answer, Refused, Visit};
use super::Seen;
use super::question;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use flujo::ErrorKind;
use flujo::codec::Json;
use flujo::engine::RunId;
use flujo::question::Question;
use maud::html;

/// `POST /runs/{id}/reply`
pub(in super::super) async fn reply(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    Form(pairs): Form,
) -> Answer {
    visit.must_operate()?;
    let path = pairs.get("path").unwrap_or_default().to_owned();
    let run = RunId::from(id.as_str());
    let open = state.control.questions(&run).await?;
    let Some(asked) = open.into_iter().find(|question| question.path == *path.as_str()) else {
        return gone(&state, &visit, &id, &path).await;
    };
    let field = Field::of(asked.schema.as_str());
    let mut raw = pairs.raw();
    let mut errors = Errors::new();
    if edited(&mut raw) {
        return Ok(again(&visit, &id, &asked, &field, &raw, &errors, StatusCode::OK));
    }
    if let Some(value) = read(&field, &question::prefix(&id, &asked), &raw, &mut errors) {
        // What is too deep for a record, for instance.
        let value = Json::encode(&value).map_err(|error| Problem::new(Kind::Unfit, error.to_string()))?;
        match state.control.reply(&run, &asked.path, &value, visit.by()).await {
            Ok(()) => return Ok(visit.go(&show::run_address(&id))),
            Err(error) => {
                let is_open =
                    state.control.questions(&run).await?.iter().any(|question| question.path == asked.path);
                if !is_open {
                    return gone(&state, &visit, &id, &path).await;
                }
                if !matches!(error.kind(), ErrorKind::Reply(_) | ErrorKind::Codec(_)) {
                    return Err(error.into());
                }
                errors.insert(String::new(), error.kind().to_string());
            }
        }
    }
    Ok(again(&visit, &id, &asked, &field, &raw, &errors, StatusCode::UNPROCESSABLE_ENTITY))
}

/// The form once more.
fn again(
    visit: &Visit,
    id: &str,
    asked: &Question,
    field: &Field,
    raw: &super::super::form::Raw,
    errors: &Errors,
    status: StatusCode,
) -> Response {
    let mut response = if visit.is_part {
        html_of(question::form(visit, id, asked, field, raw, errors))
    } else {
        let content = html! {
            h1 { "Reply to run " a href=(show::run_address(id)) { (show::text(id)) } }
            h2 { "Question" }
            (question::with_form(visit, id, asked, field, raw, errors))
        };
        page(visit, Section::Inbox, "Reply", &content)
    };
    *response.status_mut() = status;
    response
}

/// Somebody was faster, or the default was taken: says so, with what was replied.
async fn gone(state: &AppState, visit: &Visit, id: &str, path: &str) -> Answer {
    let seen = Seen::of(state, id).await?;
    let answered = seen.view.answered.iter().rev().find(|answered| answered.question.path == *path);
    let Some(answered) = answered else {
        let what = format!("run `{}` has no open question at `{}`", id.escape_debug(), path.escape_debug());
        return Err(Refused::from(Problem::new(Kind::UnknownQuestion, what)));
    };
    let content = html! {
        div class="notice wait" role="alert" {
            p {
                "This question was answered before: your reply was not used. "
                @match &answered.reply.by { Some(by) => { (show::text(by)) } None => { "Somebody" } }
                " replied " (show::time(answered.reply.at)) ":"
            }
            (show::value(&answered.reply.value, None))
            p { "The run is " (show::state(flujo::engine::RunState::from(&seen.view.status))) " now. "
                a href=(show::run_address(id)) { "Show the run" } }
        }
    };
    let mut response = if visit.is_part {
        html_of(content)
    } else {
        page(visit, Section::Inbox, "Answered before", &html! { h1 { "Answered before" } (content) })
    };
    *response.status_mut() = StatusCode::CONFLICT;
    Ok(response)
}
