//! Money and tokens by day, pipeline, model and label.

mod budgets;

use super::fields::Pairs;
use super::page::{Section, page};
use super::run::table;
use super::show;
use super::visit::{Answer, Visit};
use crate::state::AppState;
use crate::time::Time;
use axum::extract::{RawQuery, State};
use flujo::Usage;
use flujo::clock::Timestamp;
use flujo::engine::{Period, UsageFilter, UsageLine};
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A day in nanoseconds.
const DAY: u64 = 86_400 * 1_000_000_000;
/// The days that are shown unless a period is given.
const DAYS: u64 = 30;

/// `GET /usage`
pub(super) async fn usage(State(state): State<AppState>, visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let today = Timestamp(show::now().0 / DAY * DAY);
    let moment = |name: &str| pairs.get(name).map(|text| Time::parse(text).map(|time| time.0));
    let (from, until) = (moment("from"), moment("until"));
    let is_wrong = from == Some(None) || until == Some(None);
    let from = from.flatten().unwrap_or(Timestamp(today.0.saturating_sub((DAYS - 1) * DAY)));
    let until = until.flatten().unwrap_or(today);
    let mut filter =
        UsageFilter::default().period(Period::new(Some(from), Some(Timestamp(until.0.saturating_add(DAY)))));
    filter.pipeline = pairs.get("pipeline").map(str::to_owned);
    filter.by_label = pairs.get("label").map(str::to_owned);
    let lines = state.control.usage(&filter).await?;
    let names: Vec<_> = state.control.pipelines().iter().map(|pipeline| pipeline.name).collect();
    let content = html! {
        h1 { "Usage" }
        @if is_wrong { p class="notice" role="alert" { "A date is written as 2026-01-31." } }
        form class="filters" method="get" action="/usage" role="search" aria-label="Filter of usage" {
            div {
                label for="by-pipeline" { "Pipeline" }
                select id="by-pipeline" name="pipeline" {
                    option value="" { "all" }
                    @for name in names { option value=(name) selected[filter.pipeline.as_deref() == Some(name)] { (show::printable(name)) } }
                }
            }
            div { label for="from" { "From" } input type="text" id="from" name="from" value=(show::date(from)) autocomplete="off"; }
            div { label for="until" { "to" } input type="text" id="until" name="until" value=(show::date(until)) autocomplete="off"; }
            div { label for="label" { "By the label" } input type="text" id="label" name="label" value=[filter.by_label.as_deref().map(show::printable)] placeholder="tenant" autocomplete="off"; }
            button type="submit" { "Show" }
        }
        (budgets::budgets(&state.budgets))
        (sums(&lines, filter.by_label.as_deref()))
    };
    Ok(page(&visit, Section::Usage, "Usage", &content))
}

fn sums(lines: &[UsageLine], label: Option<&str>) -> Markup {
    if lines.is_empty() {
        return html! { p { "Nothing was used in this time." } };
    }
    let all: Usage = lines.iter().map(|line| line.usage).sum();
    html! {
        h2 { "In this time" }
        p { "Together " strong { (all.cost) } ", " (show::number(all.total_tokens())) " tokens in " (show::number(all.model_calls)) " calls." }
        (by(lines, "Day", |line| show::date(line.day)))
        (by(lines, "Pipeline", |line| line.pipeline.clone()))
        (by(lines, "Model", |line| line.model.clone().unwrap_or_else(|| "reported by code".to_owned())))
        @if let Some(label) = label {
            (by(lines, "Label", |line| match &line.label {
                Some(value) => format!("{label}={value}"),
                None => format!("without {label}"),
            }))
        }
    }
}

fn by(lines: &[UsageLine], what: &str, key: impl Fn(&UsageLine) -> String) -> Markup {
    let mut sums = BTreeMap::<String, Usage>::new();
    for line in lines {
        *sums.entry(key(line)).or_default() += line.usage;
    }
    let mut rows: Vec<_> = sums.iter().rev().collect();
    // Days stay in their order, the last first; of everything else the dearest comes first.
    if what != "Day" {
        rows.sort_by_key(|(_, usage)| Reverse(usage.cost.0));
    }
    let rows = rows.into_iter().take(500).map(|(name, usage)| (show::text(name), *usage));
    html! {
        h3 { "By " (what.to_lowercase()) }
        (table(rows, what))
        @if sums.len() > 500 { p class="quiet" { "500 of " (sums.len()) " are shown." } }
    }
}
