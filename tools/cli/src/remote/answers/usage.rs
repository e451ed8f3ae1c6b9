use super::values::Time;
use flujo::engine::UsageReport;
use flujo::{Cost, Usage};
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
