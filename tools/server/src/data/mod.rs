//! The values that are sent and taken.

mod action;
mod comparison;
mod node;
mod pipeline;
mod question;
mod replay;
mod requests;
mod run;
mod usage;
pub(crate) mod value;

pub(crate) use action::{ActionBody, ActionsBody, PrunedBody};
pub(crate) use comparison::ComparisonBody;
pub(crate) use node::{AttemptBody, NodeBody, NodeDetail, NodesBody, RecordBody};
pub(crate) use pipeline::{PipelineBody, PipelineDetail, PipelinesBody};
pub(crate) use question::{InboxBody, QuestionBody, QuestionsBody, ReplyBody};
pub(crate) use replay::{MismatchBody, ReplayBody, mismatch};
pub(crate) use requests::{
    ForkRequest, LimitsRequest, Number, Order, PruneRequest, ReplyRequest, StartRequest, StateWord,
};
pub(crate) use run::{
    CountBody, CountsBody, ExportBody, RunBody, RunDetail, RunPage, StartedBody, StateBody,
};
pub(crate) use usage::{UsageBody, UsageReportBody};

use schemars::JsonSchema;
use serde::Serialize;

/// A piece of text that is not recorded.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Text")]
pub(crate) struct TextBody {
    /// The node.
    pub(crate) path: String,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
    /// The text; empty where an attempt begins.
    pub(crate) text: String,
}

/// Events that a viewer was too slow for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Dropped")]
pub(crate) struct DroppedBody {
    /// The number of events.
    pub(crate) events: u64,
}
