use super::tools;
use crate::graph::run_overlay::{RunOverlay, Standing, Taken};
use crate::graph::{Graph, Node, NodeKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Writing to a string cannot fail.
fn line(out: &mut String, indent: &str, text: &str) {
    let _ = writeln!(out, "{indent}{text}");
}

pub(super) fn draw(graph: &Graph, overlay: Option<&RunOverlay>) -> String {
    let mut drawn = Drawn { out: String::from("flowchart TD\n"), overlay, ..Drawn::default() };
    let done = overlay.is_some_and(RunOverlay::is_done);
    drawn.body(graph, "n", "    ", &[], graph.name, done);
    drawn.styles();
    drawn.out
}

#[derive(Default)]
struct Drawn<'m> {
    out: String,
    overlay: Option<&'m RunOverlay>,
    links: usize,
    /// The links that the run took, and the nodes by their state.
    taken: Vec<usize>,
    nodes: BTreeMap<&'static str, Vec<String>>,
}

impl Drawn<'_> {
    fn body(&mut self, graph: &Graph, prefix: &str, indent: &str, spot: &[usize], path: &str, done: bool) {
        let inputs: Vec<_> = graph.inputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        line(&mut self.out, indent, &format!("{prefix}_in([\"{}\"])", text(&inputs.join(", "))));
        let taken = self.overlay.map(|overlay| overlay.taken(graph, spot, path, done));
        for (i, node) in graph.nodes.iter().enumerate() {
            let (id, own) = (format!("{prefix}{i}"), [spot, &[i]].concat());
            let mark = self.overlay.and_then(|overlay| overlay.at(&own));
            let said = mark.map(|mark| format!("<br/>{}", text(&mark.text()))).unwrap_or_default();
            let tools = tools(node).map(|tools| format!("<br/>{}", text(&tools))).unwrap_or_default();
            let label = format!("{}{tools}{said}", text(node.id));
            match node.facts.graph {
                Some(inner) => {
                    line(&mut self.out, indent, &format!("subgraph {id} [\"{label}\"]"));
                    let left = taken.as_ref().is_some_and(|taken| goes_on(graph, taken, i));
                    let (prefix, inside) = (format!("{id}_"), format!("{indent}    "));
                    self.body(inner, &prefix, &inside, &own, &format!("{path}/{}", node.id), left);
                    line(&mut self.out, indent, "end");
                }
                None => line(&mut self.out, indent, &shape(&id, node, &label)),
            }
            if let Some(taken) = &taken {
                let came = taken.nodes.get(i).copied().unwrap_or(false);
                let silent = if came { Standing::Done } else { Standing::Idle };
                let standing = mark.map_or(silent, |mark| mark.standing);
                self.nodes.entry(standing.word()).or_default().push(id);
            }
        }
        line(&mut self.out, indent, &format!("{prefix}_out([\"{}\"])", text(graph.output)));
        for (i, edge) in graph.edges.iter().enumerate() {
            let from = edge.from.map_or_else(|| format!("{prefix}_in"), |i| format!("{prefix}{i}"));
            let to = edge.to.map_or_else(|| format!("{prefix}_out"), |i| format!("{prefix}{i}"));
            let label =
                if edge.label.is_empty() { String::new() } else { format!("|\"{}\"|", text(edge.label)) };
            line(&mut self.out, indent, &format!("{from} -->{label} {to}"));
            if taken.as_ref().is_some_and(|taken| taken.edges.get(i) == Some(&true)) {
                self.taken.push(self.links);
            }
            self.links += 1;
        }
    }

    fn styles(&mut self) {
        for (standing, nodes) in &self.nodes {
            let style = match *standing {
                "done" => "stroke:#1a7f37,stroke-width:2px",
                "failed" => "stroke:#cf222e,stroke-width:3px",
                "waiting" => "stroke:#9a6700,stroke-width:3px,stroke-dasharray:5 3",
                _ => "opacity:0.4",
            };
            line(&mut self.out, "    ", &format!("classDef {standing} {style}"));
            line(&mut self.out, "    ", &format!("class {} {standing}", nodes.join(",")));
        }
        if !self.taken.is_empty() {
            let taken: Vec<_> = self.taken.iter().map(ToString::to_string).collect();
            line(
                &mut self.out,
                "    ",
                &format!("linkStyle {} stroke:#1a7f37,stroke-width:3px", taken.join(",")),
            );
        }
    }
}

/// Returns true if the run continued after node `i`.
pub(super) fn goes_on(graph: &Graph, taken: &Taken, i: usize) -> bool {
    graph.edges.iter().zip(&taken.edges).any(|(edge, taken)| edge.from == Some(i) && *taken)
}

fn shape(id: &str, node: &Node, label: &str) -> String {
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

/// Escapes text as entities: quotes would end the label, `#` would begin an entity, a tag would be taken for HTML. A
/// label is one line.
fn text(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            '<' => out.push_str("#lt;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
