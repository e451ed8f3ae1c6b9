//! How a run ended, what it began with, and who did what to it.

use super::super::show;
use super::Seen;
use crate::data::mismatch;
use flujo::engine::{ActionKind, FinalOutcome, Status};
use flujo::error::FailureRecord;
use maud::{Markup, html};

/// How a run ended, or why it does not go on.
pub(super) fn ended(seen: &Seen) -> Markup {
    let whole = format!("{}/text?of=output", show::run_address(seen.id()));
    match &seen.view.status {
        Status::Ended(FinalOutcome::Done(output)) => html! {
            h2 { "Output" }
            (show::value(output, Some(&whole)))
        },
        Status::Ended(FinalOutcome::Failed(failure)) => html! {
            h2 { "Failure" }
            div class="notice" {
                @if let Some(node) = failure.node() {
                    p { "At " a href=(format!("?node={}#node", show::escaped(node.as_str()))) { code { (show::text(node.as_str())) } } }
                }
                (chain(failure))
            }
        },
        Status::Ended(FinalOutcome::Crashed(paths)) => html! {
            h2 { "Failure" }
            p class="notice" {
                "Its process crashed again and again while these nodes ran: "
                @for path in paths { code { (show::text(path.as_str())) } " " }
            }
        },
        _ => html! {
            @if let Some(mismatch) = mismatch(&seen.view) {
                p class="notice" {
                    "It does not fit the code here: at " code { (show::text(mismatch.path.as_str())) } ", " (show::text(&mismatch.what))
                    ". Nothing was changed; it goes on with the code that it knows."
                }
            } @else if let Some(signal) = &seen.view.stopped {
                p class="notice wait" { "The last execution stopped: " (show::text(&signal.to_string())) }
            }
        },
    }
}

/// The messages of a failure, the outermost first.
pub(super) fn chain(failure: &FailureRecord) -> Markup {
    html! {
        @for (i, message) in failure.chain.iter().enumerate() {
            p { @if i > 0 { "because: " } (show::text(show::beginning(message, show::LONGEST))) }
        }
        @if let Some(feedback) = failure.feedback.as_deref().filter(|feedback| failure.chain.first().is_none_or(|first| first != feedback)) {
            p { "Feedback: " (show::text(show::beginning(feedback, show::LONGEST))) }
        }
        @if let Some(original) = &failure.original {
            details { summary { "The failure before the fallback" } (chain(original)) }
        }
    }
}

/// The input and the context that a run began with.
pub(super) fn begun_with(seen: &Seen) -> Markup {
    let run = &seen.view.run;
    let address = show::run_address(seen.id());
    html! {
        h2 { "Begun with" }
        div class="sides" {
            div { h3 { "Input" } (show::value(&run.input, Some(&format!("{address}/text?of=input")))) }
            @if run.context.as_str() != "null" {
                div { h3 { "Context" } (show::value(&run.context, Some(&format!("{address}/text?of=begun")))) }
                div { h3 { "Context now" } (show::value(&seen.view.context, Some(&format!("{address}/text?of=context")))) }
            }
        }
    }
}

/// Who did what to the run.
pub(super) fn actions(seen: &Seen) -> Markup {
    html! {
        h2 { "Actions" }
        div class="scroll" tabindex="0" role="group" aria-label="Table of actions" {
            table {
                thead { tr { th scope="col" { "Time" } th scope="col" { "By" } th scope="col" { "What" } } }
                tbody {
                    @for action in seen.view.actions() {
                        tr {
                            td { (show::time(action.at)) }
                            td { @if let Some(by) = &action.by { (show::text(by)) } @else { span class="quiet" { "no name" } } }
                            td { (done(&action.what)) }
                        }
                    }
                }
            }
        }
    }
}

fn done(what: &ActionKind) -> Markup {
    match what {
        ActionKind::Started => html! { "started" },
        ActionKind::Forked(origin) => {
            html! { "forked from " a href=(show::run_address(origin.as_str())) { (show::text(origin.as_str())) } }
        }
        ActionKind::Replied(path) => html! { "replied to " code { (show::text(path.as_str())) } },
        ActionKind::Cancelled => html! { "cancelled" },
        ActionKind::Retried => html! { "retried" },
        ActionKind::Pruned { runs, .. } => html! { "deleted " (show::number(*runs)) " runs" },
        _ => html! { "something else" },
    }
}
