//! What is sent: recorded values digit by digit.

use crate::json::raw::Raw;
use flujo::engine::Labels;
use flujo::run::{ForkRun, StartRun};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct StartBody<'a> {
    pipeline: &'a str,
    id: &'a str,
    input: Raw<'a>,
    context: Option<Raw<'a>>,
    labels: &'a Labels,
}

impl<'a> From<&'a StartRun> for StartBody<'a> {
    fn from(run: &'a StartRun) -> Self {
        Self {
            pipeline: &run.pipeline,
            id: run.id.as_str(),
            input: Raw(&run.input),
            context: run.context.as_ref().map(Raw),
            labels: &run.labels,
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
}

impl<'a> From<&'a ForkRun> for ForkBody<'a> {
    fn from(fork: &'a ForkRun) -> Self {
        Self {
            from: fork.from.as_str(),
            id: fork.id.as_str(),
            input: fork.input.as_ref().map(Raw),
            models: fork.models.iter().map(|(node, model)| (node.as_str(), model.as_str())).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct PruneBody {
    pub(super) before: String,
}
