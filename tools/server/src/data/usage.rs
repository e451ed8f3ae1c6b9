use crate::time::Time;
use flujo::engine::UsageLine;
use flujo::{SharedBudget, Usage};
use schemars::JsonSchema;
use serde::Serialize;

/// Tokens, calls and money.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
pub(crate) struct UsageBody {
    /// Tokens sent, cached ones included.
    input_tokens: u64,
    /// Tokens received, reasoning included.
    output_tokens: u64,
    /// The sent tokens that the provider had cached.
    cached_tokens: u64,
    /// The received tokens that were spent on reasoning.
    reasoning_tokens: u64,
    /// The sent tokens that the provider wrote to its cache.
    cache_write_tokens: u64,
    /// Calls of models.
    model_calls: u64,
    /// Money, in billionths of a dollar.
    cost_nanos: u64,
    /// Calls without a known price.
    unpriced_calls: u64,
    /// Calls that are charged at what was reserved.
    estimated_calls: u64,
}

impl From<Usage> for UsageBody {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cached_tokens: usage.cached_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            model_calls: usage.model_calls,
            cost_nanos: usage.cost.0,
            unpriced_calls: usage.unpriced_calls,
            estimated_calls: usage.estimated_calls,
        }
    }
}

/// Usage, line by line and in all.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UsageReport")]
pub(crate) struct UsageReportBody {
    /// In the order of days, pipelines, models and labels.
    lines: Vec<UsageLineBody>,
    /// The sum of the lines.
    total: UsageBody,
    /// The budgets of the application, whatever is asked for.
    budgets: Vec<BudgetBody>,
}

/// A budget that the runs of the server's process share, and what they used of it since it began: with the process, or when it
/// was reset.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Budget")]
pub(crate) struct BudgetBody {
    /// Its name.
    name: String,
    /// The most money, in billionths of a dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_nanos: Option<u64>,
    /// The most tokens, sent and received.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_tokens: Option<u64>,
    /// The most calls of models.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_calls: Option<u64>,
    /// The usage.
    spent: UsageBody,
}

impl BudgetBody {
    fn of((name, budget): &(String, SharedBudget)) -> Self {
        let limits = budget.limits();
        Self {
            name: name.clone(),
            cost_nanos: limits.cost.map(|cost| cost.0),
            total_tokens: limits.total_tokens,
            model_calls: limits.model_calls,
            spent: budget.spent().into(),
        }
    }
}

/// Usage of one day, one pipeline and one model.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UsageLine")]
pub(crate) struct UsageLineBody {
    /// The beginning of the day, in UTC.
    day: Time,
    /// The pipeline.
    pipeline: String,
    /// The model, as `provider:model`; `(lost call)` for calls of which no record says the model, absent for usage that
    /// code reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// The value of the label that `by_label` names; absent for runs without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The usage.
    usage: UsageBody,
}

impl UsageReportBody {
    pub(crate) fn of(lines: Vec<UsageLine>, budgets: &[(String, SharedBudget)]) -> Self {
        let mut total = Usage::default();
        for line in &lines {
            total += line.usage;
        }
        let line = |line: UsageLine| UsageLineBody {
            day: Time(line.day),
            pipeline: line.pipeline,
            model: line.model,
            label: line.label,
            usage: line.usage.into(),
        };
        let budgets = budgets.iter().map(BudgetBody::of).collect();
        Self { lines: lines.into_iter().map(line).collect(), total: total.into(), budgets }
    }
}
