//! Budgets that several runs share, with what is left.

use super::super::show;
use flujo::{Cost, SharedBudget};
use maud::{Markup, html};

/// The width of a bar's drawing.
const WIDTH: u128 = 1_000;

pub(super) fn budgets(all: &[(String, SharedBudget)]) -> Markup {
    html! {
        @if !all.is_empty() {
            h2 { "Budgets" }
            p class="doc" { "Of all runs of this process since it started. A call that a budget has no room for ends its run." }
            div class="scroll" tabindex="0" role="group" aria-label="Table of budgets" {
                table {
                    thead { tr {
                        th scope="col" { "Budget" } th scope="col" { "Of" }
                        th scope="col" class="number" { "Used" } th scope="col" class="number" { "Limit" }
                        th scope="col" class="number" { "Left" } th scope="col" { "Share used" }
                    } }
                    tbody { @for (name, budget) in all { (rows(name, budget)) } }
                }
            }
        }
    }
}

fn rows(name: &str, budget: &SharedBudget) -> Markup {
    let (limits, spent) = (budget.limits(), budget.spent());
    let money = |n: u64| Cost(n).to_string();
    html! {
        @if let Some(limit) = limits.cost { (row(name, "money", spent.cost.0, limit.0, money)) }
        @if let Some(limit) = limits.total_tokens { (row(name, "tokens", spent.total_tokens(), limit, show::number)) }
        @if let Some(limit) = limits.model_calls { (row(name, "calls", spent.model_calls, limit, show::number)) }
    }
}

fn row(name: &str, of: &str, used: u64, limit: u64, shown: impl Fn(u64) -> String) -> Markup {
    html! {
        tr {
            th scope="row" { (show::text(name)) }
            td { (of) }
            td class="number" { (shown(used)) }
            td class="number" { (shown(limit)) }
            td class="number" { (shown(limit.saturating_sub(used))) }
            td class="wide" { (bar(used, limit)) }
        }
    }
}

fn bar(used: u64, limit: u64) -> Markup {
    let share = (u128::from(used) * WIDTH / u128::from(limit.max(1))).min(WIDTH);
    let class = if share * 10 >= WIDTH * 9 { "failed" } else { "used" };
    html! {
        svg class="bar" viewBox=(format!("0 0 {WIDTH} 10")) preserveAspectRatio="none" aria-hidden="true" {
            rect class="track" x="0" y="0" width=(WIDTH) height="10" {}
            rect class=(class) x="0" y="1" width=(share) height="8" {}
        }
    }
}
