//! What has to be known of models before any of them is asked.

use crate::graph::Graph;
use crate::model::{ModelClient, ModelDefaults};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Everything that would keep the client from ever answering a step of this pipeline, or one that stands in for it, the
/// path first, each once.
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
            (Ok(Some(model)), Some(client)) => {
                schema().map_err(|e| e.to_string()).and_then(|schema| client.check(model, &schema))
            }
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

/// Pipelines of which it is known that they can be answered: nothing changes about that while the engine lives.
#[derive(Default)]
pub(in crate::run) struct CheckedModels(Mutex<BTreeSet<u128>>);

impl CheckedModels {
    /// Looks, if nobody has looked before; the first problem's path, and all of them in words.
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
            // The path of the first stands in front of the message anyway.
            .map(|(i, (path, why))| if i == 0 { why.clone() } else { format!("{path}: {why}") })
            .collect();
        Err((first.clone(), words.join("; ")))
    }
}
