//! Checks of a run with limits before it begins.

use super::options::options_of;
use crate::error::{Error, RunResult};
use crate::graph::{Graph, NodeKind, Place};
use crate::model::{ModelDefaults, PriceBook, Tokens, no_max_tokens, no_price};
use crate::path::Path;
use crate::usage::UsageLimits;

/// Refuses a pipeline with model steps that have no upper bound, if a limit needs one: the error names all of them,
/// fallbacks and redirects included. Values that are only known when a call is made are checked then.
pub(in crate::run) fn check_limits(
    graph: &Graph,
    limits: &UsageLimits,
    prices: Option<&dyn PriceBook>,
    defaults: Option<&ModelDefaults>,
) -> RunResult<()> {
    if limits.cost.is_none() && limits.total_tokens.is_none() {
        return Ok(());
    }
    let mut problems: Vec<String> = Vec::new();
    let mut first = None;
    for place in graph.places() {
        for why in unbounded(&place, limits, prices, defaults) {
            let problem = format!("{}: {why}", place.path);
            first.get_or_insert_with(|| place.path.clone());
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    let Some(first) = first else { return Ok(()) };
    // The error already shows the path of the first problem.
    let what = problems.join("; ");
    let what = what.strip_prefix(&format!("{first}: ")).unwrap_or(&what);
    Err(Error::setup(what).at(Path::from(first.as_str())))
}

pub(super) fn unbounded(
    place: &Place,
    limits: &UsageLimits,
    prices: Option<&dyn PriceBook>,
    defaults: Option<&ModelDefaults>,
) -> Vec<String> {
    if place.kind != NodeKind::Model {
        return Vec::new();
    }
    // A role without a model is reported by the check of models.
    let Ok(known) = place.models(defaults) else { return Vec::new() };
    let Some(model) =
        known.first().copied().or_else(|| place.given("model")).or_else(|| place.given("models"))
    else {
        return Vec::new();
    };
    let mut why = Vec::new();
    if place.given("max_tokens").is_none() {
        why.push(no_max_tokens(model));
    }
    let has_price = |model: &str| prices.and_then(|book| book.bound(model, &Tokens::default())).is_some();
    // A tier that only the call knows is looked at then.
    if let Some(options) = options_of(place).ok().filter(|_| limits.cost.is_some()) {
        let unknown =
            known.into_iter().map(|model| options.priced_as(model)).filter(|model| !has_price(model));
        why.extend(unknown.map(|model| no_price(&model)));
    }
    why
}
