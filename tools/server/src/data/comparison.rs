use super::UsageBody;
use super::node::{FailureBody, NodeBody};
use crate::comparison::{Compared, Standing, compare};
use crate::data::value::Value;
use flujo::engine::{NodeView, RecordOutcome, RunState, RunView};
use schemars::JsonSchema;
use serde::Serialize;

/// Two runs beside each other.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Comparison")]
pub(crate) struct ComparisonBody {
    /// The first run.
    first: ComparedRunBody,
    /// The second run.
    second: ComparedRunBody,
    /// True if both were given the same input.
    same_input: bool,
    /// The nodes in the order of the first run, then those of the second alone.
    nodes: Vec<ComparedBody>,
}

/// One of two runs that are compared.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ComparedRun")]
pub(crate) struct ComparedRunBody {
    /// The id.
    id: String,
    /// The pipeline.
    pipeline: String,
    /// The state.
    state: &'static str,
    /// The list of inputs.
    input: Value,
    /// The usage so far.
    usage: UsageBody,
}

impl ComparedRunBody {
    fn of(view: &RunView) -> Self {
        Self {
            id: view.run.id.to_string(),
            pipeline: view.run.pipeline.clone(),
            state: RunState::from(&view.status).word(),
            input: Value(view.run.input.clone()),
            usage: view.usage.into(),
        }
    }
}

/// A node that at least one of two runs has records of.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Compared")]
pub(crate) struct ComparedBody {
    /// The path.
    path: String,
    /// `same`, `differs`, or the only one of the two that has it: `first` or `second`.
    standing: &'static str,
    /// The node in the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<ComparedNodeBody>,
    /// The node in the second run.
    #[serde(skip_serializing_if = "Option::is_none")]
    second: Option<ComparedNodeBody>,
}

/// A node in one of two runs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ComparedNode")]
pub(crate) struct ComparedNodeBody {
    /// The node.
    node: NodeBody,
    /// The output of the last attempt, where the runs differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    /// The failure of the last attempt, where the runs differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody>,
}

impl ComparedNodeBody {
    fn of(node: &NodeView, is_same: bool) -> Self {
        let (output, failure) = match &node.last.outcome {
            _ if is_same => (None, None),
            RecordOutcome::Output(output) => (Some(Value(output.clone())), None),
            RecordOutcome::Failure(failure) => (None, Some(FailureBody::of(failure))),
        };
        Self { node: NodeBody::of(node), output, failure }
    }
}

impl ComparedBody {
    fn of(node: &Compared) -> Self {
        let standing = node.standing();
        let side =
            |side: Option<&NodeView>| side.map(|node| ComparedNodeBody::of(node, standing == Standing::Same));
        Self {
            path: node.path().to_owned(),
            standing: standing.word(),
            first: side(node.first()),
            second: side(node.second()),
        }
    }
}

impl ComparisonBody {
    pub(crate) fn of(first: &RunView, second: &RunView) -> Self {
        Self {
            first: ComparedRunBody::of(first),
            second: ComparedRunBody::of(second),
            same_input: first.run.input == second.run.input,
            nodes: compare(first, second).iter().map(ComparedBody::of).collect(),
        }
    }
}
