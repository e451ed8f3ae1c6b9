//! Cancels and retries several runs.

use super::super::fields::Form;
use super::super::page::{Section, page};
use super::super::run::retried;
use super::super::show;
use super::super::visit::{Answer, Visit};
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::extract::State;
use flujo::engine::RunId;
use maud::html;

/// The most runs at once: those of a page.
const MOST: usize = 50;

/// `POST /runs-act`
pub(in super::super) async fn act(State(state): State<AppState>, visit: Visit, Form(pairs): Form) -> Answer {
    visit.must_operate()?;
    let ids: Vec<RunId> = pairs.all("id").take(MOST).map(RunId::from).collect();
    let is_retry = match pairs.get("action") {
        Some("cancel") => false,
        Some("retry") => true,
        _ => return Err(Problem::new(Kind::Parameter, "choose to cancel or to retry").into()),
    };
    let mut done = Vec::new();
    for id in ids {
        let result = if is_retry {
            retried(&state, &id, visit.by()).await
        } else {
            state.control.cancel(&id, visit.by()).await
        };
        done.push((id, result));
    }
    let word = if is_retry { "retried" } else { "cancelled" };
    let good = done.iter().filter(|(_, result)| result.is_ok()).count();
    let back = format!("/?{}", pairs.get("back").unwrap_or_default());
    let content = html! {
        h1 { "Runs " (word) }
        @if done.is_empty() { p class="notice wait" { "No runs were selected." } }
        @else { p class="notice good" role="status" { (good) " of " (done.len()) " runs " (if good == 1 { "was" } else { "were" }) " " (word) "." } }
        ul {
            @for (id, result) in &done {
                li {
                    a href=(show::run_address(id.as_str())) { (show::text(id.as_str())) } ": "
                    @match result {
                        Ok(()) => { (word) }
                        Err(error) => { span class="differs" { "not " (word) } ": " (show::text(&error.to_string())) }
                    }
                }
            }
        }
        p { a class="button" href=(back) { "Back to the list" } }
    };
    Ok(page(&visit, Section::Runs, "Runs", &content))
}
