//! What rustc cannot know of a pipeline, and what is worth a second look all the same.

use super::{Facts, Graph, Node, NodeKind};
use std::fmt;

/// How much a [`Finding`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// It may be meant.
    Hint,
    /// It will go wrong one day: it costs money, hangs, or does not resume.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
        })
    }
}

/// One finding of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Which rule: `model-without-timeout` and its like. It stays the same from version to version.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, and what to do.
    pub message: String,
    /// The path of the node, without rounds and items; that of the pipeline for its expressions.
    pub node: String,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, severity, message, node, file, line } = self;
        write!(f, "{severity}[{rule}]: {node}: {message} ({file}:{line})")
    }
}

/// What [`Graph::validate`] found: in source order, nested pipelines where they are called.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// Every finding.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether this rule found something.
    pub fn has(&self, rule: &str) -> bool {
        self.findings.iter().any(|finding| finding.rule == rule)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

impl Graph {
    /// Looks for what rustc cannot know. The rules:
    ///
    /// | rule | severity | what |
    /// |---|---|---|
    /// | `model-without-timeout` | warning | a model step that may wait for ever |
    /// | `model-without-max-tokens` | warning | a paid model step without `max_tokens`: its price has no bound |
    /// | `fallback-same-model` | warning | a fallback that asks the model which has just failed |
    /// | `fallback-of-fallback` | warning | a step that stands in for another, with stand-ins of its own that are not asked |
    /// | `blind-condition` | warning | the `.until` of a `repeat` that does not look at its value |
    /// | `impure-expression` | warning | a clock or a random generator outside of a step: a resumed run gets another value |
    /// | `question-in-map` | warning | a question for every item, without `.timeout(d, default)`: one that nobody answers holds all of them |
    /// | `unused-output` | hint | a step whose output nobody takes: it ends with its statement, or in a `let` whose names nothing reads; `let _ = ..` and names with `_` in front say that it is meant |
    ///
    /// `unused-output` looks at calls of steps and pipelines and at the last one of `x >> f >> g`: what forms give is not
    /// known by the graph. A name counts as read wherever it stands later in its block, in the text of a literal too.
    /// rustc warns of most such names; the report has them for whoever looks at graphs alone.
    ///
    /// Models of `ollama`, `llamafile`, `lmstudio`, `local` and `test` cost nothing.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// #[step(model = "openai:gpt-4o-mini", timeout = "30s")]
    /// fn shorten(text: String) -> Prompt<String> {
    ///     Prompt::system("Shorten it.").user(text)
    /// }
    /// pipeline! {
    ///     fn summary(text: String) -> String { shorten(text) }
    /// }
    /// let report = summary::GRAPH.validate();
    /// assert!(report.has("model-without-max-tokens") && !report.has("model-without-timeout"));
    /// ```
    pub fn validate(&self) -> Report {
        let mut report = Report::default();
        look(self, self.name, false, &mut report.findings);
        report
    }
}

fn look(graph: &Graph, path: &str, in_map: bool, found: &mut Vec<Finding>) {
    let file = graph.file;
    for (what, line) in graph.impure {
        found.push(Finding {
            rule: "impure-expression",
            severity: Severity::Warning,
            message: format!("`{what}` gives something else when the run is resumed; ask a step for it"),
            node: path.to_owned(),
            file,
            line: *line,
        });
    }
    for (i, node) in graph.nodes.iter().enumerate() {
        let at = format!("{path}/{}", node.id);
        let mut say = |rule, severity, message| {
            found.push(Finding { rule, severity, message, node: at.clone(), file, line: node.line });
        };
        let in_map = in_map || graph.around(i).any(|outer| outer.kind == NodeKind::Map);
        if node.kind == NodeKind::Model {
            model(node, &mut say);
        }
        stand_ins(node, &mut say);
        if node.blind {
            let message = "its `.until` does not look at the value, so the rounds are always the same number";
            say("blind-condition", Severity::Warning, message.to_owned());
        }
        if node.kind == NodeKind::Ask && in_map && option(node.options, "timeout").is_none() {
            let message =
                "every item asks, and one reply that does not come holds all; add `.timeout(d, default)`";
            say("question-in-map", Severity::Warning, message.to_owned());
        }
        if node.unused && node.facts.output != "()" && !node.facts.output.is_empty() {
            let message = format!(
                "its output, a `{}`, is not used; write `let _ = ..` if that is meant",
                node.facts.output
            );
            say("unused-output", Severity::Hint, message);
        }
        if let Some(inner) = node.facts.graph {
            look(inner, &at, in_map, found);
        }
    }
}

/// What stands in for a node stands at the end: what its own attribute names is not asked.
fn stand_ins(node: &Node, say: &mut impl FnMut(&'static str, Severity, String)) {
    let named = [
        ("fallback", node.falls_back_to.or(node.facts.falls_back_to)),
        ("redirect", node.redirects_to.or(node.facts.redirects_to)),
    ];
    for (word, facts) in named.iter().filter_map(|(word, facts)| Some((word, (*facts)?))) {
        for (own, ignored) in [("fallback", facts.falls_back_to), ("redirect", facts.redirects_to)] {
            let Some(ignored) = ignored else { continue };
            let message = format!(
                "its {word} `{}` stands at the end: the {own} of that, `{}`, is not asked",
                facts.name, ignored.name
            );
            say("fallback-of-fallback", Severity::Warning, message);
        }
    }
}

fn model(node: &Node, say: &mut impl FnMut(&'static str, Severity, String)) {
    let name = model_of(node.options, node.facts).unwrap_or_default();
    // A role has no provider in its name.
    let shown = if name.contains(':') { format!("`{name}`") } else { format!("the role `{name}`") };
    let has = |word| option(node.options, word).or_else(|| option(node.facts.options, word)).is_some();
    if !has("timeout") {
        let message = format!("{shown} may never answer; add `timeout = \"30s\"`, or as long as it may take");
        say("model-without-timeout", Severity::Warning, message);
    }
    if !has("max_tokens") && is_paid(name) {
        let message = format!("an answer of {shown} may cost any amount; add `max_tokens = ..`");
        say("model-without-max-tokens", Severity::Warning, message);
    }
    let fallback = node.falls_back_to.or(node.facts.falls_back_to);
    if let Some(fallback) = fallback
        && model_of(&[], fallback).is_some_and(|other| other == name)
    {
        let message = format!("its fallback `{}` asks {shown} as well, which has just failed", fallback.name);
        say("fallback-same-model", Severity::Warning, message);
    }
}

fn option(options: &[super::OptionText], word: &str) -> Option<&'static str> {
    options.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

fn model_of(options: &[super::OptionText], facts: &Facts) -> Option<&'static str> {
    let given = option(options, "model").or_else(|| option(facts.options, "model"));
    given.or_else(|| option(facts.options, "role"))
}

fn is_paid(model: &str) -> bool {
    let provider = model.split(':').next().unwrap_or_default();
    !matches!(provider, "ollama" | "llamafile" | "lmstudio" | "local" | "test")
}
