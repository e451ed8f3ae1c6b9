//! The form that starts a run.

use super::super::fields::Form;
use super::super::form::{Errors, Field, Raw, edited, fieldset, filled, read};
use super::super::limit::{limit_field, limit_of};
use super::super::line::line;
use super::super::page::{Section, html_of, page};
use super::super::visit::{Answer, Visit};
use super::super::{inputs, show};
use super::{address, described};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use flujo::codec::Json;
use flujo::engine::Labels;
use flujo::run::{PipelineDescription, StartRun};
use maud::{Markup, html};
use serde_json::Value;

const INPUT: &str = "input";
const CONTEXT: &str = "context";

/// The fields of inputs and context.
pub(super) struct Fields {
    inputs: Field,
    context: Option<Field>,
}

impl Fields {
    fn of(pipeline: &PipelineDescription) -> Self {
        let context = (pipeline.context.type_name != "()").then(|| inputs::field(&pipeline.context));
        Self { inputs: inputs::inputs(pipeline), context: context.map(|field| field.titled("Context")) }
    }
}

/// A new form.
pub(super) fn begun(pipeline: &PipelineDescription) -> (Fields, Raw) {
    let fields = Fields::of(pipeline);
    let mut raw = filled(&fields.inputs, INPUT, None);
    if let Some(field) = &fields.context {
        let default = pipeline.default_context.as_ref().and_then(inputs::value);
        raw.add(filled(field, CONTEXT, default.as_ref()));
    }
    raw.set("id", inputs::new_id(pipeline.name));
    (fields, raw)
}

pub(super) fn form(
    visit: &Visit,
    pipeline: &PipelineDescription,
    fields: &Fields,
    raw: &Raw,
    errors: &Errors,
) -> Markup {
    let inside = html! {
        @if let Some(message) = errors.get("") { p class="error" role="alert" { (show::text(message)) } }
        @else if !errors.is_empty() { p class="error" role="alert" { "The run was not started: see below." } }
        @if !pipeline.inputs.is_empty() { (fieldset(&fields.inputs, INPUT, raw, errors)) }
        @if let Some(context) = &fields.context { (fieldset(context, CONTEXT, raw, errors)) }
        fieldset {
            legend { "The run" }
            (line("id", "Id", "A run with this id is started once, however often the form is sent.", raw, errors))
            (limit_field("For instance 0.50; empty for no limit of its own.", raw, errors))
            div class="field" {
                label for="run-labels" { "Labels" }
                p class="doc" id="run-labels-doc" { "One in a line: tenant=acme" }
                textarea id="run-labels" name="labels" rows="2" aria-describedby="run-labels-doc" { "\n" (show::printable(&raw.get("labels").unwrap_or_default().replace('\r', ""))) }
                @if let Some(message) = errors.get("labels") { p class="error" { (show::text(message)) } }
            }
        }
        button type="submit" class="main" { "Start" }
    };
    visit.form(&format!("{}/start", address(pipeline.name)), "start-form", &inside)
}

/// `POST /pipelines/{name}/start`
pub(in super::super) async fn start(
    State(state): State<AppState>,
    visit: Visit,
    Path(name): Path<String>,
    Form(pairs): Form,
) -> Answer {
    visit.must_operate()?;
    let pipeline = described(&state, &name)?;
    let fields = Fields::of(&pipeline);
    let mut raw = pairs.raw();
    let mut errors = Errors::new();
    let mut status = StatusCode::OK;
    if !edited(&mut raw) {
        if let Some(run) = request(&pipeline, &fields, &raw, &mut errors) {
            let run = match visit.by() {
                Some(by) => run.by(by),
                None => run,
            };
            match state.control.start(&run).await {
                Ok(_) => return Ok(visit.go(&show::run_address(run.id.as_str()))),
                Err(error) => {
                    errors.insert(String::new(), error.to_string());
                }
            }
        }
        status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let form = form(&visit, &pipeline, &fields, &raw, &errors);
    let mut response = if visit.is_part {
        html_of(form)
    } else {
        let content = html! { h1 { "Start a run of " a href=(address(pipeline.name)) { (show::text(pipeline.name)) } } (form) };
        page(&visit, Section::Pipelines, "Start", &content)
    };
    *response.status_mut() = status;
    Ok(response)
}

/// The request that a form makes; `None` with messages if it is wrong.
fn request(
    pipeline: &PipelineDescription,
    fields: &Fields,
    raw: &Raw,
    errors: &mut Errors,
) -> Option<StartRun> {
    let input = read(&fields.inputs, INPUT, raw, errors).and_then(|value| encoded(&value, errors));
    let context = fields.context.as_ref().map(|field| read(field, CONTEXT, raw, errors));
    let id = raw.get("id").unwrap_or_default().trim();
    if id.is_empty() {
        errors.insert("id".to_owned(), "write an id".to_owned());
    }
    let labels = labels(raw.get("labels").unwrap_or_default(), errors);
    let limits = limit_of(raw, errors);
    let mut run = StartRun::new(pipeline.name, id, input?).labels(labels);
    if let Some(context) = context {
        run = run.context(encoded(&context?, errors)?);
    }
    if let Some(limits) = limits {
        run = run.limits(limits);
    }
    errors.is_empty().then_some(run)
}

fn encoded(value: &Value, errors: &mut Errors) -> Option<Json> {
    match Json::encode(value) {
        Ok(json) => Some(json),
        Err(error) => {
            errors.insert(String::new(), error.to_string());
            None
        }
    }
}

fn labels(text: &str, errors: &mut Errors) -> Labels {
    let mut labels = Labels::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let set = match line.split_once('=') {
            Some((name, value)) => labels.set(name.trim(), value.trim()).map_err(|error| error.to_string()),
            None => Err(format!("\u{201c}{}\u{201d} is no label: write name=value", show::line(line, 60))),
        };
        if let Err(message) = set {
            errors.insert("labels".to_owned(), message);
        }
    }
    labels
}
