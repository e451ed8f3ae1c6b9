use super::{Facts, Graph, Node};

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The fingerprint of a graph: FNV-1a, 128 bit, over ids, kinds, types, versions and edges, nested pipelines
/// and tools included; docs, options and lines do not count.
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
/// use flujo::Pipeline;
/// use flujo::graph::fingerprint;
/// // What a run records of the code that it began with.
/// assert_eq!(fingerprint(welcome::GRAPH), welcome::FINGERPRINT);
/// # Ok(())
/// # }
/// ```
pub const fn fingerprint(graph: &Graph) -> u128 {
    graph_into(OFFSET, graph)
}

const fn graph_into(mut hash: u128, graph: &Graph) -> u128 {
    hash = text(hash, graph.name);
    hash = pairs(hash, graph.inputs);
    hash = text(hash, graph.output);
    hash = text(hash, graph.context);
    let mut i = 0;
    while i < graph.nodes.len() {
        hash = node(hash, at(graph.nodes, i));
        i += 1;
    }
    let mut i = 0;
    while i < graph.edges.len() {
        let edge = at(graph.edges, i);
        hash = number(hash, end(edge.from));
        hash = number(hash, end(edge.to));
        hash = text(hash, edge.label);
        i += 1;
    }
    hash
}

const fn node(mut hash: u128, node: &Node) -> u128 {
    hash = text(hash, node.id);
    hash = text(hash, node.kind.word());
    facts(hash, node.facts)
}

const fn facts(mut hash: u128, facts: &Facts) -> u128 {
    hash = text(hash, facts.name);
    hash = number(hash, facts.version as u64);
    hash = pairs(hash, facts.inputs);
    hash = text(hash, facts.output);
    hash = texts(hash, facts.reads);
    hash = texts(hash, facts.writes);
    // Steps without tools have the fingerprint that they had before tools counted.
    let mut i = 0;
    while i < facts.tools.len() {
        hash = text(hash, "tool");
        hash = self::facts(hash, at::<&Facts>(facts.tools, i));
        i += 1;
    }
    match facts.graph {
        Some(inner) => graph_into(hash, inner),
        None => hash,
    }
}

const fn end(index: Option<usize>) -> u64 {
    match index {
        Some(i) => i as u64 + 1,
        None => 0,
    }
}

const fn pairs(mut hash: u128, list: &[(&str, &str)]) -> u128 {
    let mut i = 0;
    while i < list.len() {
        let (name, ty) = at(list, i);
        hash = text(text(hash, name), ty);
        i += 1;
    }
    number(hash, list.len() as u64)
}

const fn texts(mut hash: u128, list: &[&str]) -> u128 {
    let mut i = 0;
    while i < list.len() {
        hash = text(hash, at::<&str>(list, i));
        i += 1;
    }
    number(hash, list.len() as u64)
}

const fn text(mut hash: u128, text: &str) -> u128 {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ *at(bytes, i) as u128).wrapping_mul(PRIME);
        i += 1;
    }
    number(hash, bytes.len() as u64)
}

const fn number(mut hash: u128, n: u64) -> u128 {
    let mut shift = 0;
    while shift < 64 {
        hash = (hash ^ (n >> shift & 0xff) as u128).wrapping_mul(PRIME);
        shift += 8;
    }
    hash
}

/// `list[i]` for const code: `get` is not const.
#[allow(clippy::indexing_slicing, reason = "every caller compares the index with the length first")]
const fn at<T>(list: &[T], i: usize) -> &T {
    &list[i]
}
