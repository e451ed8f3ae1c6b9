use super::registry::PipelineInfo;
use crate::codec::{AnswerSchema, Json};
use crate::graph::{Bounds, Graph, Report};

/// A registered pipeline, for callers that do not know its types.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::run::Control;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(name) }
/// pipeline! {
///     fn welcome(name: String) -> String { greet(name) }
/// }
/// # fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().pipeline::<welcome>().build()?;
/// let known = flujo.pipelines();
/// assert_eq!((known[0].name, known[0].inputs[0].name), ("welcome", "name"));
/// assert_eq!(known[0].inputs[0].schema.as_ref().map(|schema| schema.as_str().contains("string")), Some(true));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PipelineDescription {
    /// The durable name.
    pub name: &'static str,
    /// The graph.
    pub graph: &'static Graph,
    /// The fingerprint, which has to stay the same for a recorded run.
    pub fingerprint: u128,
    /// The worst case of one run.
    pub bounds: Bounds,
    /// The inputs, in their order: a run is started with the list of their values.
    pub inputs: Vec<ValueDescription>,
    /// The output.
    pub output: ValueDescription,
    /// The context; its type is `()` if there is none.
    pub context: ValueDescription,
    /// The context that a run begins with if it is given none.
    pub default_context: Option<Json>,
    /// The findings of [`Graph::validate`], and two of the engine that the pipeline is registered with:
    ///
    /// | rule | severity | what |
    /// |---|---|---|
    /// | `model-without-client` | warning | a model step, and the engine has no model client |
    /// | `limit-without-bound` | warning | a model step below a limit of cost or tokens that has no price or no `max_tokens`: the limit cannot be kept |
    ///
    /// A run fails for them at the node, where a fallback or `.settle()` may hide the failure. With stubs there are none of
    /// them.
    pub report: Report,
}

/// A value that goes into a pipeline, or comes out of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ValueDescription {
    /// The name of an input; `output`, `context`.
    pub name: &'static str,
    /// The type, as it is written.
    pub type_name: &'static str,
    /// The JSON Schema, if the type has one.
    pub schema: Option<Json>,
}

impl PipelineDescription {
    pub(super) fn of(info: &'static PipelineInfo, report: Report) -> Self {
        let graph = info.graph;
        let schemas = &graph.schemas;
        let made = |schema: Option<AnswerSchema>| schema.and_then(|schema| schema().ok());
        let value = |name, type_name, schema| ValueDescription { name, type_name, schema: made(schema) };
        let schema_of = |i: usize| schemas.inputs.get(i).copied().flatten();
        let inputs = graph.inputs.iter().enumerate().map(|(i, (name, ty))| value(name, ty, schema_of(i)));
        Self {
            name: graph.name,
            graph,
            fingerprint: info.fingerprint,
            bounds: info.bounds,
            inputs: inputs.collect(),
            output: value("output", graph.output, schemas.output),
            context: value("context", graph.context, schemas.context),
            default_context: default_context(graph),
            report,
        }
    }
}

/// The context that a run of a pipeline begins with if it is given none.
pub(super) fn default_context(graph: &Graph) -> Option<Json> {
    match graph.schemas.default_context {
        Some(default) => default().ok(),
        None => (graph.context == "()").then(Json::null),
    }
}
