//! All places that a run may reach, fallbacks, redirects and tools included.

use super::{Facts, Graph, Node, NodeKind, OptionText};
use crate::model::ModelDefaults;
use crate::path::grammar;

/// A node, or a step or pipeline that replaces it as fallback or redirect.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The path from the pipeline's name on, without rounds and items: `moderate/label`, `moderate/label!guess`.
    pub(crate) path: String,
    pub(crate) kind: NodeKind,
    pub(crate) facts: &'static Facts,
    /// Options given at the call. A fallback or redirect has its own, those of its attribute.
    pub(crate) options: &'static [OptionText],
}

impl Place {
    fn of(path: String, node: &'static Node) -> Self {
        Self { path, kind: node.kind, facts: node.facts, options: node.options }
    }

    /// The place of a fallback or redirect, at `node!name`.
    fn instead(&self, facts: &'static Facts) -> Self {
        Self { path: grammar::stand_in(&self.path, facts.name), kind: facts.kind, facts, options: &[] }
    }

    /// True if a question may be asked there.
    pub(crate) fn asks(&self) -> bool {
        let facts = self.facts;
        let tools_ask =
            !facts.tools_that_ask.is_empty() || facts.tools.iter().any(|tool| tool.ask_first.is_some());
        self.kind == NodeKind::Ask || tools_ask
    }

    /// The value of an option of the call, or of the step.
    pub(crate) fn given(&self, word: &str) -> Option<&'static str> {
        let find =
            |options: &[OptionText]| options.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        find(self.options).or_else(|| find(self.facts.options))
    }

    /// The models of this place that are known before the call: a call may name them by an expression.
    ///
    /// # Errors
    /// The place names a role that has no model.
    pub(crate) fn models<'d>(&self, defaults: Option<&'d ModelDefaults>) -> Result<Vec<&'d str>, String> {
        if self.kind != NodeKind::Model {
            return Ok(Vec::new());
        }
        let literal = |model: &&str| {
            let literal = model.contains(':') && !model.contains("::");
            literal && !model.contains(|c: char| c.is_whitespace() || "(){}[]\",".contains(c))
        };
        // What the call names takes precedence, whichever word it uses.
        let written = |options: &'static [OptionText]| {
            options.iter().find(|(word, _)| matches!(*word, "model" | "models")).copied()
        };
        if let Some((word, text)) = written(self.options).or_else(|| written(self.facts.options)) {
            // A list as it was written: what is in quotes.
            let names: Vec<&str> = match word {
                "models" => text.split('"').skip(1).step_by(2).collect(),
                _ => vec![text],
            };
            return Ok(names.into_iter().filter(literal).collect());
        }
        let Some(role) = self.given("role") else { return Ok(Vec::new()) };
        let model = defaults.and_then(|defaults| defaults.role(role));
        model.map(|model| vec![model]).ok_or_else(|| ModelDefaults::unset(role))
    }
}

impl Graph {
    /// Returns all nodes with their fallbacks, redirects and tools, those of nested pipelines included.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut found = Vec::new();
        below(self, self.name, &mut found);
        found
    }
}

/// Adds the tools of a model step, at `node~tool`, and their tools.
fn called_by(place: &Place, found: &mut Vec<Place>) {
    for facts in place.facts.tools {
        let path = grammar::in_conversation(&place.path, facts.name);
        let tool = Place { path, kind: facts.kind, facts, options: &[] };
        let (inner, path) = (tool.facts.graph, tool.path.clone());
        called_by(&tool, found);
        found.push(tool);
        if let Some(inner) = inner {
            below(inner, &path, found);
        }
    }
}

fn below(graph: &Graph, prefix: &str, found: &mut Vec<Place>) {
    for node in graph.nodes {
        let place = Place::of(grammar::child(prefix, node.id), node);
        // Options of the call take precedence over those of the step's attribute.
        let stand_ins =
            [node.falls_back_to.or(node.facts.falls_back_to), node.redirects_to.or(node.facts.redirects_to)];
        let stand_ins: Vec<_> = stand_ins.into_iter().flatten().map(|facts| place.instead(facts)).collect();
        for place in std::iter::once(place).chain(stand_ins) {
            let (inner, path) = (place.facts.graph, place.path.clone());
            called_by(&place, found);
            found.push(place);
            if let Some(inner) = inner {
                below(inner, &path, found);
            }
        }
    }
}
