//! The graph of a pipeline as data: nodes, edges, bounds and fingerprint, all known at compile time.
//!
//! A pipeline is constant data, which is read without running anything:
//!
//! ```
//! use flujo::codec::Json;
//! use flujo::graph::{Edge, Graph, Node, NodeKind, OptionText, ReplyCheck, Report};
//! use flujo::prelude::*;
//!
//! #[step(retries = 2)]
//! async fn greet(name: String) -> Result<String> {
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! pipeline! {
//!     /// Greets a person.
//!     fn welcome(name: String) -> String {
//!         let polite: bool = ask("Politely?").showing(&name);
//!         if polite { greet(name) } else { value("Hi!".to_string()) }
//!     }
//! }
//!
//! const WELCOME: &Graph = welcome::GRAPH;
//! assert_eq!((WELCOME.name, WELCOME.inputs, WELCOME.output), ("welcome", &[("name", "String")][..], "String"));
//! assert!(WELCOME.asks());
//!
//! // Every node with its path; those of pipelines that it calls too.
//! let paths: Vec<_> = WELCOME.walk().into_iter().map(|(path, node)| (path, node.kind.word())).collect();
//! assert!(paths.contains(&("welcome/greet".to_owned(), "step")), "{paths:?}");
//! let greet: &Node = WELCOME.node_at("welcome/greet").unwrap();
//! assert_eq!(greet.kind, NodeKind::Step);
//! let options: &[OptionText] = greet.facts.options;
//! assert_eq!(options, [("retries", "2")]);
//! assert_eq!(WELCOME.node_path("welcome/greet!other").as_deref(), Some("welcome/greet"));
//! let check: ReplyCheck = WELCOME.node_at("welcome/polite").and_then(|node| node.reply).unwrap();
//! assert!(check(&Json::parse("true").unwrap()).is_ok() && check(&Json::parse("7").unwrap()).is_err());
//! let first: &Edge = &WELCOME.edges[0];
//! assert_eq!(first.from, None);
//!
//! // What it may cost at most, and what looks wrong in it.
//! assert_eq!(welcome::BOUNDS.step_runs, Some(3));
//! assert_eq!(greet.facts.attempts(Some(5), flujo::graph::Bounds::ZERO).step_runs, Some(6));
//! let report: Report = WELCOME.validate();
//! assert!(report.is_clean(), "{report}");
//! // As text for other programs.
//! let json: serde_json::Value = serde_json::from_str(&WELCOME.json()).unwrap();
//! assert_eq!(json["name"], "welcome");
//! ```

mod bounds;
mod facts;
mod fingerprint;
mod last_model_step;
mod lint;
mod longest_attempt;
mod node_path;
mod order;
mod places;
mod render;
mod run_overlay;
mod run_readers;
mod value_schemas;

pub use bounds::{Asking, Bounds};
pub use facts::Facts;
#[doc(hidden)]
pub use facts::StepTexts;
pub use fingerprint::fingerprint;
pub use lint::{Finding, Report, Severity};
#[cfg(feature = "settings")]
pub(crate) use longest_attempt::duration;
pub(crate) use places::Place;
pub use render::Drawing;
pub(crate) use run_overlay::{Mark, RunOverlay, Standing};
pub(crate) use run_readers::reads_run;
pub use value_schemas::ValueSchemas;
#[doc(hidden)]
pub use value_schemas::{Fresh, NoDefault};

use crate::codec::{AnswerSchema, CodecError, Json};
use crate::path::grammar;

/// The kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A step: an async function.
    Step,
    /// A step answered by a model.
    Model,
    /// A nested pipeline.
    Pipeline,
    /// A branching `match` or `if`.
    Branch,
    /// A question to a person: `ask`.
    Ask,
    /// An explicit failure of the pipeline: `fail`.
    Fail,
    /// Parallel arms: `join`.
    Join,
    /// A loop with a condition: `repeat`.
    Repeat,
    /// A loop of a generator and a critic: `refine`.
    Refine,
    /// One body for many items: `map`.
    Map,
    /// The arms that a set selects: `route`.
    Route,
    /// Validators on a value: `gate`.
    Gate,
    /// A timer: `wait`.
    Wait,
}

impl NodeKind {
    /// Returns the word used in exports and fingerprints.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Model => "model",
            Self::Pipeline => "pipeline",
            Self::Branch => "branch",
            Self::Ask => "ask",
            Self::Fail => "fail",
            Self::Join => "join",
            Self::Repeat => "repeat",
            Self::Refine => "refine",
            Self::Map => "map",
            Self::Route => "route",
            Self::Gate => "gate",
            Self::Wait => "wait",
        }
    }
}

/// One option as it was written, for instance `("retries", "3")`.
pub type OptionText = (&'static str, &'static str);

/// One node of a pipeline.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The id: a segment of paths. For nodes that are no path segment, a label.
    pub id: &'static str,
    /// The kind of the node.
    pub kind: NodeKind,
    /// The facts of the step or pipeline that it calls.
    pub facts: &'static Facts,
    /// Options given at the call.
    pub options: &'static [OptionText],
    /// The number of branches and forms that enclose it.
    pub depth: usize,
    /// The line in the source file.
    pub line: u32,
    /// For a question: the check of a reply against its type.
    pub reply: Option<ReplyCheck>,
    /// The fallback step, if the call names one.
    pub falls_back_to: Option<&'static Facts>,
    /// The step that plugins may redirect to, if the call names one.
    pub redirects_to: Option<&'static Facts>,
    /// True if its output is dropped at the end of its statement.
    pub unused: bool,
    /// For a `repeat`: true if its condition does not use the value.
    pub blind: bool,
}

impl Node {
    /// The tools that a model may call there, also those of a fallback, a redirect and of tools.
    fn tools(&self) -> Vec<&'static Facts> {
        let facts = [Some(self.facts), self.falls_back_to, self.redirects_to];
        let own = [self.facts.falls_back_to, self.facts.redirects_to];
        let mut all: Vec<&'static Facts> = facts.into_iter().chain(own).flatten().collect();
        let (mut tools, mut next) = (Vec::new(), 0);
        while let Some(facts) = all.get(next).copied() {
            tools.extend(facts.tools);
            all.extend(facts.tools);
            next += 1;
        }
        tools
    }

    /// Returns the node with this index; past the end of the list, it is an error of the compiler.
    #[doc(hidden)]
    #[allow(clippy::indexing_slicing, reason = "the macro that writes the nodes counts them")]
    pub const fn at(nodes: &'static [Self], i: usize) -> &'static Self {
        &nodes[i]
    }

    /// Returns the nodes as they are. Of a list that a function returned, rustc proves once that it has no interior
    /// mutability, and not for each element.
    #[doc(hidden)]
    pub const fn list<const N: usize>(nodes: [Self; N]) -> [Self; N] {
        nodes
    }
}

/// A function that decodes a reply to check it against the type of the question.
pub type ReplyCheck = fn(&Json) -> Result<(), CodecError>;

/// An edge between two nodes, by their indices in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The index of the node where the edge starts; `None` for the pipeline's input.
    pub from: Option<usize>,
    /// The index of the node where the edge ends; `None` for the pipeline's output.
    pub to: Option<usize>,
    /// A branch's pattern or condition, else empty.
    pub label: &'static str,
}

impl Edge {
    /// Creates edges from triples of start, end and label; nodes are counted from 1, and 0 is the pipeline itself.
    #[doc(hidden)]
    #[allow(clippy::indexing_slicing, reason = "the loop compares the index with the length of both")]
    pub const fn list<const N: usize>(edges: [(usize, usize, &'static str); N]) -> [Self; N] {
        const fn end(node: usize) -> Option<usize> {
            node.checked_sub(1)
        }
        let mut list = [Self { from: None, to: None, label: "" }; N];
        let mut i = 0;
        while i < N {
            let (from, to, label) = edges[i];
            list[i] = Self { from: end(from), to: end(to), label };
            i += 1;
        }
        list
    }
}

/// A pipeline's graph.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    /// The pipeline's durable name.
    pub name: &'static str,
    /// The doc comment of the pipeline.
    pub doc: &'static str,
    /// Names and types of the inputs.
    pub inputs: &'static [(&'static str, &'static str)],
    /// The output type.
    pub output: &'static str,
    /// The context type, `"()"` for none.
    pub context: &'static str,
    /// The resources type, `"()"` for none.
    pub resources: &'static str,
    /// The schemas of the values that go in and out.
    pub schemas: ValueSchemas,
    /// The nodes in source order.
    pub nodes: &'static [Node],
    /// The edges between the nodes.
    pub edges: &'static [Edge],
    /// Calls of clocks and random generators in the pipeline's expressions, each with its line.
    pub impure: &'static [(&'static str, u32)],
    /// The source file.
    pub file: &'static str,
    /// The line in the source file.
    pub line: u32,
}

impl Graph {
    /// The graph without nodes.
    pub(crate) const EMPTY: Self = Self {
        name: "",
        doc: "",
        inputs: &[],
        output: "",
        context: "()",
        resources: "()",
        schemas: ValueSchemas::NONE,
        nodes: &[],
        edges: &[],
        impure: &[],
        file: "",
        line: 0,
    };

    /// Returns every node of this pipeline and of the pipelines it calls, each with its path, which begins with the
    /// name of this pipeline.
    pub fn walk(&self) -> Vec<(String, &'static Node)> {
        fn below(graph: &Graph, prefix: &str, out: &mut Vec<(String, &'static Node)>) {
            for node in graph.nodes {
                let path = grammar::child(prefix, node.id);
                out.push((path.clone(), node));
                if let Some(inner) = node.facts.graph {
                    below(inner, &path, out);
                }
            }
        }
        let mut out = Vec::new();
        below(self, self.name, &mut out);
        out
    }

    /// Returns the node at a path of a run; rounds, items and replacements in the path are ignored. Nodes of a pipeline that
    /// a model has called as a tool are found by their ids alone: the path does not say which tool it was.
    pub fn node_at(&self, path: &str) -> Option<&'static Node> {
        let mut segments = grammar::nodes(path);
        segments.next().filter(|(name, _)| *name == self.name)?;
        found(self, &segments.collect::<Vec<_>>())
    }

    /// Returns true if a question may be asked, also by a fallback or redirect of a node.
    pub fn asks(&self) -> bool {
        self.places().iter().any(Place::asks)
    }
}

fn found(graph: &Graph, path: &[(&str, bool)]) -> Option<&'static Node> {
    let ((id, talks), rest) = path.split_first()?;
    let nodes: &'static [Node] = graph.nodes;
    let node = nodes.iter().find(|node| node.id == *id)?;
    if rest.is_empty() {
        return Some(node);
    }
    if *talks {
        return node.tools().into_iter().find_map(|tool| found(tool.graph?, rest));
    }
    // Items of a `map` are separate segments, but the nodes of its body belong to the same graph.
    found(node.facts.graph.unwrap_or(graph), rest)
}
