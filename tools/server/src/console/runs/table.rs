use super::super::show;
use super::super::visit::Visit;
use super::filter::Filter;
use flujo::engine::RunSummary;
use maud::{Markup, html};

/// The table of runs, in the form that cancels and retries those that are chosen.
pub(super) fn table(visit: &Visit, filter: &Filter, runs: &[RunSummary]) -> Markup {
    if runs.is_empty() {
        return html! { p { "No runs are here." } };
    }
    let may = visit.may_operate();
    html! {
        form id="runs-form" method="post" action="/runs-act" {
            (visit.seal())
            input type="hidden" name="back" value=(filter.query(&[]));
            div class="scroll" tabindex="0" role="group" aria-label="Table of runs" {
                table {
                    caption class="unseen" { "Runs" }
                    thead {
                        tr {
                            @if may { th scope="col" {
                                input type="checkbox" data-select-all="" aria-label="Select all runs of this page";
                            } }
                            th scope="col" { "Run" }
                            th scope="col" { "Pipeline" }
                            th scope="col" { "State" }
                            th scope="col" { "Where" }
                            th scope="col" class="number" { "Questions" }
                            th scope="col" class="number" { "Cost" }
                            th scope="col" class="number" { "Tokens" }
                            th scope="col" class="number" { "Age" }
                            th scope="col" class="number" { "Changed" }
                            th scope="col" { "Labels" }
                        }
                    }
                    tbody { @for run in runs { (row(may, run)) } }
                }
            }
            @if may {
                div class="row" {
                    button type="submit" name="action" value="cancel" data-sure="Cancel the selected runs for good?" { "Cancel selected" }
                    button type="submit" name="action" value="retry" { "Retry selected" }
                }
            }
        }
    }
}

fn row(may: bool, run: &RunSummary) -> Markup {
    let id = run.id.as_str();
    html! {
        tr {
            @if may { td { input type="checkbox" name="id" value=(show::printable(id)) aria-label=(format!("Select run {}", show::printable(id))); } }
            td class="id" {
                a href=(show::run_address(id)) { (show::text(id)) }
                @if let Some(origin) = &run.origin {
                    div class="quiet" { "fork of " a href=(show::run_address(origin.as_str())) { (show::text(origin.as_str())) } }
                }
            }
            td { (show::text(&run.pipeline)) }
            td { (show::state(run.state)) }
            td class="long" {
                @for path in run.under_way.iter().take(3) { code { (show::text(path.as_str())) } " " }
                @if run.under_way.len() > 3 { "and " (run.under_way.len() - 3) " more" }
                @if let Some(mismatch) = &run.mismatch {
                    span { "does not fit the code: " code { (show::text(mismatch.path.as_str())) } " " (show::text(&mismatch.what)) }
                }
                @if let Some(failure) = &run.failure { span { (show::text(failure)) } }
            }
            td class="number" { @if run.questions > 0 { (run.questions) } }
            td class="number" { @if run.usage.cost.0 > 0 { (show::money(run.usage.cost)) } @else { span class="quiet" { "–" } } @if run.usage.unpriced_calls > 0 { span title="some calls have no known price" { " +?" } } }
            td class="number" { @if run.usage.total_tokens() > 0 { (show::number(run.usage.total_tokens())) } @else { span class="quiet" { "–" } } }
            td class="number" { (show::ago(run.created)) }
            td class="number" { (show::ago(run.changed)) }
            td class="labels" { (show::labels(&run.labels)) }
        }
    }
}
