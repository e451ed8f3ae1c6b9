//! Other models for the steps that a fork executes again.

use super::super::form::{Errors, Raw};
use super::super::show;
use super::Seen;
use flujo::graph::{Graph, NodeKind};
use flujo::run::ForkRun;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The most steps for which another model is asked for.
const MOST: usize = 50;

/// The names of inputs begin with this; the path of the node follows.
const NAME: &str = "model:";

/// The steps of the pipeline that models answer, by their paths.
fn steps(seen: &Seen) -> Vec<String> {
    let walked = seen.graph.map(Graph::walk).unwrap_or_default();
    let models = walked.into_iter().filter(|(_, node)| node.kind == NodeKind::Model);
    models.map(|(path, _)| path).take(MOST).collect()
}

/// The models that the run asked at a step.
fn asked(seen: &Seen, step: &str) -> String {
    let Some(graph) = seen.graph else { return String::new() };
    let records = seen.view.records.iter().filter(|record| {
        let place = graph.node_path(record.key.path.as_str());
        place.is_some_and(|place| place == step)
    });
    let models: BTreeSet<&str> = records
        .flat_map(|record| &record.models)
        .flat_map(|used| &used.by_model)
        .map(|(m, _)| &**m)
        .collect();
    models.into_iter().collect::<Vec<_>>().join(", ")
}

/// Begins with the models that the run names.
pub(super) fn fill(seen: &Seen, raw: &mut Raw) {
    for (node, model) in &seen.view.run.models {
        raw.set(format!("{NAME}{node}"), model.as_str());
    }
}

/// The inputs for other models; none if no model answers in the pipeline.
pub(super) fn fields(seen: &Seen, raw: &Raw, errors: &Errors) -> Markup {
    let steps = steps(seen);
    html! {
        @if !steps.is_empty() {
            fieldset {
                legend { "Models" }
                p class="doc" { "Another model for a step, as provider:model. Empty for the one that the code names." }
                @for (i, step) in steps.iter().enumerate() {
                    @let (name, id) = (format!("{NAME}{step}"), format!("fork-model-{i}"));
                    div class="field" {
                        label for=(id) { code { (show::text(step)) } }
                        input type="text" id=(id) name=(name) value=[raw.get(&name).map(show::printable)] autocomplete="off"
                            placeholder=(asked(seen, step)) spellcheck="false" aria-invalid=[errors.contains_key(&name).then_some("true")]
                            aria-describedby=[errors.contains_key(&name).then(|| format!("{id}-error"))];
                        @if let Some(message) = errors.get(&name) { p class="error" id=(format!("{id}-error")) { (message) } }
                    }
                }
            }
        }
    }
}

/// Adds the models that were written to a request.
pub(super) fn read(seen: &Seen, raw: &Raw, errors: &mut Errors, mut fork: ForkRun) -> ForkRun {
    for step in steps(seen) {
        let name = format!("{NAME}{step}");
        let model = raw.get(&name).unwrap_or_default().trim();
        if model.is_empty() {
            continue;
        }
        match model.split_once(':') {
            Some((provider, rest)) if !provider.is_empty() && !rest.is_empty() => {
                fork = fork.model(step.as_str(), model);
            }
            _ => {
                errors.insert(name, "write the provider and the model: openai:gpt-4o".to_owned());
            }
        }
    }
    fork
}
