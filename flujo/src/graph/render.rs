//! The graph as text for other programs, with or without the overlay of a run.

mod dot;
mod json;
mod mermaid;

use super::Graph;
use super::run_overlay::RunOverlay;

impl Graph {
    /// Renders the graph as a Mermaid flowchart, nested pipelines as boxes.
    ///
    /// Paste it into any Markdown page that draws Mermaid (<https://mermaid.js.org/syntax/flowchart.html>).
    pub fn mermaid(&self) -> String {
        mermaid::draw(self, None)
    }

    /// Renders the graph in the language of Graphviz (`dot -Tsvg`), nested pipelines as clusters.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(name) }
    /// # pipeline! {
    /// #     fn welcome(name: String) -> String { greet(name) }
    /// # }
    /// assert!(welcome::GRAPH.dot().starts_with("digraph \"welcome\" {\n"));
    /// ```
    pub fn dot(&self) -> String {
        dot::draw(self, None)
    }

    /// Renders the graph as JSON, in a stable order:
    ///
    /// ```json
    /// {
    ///   "schema": 1,
    ///   "fingerprint": "32 hex digits",
    ///   "name": "moderate", "doc": "..", "file": "src/moderate.rs", "line": 12,
    ///   "inputs": [{ "name": "post", "type": "Post" }], "output": "Receipt",
    ///   "context": "Moderation", "resources": "App",
    ///   "nodes": [{
    ///     "id": "triage", "kind": "step", "depth": 0, "line": 14,
    ///     "options": { "retries": "3" },
    ///     "step": {
    ///       "name": "triage", "version": 1, "inputs": [..], "output": "Case", "doc": "..", "file": "..", "line": 3,
    ///       "reads": [], "writes": ["Moderation"], "resources": ["Db"], "options": { "timeout": "\"20s\"" }
    ///     },
    ///     "graph": null
    ///   }],
    ///   "edges": [{ "from": null, "to": 0, "label": "" }]
    /// }
    /// ```
    ///
    /// Kinds are those of [`NodeKind::word`](super::NodeKind::word); `step` is `null` for forms; `graph` is that of a
    /// nested pipeline, without `schema` and `fingerprint`. Edges name nodes by their index; `from` is `null` at the
    /// input, `to` at the output. [`with_run`](Graph::with_run) adds to each node `"run"`: `null`, or
    /// `{ "standing": "done", "runs": 1, "attempts": 2, "latency_nanos": 1500, "cost_nanos": 0, "tokens": 0 }` with
    /// `done`, `failed` or `waiting`; to each node and edge `"taken"`. New fields may be added; `schema` changes when
    /// a field is removed or changes its meaning.
    pub fn json(&self) -> String {
        json::write(self, None)
    }
}

/// A graph with the overlay of a run: created by [`Graph::with_run`].
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// # let flujo = Flujo::builder().build()?;
/// let result = flujo.run(welcome("Ada".to_owned())).await;
/// let drawing = welcome::GRAPH.with_run(&result);
/// assert!(drawing.mermaid().starts_with("flowchart"));
/// assert!(drawing.dot().starts_with("digraph"));
/// assert!(drawing.json().contains(r#""standing""#));
/// // Without a run.
/// assert!(!welcome::GRAPH.json().contains(r#""standing""#));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Drawing<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) overlay: RunOverlay,
}

impl Drawing<'_> {
    /// Renders as [`Graph::mermaid`] does, with the overlay.
    pub fn mermaid(&self) -> String {
        mermaid::draw(self.graph, Some(&self.overlay))
    }

    /// Renders as [`Graph::dot`] does, with the overlay.
    pub fn dot(&self) -> String {
        dot::draw(self.graph, Some(&self.overlay))
    }

    /// Renders as [`Graph::json`] does, with the overlay.
    pub fn json(&self) -> String {
        json::write(self.graph, Some(&self.overlay))
    }
}

/// The tools of a model step as a label: `tools: search_web, calculator`.
fn tools(node: &super::Node) -> Option<String> {
    let names: Vec<_> = node.facts.tools.iter().map(|tool| tool.name).collect();
    (!names.is_empty()).then(|| format!("tools: {}", names.join(", ")))
}
