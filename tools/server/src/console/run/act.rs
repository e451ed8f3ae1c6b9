//! Cancel and retry.

use super::super::fields::Form;
use super::super::show;
use super::super::visit::{Answer, Visit};
use super::Seen;
use crate::state::AppState;
use axum::extract::{Path, State};
use flujo::engine::{RunId, RunState};
use maud::{Markup, html};
use std::sync::Arc;
use std::time::Duration;

/// The time in which a retry that is refused says so.
const REFUSAL: Duration = Duration::from_millis(300);

/// The buttons of a run.
pub(super) fn buttons(visit: &Visit, seen: &Seen) -> Markup {
    let address = show::run_address(seen.id());
    let post = |to: &str, label: &str, sure: Option<&str>| {
        html! {
            form method="post" action=(format!("{address}/{to}")) {
                (visit.seal())
                button type="submit" id=(format!("act-{to}")) data-sure=[sure] { (label) }
            }
        }
    };
    let state = RunState::from(&seen.view.status);
    html! {
        div class="row" role="group" aria-label="What can be done" {
            @if visit.may_operate() {
                @if !seen.is_ended() { (post("cancel", "Cancel", Some("Cancel this run for good?"))) }
                @if state == RunState::Failed && seen.graph.is_some() { (post("retry", "Retry", None)) }
                @if seen.is_ended() && seen.graph.is_some() && !seen.view.records.is_empty() {
                    a class="button" id="act-fork" href=(format!("{address}/fork")) { "Fork" }
                }
            }
        }
    }
}

/// What changes nothing, and does not change while the run goes on.
pub(super) fn tools(seen: &Seen) -> Markup {
    let (id, address) = (seen.id(), show::run_address(seen.id()));
    html! {
        div class="row" role="group" aria-label="Looking further" {
            form method="get" action="/compare" {
                input type="hidden" name="a" value=(show::printable(id));
                label for="compare-with" { "Compare with " }
                input type="text" id="compare-with" name="b" size="14" autocomplete="off" placeholder="the id of a run";
                " " button type="submit" { "Compare" }
            }
            a class="button" href=(format!("/api/v1{address}/export")) download="" { "Export" }
        }
    }
}

/// `POST /runs/{id}/cancel`
pub(in super::super) async fn cancel(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    _: Form,
) -> Answer {
    visit.must_operate()?;
    state.control.cancel(&RunId::from(id.as_str()), visit.by()).await?;
    Ok(visit.go(&show::run_address(&id)))
}

/// `POST /runs/{id}/retry`
pub(in super::super) async fn retry(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    _: Form,
) -> Answer {
    visit.must_operate()?;
    retried(&state, &RunId::from(id.as_str()), visit.by()).await?;
    Ok(visit.go(&show::run_address(&id)))
}

/// Resumes a failed run on a task of its own; the error, if it is refused at once.
pub(in super::super) async fn retried(
    state: &AppState,
    id: &RunId,
    by: Option<&str>,
) -> Result<(), flujo::Error> {
    let (control, id, by) = (Arc::clone(&state.control), id.clone(), by.map(str::to_owned));
    let task = tokio::spawn(async move { control.retry(&id, by.as_deref()).await });
    match tokio::time::timeout(REFUSAL, task).await {
        Ok(Ok(Err(error))) => Err(error),
        // It runs, or has ended: its page says how. A panic of the task is the engine's to record.
        _ => Ok(()),
    }
}
