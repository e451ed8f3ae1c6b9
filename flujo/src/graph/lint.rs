//! Lints for mistakes in a pipeline that rustc cannot detect.

use super::{Facts, Graph, Node, NodeKind};
use std::fmt;

/// The severity of a [`Finding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// A suspicious construct that may be intended.
    Hint,
    /// A problem that costs money, hangs, or prevents a resume sooner or later.
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
///
/// ```
/// use flujo::graph::{Finding, Severity};
/// use flujo::prelude::*;
///
/// #[step(model = "openai:gpt-4o-mini", max_tokens = 50)]
/// fn label(post: String) -> Prompt<String> {
///     Prompt::system("Name the tone.").user(post)
/// }
/// pipeline! {
///     fn moderate(post: String) -> String { label(post) }
/// }
///
/// let report = moderate::GRAPH.validate();
/// let found: &Finding = report.findings.iter().find(|finding| finding.rule == "model-without-timeout").unwrap();
/// assert_eq!(found.node, "moderate/label");
/// assert!(found.severity >= Severity::Hint);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The name of the rule, for instance `model-without-timeout`. It does not change between versions.
    pub rule: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The problem, and how to solve it.
    pub message: String,
    /// The path of the node, without rounds and items; the path of the pipeline for its expressions.
    pub node: String,
    /// The source file.
    pub file: &'static str,
    /// The line in the source file, from 1.
    pub line: u32,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, severity, message, node, file, line } = self;
        write!(f, "{severity}[{rule}]: {node}: {message} ({file}:{line})")
    }
}

/// The findings of [`Graph::validate`]: in source order, those of nested pipelines at the place of their calls.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// All findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Returns true if there are no findings.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns true if there is a finding of this rule.
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
    /// Checks the pipeline for mistakes that rustc cannot detect. The rules:
    ///
    /// | rule | severity | what |
    /// |---|---|---|
    /// | `model-without-timeout` | warning | a model step that may wait for ever |
    /// | `model-without-max-tokens` | warning | a paid model step without `max_tokens`: its price has no bound |
    /// | `fallback-same-model` | warning | a fallback that asks the model which has just failed |
    /// | `fallback-of-fallback` | warning | a fallback or redirect whose own fallback or redirect is never used |
    /// | `fallback-of-a-tool` | warning | the fallback or redirect of a tool, which a model's call does not use |
    /// | `blind-condition` | warning | the `.until` of a `repeat` that does not look at its value |
    /// | `impure-expression` | warning | a clock or a random generator outside of a step, of which a resumed run gets another value, or a `println!`, which prints again |
    /// | `question-in-map` | warning | a question for every item, without `.timeout(d, default)`: one missing reply blocks all items |
    /// | `unused-output` | hint | a step whose output is not used: the call is a statement of its own, or in a `let` whose names are never read; `let _ = ..` and names with a leading `_` mark that as intended |
    ///
    /// `unused-output` checks calls of steps and pipelines and the last call of `x >> f >> g`: the graph does not
    /// know the outputs of forms. A name counts as read if it occurs later in its block, even in the text of a
    /// literal. rustc warns of most such names too; the report has them for users who only look at graphs.
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
            message: if what.ends_with('!') {
                format!("`{what}` prints again when the run is resumed; print in a step")
            } else {
                format!("`{what}` gives something else when the run is resumed; ask a step for it")
            },
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
        tools(node, &mut say);
        if node.blind {
            let message = "its `.until` does not look at the value, so the rounds are always the same number";
            say("blind-condition", Severity::Warning, message.to_owned());
        }
        if in_map && asks_without_end(node) {
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

/// True if it asks a question without a deadline, itself or before a call of one of its tools.
fn asks_without_end(node: &Node) -> bool {
    let facts = node.facts;
    let listed = facts.tools_that_ask.iter().any(|(_, ends)| !ends);
    let asks = facts.tools.iter().any(|tool| {
        let mut listed = facts.tools_that_ask.iter();
        tool.ask_first.is_some() && !listed.any(|(known, ends)| *ends && known.name == tool.name)
    });
    let question = node.kind == NodeKind::Ask && option(node.options, "timeout").is_none();
    question || listed || asks
}

/// A fallback or redirect is final: its own fallback and redirect are not used.
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

/// A model's call of a tool makes the attempts of the tool, and the model is told of its failure.
fn tools(node: &Node, say: &mut impl FnMut(&'static str, Severity, String)) {
    for tool in node.facts.tools {
        for (own, ignored) in [("fallback", tool.falls_back_to), ("redirect", tool.redirects_to)] {
            let Some(ignored) = ignored else { continue };
            let message = format!(
                "its tool `{}` has the {own} `{}`, which a model's call does not use: the failure goes to the model",
                tool.name, ignored.name
            );
            say("fallback-of-a-tool", Severity::Warning, message);
        }
    }
}

fn model(node: &Node, say: &mut impl FnMut(&'static str, Severity, String)) {
    let name = model_of(node.options, node.facts).unwrap_or_default();
    // The name of a role contains no provider.
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
