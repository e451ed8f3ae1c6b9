//! The graph as Mermaid text, which documentation sites and code hosts draw.

use super::{Graph, Node, NodeKind};
use std::fmt::Write as _;

impl Graph {
    /// The graph, nested pipelines as boxes, as a Mermaid flowchart.
    ///
    /// Paste it into any Markdown page that draws Mermaid (<https://mermaid.js.org/syntax/flowchart.html>).
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart TD\n");
        body(self, "n", "    ", &mut out);
        out
    }
}

fn body(graph: &Graph, prefix: &str, indent: &str, out: &mut String) {
    let inputs: Vec<_> = graph.inputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    line(out, indent, &format!("{prefix}_in([\"{}\"])", text(&inputs.join(", "))));
    for (i, node) in graph.nodes.iter().enumerate() {
        let id = format!("{prefix}{i}");
        match node.facts.graph {
            Some(inner) => {
                line(out, indent, &format!("subgraph {id} [\"{}\"]", text(node.id)));
                body(inner, &format!("{id}_"), &format!("{indent}    "), out);
                line(out, indent, "end");
            }
            None => line(out, indent, &shape(&id, node)),
        }
    }
    line(out, indent, &format!("{prefix}_out([\"{}\"])", text(graph.output)));
    for edge in graph.edges {
        let from = edge.from.map_or_else(|| format!("{prefix}_in"), |i| format!("{prefix}{i}"));
        let to = edge.to.map_or_else(|| format!("{prefix}_out"), |i| format!("{prefix}{i}"));
        let label = if edge.label.is_empty() { String::new() } else { format!("|\"{}\"|", text(edge.label)) };
        line(out, indent, &format!("{from} -->{label} {to}"));
    }
}

fn shape(id: &str, node: &Node) -> String {
    let label = text(node.id);
    match node.kind {
        NodeKind::Step | NodeKind::Pipeline => format!("{id}[\"{label}\"]"),
        NodeKind::Model => format!("{id}[[\"{label}\"]]"),
        NodeKind::Branch | NodeKind::Gate => format!("{id}{{\"{label}\"}}"),
        NodeKind::Ask => format!("{id}[/\"{label}\"/]"),
        NodeKind::Fail => format!("{id}>\"{label}\"]"),
        NodeKind::Join | NodeKind::Map | NodeKind::Route => format!("{id}(((\"{label}\")))"),
        NodeKind::Repeat | NodeKind::Refine => format!("{id}{{{{\"{label}\"}}}}"),
        NodeKind::Wait => format!("{id}((\"{label}\"))"),
    }
}

/// Quotes would end the label; Mermaid writes them as an entity.
fn text(s: &str) -> String {
    s.replace('"', "#quot;")
}

fn line(out: &mut String, indent: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{indent}{text}");
}
