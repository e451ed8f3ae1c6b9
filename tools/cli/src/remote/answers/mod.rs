//! What the interface answers, as the types of flujo.

mod changed;
mod inbox;
mod inputs;
mod pipelines;
mod runs;
mod usage;
mod values;

pub(super) use changed::{PrunedAnswer, StartedAnswer};
pub(super) use inbox::InboxAnswer;
pub(super) use inputs::ExportAnswer;
pub(super) use pipelines::{PipelineAnswer, PipelinesAnswer};
pub(super) use runs::{CountsAnswer, RunsAnswer};
pub(super) use usage::UsageReportAnswer;
