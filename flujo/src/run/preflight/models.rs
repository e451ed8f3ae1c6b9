//! Checks of models before any of them is called.

use crate::graph::Graph;
use crate::model::{ModelClient, ModelDefaults};
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
        let checked = match (place.model(defaults), client) {
            (Err(unset), _) => Err(unset),
            (Ok(Some(model)), Some(client)) => schema()
                .map_err(|e| e.to_string())
                .and_then(|schema| client.check(model, &schema).map_err(|e| e.to_string())),
            (Ok(_), _) => Ok(()),
        };
        if let Err(why) = checked
            && seen.insert((place.path.clone(), why.clone()))
        {
            problems.push((place.path, why));
        }
    }
    problems
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
