//! The graph of a pipeline as data: nodes, edges, bounds, fingerprint; all known at compile time.

mod bounds;
mod fingerprint;
mod last_model_step;
mod lint;
mod places;
mod render;
mod run_overlay;
mod run_readers;

pub use bounds::Bounds;
pub use fingerprint::fingerprint;
pub use lint::{Finding, Report, Severity};
pub(crate) use places::Place;
pub use render::Drawing;
pub(crate) use run_overlay::{Mark, RunOverlay, Standing};
pub(crate) use run_readers::reads_run;

use crate::codec::{AnswerSchema, CodecError, Json};
use crate::path::grammar;

/// What a node is.
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
    /// A question to a person.
    Ask,
    /// The end as failed.
    Fail,
    /// Parallel arms.
    Join,
    /// A loop with a condition.
    Repeat,
    /// A loop of a generator and a critic.
    Refine,
    /// One body for many items.
    Map,
    /// The arms that a set selects.
    Route,
    /// Validators on a value.
    Gate,
    /// A timer.
    Wait,
}

impl NodeKind {
    /// The word used in exports and fingerprints.
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
    /// The id: what paths are made of. For nodes that are no path segment, a label.
    pub id: &'static str,
    /// What it is.
    pub kind: NodeKind,
    /// What is known of the step or pipeline that it calls.
    pub facts: &'static Facts,
    /// Options given at the call.
    pub options: &'static [OptionText],
    /// How many branches and forms enclose it.
    pub depth: usize,
    /// The line in the source file.
    pub line: u32,
    /// For a question: whether a reply fits its type.
    pub reply: Option<ReplyCheck>,
    /// The step that stands in for it, if the call names one.
    pub falls_back_to: Option<&'static Facts>,
    /// The step that plugins may redirect to, if the call names one.
    pub redirects_to: Option<&'static Facts>,
    /// Whether its output ends with its statement.
    pub unused: bool,
    /// For a `repeat`: whether its condition does not look at the value.
    pub blind: bool,
}

impl Node {
    /// A call without options.
    #[doc(hidden)]
    pub const fn call(id: &'static str, facts: &'static Facts, depth: usize, line: u32) -> Self {
        Self {
            id,
            kind: facts.kind,
            facts,
            options: &[],
            depth,
            line,
            reply: None,
            falls_back_to: None,
            redirects_to: None,
            unused: false,
            blind: false,
        }
    }
}

/// Decodes a reply, to see whether it fits.
pub type ReplyCheck = fn(&Json) -> Result<(), CodecError>;

/// An edge between two nodes, by their indices in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it starts; `None` at the pipeline's input.
    pub from: Option<usize>,
    /// Where it ends; `None` at the pipeline's output.
    pub to: Option<usize>,
    /// A branch's pattern or condition, else empty.
    pub label: &'static str,
}

impl Edge {
    /// Edges from where each starts and ends, counted from 1, or 0 for the pipeline itself, and its label.
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
    /// The doc comment.
    pub doc: &'static str,
    /// Input names and types.
    pub inputs: &'static [(&'static str, &'static str)],
    /// The output type.
    pub output: &'static str,
    /// The context type, `"()"` for none.
    pub context: &'static str,
    /// The resources type, `"()"` for none.
    pub resources: &'static str,
    /// Its nodes in source order.
    pub nodes: &'static [Node],
    /// How they follow each other.
    pub edges: &'static [Edge],
    /// Calls of clocks and random generators in its expressions, each with its line.
    pub impure: &'static [(&'static str, u32)],
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
}

/// What is known at compile time of a step or a pipeline, whatever context it runs in.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The function's name, or the pipeline's durable name.
    pub name: &'static str,
    /// Step, model step or pipeline.
    pub kind: NodeKind,
    /// `version = n`, 1 by default.
    pub version: u32,
    /// The oldest version whose records it takes: `version`, unless `migrate` says how older ones are carried over.
    pub migrates_from: u32,
    /// Input names and types.
    pub inputs: &'static [(&'static str, &'static str)],
    /// The output type.
    pub output: &'static str,
    /// Types of context parts that it reads.
    pub reads: &'static [&'static str],
    /// Types of context parts that it may write.
    pub writes: &'static [&'static str],
    /// Types of resources that it uses.
    pub resources: &'static [&'static str],
    /// Whether it takes `run: &RunInfo`.
    pub run: bool,
    /// Options of the attribute.
    pub options: &'static [OptionText],
    /// The doc comment.
    pub doc: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// Worst case of one attempt.
    pub bounds: Bounds,
    /// Default retries.
    pub retries: u64,
    /// Worst case of the fallback that the attribute names.
    pub fallback: Bounds,
    /// Worst case of one attempt of the step that the attribute redirects to.
    pub redirect: Bounds,
    /// The step that the attribute names as fallback.
    pub falls_back_to: Option<&'static Facts>,
    /// The step that the attribute redirects to.
    pub redirects_to: Option<&'static Facts>,
    /// The steps that a model step names as its tools.
    pub tools: &'static [&'static Facts],
    /// The graph of a pipeline.
    pub graph: Option<&'static Graph>,
    /// The JSON Schema of the answer of a model step.
    pub answer: Option<AnswerSchema>,
    /// The JSON Schema of the output of a step, where its type has one: it is stored with each run.
    pub schema: Option<AnswerSchema>,
}

impl Facts {
    /// Worst case of one call with its default retries.
    pub const fn call(&self) -> Bounds {
        self.attempts(Some(self.retries), self.redirect)
    }

    /// Worst case of one call as the step says it all, with what falls back.
    pub const fn called(&self) -> Bounds {
        // What most steps are, in few steps: the compiler interprets this for every call of every pipeline.
        if self.retries == 0 && self.falls_back_to.is_none() {
            return self.bounds;
        }
        self.call().then(self.fallback)
    }

    /// Worst case of one attempt and so many more, each of which may be one of a step that it was
    /// redirected to.
    pub const fn attempts(&self, retries: Option<u64>, redirect: Bounds) -> Bounds {
        self.bounds.then(self.bounds.or(redirect).times(retries))
    }

    /// Facts of a code step without options.
    #[doc(hidden)]
    pub const fn step(
        name: &'static str,
        inputs: &'static [(&'static str, &'static str)],
        output: &'static str,
        (file, line): (&'static str, u32),
        schema: Option<AnswerSchema>,
    ) -> Self {
        Self { name, inputs, output, file, line, schema, bounds: Bounds::STEP, ..Self::NONE }
    }

    /// Facts of something that is no callee: a form, or a call that does not compile anyway.
    pub const NONE: Self = Self {
        name: "",
        kind: NodeKind::Step,
        version: 1,
        migrates_from: 1,
        inputs: &[],
        output: "",
        reads: &[],
        writes: &[],
        resources: &[],
        run: false,
        options: &[],
        doc: "",
        file: "",
        line: 0,
        bounds: Bounds::ZERO,
        retries: 0,
        fallback: Bounds::ZERO,
        redirect: Bounds::ZERO,
        falls_back_to: None,
        redirects_to: None,
        tools: &[],
        graph: None,
        answer: None,
        schema: None,
    };
}

impl Graph {
    /// No nodes at all.
    pub(crate) const EMPTY: Self = Self {
        name: "",
        doc: "",
        inputs: &[],
        output: "",
        context: "()",
        resources: "()",
        nodes: &[],
        edges: &[],
        impure: &[],
        file: "",
        line: 0,
    };

    /// Every node of this pipeline and of the pipelines it calls, with its path below `self`.
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

    /// The node behind the path of a run: without its rounds, items and replacements.
    pub fn node_at(&self, path: &str) -> Option<&'static Node> {
        let mut segments = grammar::segments(path);
        if segments.next() != Some(self.name) {
            return None;
        }
        let mut graph: Option<&Graph> = Some(self);
        let mut found: Option<&'static Node> = None;
        for segment in segments {
            // A map's items are segments of their own, and its body's nodes stand in the same graph.
            let nodes: &'static [Node] = graph?.nodes;
            found = nodes.iter().find(|node| node.id == segment);
            graph = match found?.facts.graph {
                Some(inner) => Some(inner),
                None => graph,
            };
        }
        found
    }

    /// Whether a person may be asked, by what stands in for a node included.
    pub fn asks(&self) -> bool {
        self.places().iter().any(|place| place.kind == NodeKind::Ask)
    }
}
