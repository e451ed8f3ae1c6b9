use super::data::{PipelineBody, PipelineDetail, PipelinesBody};
use super::operation::{About, Call, Json, Nothing, Operations, Sent};
use crate::access::Role;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::http::header;
use axum::response::IntoResponse;
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
    /// SVG, laid out.
    Svg,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DrawQuery {
    /// The language: Mermaid if none is given.
    #[serde(default)]
    format: Format,
}

async fn draw(call: Call<DrawQuery, ()>) -> Result<Sent<false>, Problem> {
    let graph = find(&call.state, call.part("name"))?.graph;
    let (media, text) = match call.query.format {
        Format::Mermaid => ("text/plain; charset=utf-8", graph.mermaid()),
        Format::Dot => ("text/vnd.graphviz; charset=utf-8", graph.dot()),
        Format::Json => ("application/json", graph.json()),
        Format::Svg => ("image/svg+xml", crate::drawing::svg(graph, None)),
    };
    Ok(Sent(([(header::CONTENT_TYPE, media)], text).into_response()))
}
