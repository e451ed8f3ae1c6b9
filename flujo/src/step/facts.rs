//! The constants of steps and pipelines: what is known of a callee without its context.

use crate::graph::{Bounds, Facts, Graph, Node, NodeKind, StepTexts};

/// The facts of a callee that need no context and no bounds of its type parameters, so that
/// `decode(x)` can be looked up as `<decode as StepInfo>`.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::step::StepInfo;
///
/// /// Greets a person.
/// #[step(version = 2)]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// assert_eq!((greet::FACTS.name, greet::FACTS.version, greet::FACTS.doc), ("greet", 2, "Greets a person."));
/// ```
pub trait StepInfo {
    /// Names, types, options, bounds.
    const FACTS: Facts = Facts::step(Self::TEXTS);
    /// The facts of a code step without options. A tuple of plain values: rustc proves of the type of each constant that it
    /// has no interior mutability, which takes long for one with as many fields as [`Facts`].
    #[doc(hidden)]
    const TEXTS: StepTexts = ("", &[], "", ("", 0), None);
    /// Evaluates that of every callee, so that pipelines which call each other in a circle are an error of
    /// `cargo check`: nothing else here is evaluated before it is used.
    #[doc(hidden)]
    const ENDS: () = ();
}

/// The constants of a pipeline.
///
/// `X` is any type: `cargo check` evaluates the constants of an impl with each edit, unless the impl is generic.
#[doc(hidden)]
pub trait PipelineData<X> {
    /// The nodes and edges.
    const GRAPH: &'static Graph;
    /// The worst case of one run.
    const BOUNDS: Bounds;
}

impl Node {
    /// Creates a call without options.
    #[doc(hidden)]
    pub const fn call<S: StepInfo>(id: &'static str, depth: usize, line: u32) -> Self {
        let facts = Facts::of::<S>();
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

impl Facts {
    /// Returns the facts of a callee. Generated code calls this function in place of naming the constant, since
    /// `cargo check` evaluates every constant that a body names, and no function that it calls.
    #[doc(hidden)]
    pub const fn of<S: StepInfo>() -> &'static Self {
        const { &S::FACTS }
    }

    /// Creates the facts of a pipeline that has neither a context nor resources.
    #[doc(hidden)]
    pub const fn pipeline<P: PipelineData<()>>() -> Self {
        let Graph { name, doc, inputs, output, file, line, .. } = *P::GRAPH;
        let (kind, bounds, graph) = (NodeKind::Pipeline, P::BOUNDS, Some(P::GRAPH));
        Self { name, kind, inputs, output, doc, file, line, bounds, graph, ..Self::NONE }
    }
}
