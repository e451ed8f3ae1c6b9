//! The cost of a run by model.

use super::super::show;
use super::Seen;
use flujo::Usage;
use flujo::engine::UsageLine;
use maud::{Markup, html};
use std::collections::BTreeMap;

pub(super) fn sums(seen: &Seen) -> Markup {
    let view = &seen.view;
    let mut models = BTreeMap::<&str, Usage>::new();
    // What was taken over from another run was paid there.
    let own = |started| view.run.seed.origin.is_none() || started >= view.run.created;
    for record in view.records.iter().filter(|record| own(record.started)) {
        for (model, usage) in record.models.iter().flat_map(|used| &used.by_model) {
            *models.entry(model).or_default() += *usage;
        }
    }
    for (_, usage) in &view.lost {
        *models.entry(UsageLine::LOST).or_default() += *usage;
    }
    html! {
        @if !models.is_empty() {
            h2 { "Cost by model" }
            (table(models.iter().map(|(model, usage)| (show::text(model), *usage)), "Model"))
        }
    }
}

/// A table of usages.
pub(in super::super) fn table(rows: impl Iterator<Item = (Markup, Usage)>, what: &str) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="group" aria-label=(format!("Table by {}", what.to_lowercase())) {
            table class="sums" {
                thead { tr {
                    th scope="col" { (what) }
                    th scope="col" class="number" { "Cost" } th scope="col" class="number" { "Calls" }
                    th scope="col" class="number" { "Tokens in" } th scope="col" class="number" { "cached" }
                    th scope="col" class="number" { "Tokens out" } th scope="col" class="number" { "reasoning" }
                } }
                tbody {
                    @for (name, usage) in rows {
                        tr {
                            th scope="row" { (name) }
                            td class="number" {
                                (show::money(usage.cost))
                                @if usage.unpriced_calls > 0 { " + " (show::number(usage.unpriced_calls)) " calls without a price" }
                            }
                            td class="number" { (show::number(usage.model_calls)) }
                            td class="number" { (show::number(usage.input_tokens)) }
                            td class="number" { (show::number(usage.cached_tokens)) }
                            td class="number" { (show::number(usage.output_tokens)) }
                            td class="number" { (show::number(usage.reasoning_tokens)) }
                        }
                    }
                }
            }
        }
    }
}
