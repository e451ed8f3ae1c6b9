//! Usage in documents.

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

/// A line of `usage`: the fields by which it is told apart, and the sum.
#[derive(Debug, Serialize)]
pub(crate) struct UsageLineDoc {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pipeline: Option<String>,
    /// Present and `null` for usage that code reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<Option<String>>,
    /// Present and `null` for runs without the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<Option<String>>,
    pub(crate) usage: UsageDoc,
}

#[derive(Debug, Serialize)]
pub(crate) struct UsageAnswer {
    pub(crate) by: String,
    pub(crate) lines: Vec<UsageLineDoc>,
    pub(crate) total: UsageDoc,
}
