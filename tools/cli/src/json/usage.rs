//! Usage in documents.

use crate::runs::Budget;
use flujo::Usage;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct UsageDoc {
    model_calls: u64,
    input_tokens: u64,
    output_tokens: u64,
    cached_tokens: u64,
    reasoning_tokens: u64,
    cache_write_tokens: u64,
    /// Billionths of a US dollar.
    cost_nanos: u64,
    unpriced_calls: u64,
    estimated_calls: u64,
}

impl From<&Usage> for UsageDoc {
    fn from(usage: &Usage) -> Self {
        Self {
            model_calls: usage.model_calls,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cached_tokens: usage.cached_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            cost_nanos: usage.cost().0,
            unpriced_calls: usage.unpriced_calls,
            estimated_calls: usage.estimated_calls,
        }
    }
}

/// A line of `usage`: what it is told apart by, and the sum.
#[derive(Debug, Serialize)]
pub(crate) struct UsageLineDoc {
    #[serde(flatten)]
    pub(crate) key: UsageKey,
    pub(crate) usage: UsageDoc,
}

/// The one field that is there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UsageKey {
    Day(Option<String>),
    Pipeline(Option<String>),
    /// `null` for usage that code reported.
    Model(Option<String>),
    /// `null` for runs without the label.
    Label(Option<String>),
}

#[derive(Debug, Serialize)]
pub(crate) struct UsageAnswer {
    pub(crate) by: String,
    pub(crate) lines: Vec<UsageLineDoc>,
    pub(crate) total: UsageDoc,
    /// Those that a server tells of.
    pub(crate) budgets: Vec<BudgetDoc>,
}

/// A budget that runs share, and what they used of it.
#[derive(Debug, Serialize)]
pub(crate) struct BudgetDoc {
    name: String,
    /// Billionths of a US dollar.
    cost_nanos: Option<u64>,
    total_tokens: Option<u64>,
    model_calls: Option<u64>,
    spent: UsageDoc,
}

impl From<&Budget> for BudgetDoc {
    fn from(budget: &Budget) -> Self {
        Self {
            name: budget.name.clone(),
            cost_nanos: budget.limits.cost.map(|cost| cost.0),
            total_tokens: budget.limits.total_tokens,
            model_calls: budget.limits.model_calls,
            spent: UsageDoc::from(&budget.spent),
        }
    }
}
