use super::answer::Drawn;
use super::operation::{About, Call, Json, Nothing, Operations};
use crate::access::Role;
use crate::data::{PipelineBody, PipelineDetail, PipelinesBody};
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use flujo::engine::RunView;
use flujo::run::PipelineDescription;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) fn add(operations: Operations) -> Operations {
    operations
        .get(
            About {
                path: "/pipelines",
                name: "list_pipelines",
                summary: "The registered pipelines.",
                role: Role::Viewer,
                header: None,
                problems: &[],
            },
            list,
        )
        .get(
            About {
                path: "/pipelines/{name}",
                name: "show_pipeline",
                summary: "A pipeline with its schemas, its graph, and what may be wrong with it.",
                role: Role::Viewer,
                header: None,
                problems: &[Kind::UnknownPipeline],
            },
            show,
        )
        .get(
            About {
                path: "/pipelines/{name}/graph",
                name: "draw_pipeline",
                summary: "The graph of a pipeline for a program that draws it.",
                role: Role::Viewer,
                header: None,
                problems: &[Kind::UnknownPipeline],
            },
            draw,
        )
}

/// The registered pipeline with this name.
pub(super) fn find(state: &AppState, name: &str) -> Result<PipelineDescription, Problem> {
    let mut all = state.control.pipelines().into_iter();
    all.find(|pipeline| pipeline.name == name).ok_or_else(|| Problem::unknown_pipeline(name))
}

/// Checks that the code of a run is here.
pub(super) fn registered(state: &AppState, view: &RunView) -> Result<PipelineDescription, Problem> {
    let name = &view.run.pipeline;
    find(state, name).map_err(|unknown| Problem { kind: Kind::NotRegistered, ..unknown })
}

async fn list(call: Call<Nothing, ()>) -> Result<Json<PipelinesBody>, Problem> {
    let pipelines = call.state.control.pipelines().iter().map(PipelineBody::of).collect();
    Ok(Json(PipelinesBody { pipelines }))
}

async fn show(call: Call<Nothing, ()>) -> Result<Json<PipelineDetail>, Problem> {
    Ok(Json(PipelineDetail::of(&find(&call.state, call.part("name"))?)))
}

/// The language of a drawing.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// Mermaid.
    #[default]
    Mermaid,
    /// Graphviz.
    Dot,
    /// JSON.
    Json,
    /// The picture that the pages show.
    Svg,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DrawQuery {
    /// The language: Mermaid if none is given.
    #[serde(default)]
    format: Format,
}

async fn draw(call: Call<DrawQuery, ()>) -> Result<Drawn, Problem> {
    let graph = find(&call.state, call.part("name"))?.graph;
    Ok(match call.query.format {
        Format::Mermaid => Drawn(Drawn::MERMAID, graph.mermaid()),
        Format::Dot => Drawn(Drawn::DOT, graph.dot()),
        Format::Json => Drawn(Drawn::JSON, graph.json()),
        Format::Svg => Drawn(Drawn::SVG, crate::drawing::svg(graph, None)),
    })
}
