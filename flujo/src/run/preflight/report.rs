//! The findings of a pipeline on the engine that it is registered with.

use super::super::runtime::Shared;
use super::limits::unbounded;
use crate::graph::{Finding, Graph, NodeKind, Place, Report, Severity};
use crate::path::grammar;
use crate::usage::{Cost, SharedBudget, UsageLimits};

impl Shared {
    /// The findings of the graph, and what the engine lacks for it: a run would fail for that at the node, where a fallback
    /// or `.settle()` may hide it.
    pub(in crate::run) fn report(&self, graph: &'static Graph) -> Report {
        let mut report = graph.validate();
        // Which steps a stub replaces is only known when they run.
        if !self.stubs.is_empty() {
            return report;
        }
        let budget = self.budget.as_ref().map_or(UsageLimits::NONE, SharedBudget::limits);
        let limits = self.limits.tightest(budget);
        let limited = limited_by_cost(graph);
        for place in graph.places().iter().filter(|place| place.kind == NodeKind::Model) {
            if self.models.is_none() {
                let message = "no client answers this model: `.models(..)` on the builder".to_owned();
                add(&mut report, graph, "model-without-client", place, message);
                continue;
            }
            let mut limits = limits;
            if limited.iter().any(|node| grammar::is_of_node(&place.path, node)) {
                limits.cost = limits.cost.or(Some(Cost(0)));
            }
            if limits.cost.is_none() && limits.total_tokens.is_none() {
                continue;
            }
            for why in unbounded(place, &limits, self.prices.as_deref(), self.model_defaults.as_deref()) {
                add(
                    &mut report,
                    graph,
                    "limit-without-bound",
                    place,
                    format!("a limit cannot be kept: {why}"),
                );
            }
        }
        report
    }
}

/// The paths of the nodes with a limit of cost of their own, as far as it is written out at the call.
fn limited_by_cost(graph: &Graph) -> Vec<String> {
    let costs = |place: &Place| {
        place.given("limits").is_some_and(|limits| limits.contains("usd(") || limits.contains("cost("))
    };
    graph.places().into_iter().filter(costs).map(|place| place.path).collect()
}

fn add(report: &mut Report, graph: &Graph, rule: &'static str, place: &Place, message: String) {
    let (node, file, line) = (place.path.clone(), graph.file, graph.line);
    let finding = Finding { rule, severity: Severity::Warning, message, node, file, line };
    if !report.findings.contains(&finding) {
        report.findings.push(finding);
    }
}
