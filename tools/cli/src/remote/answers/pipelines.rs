use super::values::Value;
use crate::runs::{self, Finding, Pipeline};
use flujo::graph::{Bounds, Severity};
use serde::Deserialize;

#[derive(Deserialize)]
pub(in crate::remote) struct PipelinesAnswer {
    pub(in crate::remote) pipelines: Vec<Named>,
}

#[derive(Deserialize)]
pub(in crate::remote) struct Named {
    pub(in crate::remote) name: String,
}

#[derive(Deserialize)]
pub(in crate::remote) struct PipelineAnswer {
    name: String,
    doc: String,
    fingerprint: String,
    inputs: Vec<ValueAnswer>,
    output: ValueAnswer,
    bounds: BoundsAnswer,
    context: ValueAnswer,
    default_context: Option<Value>,
    findings: Vec<FindingAnswer>,
    graph: GraphAnswer,
}

/// Where a pipeline is written.
#[derive(Deserialize)]
struct GraphAnswer {
    file: String,
    line: u32,
}

#[derive(Deserialize)]
struct BoundsAnswer {
    step_runs: Option<u64>,
    model_calls: Option<u64>,
    questions: Option<u64>,
}

#[derive(Deserialize)]
struct ValueAnswer {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    schema: Option<Value>,
}

#[derive(Deserialize)]
struct FindingAnswer {
    rule: String,
    severity: String,
    message: String,
    node: String,
    file: String,
    line: u32,
}

impl From<ValueAnswer> for runs::Value {
    fn from(value: ValueAnswer) -> Self {
        Self { name: value.name, type_name: value.type_name, schema: value.schema.map(|schema| schema.0) }
    }
}

impl From<FindingAnswer> for Finding {
    fn from(found: FindingAnswer) -> Self {
        let FindingAnswer { rule, severity, message, node, file, line } = found;
        let severity = if severity == "hint" { Severity::Hint } else { Severity::Warning };
        Self { rule, severity, message, node, file, line }
    }
}

impl From<PipelineAnswer> for Pipeline {
    fn from(answer: PipelineAnswer) -> Self {
        let BoundsAnswer { step_runs, model_calls, questions } = answer.bounds;
        Self {
            name: answer.name,
            doc: answer.doc,
            file: answer.graph.file,
            line: answer.graph.line,
            fingerprint: answer.fingerprint,
            inputs: answer.inputs.into_iter().map(Into::into).collect(),
            output: answer.output.into(),
            context: answer.context.into(),
            default_context: answer.default_context.map(|context| context.0),
            bounds: Bounds { step_runs, model_calls, questions },
            findings: answer.findings.into_iter().map(Into::into).collect(),
        }
    }
}
