//! Checks of models before any of them is called.

use super::options::options_of;
use crate::codec::Json;
use crate::graph::{Graph, Place};
use crate::model::{ModelClient, ModelDefaults, ModelRequest, ToolSpec};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The reasons why the client can never answer a step of this pipeline, or a fallback or redirect of one; each once,
/// with its path first.
pub(in crate::run) fn unanswerable(
    graph: &Graph,
    client: Option<&dyn ModelClient>,
    defaults: Option<&ModelDefaults>,
) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for place in graph.places() {
        let Some(schema) = place.facts.answer else { continue };
        let checked = match (place.models(defaults), client) {
            (Err(unset), _) => Err(unset),
            (Ok(models), Some(client)) => schema().map_err(|e| e.to_string()).and_then(|schema| {
                let mut requests = models.into_iter().map(|model| request(&place, model, schema.clone()));
                requests.try_for_each(|request| client.check(&request).map_err(|e| e.to_string()))
            }),
            (Ok(_), None) => Ok(()),
        };
        if let Err(why) = checked
            && seen.insert((place.path.clone(), why.clone()))
        {
            problems.push((place.path, why));
        }
    }
    problems
}

/// The request that a place will send, as far as it is known.
fn request(place: &Place, model: &str, schema: Json) -> ModelRequest {
    let tools = place.facts.tools.iter().map(|tool| ToolSpec::new(tool.name, tool.doc, Json::null()));
    let request = ModelRequest::new(model, Vec::new()).schema(schema).tools(tools.collect());
    // Whether a provider takes an option does not depend on a value that only the call knows.
    request.options(options_of(place).unwrap_or_else(|any| any))
}

/// Pipelines whose models passed the check: the result does not change while the engine lives.
#[derive(Default)]
pub(in crate::run) struct CheckedModels(Mutex<BTreeSet<u128>>);

impl CheckedModels {
    /// Checks the pipeline, unless it has passed before; an error has the path of the first problem, and all problems
    /// in words.
    pub(in crate::run) fn check(
        &self,
        graph: &Graph,
        fingerprint: u128,
        client: &dyn ModelClient,
        defaults: Option<&ModelDefaults>,
    ) -> Result<(), (String, String)> {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&fingerprint) {
            return Ok(());
        }
        let problems = unanswerable(graph, Some(client), defaults);
        let Some((first, _)) = problems.first() else {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(fingerprint);
            return Ok(());
        };
        let words: Vec<_> = problems
            .iter()
            .enumerate()
            // The error already shows the path of the first problem.
            .map(|(i, (path, why))| if i == 0 { why.clone() } else { format!("{path}: {why}") })
            .collect();
        Err((first.clone(), words.join("; ")))
    }
}
