use super::values::Time;
use crate::runs::Budget;
use flujo::engine::UsageReport;
use flujo::{Cost, Usage, UsageLimits};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct UsageAnswer {
    input_tokens: u64,
    output_tokens: u64,
    cached_tokens: u64,
    reasoning_tokens: u64,
    cache_write_tokens: u64,
    model_calls: u64,
    cost_nanos: u64,
    unpriced_calls: u64,
    estimated_calls: u64,
}

impl From<UsageAnswer> for Usage {
    fn from(answer: UsageAnswer) -> Self {
        let mut usage = Self::default();
        usage.input_tokens = answer.input_tokens;
        usage.output_tokens = answer.output_tokens;
        usage.cached_tokens = answer.cached_tokens;
        usage.reasoning_tokens = answer.reasoning_tokens;
        usage.cache_write_tokens = answer.cache_write_tokens;
        usage.model_calls = answer.model_calls;
        usage.cost = Cost(answer.cost_nanos);
        usage.unpriced_calls = answer.unpriced_calls;
        usage.estimated_calls = answer.estimated_calls;
        usage
    }
}

#[derive(Deserialize)]
pub(in crate::remote) struct UsageReportAnswer {
    lines: Vec<UsageLineAnswer>,
    budgets: Vec<BudgetAnswer>,
}

#[derive(Deserialize)]
struct BudgetAnswer {
    name: String,
    cost_nanos: Option<u64>,
    total_tokens: Option<u64>,
    model_calls: Option<u64>,
    spent: UsageAnswer,
}

#[derive(Deserialize)]
struct UsageLineAnswer {
    day: Time,
    pipeline: String,
    model: Option<String>,
    label: Option<String>,
    usage: UsageAnswer,
}

impl UsageReportAnswer {
    pub(in crate::remote) fn budgets(self) -> Vec<Budget> {
        let budgets = self.budgets.into_iter().map(|budget| {
            let mut limits = UsageLimits::NONE;
            limits.cost = budget.cost_nanos.map(Cost);
            limits.total_tokens = budget.total_tokens;
            limits.model_calls = budget.model_calls;
            Budget { name: budget.name, limits, spent: budget.spent.into() }
        });
        budgets.collect()
    }

    pub(in crate::remote) fn lines(self) -> Vec<flujo::engine::UsageLine> {
        let mut report = UsageReport::default();
        for UsageLineAnswer { day, pipeline, model, label, usage } in self.lines {
            let usage = usage.into();
            let models: Vec<_> = model.map(|model| (model, usage)).into_iter().collect();
            report.add(day.0, (&pipeline, label.as_deref()), usage, &models);
        }
        report.lines()
    }
}
