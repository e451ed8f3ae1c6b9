//! The pages of pipelines.

mod start;

pub(super) use start::start;

use super::page::{Section, page};
use super::show;
use super::visit::{Answer, Refused, Visit};
use crate::drawing;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use flujo::graph::{Bounds, Report};
use flujo::run::{PipelineDescription, ValueDescription};
use maud::{Markup, PreEscaped, html};

/// `GET /pipelines`
pub(super) async fn list(State(state): State<AppState>, visit: Visit) -> Answer {
    let known = state.control.pipelines();
    let content = html! {
        h1 { "Pipelines" }
        @if known.is_empty() { p { "No pipeline is registered in this process." } }
        @else {
            div class="scroll" tabindex="0" role="group" aria-label="Table of pipelines" {
                table {
                    thead { tr {
                        th scope="col" { "Pipeline" } th scope="col" { "Inputs" } th scope="col" { "Output" }
                        th scope="col" class="number" { "Nodes" } th scope="col" class="number" { "Findings" } th scope="col" { "What it does" }
                    } }
                    tbody { @for pipeline in &known { (row(pipeline)) } }
                }
            }
        }
    };
    Ok(page(&visit, Section::Pipelines, "Pipelines", &content))
}

fn address(name: &str) -> String {
    format!("/pipelines/{}", show::escaped(name))
}

fn row(pipeline: &PipelineDescription) -> Markup {
    let doc = pipeline.graph.doc.lines().next().unwrap_or_default();
    html! {
        tr {
            th scope="row" { a href=(address(pipeline.name)) { (show::text(pipeline.name)) } }
            td { @for input in &pipeline.inputs { div { code { (input.name) ": " (input.type_name) } } } }
            td { code { (pipeline.output.type_name) } }
            td class="number" { (pipeline.graph.walk().len()) }
            td class="number" { (pipeline.report.findings.len()) }
            td { (show::text(doc.trim())) }
        }
    }
}

pub(super) fn described(state: &AppState, name: &str) -> Result<PipelineDescription, Refused> {
    let found = state.control.pipelines().into_iter().find(|known| known.name == name);
    found.ok_or_else(|| Problem::unknown_pipeline(name).into())
}

/// `GET /pipelines/{name}`
pub(super) async fn show_pipeline(
    State(state): State<AppState>,
    visit: Visit,
    Path(name): Path<String>,
) -> Answer {
    let pipeline = described(&state, &name)?;
    let (field, raw) = start::begun(&pipeline);
    let content = html! {
        h1 { "Pipeline " (show::text(pipeline.name)) }
        @if !pipeline.graph.doc.is_empty() { p { (show::text(pipeline.graph.doc.trim())) } }
        p { a href=(format!("/?pipeline={}", show::escaped(pipeline.name))) { "Its runs" } }
        div class="columns halves" {
            section aria-label="Graph" {
                h2 { "Graph" }
                div class="scroll" tabindex="0" role="group" aria-label="Drawing of the graph" {
                    // The drawing escapes all its texts.
                    (PreEscaped(drawing::draw(pipeline.graph, None, &[], &|path| format!("#{}", anchor(path)))))
                }
            }
            @if visit.may_operate() {
                section aria-labelledby="start" {
                    h2 id="start" { "Start a run" }
                    (start::form(&visit, &pipeline, &field, &raw, &super::form::Errors::new()))
                }
            }
        }
        (bounds(&pipeline.bounds))
        (findings(&pipeline.report))
        (nodes(&pipeline))
        h2 { "Types" }
        @for value in pipeline.inputs.iter().chain([&pipeline.output, &pipeline.context]).filter(|value| value.type_name != "()") { (schema(value)) }
    };
    Ok(page(&visit, Section::Pipelines, pipeline.name, &content))
}

fn anchor(path: &str) -> String {
    format!("node-{}", show::escaped(path).replace('%', "-"))
}

fn bounds(bounds: &Bounds) -> Markup {
    let at_most = |n: Option<u64>| {
        n.map_or_else(|| "not bounded".to_owned(), |n| format!("at most {}", show::number(n)))
    };
    html! {
        h2 { "Bounds of one run" }
        dl class="facts" {
            dt { "Attempts of steps" } dd { (at_most(bounds.step_runs)) }
            dt { "Calls of models" } dd { (at_most(bounds.model_calls)) }
            dt { "Questions" } dd { (at_most(bounds.questions)) }
        }
    }
}

fn findings(report: &Report) -> Markup {
    html! {
        h2 { "Findings" }
        @if report.is_clean() { p { "None." } }
        @else {
            ul {
                @for finding in &report.findings {
                    li {
                        strong { (finding.severity.to_string()) } " " code { (finding.rule) } " at " code { (show::text(&finding.node)) } ": "
                        (show::text(&finding.message)) " " span class="quiet" { "(" (finding.file) ":" (finding.line) ")" }
                    }
                }
            }
        }
    }
}

fn nodes(pipeline: &PipelineDescription) -> Markup {
    html! {
        h2 { "Nodes" }
        div class="scroll" tabindex="0" role="group" aria-label="Table of nodes" {
            table {
                thead { tr { th scope="col" { "Node" } th scope="col" { "Kind" } th scope="col" { "Inputs" } th scope="col" { "Output" } th scope="col" { "Options" } } }
                tbody {
                    @for (path, node) in pipeline.graph.walk() {
                        tr {
                            th scope="row" id=(anchor(&path)) { code { (show::text(&path)) } }
                            td { (node.kind.word()) }
                            td { @for (name, of) in node.facts.inputs { div { code { (name) ": " (of) } } } }
                            td { code { (node.facts.output) } }
                            td { @for (name, value) in node.facts.options.iter().chain(node.options) { div { code { (name) " = " (show::line(value, 80)) } } } }
                        }
                    }
                }
            }
        }
    }
}

fn schema(value: &ValueDescription) -> Markup {
    html! {
        details {
            summary { code { (value.name) ": " (value.type_name) } }
            @match &value.schema {
                Some(schema) => (show::value(schema, None)),
                None => p class="quiet" { "The type has no JSON Schema." },
            }
        }
    }
}
