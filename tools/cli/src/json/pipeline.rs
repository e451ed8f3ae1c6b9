//! Pipelines and findings in documents.

use super::raw::Raw;
use crate::runs::{Finding, Pipeline, Value};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct PipelineDoc<'a> {
    name: &'a str,
    doc: &'a str,
    file: String,
    line: u32,
    /// What has to stay the same for a recorded run: 32 hexadecimal digits.
    fingerprint: &'a str,
    inputs: Vec<ValueDoc<'a>>,
    output: ValueDoc<'a>,
    context: ValueDoc<'a>,
    default_context: Option<Raw<'a>>,
    bounds: BoundsDoc,
}

#[derive(Serialize)]
struct ValueDoc<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    /// The JSON Schema, if the type has one.
    schema: Option<Raw<'a>>,
}

/// The worst case of one run; `null` is a number that does not follow from the graph.
#[derive(Serialize)]
struct BoundsDoc {
    step_runs: Option<u64>,
    model_calls: Option<u64>,
    questions: Option<u64>,
}

impl<'a> PipelineDoc<'a> {
    pub(crate) fn of(known: &'a Pipeline) -> Self {
        let bounds = known.bounds;
        Self {
            name: &known.name,
            doc: &known.doc,
            file: crate::text::places::shown(&known.file),
            line: known.line,
            fingerprint: &known.fingerprint,
            inputs: known.inputs.iter().map(ValueDoc::of).collect(),
            output: ValueDoc::of(&known.output),
            context: ValueDoc::of(&known.context),
            default_context: known.default_context.as_ref().map(Raw),
            bounds: BoundsDoc {
                step_runs: bounds.step_runs,
                model_calls: bounds.model_calls,
                questions: bounds.questions,
            },
        }
    }
}

impl<'a> ValueDoc<'a> {
    fn of(value: &'a Value) -> Self {
        Self { name: &value.name, type_name: &value.type_name, schema: value.schema.as_ref().map(Raw) }
    }
}

#[derive(Serialize)]
pub(crate) struct PipelinesAnswer<'a> {
    pub(crate) pipelines: Vec<PipelineDoc<'a>>,
}

#[derive(Serialize)]
pub(crate) struct FindingDoc<'a> {
    rule: &'a str,
    severity: String,
    message: &'a str,
    node: &'a str,
    file: String,
    line: u32,
}

impl<'a> FindingDoc<'a> {
    pub(crate) fn of(finding: &'a Finding) -> Self {
        Self {
            rule: &finding.rule,
            severity: finding.severity.to_string(),
            message: &finding.message,
            node: &finding.node,
            file: crate::text::places::shown(&finding.file),
            line: finding.line,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct FindingsAnswer<'a> {
    pub(crate) findings: Vec<FindingDoc<'a>>,
}
