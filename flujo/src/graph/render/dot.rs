use super::mermaid::goes_on;
use super::tools;
use crate::graph::run_overlay::{RunOverlay, Standing};
use crate::graph::{Graph, NodeKind};
use std::fmt::Write as _;

pub(super) fn draw(graph: &Graph, overlay: Option<&RunOverlay>) -> String {
    let mut drawn = Drawn { out: String::new(), overlay };
    drawn.line("", format_args!("digraph {} {{", quoted(graph.name)));
    drawn.line("    ", format_args!("node [shape=box];"));
    let done = overlay.is_some_and(RunOverlay::is_done);
    drawn.body(graph, "n", "    ", &[], graph.name, done);
    drawn.line("", format_args!("}}"));
    drawn.out
}

struct Drawn<'m> {
    out: String,
    overlay: Option<&'m RunOverlay>,
}

impl Drawn<'_> {
    fn line(&mut self, indent: &str, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{indent}{text}");
    }

    fn body(&mut self, graph: &Graph, prefix: &str, indent: &str, spot: &[usize], path: &str, done: bool) {
        let inputs: Vec<_> = graph.inputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let label = quoted(&inputs.join(", "));
        self.line(indent, format_args!("{prefix}_in [label={label}, shape=oval];"));
        let taken = self.overlay.map(|overlay| overlay.taken(graph, spot, path, done));
        for (i, node) in graph.nodes.iter().enumerate() {
            let (id, own) = (format!("{prefix}{i}"), [spot, &[i]].concat());
            let mark = self.overlay.and_then(|overlay| overlay.at(&own));
            let said = mark.map(|mark| format!("\n{}", mark.text())).unwrap_or_default();
            let tools = tools(node).map(|tools| format!("\n{tools}")).unwrap_or_default();
            let label = quoted(&format!("{}{tools}{said}", node.id));
            let style = taken.as_ref().map_or("", |taken| {
                let came = taken.nodes.get(i).copied().unwrap_or(false);
                let silent = if came { Standing::Done } else { Standing::Idle };
                style(mark.map_or(silent, |mark| mark.standing))
            });
            let Some(inner) = node.facts.graph else {
                let shape = shape(node.kind);
                self.line(indent, format_args!("{id} [label={label}, shape={shape}{style}];"));
                continue;
            };
            self.line(indent, format_args!("subgraph cluster_{id} {{"));
            let inside = format!("{indent}    ");
            self.line(&inside, format_args!("label={label};"));
            if let Some(style) = style.strip_prefix(", ") {
                self.line(&inside, format_args!("{};", style.replace(", ", "; ")));
            }
            let left = taken.as_ref().is_some_and(|taken| goes_on(graph, taken, i));
            let path = format!("{path}/{}", node.id);
            self.body(inner, &format!("{id}_"), &inside, &own, &path, left);
            self.line(indent, format_args!("}}"));
        }
        self.line(indent, format_args!("{prefix}_out [label={}, shape=oval];", quoted(graph.output)));
        // An edge cannot end at a cluster: it ends at the input inside of the cluster, and begins at its output.
        let nested = |i: usize| graph.nodes.get(i).is_some_and(|node| node.facts.graph.is_some());
        for (i, edge) in graph.edges.iter().enumerate() {
            let from = match edge.from {
                None => format!("{prefix}_in"),
                Some(i) if nested(i) => format!("{prefix}{i}__out"),
                Some(i) => format!("{prefix}{i}"),
            };
            let to = match edge.to {
                None => format!("{prefix}_out"),
                Some(i) if nested(i) => format!("{prefix}{i}__in"),
                Some(i) => format!("{prefix}{i}"),
            };
            let mut with = Vec::new();
            if !edge.label.is_empty() {
                with.push(format!("label={}", quoted(edge.label)));
            }
            if let Some(taken) = &taken {
                let taken = taken.edges.get(i) == Some(&true);
                with.push(if taken { "color=\"#1a7f37\", penwidth=3" } else { "color=gray" }.to_owned());
            }
            let with = if with.is_empty() { String::new() } else { format!(" [{}]", with.join(", ")) };
            self.line(indent, format_args!("{from} -> {to}{with};"));
        }
    }
}

fn style(standing: Standing) -> &'static str {
    match standing {
        Standing::Done => ", color=\"#1a7f37\", penwidth=2",
        Standing::Failed => ", color=\"#cf222e\", penwidth=3",
        Standing::Waiting => ", color=\"#9a6700\", penwidth=3, style=dashed",
        Standing::Idle => ", color=gray, fontcolor=gray",
    }
}

fn shape(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Step | NodeKind::Pipeline => "box",
        NodeKind::Model => "component",
        NodeKind::Branch | NodeKind::Gate => "diamond",
        NodeKind::Ask => "parallelogram",
        NodeKind::Fail => "cds",
        NodeKind::Join | NodeKind::Map | NodeKind::Route => "doublecircle",
        NodeKind::Repeat | NodeKind::Refine => "hexagon",
        NodeKind::Wait => "circle",
    }
}

/// A string literal of the language, with quotes and backslashes escaped.
fn quoted(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
