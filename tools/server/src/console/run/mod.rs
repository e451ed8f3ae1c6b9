//! The page of one run.

mod act;
mod facts;
mod fork;
mod fork_models;
mod graph;
mod head;
mod messages;
mod node;
mod question;
mod reply;
mod sums;
mod texts;
mod timeline;

pub(super) use act::{cancel, retried, retry};
pub(super) use fork::{fork, fork_form};
pub(super) use node::difference;
pub(super) use question::form_name;
pub(super) use reply::reply;
pub(super) use sums::table;
pub(super) use texts::whole;

use super::fields::Pairs;
use super::live::{Live, RUN, stream};
use super::page::{Section, page};
use super::runs::summary;
use super::show;
use super::visit::{Answer, Refused, Visit};
use crate::state::AppState;
use axum::extract::{Path, RawQuery, State};
use flujo::engine::{RunId, RunSummary, RunView, Status};
use flujo::graph::Graph;
use maud::{Markup, html};

/// The id of the element with the state and the facts of a run.
const HEAD: &str = "head";

/// A run with what is known of it beside its records.
pub(super) struct Seen {
    pub(super) view: RunView,
    /// The graph of the code that is here.
    pub(super) graph: Option<&'static Graph>,
    pub(super) summary: Option<RunSummary>,
}

impl Seen {
    pub(super) async fn of(state: &AppState, id: &str) -> Result<Self, Refused> {
        let view = state.control.inspect(&RunId::from(id)).await?;
        let graph = graph_of(state, &view.run.pipeline);
        Ok(Self { graph, summary: summary(state, id).await?, view })
    }

    pub(super) fn id(&self) -> &str {
        self.view.run.id.as_str()
    }

    pub(super) fn is_ended(&self) -> bool {
        matches!(self.view.status, Status::Ended(_))
    }
}

/// The graph of a pipeline that is registered.
pub(super) fn graph_of(state: &AppState, pipeline: &str) -> Option<&'static Graph> {
    state.control.pipelines().into_iter().find(|known| known.name == pipeline).map(|known| known.graph)
}

/// `GET /runs/{id}`
pub(super) async fn show_run(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let seen = Seen::of(&state, &id).await?;
    let node = match pairs.get("node") {
        Some(node) => Some(node::node(&state, &visit, &seen, node).await?),
        None => None,
    };
    let address = show::run_address(&id);
    let events = format!("/api/v1{address}/events");
    let head = head::head(&visit, &seen);
    let content = html! {
        div class="title" { h1 { "Run " (show::text(&id)) } (act::tools(&seen)) }
        div id=(HEAD) { (head) }
        (stream((!seen.is_ended()).then_some(events.as_str()), &html! {
            // The script puts texts here while they are written: they are not recorded before they are whole.
            section id="writing" aria-label="Texts that are being written" {}
            (questions_part(&seen, &format!("{address}/questions")).show(&questions(&visit, &seen)))
            (now_part(&seen, &format!("{address}/now"), &head).show(&now(&seen)))
        }))
        @if let Some(node) = node { section id="node" aria-label="The selected node" { (node) } }
        (facts::begun_with(&seen))
    };
    Ok(page(&visit, Section::Runs, &format!("Run {id}"), &content))
}

/// `GET /runs/{id}/now`: what changes while a run goes on.
pub(super) async fn now_of(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let seen = Seen::of(&state, &id).await?;
    let address = format!("{}/now", show::run_address(&id));
    let pairs = Pairs::of_query(query.as_deref());
    let head = head::head(&visit, &seen);
    Ok(now_part(&seen, &address, &head).answer(pairs.get("known"), &now(&seen)))
}

/// `GET /runs/{id}/questions`: the open questions.
pub(super) async fn questions_of(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let seen = Seen::of(&state, &id).await?;
    let pairs = Pairs::of_query(query.as_deref());
    let address = format!("{}/questions", show::run_address(&id));
    Ok(questions_part(&seen, &address).answer(pairs.get("known"), &questions(&visit, &seen)))
}

/// A run that has ended changes only by a retry, which shows the page anew.
fn trigger(seen: &Seen) -> Option<&'static str> {
    (!seen.is_ended()).then_some(RUN)
}

fn now_part<'l>(seen: &Seen, address: &'l str, head: &'l Markup) -> Live<'l> {
    let (trigger, beside) = (trigger(seen), Some((HEAD, head)));
    Live { id: "now", address, label: "Progress of the run", trigger, keeps_focus: true, beside }
}

fn questions_part<'l>(seen: &Seen, address: &'l str) -> Live<'l> {
    let trigger = trigger(seen);
    Live { id: "questions", address, label: "Open questions", trigger, keeps_focus: true, beside: None }
}

fn questions(visit: &Visit, seen: &Seen) -> Markup {
    let questions = &seen.view.questions;
    if seen.is_ended() || questions.is_empty() {
        return html! {};
    }
    html! {
        h2 { "Open questions" }
        @for question in questions {
            (question::question(visit, seen.id(), question))
        }
    }
}

fn now(seen: &Seen) -> Markup {
    html! {
        (facts::ended(seen))
        div class="columns" {
            section aria-label="Timeline" { (timeline::timeline(seen)) }
            section aria-label="Graph" { (graph::graph(seen)) }
        }
        (sums::sums(seen))
        (facts::actions(seen))
    }
}
