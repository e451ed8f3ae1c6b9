//! A node of a run: what it was given, what it gave, and how.

use super::super::show;
use super::super::visit::{Refused, Visit};
use super::{Seen, facts, messages};
use crate::state::AppState;
use flujo::codec::Json;
use flujo::engine::{NodeInput, PartChange, Record, RecordOutcome};
use flujo::run::RunInputs;
use maud::{Markup, html};

/// The most attempts that are shown at once: a node in a loop, or of many items, has more.
const MOST: usize = 25;

/// True if a path of a run is at, or in, what was selected: a path of the graph or of the run.
fn is_selected(seen: &Seen, path: &str, node: &str) -> bool {
    let inside =
        |path: &str| path.strip_prefix(node).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    inside(path) || seen.graph.and_then(|graph| graph.node_path(path)).is_some_and(|place| inside(&place))
}

pub(super) async fn node(
    state: &AppState,
    visit: &Visit,
    seen: &Seen,
    node: &str,
) -> Result<Markup, Refused> {
    let mut found: Vec<(usize, &Record)> = seen
        .view
        .records
        .iter()
        .enumerate()
        .filter(|(_, record)| is_selected(seen, record.key.path.as_str(), node))
        .map(|(i, record)| (i, record.as_ref()))
        .collect();
    // What a step was given and gave comes before the rounds that it took with its tools.
    found.sort_by_key(|(_, record)| is_round(record));
    // The walk needs the code; without it inputs are not known.
    let inputs = match seen.graph {
        Some(_) if !found.is_empty() => state.control.inputs(&seen.view.run.id).await.ok(),
        _ => None,
    };
    let facts = seen.graph.and_then(|graph| graph.node_at(node));
    let answered =
        seen.view.answered.iter().filter(|one| is_selected(seen, one.question.path.as_str(), node));
    let answered: Vec<_> = answered.take(MOST).collect();
    Ok(html! {
        h2 { "Node " code { (show::text(node)) } }
        @if let Some(facts) = facts {
            p class="quiet" {
                (facts.kind.word()) @if !facts.facts.name.is_empty() { " " code { (facts.facts.name) } }
                @if facts.facts.version > 1 { ", version " (facts.facts.version) }
                @if !facts.facts.output.is_empty() { ", gives " code { (facts.facts.output) } }
            }
        }
        @if found.is_empty() && answered.is_empty() { p { "Nothing is recorded at this node yet." } }
        @for answered in &answered {
            h3 { "Question " code { (show::text(answered.question.path.as_str())) } }
            p { (show::text(show::beginning(&answered.question.message, show::LONGEST))) }
            @if let Some(value) = &answered.question.shown { (show::value(value, None)) }
            p { "Replied " (show::time(answered.reply.at)) @if let Some(by) = &answered.reply.by { " by " (show::text(by)) } ":" }
            (show::value(&answered.reply.value, None))
            (fork_link(visit, seen, answered.question.path.as_str()))
        }
        @if found.len() > MOST { p class="quiet" { "The last " (MOST) " of " (found.len()) " attempts are shown." } }
        @for (i, record) in found.iter().rev().take(MOST).rev() { (attempt(visit, seen, *i, record, inputs.as_ref())) }
        p { a href="?" { "Close" } }
    })
}

/// True of a round of a model with tools: `draft~1`.
fn is_round(record: &Record) -> bool {
    record.key.path.as_str().rsplit('/').next().is_some_and(|last| last.contains('~'))
}

fn attempt(visit: &Visit, seen: &Seen, i: usize, record: &Record, inputs: Option<&RunInputs>) -> Markup {
    let (path, n) = (record.key.path.as_str(), record.key.n);
    let input = inputs.and_then(|inputs| inputs.of(path, n));
    let (class, word) = match &record.outcome {
        RecordOutcome::Output(_) => ("state done", "done"),
        RecordOutcome::Failure(_) => ("state failed", "failed"),
    };
    let inside = html! {
        h3 { code { (show::text(path)) } ", attempt " (n) " " span class=(class) { (word) } }
        p class="quiet" {
            (record.key.kind.word()) ", begun " (show::time(record.started)) ", took " (show::duration(record.ended.since(record.started)))
            @if record.usage.cost.0 > 0 || record.usage.model_calls > 0 {
                ", " (record.usage.cost) ", " (show::number(record.usage.input_tokens)) " tokens in, " (show::number(record.usage.output_tokens)) " out"
            }
            @if record.cached { ", from the cache" }
            @for (model, _) in record.models.iter().flat_map(|used| &used.by_model) { ", " (show::text(model)) }
        }
        @if is_round(record) && input.is_none() && !record.messages.is_empty() {
            (messages::messages(&record.messages, &format!("{}/text?of=message&i={i}", show::run_address(seen.id()))))
            details { summary { "As it is recorded" } (values(seen, i, record, None, inputs.is_some())) }
        } @else {
            (values(seen, i, record, input, inputs.is_some()))
            (messages::messages(&record.messages, &format!("{}/text?of=message&i={i}", show::run_address(seen.id()))))
        }
        @if !record.findings.is_empty() {
            h4 { "Findings" }
            ul { @for finding in &record.findings { li { (show::text(&finding.message)) } } }
        }
        @if !record.parts.is_empty() { h4 { "Context" } @for (name, change) in &record.parts { (part(name, change, input)) } }
        @if let Some(reasoning) = record.models.as_ref().and_then(|used| used.reasoning.as_deref()) {
            h4 { "Reasoning" } (show::block(reasoning, None))
        }
        @for repair in record.models.iter().flat_map(|used| &used.repairs) { p class="quiet" { "Repaired: " (show::text(repair)) } }
        (fork_link(visit, seen, path))
    };
    html! { div class="attempt" { (inside) } }
}

/// The input and the output, or the error.
fn values(seen: &Seen, i: usize, record: &Record, input: Option<&NodeInput>, is_walked: bool) -> Markup {
    let (path, n) = (record.key.path.as_str(), record.key.n);
    let text = |of: &str| format!("{}/text?of={of}", show::run_address(seen.id()));
    html! {
        div class="sides" {
            div {
                h4 { "Input" }
                @match input {
                    Some(input) => (show::value(&input.input, Some(&text(&format!("given&path={}&n={n}", show::escaped(path)))))),
                    None if is_walked => p class="quiet" { "What was said before: see the messages." },
                    None => p class="quiet" { "Not known: the records do not fit the code that is here, or it is not here." },
                }
            }
            div {
                @match &record.outcome {
                    RecordOutcome::Output(output) => { h4 { "Output" } (show::value(output, Some(&text(&format!("record&i={i}"))))) }
                    RecordOutcome::Failure(failure) => {
                        h4 { "Error" }
                        div class="notice" { (facts::chain(failure)) }
                        @if let Some(rejected) = &failure.last_output { h4 { "Rejected output" } (show::value(rejected, None)) }
                    }
                }
            }
        }
    }
}

fn fork_link(visit: &Visit, seen: &Seen, path: &str) -> Markup {
    html! {
        @if visit.may_operate() && seen.is_ended() && seen.graph.is_some() {
            p { a class="button" href=(format!("{}/fork?from={}", show::run_address(seen.id()), show::escaped(path))) { "Fork from here" } }
        }
    }
}

/// A part of the context before and after.
fn part(name: &str, change: &PartChange, input: Option<&NodeInput>) -> Markup {
    let before =
        input.and_then(|input| input.context.iter().find(|(known, _)| known == name)).map(|(_, value)| value);
    html! {
        details open {
            summary { code { (show::text(name)) } }
            @match change {
                PartChange::Appended { from, items } => {
                    p class="quiet" { "Appended behind " (from) " elements:" }
                    (difference("", &pretty(items)))
                }
                PartChange::Whole(after) => (difference(&before.map(pretty).unwrap_or_default(), &pretty(after))),
            }
        }
    }
}

fn pretty(json: &Json) -> String {
    show::beginning(&show::pretty(json), show::LONGEST).to_owned()
}

/// The lines that went and came. Those that are the same at the beginning and the end are left out, up to three.
pub(in super::super) fn difference(before: &str, after: &str) -> Markup {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let left = old.len().min(new.len()) - same;
    let end = old.iter().rev().zip(new.iter().rev()).take(left).take_while(|(a, b)| a == b).count();
    let middle = |lines: &[&str]| lines.get(same..lines.len() - end).unwrap_or_default().join("\n");
    let around = |lines: &[&str]| show::printable(&lines.join("\n"));
    let head = new.get(same.saturating_sub(3)..same).unwrap_or_default();
    let tail = new.get(new.len() - end..(new.len() - end + 3).min(new.len())).unwrap_or_default();
    let signed = |sign: &str, lines: &[&str]| {
        let lines: Vec<_> =
            lines.iter().flat_map(|text| text.lines()).map(|line| format!("{sign} {line}")).collect();
        show::printable(&lines.join("\n"))
    };
    let (gone, came) = (middle(&old), middle(&new));
    html! {
        pre dir="auto" tabindex="0" {
            @if gone.is_empty() && came.is_empty() { (around(&new)) }
            @else {
                @if !head.is_empty() { bdi { (signed(" ", head)) } "\n" }
                @if !gone.is_empty() { del class="gone" { bdi { (signed("-", &[&gone])) } } "\n" }
                @if !came.is_empty() { ins class="new" { bdi { (signed("+", &[&came])) } } "\n" }
                @if !tail.is_empty() { bdi { (signed(" ", tail)) } }
            }
        }
    }
}
