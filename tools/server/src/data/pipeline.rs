use crate::data::value::Value;
use flujo::codec::Json;
use flujo::graph::{Bounds, Finding};
use flujo::run::{PipelineDescription, ValueDescription};
use schemars::JsonSchema;
use serde::Serialize;

/// The registered pipelines, in the order of their names.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pipelines")]
pub(crate) struct PipelinesBody {
    /// The pipelines.
    pub(crate) pipelines: Vec<PipelineBody>,
}

/// A registered pipeline.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pipeline")]
pub(crate) struct PipelineBody {
    /// The durable name.
    name: &'static str,
    /// Its documentation.
    doc: &'static str,
    /// The digest of all that must not change while runs are recorded, 32 hexadecimal digits.
    fingerprint: String,
    /// The inputs, in their order.
    inputs: Vec<ValueBody>,
    /// The output.
    output: ValueBody,
    /// The worst case of one run.
    bounds: BoundsBody,
}

/// A registered pipeline, with its graph.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PipelineDetail")]
pub(crate) struct PipelineDetail {
    #[serde(flatten)]
    pipeline: PipelineBody,
    /// The context; its type is `()` if there is none.
    context: ValueBody,
    /// The context that a run begins with if it is given none.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_context: Option<Value>,
    /// Findings about the pipeline.
    findings: Vec<FindingBody>,
    /// The graph: nodes and edges.
    graph: Value,
}

/// A value that goes into a pipeline, or comes out of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PipelineValue")]
pub(crate) struct ValueBody {
    /// The name of an input; `output`, `context`.
    name: &'static str,
    /// The type, as it is written in the code.
    #[serde(rename = "type")]
    type_name: &'static str,
    /// The JSON Schema, if the type has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
}

/// The worst case of one run; a number is absent if it cannot be known.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Bounds")]
pub(crate) struct BoundsBody {
    /// Attempts of steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_runs: Option<u64>,
    /// Calls of models.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_calls: Option<u64>,
    /// Questions to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    questions: Option<u64>,
}

/// Something that may be wrong with a pipeline.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub(crate) struct FindingBody {
    /// The name of the rule.
    rule: &'static str,
    /// `hint` or `warning`.
    severity: String,
    /// The problem, and the next step.
    message: String,
    /// The node.
    node: String,
    /// The source file.
    file: &'static str,
    /// The line in the source file, from 1.
    line: u32,
}

impl PipelineBody {
    pub(crate) fn of(pipeline: &PipelineDescription) -> Self {
        Self {
            name: pipeline.name,
            doc: pipeline.graph.doc,
            fingerprint: format!("{:032x}", pipeline.fingerprint),
            inputs: pipeline.inputs.iter().map(ValueBody::of).collect(),
            output: ValueBody::of(&pipeline.output),
            bounds: BoundsBody::of(pipeline.bounds),
        }
    }
}

impl PipelineDetail {
    pub(crate) fn of(pipeline: &PipelineDescription) -> Self {
        Self {
            pipeline: PipelineBody::of(pipeline),
            context: ValueBody::of(&pipeline.context),
            default_context: pipeline.default_context.clone().map(Value),
            findings: pipeline.report.findings.iter().cloned().map(FindingBody::of).collect(),
            graph: Value(Json::recorded(pipeline.graph.json())),
        }
    }
}

impl ValueBody {
    fn of(value: &ValueDescription) -> Self {
        Self { name: value.name, type_name: value.type_name, schema: value.schema.clone().map(Value) }
    }
}

impl BoundsBody {
    fn of(bounds: Bounds) -> Self {
        let Bounds { step_runs, model_calls, questions } = bounds;
        Self { step_runs, model_calls, questions }
    }
}

impl FindingBody {
    fn of(finding: Finding) -> Self {
        Self {
            rule: finding.rule,
            severity: finding.severity.to_string(),
            message: finding.message,
            node: finding.node,
            file: finding.file,
            line: finding.line,
        }
    }
}
