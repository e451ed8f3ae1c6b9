use super::mermaid::goes_on;
use crate::graph::run_overlay::{RunOverlay, Taken};
use crate::graph::{Facts, Graph, Node, NodeKind, OptionText, fingerprint};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

pub(super) fn write(graph: &Graph, overlay: Option<&RunOverlay>) -> String {
    let done = overlay.is_some_and(RunOverlay::is_done);
    let whole = Whole {
        schema: 1,
        fingerprint: format!("{:032x}", fingerprint(graph)),
        graph: Drawn::of(graph, overlay, &[], graph.name, done),
    };
    // Strings, numbers and lists: serialization cannot fail.
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

#[derive(Serialize)]
struct Whole {
    schema: u32,
    fingerprint: String,
    #[serde(flatten)]
    graph: Drawn,
}

#[derive(Serialize)]
struct Drawn {
    name: &'static str,
    doc: &'static str,
    file: &'static str,
    line: u32,
    inputs: Vec<Input>,
    output: &'static str,
    context: &'static str,
    resources: &'static str,
    nodes: Vec<DrawnNode>,
    edges: Vec<DrawnEdge>,
}

#[derive(Serialize)]
struct Input {
    name: &'static str,
    #[serde(rename = "type")]
    ty: &'static str,
}

#[derive(Serialize)]
struct DrawnNode {
    id: &'static str,
    kind: &'static str,
    depth: usize,
    line: u32,
    options: Options,
    step: Option<DrawnStep>,
    graph: Option<Box<Drawn>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<bool>,
    #[serde(skip_serializing_if = "Run::is_absent")]
    run: Run,
}

#[derive(Serialize)]
struct DrawnStep {
    name: &'static str,
    version: u32,
    inputs: Vec<Input>,
    output: &'static str,
    doc: &'static str,
    file: &'static str,
    line: u32,
    reads: &'static [&'static str],
    writes: &'static [&'static str],
    resources: &'static [&'static str],
    options: Options,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<&'static str>,
}

/// The overlay of a run: absent without a run, `null` if the run has no record of the node.
#[derive(Serialize)]
#[serde(untagged)]
enum Run {
    Absent,
    Nothing,
    Ran(Ran),
}

impl Run {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

#[derive(Serialize)]
struct Ran {
    standing: &'static str,
    runs: u32,
    attempts: u32,
    latency_nanos: u64,
    cost_nanos: u64,
    tokens: u64,
}

#[derive(Serialize)]
struct DrawnEdge {
    from: Option<usize>,
    to: Option<usize>,
    label: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<bool>,
}

/// Options as an object, in the order in which they were written.
struct Options(&'static [OptionText]);

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (i, (name, value)) in self.0.iter().enumerate() {
            // An option that may be given several times is a list, at the place of its first one.
            let all: Vec<_> = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value).collect();
            match all.as_slice() {
                [_] => map.serialize_entry(name, value)?,
                _ if self.0.iter().position(|(n, _)| n == name) == Some(i) => {
                    map.serialize_entry(name, &all)?;
                }
                _ => {}
            }
        }
        map.end()
    }
}

fn inputs(list: &'static [(&'static str, &'static str)]) -> Vec<Input> {
    list.iter().map(|&(name, ty)| Input { name, ty }).collect()
}

impl Drawn {
    fn of(graph: &Graph, overlay: Option<&RunOverlay>, spot: &[usize], path: &str, done: bool) -> Self {
        let taken = overlay.map(|overlay| overlay.taken(graph, spot, path, done));
        let nodes = graph.nodes.iter().enumerate();
        let nodes =
            nodes.map(|(i, node)| DrawnNode::of(graph, (i, node), overlay, spot, path, taken.as_ref()));
        let edges = graph.edges.iter().enumerate().map(|(i, edge)| DrawnEdge {
            from: edge.from,
            to: edge.to,
            label: edge.label,
            taken: taken.as_ref().map(|taken| taken.edges.get(i) == Some(&true)),
        });
        let Graph { name, doc, inputs: given, output, context, resources, file, line, .. } = *graph;
        let (nodes, edges) = (nodes.collect(), edges.collect());
        Self { name, doc, file, line, inputs: inputs(given), output, context, resources, nodes, edges }
    }
}

impl DrawnNode {
    fn of(
        graph: &Graph,
        (i, node): (usize, &Node),
        overlay: Option<&RunOverlay>,
        spot: &[usize],
        path: &str,
        taken: Option<&Taken>,
    ) -> Self {
        let own = [spot, &[i]].concat();
        let called = matches!(node.kind, NodeKind::Step | NodeKind::Model | NodeKind::Pipeline);
        let run = match overlay.map(|overlay| overlay.at(&own)) {
            None => Run::Absent,
            Some(None) => Run::Nothing,
            Some(Some(mark)) => Run::Ran(Ran {
                standing: mark.standing.word(),
                runs: mark.runs,
                attempts: mark.attempts,
                latency_nanos: u64::try_from(mark.latency.as_nanos()).unwrap_or(u64::MAX),
                cost_nanos: mark.usage.cost.0,
                tokens: mark.usage.total_tokens(),
            }),
        };
        let inner = node.facts.graph.map(|inner| {
            let left = taken.is_some_and(|taken| goes_on(graph, taken, i));
            Box::new(Drawn::of(inner, overlay, &own, &format!("{path}/{}", node.id), left))
        });
        Self {
            id: node.id,
            kind: node.kind.word(),
            depth: node.depth,
            line: node.line,
            options: Options(node.options),
            step: called.then(|| DrawnStep::of(node.facts)),
            graph: inner,
            taken: taken.map(|taken| taken.nodes.get(i) == Some(&true)),
            run,
        }
    }
}

impl DrawnStep {
    fn of(facts: &Facts) -> Self {
        let Facts { name, version, output, doc, file, line, reads, writes, resources, options, .. } = *facts;
        let (inputs, options) = (inputs(facts.inputs), Options(options));
        let tools = facts.tools.iter().map(|tool| tool.name).collect();
        Self { name, version, inputs, output, doc, file, line, reads, writes, resources, options, tools }
    }
}
