//! What is sent: recorded values digit by digit.

use crate::json::raw::Raw;
use flujo::UsageLimits;
use flujo::engine::Labels;
use flujo::run::{ForkRun, StartRun};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Serialize)]
pub(super) struct StartBody<'a> {
    pipeline: &'a str,
    id: &'a str,
    input: Raw<'a>,
    context: Option<Raw<'a>>,
    labels: &'a Labels,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsBody>,
}

impl<'a> From<&'a StartRun> for StartBody<'a> {
    fn from(run: &'a StartRun) -> Self {
        Self {
            pipeline: &run.pipeline,
            id: run.id.as_str(),
            input: Raw(&run.input),
            context: run.context.as_ref().map(Raw),
            labels: &run.labels,
            limits: run.limits.map(LimitsBody::from),
        }
    }
}

/// Those that are absent are not limited.
#[derive(Serialize)]
struct LimitsBody {
    cost_nanos: Option<u64>,
    total_tokens: Option<u64>,
    model_calls: Option<u64>,
    active_nanos: Option<u64>,
}

impl From<UsageLimits> for LimitsBody {
    fn from(limits: UsageLimits) -> Self {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            cost_nanos: limits.cost.map(|cost| cost.0),
            total_tokens: limits.total_tokens,
            model_calls: limits.model_calls,
            active_nanos: limits.active_time.map(nanos),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ReplyBody<'a> {
    pub(super) path: &'a str,
    pub(super) value: Raw<'a>,
}

#[derive(Serialize)]
pub(super) struct ForkBody<'a> {
    from: &'a str,
    id: &'a str,
    input: Option<Raw<'a>>,
    models: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsBody>,
}

impl<'a> From<&'a ForkRun> for ForkBody<'a> {
    fn from(fork: &'a ForkRun) -> Self {
        Self {
            from: fork.from.as_str(),
            id: fork.id.as_str(),
            input: fork.input.as_ref().map(Raw),
            models: fork.models.iter().map(|(node, model)| (node.as_str(), model.as_str())).collect(),
            limits: fork.limits.map(LimitsBody::from),
        }
    }
}

#[derive(Serialize)]
pub(super) struct PruneBody {
    pub(super) before: String,
}
