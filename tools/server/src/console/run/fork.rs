//! A fork of a run, from one of its nodes on, with edited input.

use super::super::fields::{Form, Pairs};
use super::super::form::{Errors, Field, Raw, edited, fieldset, filled, read};
use super::super::limit::{limit_field, limit_of};
use super::super::page::{Section, html_of, page};
use super::super::visit::{Answer, Refused, Visit};
use super::super::{inputs, show};
use super::{Seen, fork_models};
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use flujo::codec::Json;
use flujo::engine::{FinalOutcome, Status};
use flujo::run::ForkRun;
use maud::{Markup, html};
use std::collections::BTreeSet;

const INPUT: &str = "input";

/// `GET /runs/{id}/fork`
pub(in super::super) async fn fork_form(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    visit.must_operate()?;
    let seen = Seen::of(&state, &id).await?;
    let field = field(&state, &seen)?;
    let mut raw = filled(&field, INPUT, inputs::value(&seen.view.run.input).as_ref());
    let from = Pairs::of_query(query.as_deref()).get("from").map(str::to_owned);
    let first = seen.view.records.first().map(|record| record.key.path.to_string());
    raw.set("from", from.or(first).unwrap_or_default());
    raw.set("id", inputs::new_id(&seen.view.run.pipeline));
    fork_models::fill(&seen, &mut raw);
    Ok(shown(&visit, &seen, &field, &raw, &Errors::new(), StatusCode::OK))
}

fn field(state: &AppState, seen: &Seen) -> Result<Field, Refused> {
    let known = state.control.pipelines().into_iter().find(|known| known.name == seen.view.run.pipeline);
    match known {
        Some(pipeline) => Ok(inputs::inputs(&pipeline)),
        None => {
            Err(Problem::new(Kind::NotRegistered, "the pipeline of this run is not registered here").into())
        }
    }
}

fn encoded(value: &serde_json::Value) -> Result<Json, Refused> {
    Json::encode(value).map_err(|error| Problem::new(Kind::Unfit, error.to_string()).into())
}

/// `POST /runs/{id}/fork`
pub(in super::super) async fn fork(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    Form(pairs): Form,
) -> Answer {
    visit.must_operate()?;
    let seen = Seen::of(&state, &id).await?;
    let field = field(&state, &seen)?;
    let mut raw = pairs.raw();
    let mut errors = Errors::new();
    if edited(&mut raw) {
        return Ok(shown(&visit, &seen, &field, &raw, &errors, StatusCode::OK));
    }
    let value = read(&field, INPUT, &raw, &mut errors);
    let new = raw.get("id").unwrap_or_default().trim().to_owned();
    if new.is_empty() {
        errors.insert("id".to_owned(), "write an id for the new run".to_owned());
    }
    let fork = ForkRun::new(id.as_str(), raw.get("from").unwrap_or_default(), new.as_str());
    let mut fork = fork_models::read(&seen, &raw, &mut errors, fork);
    fork.limits = limit_of(&raw, &mut errors);
    if let (Some(value), true) = (value, errors.is_empty()) {
        let is_same = inputs::value(&seen.view.run.input).as_ref() == Some(&value);
        if !is_same {
            fork = fork.input(encoded(&value)?);
        }
        if let Some(by) = visit.by() {
            fork = fork.by(by);
        }
        match state.control.fork(&fork).await {
            Ok(_) => return Ok(visit.go(&show::run_address(&new))),
            Err(error) => {
                errors.insert(String::new(), error.to_string());
            }
        }
    }
    Ok(shown(&visit, &seen, &field, &raw, &errors, StatusCode::UNPROCESSABLE_ENTITY))
}

fn shown(
    visit: &Visit,
    seen: &Seen,
    field: &Field,
    raw: &Raw,
    errors: &Errors,
    status: StatusCode,
) -> Response {
    let form = visit.form(
        &format!("{}/fork", show::run_address(seen.id())),
        "fork",
        &html! {
            @if let Some(message) = errors.get("") { p class="error" role="alert" { (show::text(message)) } }
            @else if !errors.is_empty() { p class="error" role="alert" { "The run was not forked: see below." } }
            (from(seen, raw))
            div class="field" {
                label for="new-id" { "Id of the new run" }
                input type="text" id="new-id" name="id" value=[raw.get("id").map(show::printable)] autocomplete="off"
                    aria-describedby=[errors.contains_key("id").then_some("new-id-error")];
                @if let Some(message) = errors.get("id") { p class="error" id="new-id-error" { (message) } }
            }
            (fieldset(field, INPUT, raw, errors))
            (limit_field("For instance 0.50; empty for that of the run.", raw, errors))
            (fork_models::fields(seen, raw, errors))
            button type="submit" class="main" { "Fork" }
        },
    );
    let mut response = if visit.is_part {
        html_of(form)
    } else {
        let content = html! {
            h1 { "Fork of run " a href=(show::run_address(seen.id())) { (show::text(seen.id())) } }
            p class="doc" {
                "The new run takes over what is recorded in front of the node, which costs nothing again, and executes from \
                 the node on. Only the nodes from there on see a changed input."
            }
            (form)
        };
        page(visit, Section::Runs, "Fork", &content)
    };
    *response.status_mut() = status;
    response
}

/// The node from which the fork executes: one that has a record or was asked, or the one that failed.
fn from(seen: &Seen, raw: &Raw) -> Markup {
    let chosen = raw.get("from").unwrap_or_default();
    let mut known = BTreeSet::new();
    let records = seen.view.records.iter().map(|record| record.key.path.as_str());
    let asked = seen.view.answered.iter().map(|answered| answered.question.path.as_str());
    let failed = match &seen.view.status {
        Status::Ended(FinalOutcome::Failed(failure)) => failure.node().map(flujo::path::Path::as_str),
        _ => None,
    };
    let paths: Vec<&str> =
        records.chain(asked).chain(failed).filter(|path| known.insert(*path)).take(500).collect();
    html! {
        div class="field" {
            label for="fork-from" { "From the node" }
            select id="fork-from" name="from" {
                @if !paths.contains(&chosen) && !chosen.is_empty() { option value=(show::printable(chosen)) selected { (show::printable(chosen)) } }
                @for path in paths { option value=(path) selected[path == chosen] { (show::printable(path)) } }
            }
        }
    }
}
