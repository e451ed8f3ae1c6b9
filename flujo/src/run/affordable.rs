//! What has to be known before a run under a limit begins.

use crate::error::{Error, RunResult};
use crate::graph::{Facts, Graph, Node, NodeKind, OptionText};
use crate::model::{PriceBook, Tokens, no_max_tokens, no_price};
use crate::path::Path;
use crate::usage::UsageLimits;

/// Refuses a pipeline whose model steps have no upper bound, where a limit needs one: every one of them, by
/// name. What is only known when a call is made is looked at then.
pub(super) fn affordable(
    graph: &Graph,
    limits: &UsageLimits,
    prices: Option<&dyn PriceBook>,
) -> RunResult<()> {
    if limits.cost.is_none() && limits.total_tokens.is_none() {
        return Ok(());
    }
    let mut problems: Vec<String> = Vec::new();
    let mut first = None;
    for (path, node) in graph.walk() {
        for why in unbounded(node, limits, prices) {
            first.get_or_insert(path.clone());
            let problem = format!("{path}: {why}");
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    let Some(first) = first else { return Ok(()) };
    // The path of the first stands in front of the message anyway.
    let what = problems.join("; ");
    let what = what.strip_prefix(&format!("{first}: ")).unwrap_or(&what);
    Err(Error::setup(what).at(Path::from(first.as_str())))
}

fn unbounded(node: &Node, limits: &UsageLimits, prices: Option<&dyn PriceBook>) -> Vec<String> {
    if node.kind != NodeKind::Model {
        return Vec::new();
    }
    let Some(model) = given(node.options, &node.facts, "model") else { return Vec::new() };
    let known = is_literal(model);
    let mut why = Vec::new();
    if given(node.options, &node.facts, "max_tokens").is_none() {
        why.push(no_max_tokens(model));
    }
    let has_price = || prices.and_then(|book| book.bound(model, &Tokens::default())).is_some();
    if limits.cost.is_some() && known && !has_price() {
        why.push(no_price(model));
    }
    why
}

/// The model of a node, if it is known before it is called.
pub(super) fn model_of(node: &Node) -> Option<&'static str> {
    let model = (node.kind == NodeKind::Model).then(|| given(node.options, &node.facts, "model")).flatten();
    model.filter(|model| is_literal(model))
}

/// A call may name its model by an expression: then only the call knows.
fn is_literal(model: &str) -> bool {
    let literal = model.contains(':') && !model.contains("::");
    literal && !model.contains(|c: char| c.is_whitespace() || "(){}".contains(c))
}

/// An option of the call, or of the step.
fn given(call: &[OptionText], step: &Facts, word: &str) -> Option<&'static str> {
    let find =
        |options: &[OptionText]| options.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    find(call).or_else(|| find(step.options))
}
