//! Pipelines as they are shown: those of this process, and those that a server describes.

use flujo::codec::Json;
use flujo::graph::{Bounds, Severity};
use flujo::run::{PipelineDescription, ValueDescription};

/// A registered pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    /// 32 hexadecimal digits.
    pub(crate) fingerprint: String,
    pub(crate) inputs: Vec<Value>,
    pub(crate) output: Value,
    pub(crate) context: Value,
    pub(crate) default_context: Option<Json>,
    pub(crate) bounds: Bounds,
    pub(crate) findings: Vec<Finding>,
}

/// A value that goes into a pipeline, or comes out of it.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) type_name: String,
    /// The JSON Schema, if the type has one.
    pub(crate) schema: Option<Json>,
}

/// Something that may be wrong with a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) rule: String,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) node: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

impl From<&PipelineDescription> for Pipeline {
    fn from(known: &PipelineDescription) -> Self {
        Self {
            name: known.name.to_owned(),
            doc: known.graph.doc.to_owned(),
            file: known.graph.file.to_owned(),
            line: known.graph.line,
            fingerprint: format!("{:032x}", known.fingerprint),
            inputs: known.inputs.iter().map(Value::from).collect(),
            output: Value::from(&known.output),
            context: Value::from(&known.context),
            default_context: known.default_context.clone(),
            bounds: known.bounds,
            findings: known.report.findings.iter().cloned().map(Finding::from).collect(),
        }
    }
}

impl From<&ValueDescription> for Value {
    fn from(value: &ValueDescription) -> Self {
        let (name, type_name) = (value.name.to_owned(), value.type_name.to_owned());
        Self { name, type_name, schema: value.schema.clone() }
    }
}

impl From<flujo::graph::Finding> for Finding {
    fn from(found: flujo::graph::Finding) -> Self {
        Self {
            rule: found.rule.to_owned(),
            severity: found.severity,
            message: found.message,
            node: found.node,
            file: found.file.to_owned(),
            line: found.line,
        }
    }
}
