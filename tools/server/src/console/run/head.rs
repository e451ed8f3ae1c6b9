//! What a run is at a glance: its state, where it is, and what it took so far.

use super::super::show;
use super::super::visit::Visit;
use super::{Seen, act};
use flujo::engine::{RunState, Status};
use maud::{Markup, html};

/// The most nodes that are named.
const MOST: usize = 4;

pub(super) fn head(visit: &Visit, seen: &Seen) -> Markup {
    html! {
        div class="summary" role="status" {
            (show::state(RunState::from(&seen.view.status)))
            span { (sentence(seen)) }
        }
        (tiles(seen))
        (origin(seen))
        (act::buttons(visit, seen))
    }
}

/// One sentence: where the run is, or how it ended.
fn sentence(seen: &Seen) -> Markup {
    let view = &seen.view;
    let under_way = seen.summary.as_ref().map(|run| run.under_way.as_slice()).unwrap_or_default();
    let at = |paths: &[&str]| {
        html! {
            @for (i, path) in paths.iter().take(MOST).enumerate() {
                @if i > 0 { ", " }
                code { (show::text(path)) }
            }
            @if paths.len() > MOST { " and " (paths.len() - MOST) " more" }
        }
    };
    match &view.status {
        Status::Created => html! { "It was created and has not begun." },
        Status::Running if under_way.is_empty() => html! { "It runs." },
        Status::Running => {
            html! { "It runs at " (at(&under_way.iter().map(flujo::path::Path::as_str).collect::<Vec<_>>())) "." }
        }
        Status::Interrupted => html! { "Its process is gone. A worker continues it." },
        Status::Paused if view.questions.is_empty() => {
            html! { "All questions are answered. A worker continues it." }
        }
        Status::Paused => {
            let asked: Vec<_> = view.questions.iter().map(|question| question.path.as_str()).collect();
            html! { "It waits for " (if asked.len() == 1 { "a reply" } else { "replies" }) " at " (at(&asked)) "." }
        }
        Status::Ended(_) => html! {
            @if let Some(failure) = seen.summary.as_ref().and_then(|run| run.failure.as_deref()) { (show::text(&show::line(failure, 200))) }
            @else if let Some(ended) = view.ended { "It ended " (show::time(ended)) "." }
        },
    }
}

fn tiles(seen: &Seen) -> Markup {
    let (view, run) = (&seen.view, &seen.view.run);
    html! {
        dl class="tiles" {
            div {
                dt { "Cost" }
                dd {
                    (view.usage.cost)
                    small {
                        @if let Some(limit) = run.limits.cost { "of at most " (limit) }
                        @if view.usage.unpriced_calls > 0 { " + " (show::number(view.usage.unpriced_calls)) " calls without a price" }
                        @if view.reserved.cost.0 > 0 { " " (view.reserved.cost) " reserved" }
                    }
                }
            }
            div {
                dt { "Tokens" }
                dd {
                    (show::number(view.usage.total_tokens()))
                    small { (show::number(view.usage.input_tokens)) " in, " (show::number(view.usage.output_tokens)) " out" }
                }
            }
            div { dt { "Calls of models" } dd { (show::number(view.usage.model_calls)) } }
            div {
                @match view.ended {
                    Some(ended) => { dt { "Took" } dd { (show::duration(ended.since(run.created))) small { "ended " (show::time(ended)) } } }
                    None => { dt { "Age" } dd { (show::age(run.created)) small { "changed " (show::time(view.changed)) } } }
                }
            }
            div {
                dt { "Pipeline" }
                dd {
                    @if seen.graph.is_some() { a href=(format!("/pipelines/{}", show::escaped(&run.pipeline))) { (show::text(&run.pipeline)) } }
                    @else { (show::text(&run.pipeline)) small { "not registered here" } }
                    small { "created " (show::time(run.created)) @if let Some(by) = &run.by { " by " (show::text(by)) } }
                }
            }
        }
        @if !run.labels.is_empty() { p { span class="unseen" { "Labels: " } (show::labels(&run.labels)) } }
    }
}

/// Where a fork comes from, and which models it asks in place of those of the code.
fn origin(seen: &Seen) -> Markup {
    let run = &seen.view.run;
    html! {
        @if let Some(origin) = &run.seed.origin {
            p {
                "Fork of " a id="origin" href=(show::run_address(origin.as_str())) { (show::text(origin.as_str())) } ": "
                a id="compare-origin" href=(format!("/compare?a={}&b={}", show::escaped(origin.as_str()), show::escaped(run.id.as_str()))) { "compare the two" }
            }
        }
        @for (node, model) in &run.models {
            p class="quiet" { code { (show::text(node.as_str())) } " asks " (show::text(model)) }
        }
    }
}
