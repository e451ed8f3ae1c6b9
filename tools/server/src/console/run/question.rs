//! An open question with the form of its reply.

use super::super::form::{Errors, Field, Raw, fieldset, filled};
use super::super::show;
use super::super::visit::Visit;
use flujo::question::Question;
use maud::{Markup, html};
use std::fmt::Write as _;

/// The name of the value in a form.
const VALUE: &str = "reply";

/// The `id` of the form of a question, which is the same on each page.
pub(in super::super) fn form_name(run: &str, path: &str) -> String {
    let mut out = String::from("q");
    for byte in run.bytes().chain([b'/']).chain(path.bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A question with an empty form.
pub(super) fn question(visit: &Visit, run: &str, question: &Question) -> Markup {
    let field = Field::of(question.schema.as_str());
    let raw = filled(&field, &prefix(run, question), None);
    with_form(visit, run, question, &field, &raw, &Errors::new())
}

/// The name of the value in the form of a question: two forms on one page have different ids. What an id of a run may
/// have in it, a name of an input may not.
pub(super) fn prefix(run: &str, question: &Question) -> String {
    format!("{VALUE}-{}", form_name(run, question.path.as_str()))
}

pub(super) fn with_form(
    visit: &Visit,
    run: &str,
    question: &Question,
    field: &Field,
    raw: &Raw,
    errors: &Errors,
) -> Markup {
    html! {
        article class="question" {
            (shown(run, question))
            @if visit.may_operate() { (form(visit, run, question, field, raw, errors)) }
            @else { p class="quiet" { "Replying takes the role operator." } }
        }
    }
}

/// The form alone: htmx gets it back with errors, or longer by an item.
pub(super) fn form(
    visit: &Visit,
    run: &str,
    question: &Question,
    field: &Field,
    raw: &Raw,
    errors: &Errors,
) -> Markup {
    let (prefix, path) = (prefix(run, question), question.path.as_str());
    let inside = html! {
        input type="hidden" name="path" value=(path);
        @if let Some(message) = errors.get("") { p class="error" role="alert" { (show::text(message)) } }
        @else if !errors.is_empty() { p class="error" role="alert" { "The reply was not sent: see below." } }
        (fieldset(&field.clone().titled("Reply"), &prefix, raw, errors))
        button type="submit" class="main" { "Reply" }
    };
    visit.form(&format!("{}/reply", show::run_address(run)), &form_name(run, path), &inside)
}

/// What a question says and shows.
fn shown(run: &str, question: &Question) -> Markup {
    let path = question.path.as_str();
    let whole = format!("{}/text?of=shown&path={}", show::run_address(run), show::escaped(path));
    html! {
        h3 { (show::text(show::beginning(&question.message, show::LONGEST))) }
        p class="quiet" {
            "At " code { (show::text(path)) } ", asked " (show::time(question.asked))
            @if let Some(deadline) = question.deadline {
                ". Without a reply until " (show::time(deadline))
                @match &question.default {
                    Some(default) => { " the answer is " code { (show::line(default.as_str(), 200)) } }
                    None => { " it times out" }
                }
            }
            "."
        }
        @if let Some(value) = &question.shown { (show::value(value, Some(&whole))) }
    }
}
