//! Two runs beside each other, node by node.

use super::fields::Pairs;
use super::page::{Section, page};
use super::run::{Seen, difference};
use super::show;
use super::visit::{Answer, Visit};
use crate::comparison::{self, Compared, Standing};
use crate::state::AppState;
use axum::extract::{RawQuery, State};
use flujo::codec::Json;
use flujo::engine::{NodeView, RecordOutcome, RunState};
use maud::{Markup, html};

/// The most nodes that are compared.
const MOST: usize = 200;
/// The longest values that are compared line by line, in bytes.
const LONGEST: usize = 8 * 1024;

/// `GET /compare?a=..&b=..`
pub(super) async fn compare(
    State(state): State<AppState>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let (a, b) = (pairs.get("a").unwrap_or_default(), pairs.get("b").unwrap_or_default());
    let form = html! {
        form class="filters" method="get" action="/compare" {
            div { label for="run-a" { "Run" } input type="text" id="run-a" name="a" value=(show::printable(a)) autocomplete="off"; }
            div { label for="run-b" { "with run" } input type="text" id="run-b" name="b" value=(show::printable(b)) autocomplete="off"; }
            button type="submit" { "Compare" }
        }
    };
    let content = if a.is_empty() || b.is_empty() {
        html! { h1 { "Compare two runs" } (form) }
    } else {
        let (a, b) = (Seen::of(&state, a).await?, Seen::of(&state, b).await?);
        html! { h1 { "Compare two runs" } (form) (table(&a, &b)) }
    };
    Ok(page(&visit, Section::Runs, "Compare", &content))
}

fn table(a: &Seen, b: &Seen) -> Markup {
    let pairs = comparison::compare(&a.view, &b.view);
    let head = |seen: &Seen| {
        html! {
            a href=(show::run_address(seen.id())) { (show::text(seen.id())) } " "
            (show::state(RunState::from(&seen.view.status))) " " (seen.view.usage.cost)
        }
    };
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="Comparison" {
            table {
                thead { tr { th scope="col" { "Node" } th scope="col" { (head(a)) } th scope="col" { (head(b)) } th scope="col" { "Output" } } }
                tbody {
                    tr {
                        th scope="row" { "Input" }
                        td { code { (show::line(a.view.run.input.as_str(), 80)) } }
                        td { code { (show::line(b.view.run.input.as_str(), 80)) } }
                        td { (changed(&a.view.run.input, &b.view.run.input)) }
                    }
                    @for node in pairs.iter().take(MOST) { (row(node)) }
                }
            }
        }
        @if pairs.len() > MOST { p class="quiet" { "The first " (MOST) " of " (pairs.len()) " nodes." } }
    }
}

fn row(node: &Compared) -> Markup {
    html! {
        tr {
            th scope="row" { code { (show::text(node.path())) } }
            td { (facts(node.first())) }
            td { (facts(node.second())) }
            td {
                @match (node.standing(), node.first(), node.second()) {
                    (Standing::Same, ..) => "same",
                    (_, Some(left), Some(right)) => (outcomes(&left.last.outcome, &right.last.outcome)),
                    _ => span class="differs" { "in one run only" },
                }
            }
        }
    }
}

fn facts(node: Option<&NodeView>) -> Markup {
    html! {
        @if let Some(node) = node {
            @let is_done = matches!(node.last.outcome, RecordOutcome::Output(_));
            span class=(if is_done { "state done" } else { "state failed" }) { (if is_done { "done" } else { "failed" }) }
            " " (show::duration(node.working))
            @if node.attempts > 1 { ", " (node.attempts) " attempts" }
            @if node.usage.cost.0 > 0 { ", " (node.usage.cost) }
        } @else { span class="quiet" { "nothing" } }
    }
}

fn outcomes(left: &RecordOutcome, right: &RecordOutcome) -> Markup {
    match (left, right) {
        (RecordOutcome::Output(left), RecordOutcome::Output(right)) => changed(left, right),
        (RecordOutcome::Failure(left), RecordOutcome::Failure(right)) => {
            html! { span class="differs" { "differs" } (difference(&left.chain.join("\n"), &right.chain.join("\n"))) }
        }
        _ => html! { span class="differs" { "differs" } },
    }
}

fn changed(left: &Json, right: &Json) -> Markup {
    if left == right {
        return html! { "same" };
    }
    let short = left.as_str().len().max(right.as_str().len()) <= LONGEST;
    html! {
        span class="differs" { "differs" }
        @if short { (difference(&show::pretty(left), &show::pretty(right))) }
    }
}
