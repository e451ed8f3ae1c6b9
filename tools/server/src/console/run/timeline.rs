//! The waterfall: attempts, questions, and the waits between them.

use super::super::show;
use super::Seen;
use flujo::clock::Timestamp;
use flujo::engine::{RecordOutcome, RunView};
use maud::{Markup, html};

/// The most rows of the waterfall.
const MOST: usize = 500;
/// The width of a bar's drawing.
const WIDTH: u128 = 1_000;

struct Row<'v> {
    path: &'v str,
    what: String,
    class: &'static str,
    word: &'static str,
    from: Timestamp,
    /// `None` if it goes on.
    until: Option<Timestamp>,
    cost: Option<flujo::Cost>,
}

pub(super) fn timeline(seen: &Seen) -> Markup {
    let mut rows = rows(&seen.view);
    let all = rows.len();
    rows.truncate(MOST);
    let now = if seen.is_ended() { seen.view.ended.unwrap_or(seen.view.changed) } else { show::now() };
    let first = rows.iter().map(|row| row.from).min().unwrap_or(now);
    let last = rows.iter().map(|row| row.until.unwrap_or(now)).max().unwrap_or(now).max(first);
    html! {
        h2 { "Timeline" }
        @if rows.is_empty() { p class="quiet" { "Nothing is recorded yet." } }
        @else {
            div class="scroll" tabindex="0" role="group" aria-label="Timeline" {
                table {
                    thead { tr {
                        th scope="col" { "Node" } th scope="col" { "What" } th scope="col" { "State" }
                        th scope="col" { "Begun" } th scope="col" class="number" { "Took" }
                        th scope="col" class="number" { "Cost" } th scope="col" { "When" }
                    } }
                    tbody { @for row in &rows { (shown(row, first, last)) } }
                }
            }
            @if all > MOST { p class="quiet" { "The first " (MOST) " of " (all) " rows. The export has all of them." } }
        }
    }
}

fn rows(view: &RunView) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for record in &view.records {
        let (class, word) = match &record.outcome {
            RecordOutcome::Output(_) if record.cached => ("done", "done, from the cache"),
            RecordOutcome::Output(_) => ("done", "done"),
            RecordOutcome::Failure(_) => ("failed", "failed"),
        };
        rows.push(Row {
            path: record.key.path.as_str(),
            what: format!("{} attempt {}", record.key.kind.word(), record.key.n),
            class,
            word,
            from: record.started,
            until: Some(record.ended),
            cost: Some(record.usage.cost),
        });
    }
    let asked = view.answered.iter().map(|answered| (&answered.question, Some(answered.reply.at)));
    for (question, until) in asked.chain(view.questions.iter().map(|question| (question, None))) {
        rows.push(Row {
            path: question.path.as_str(),
            what: "question".to_owned(),
            class: if until.is_some() { "wait" } else { "open" },
            word: if until.is_some() { "answered" } else { "waiting" },
            from: question.asked,
            until,
            cost: None,
        });
    }
    rows.sort_by_key(|row| row.from);
    rows
}

fn shown(row: &Row<'_>, first: Timestamp, last: Timestamp) -> Markup {
    let all = u128::from(last.0.saturating_sub(first.0)).max(1);
    let at = |moment: Timestamp| u128::from(moment.0.saturating_sub(first.0)) * WIDTH / all;
    let x = at(row.from).min(WIDTH - 4);
    let width = at(row.until.unwrap_or(last)).saturating_sub(x).clamp(4, WIDTH - x);
    html! {
        tr {
            td { a href=(format!("?node={}#node", show::escaped(row.path))) { code { (show::text(row.path)) } } }
            td { (row.what) }
            td { span class=(format!("state {}", if row.class == "open" { "paused" } else { row.class })) { (row.word) } }
            td { (show::time(row.from)) }
            td class="number" { @if let Some(until) = row.until { (show::duration(until.since(row.from))) } }
            td class="number" { @if let Some(cost) = row.cost.filter(|cost| cost.0 > 0) { (cost) } }
            td {
                svg class="bar" viewBox=(format!("0 0 {WIDTH} 10")) preserveAspectRatio="none" aria-hidden="true" {
                    rect class="track" x="0" y="0" width=(WIDTH) height="10" {}
                    rect class=(row.class) x=(x) y="1" width=(width) height="8" {}
                }
            }
        }
    }
}
