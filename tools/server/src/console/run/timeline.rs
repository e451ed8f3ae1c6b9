//! The waterfall: attempts, questions, and the waits between them.

use super::super::show;
use super::Seen;
use crate::drawing::short_time;
use flujo::clock::Timestamp;
use flujo::engine::{RecordOutcome, RunView};
use flujo::path::Path;
use maud::{Markup, html};
use std::collections::HashMap;

/// The most rows of the waterfall.
const MOST: usize = 500;
/// The width of a bar's drawing.
const WIDTH: u128 = 1_000;

struct Row<'v> {
    path: &'v str,
    what: String,
    class: &'static str,
    word: &'static str,
    /// The end of the attempt before, after which it was waited.
    waited: Option<Timestamp>,
    /// `None` of a node that runs now: when it began is recorded with its end.
    from: Option<Timestamp>,
    /// `None` if it goes on.
    until: Option<Timestamp>,
    cost: Option<flujo::Cost>,
}

/// The time that the waterfall shows.
#[derive(Clone, Copy)]
struct Span {
    first: Timestamp,
    last: Timestamp,
}

pub(super) fn timeline(seen: &Seen) -> Markup {
    let mut rows = rows(seen);
    let all = rows.len();
    rows.truncate(MOST);
    let now = if seen.is_ended() { seen.view.ended.unwrap_or(seen.view.changed) } else { show::now() };
    let first = rows.iter().filter_map(|row| row.from).min().unwrap_or(now);
    let last = rows.iter().map(|row| row.until.unwrap_or(now)).max().unwrap_or(now).max(first);
    html! {
        h2 { "Timeline" }
        @if rows.is_empty() { p class="quiet" { "Nothing is recorded yet." } }
        @else {
            div class="scroll" tabindex="0" role="group" aria-label="Table of the timeline" {
                table {
                    thead { tr {
                        th scope="col" { "Node" } th scope="col" { "Attempt" } th scope="col" { "State" }
                        th scope="col" class="number" { "Start" } th scope="col" class="number" { "Took" }
                        th scope="col" class="number" { "Cost" } th scope="col" { "When" }
                    } }
                    tbody { @for row in &rows { (shown(row, &seen.view.run.pipeline, Span { first, last })) } }
                }
            }
            @if all > MOST { p class="quiet" { "The first " (MOST) " of " (all) " rows. The export has all of them." } }
        }
    }
}

fn rows(seen: &Seen) -> Vec<Row<'_>> {
    let view = &seen.view;
    let mut rows = attempts(view);
    let asked = view.answered.iter().map(|answered| (&answered.question, Some(answered.reply.at)));
    for (question, until) in asked.chain(view.questions.iter().map(|question| (question, None))) {
        rows.push(Row {
            path: question.path.as_str(),
            what: "question".to_owned(),
            class: if until.is_some() { "wait" } else { "open" },
            word: if until.is_some() { "answered" } else { "waiting" },
            waited: None,
            from: Some(question.asked),
            until,
            cost: None,
        });
    }
    rows.sort_by_key(|row| row.from);
    let under_way = seen.summary.as_ref().map(|run| run.under_way.as_slice()).unwrap_or_default();
    rows.extend(under_way.iter().filter(|_| !seen.is_ended()).map(|path| Row {
        path: path.as_str(),
        what: String::new(),
        class: "running",
        word: "running",
        waited: None,
        from: None,
        until: None,
        cost: None,
    }));
    rows
}

fn attempts(view: &RunView) -> Vec<Row<'_>> {
    let mut ends = HashMap::<&Path, Timestamp>::new();
    let mut rows = Vec::new();
    for record in &view.records {
        let (class, word) = match &record.outcome {
            RecordOutcome::Output(_) if record.cached => ("done", "from the cache"),
            RecordOutcome::Output(_) => ("done", "done"),
            RecordOutcome::Failure(_) => ("failed", "failed"),
        };
        let waited = ends.insert(&record.key.path, record.ended).filter(|_| record.key.n > 1);
        rows.push(Row {
            path: record.key.path.as_str(),
            what: format!("{} {}", record.key.kind.word(), record.key.n),
            class,
            word,
            waited,
            from: Some(record.started),
            until: Some(record.ended),
            cost: Some(record.usage.cost),
        });
    }
    rows
}

fn shown(row: &Row<'_>, pipeline: &str, span: Span) -> Markup {
    // All paths begin with the pipeline, which the page names already.
    let short = row.path.strip_prefix(pipeline).and_then(|rest| rest.strip_prefix('/')).unwrap_or(row.path);
    let state = if row.class == "open" { "paused" } else { row.class };
    html! {
        tr {
            td class="tight" { a href=(format!("?node={}#node", show::escaped(row.path))) { code { (show::text(short)) } } }
            td class="tight quiet" { (row.what) }
            td class="tight" { span class=(format!("state {state}")) { (row.word) } }
            td class="number" { @if let Some(from) = row.from { (short_time(from.since(span.first))) } }
            td class="number" { @if let (Some(from), Some(until)) = (row.from, row.until) { (show::duration(until.since(from))) } }
            td class="number" { @if let Some(cost) = row.cost.filter(|cost| cost.0 > 0) { (show::money(cost)) } }
            td class="wide" { @if let Some(from) = row.from { (bar(row, from, span)) } }
        }
    }
}

/// When a row was: a thin line for the wait in front of it, and a bar for itself.
fn bar(row: &Row<'_>, from: Timestamp, span: Span) -> Markup {
    let all = u128::from(span.last.0.saturating_sub(span.first.0)).max(1);
    let at = |moment: Timestamp| u128::from(moment.0.saturating_sub(span.first.0)) * WIDTH / all;
    let x = at(from).min(WIDTH - 6);
    let width = at(row.until.unwrap_or(span.last)).saturating_sub(x).clamp(6, WIDTH - x);
    let waited = row.waited.map(|ended| at(ended).min(x));
    html! {
        svg class="bar" viewBox=(format!("0 0 {WIDTH} 12")) preserveAspectRatio="none" aria-hidden="true" {
            rect class="track" x="0" y="0" width=(WIDTH) height="12" {}
            @if let Some(since) = waited { rect class="gap" x=(since) y="5" width=(x - since) height="2" {} }
            rect class=(row.class) x=(x) y="1" width=(width) height="10" {}
        }
    }
}
