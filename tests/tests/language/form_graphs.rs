//! The nodes and edges of loops, items, routes, gates and timers, exact.

use super::form_bounds::Topic;
use super::*;
use flujo::graph::Graph;
use std::collections::BTreeSet;

type Nodes = Vec<(&'static str, NodeKind, usize)>;
type Edges = Vec<(Option<usize>, Option<usize>, &'static str)>;

fn nodes(graph: &Graph) -> Nodes {
    graph.nodes.iter().map(|node| (node.id, node.kind, node.depth)).collect()
}

fn edges(graph: &Graph) -> Edges {
    graph.edges.iter().map(|edge| (edge.from, edge.to, edge.label)).collect()
}

#[step]
async fn write(feedback: Option<Feedback>) -> Result<String> {
    Ok(feedback.map_or_else(|| "a".to_owned(), |feedback| feedback.to_string()))
}

#[step]
async fn review(draft: String) -> Result<Critique> {
    Ok(if draft.is_empty() { Critique::revise("empty") } else { Critique::Accept })
}

struct Long;

impl Validator<String> for Long {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::valid()
    }
}

// ---- loops

pipeline! {
    fn loops(text: String) -> String {
        let text = repeat(text, |text| {
            if text.len() > 1 { keep(text) } else { value(text + "!") }
        })
        .until(|text| text.len() > 3)
        .max(3)
        .or_last();
        let draft = refine(
            |feedback| {
                let draft = write(feedback);
                keep(draft + &text).named("kept")
            },
            review,
        )
        .max(2)
        .named("drafts")
        .settle();
        match draft {
            Ok(draft) => shout(draft),
            Err(failure) => fail(failure.message),
        }
    }
}

#[test]
fn loops_lead_back_and_are_left_where_they_are_entered() {
    use NodeKind::*;
    let graph = loops::GRAPH;
    assert_eq!(
        nodes(graph),
        [
            ("repeat", Repeat, 0),
            ("if text.len() > 1", Branch, 1),
            ("keep", Step, 2),
            ("drafts", Refine, 0),
            ("write", Step, 1),
            ("kept", Step, 1),
            ("review", Step, 1),
            ("match draft", Branch, 0),
            ("shout", Step, 1),
            ("fail", Fail, 1),
        ]
    );
    assert_eq!(
        edges(graph),
        [
            (None, Some(0), ""),
            (Some(0), Some(1), "each"),
            (Some(1), Some(2), "text.len() > 1"),
            // back, from the step and from the branch that runs nothing
            (Some(2), Some(0), ""),
            (Some(1), Some(0), "else"),
            (Some(0), Some(3), ""),
            (Some(3), Some(4), "each"),
            (Some(4), Some(5), ""),
            (Some(5), Some(6), ""),
            (Some(6), Some(3), ""),
            (Some(3), Some(7), ""),
            (Some(7), Some(8), "Ok(draft)"),
            (Some(7), Some(9), "Err(failure)"),
            (Some(8), None, ""),
        ]
    );
    let options: Vec<_> = graph.nodes.iter().map(|node| node.options).collect();
    assert_eq!(options[0], [("until", "|text| text.len() > 3"), ("max", "3"), ("or_last", "")]);
    assert_eq!(options[3], [("max", "2"), ("settle", "")]);
}

// ---- items

pipeline! {
    fn items(texts: Vec<String>) -> usize {
        let notes = map(texts, |text| {
            let (left, right) = join(keep(text.clone()), { let sure: bool = ask("sure?"); value(sure) });
            value(format!("{left}{right}"))
        })
        .concurrency(2)
        .max(9);
        map(notes, shout).named("shouted").settle();
        value(2)
    }
}

#[test]
fn items_lead_back_to_their_map() {
    use NodeKind::*;
    let graph = items::GRAPH;
    assert_eq!(
        nodes(graph),
        [
            ("notes", Map, 0),
            ("join:keep", Join, 1),
            ("keep", Step, 2),
            ("sure", Ask, 2),
            ("shouted", Map, 0),
            ("shout", Step, 1),
        ]
    );
    assert_eq!(
        edges(graph),
        [
            (None, Some(0), ""),
            (Some(0), Some(1), "each"),
            (Some(1), Some(2), ""),
            (Some(1), Some(3), ""),
            (Some(2), Some(0), ""),
            (Some(3), Some(0), ""),
            (Some(0), Some(4), ""),
            (Some(4), Some(5), "each"),
            (Some(5), Some(4), ""),
            (Some(4), None, ""),
        ]
    );
    assert_eq!(graph.nodes[0].options, [("concurrency", "2"), ("max", "9")]);
    assert_eq!(graph.nodes[4].options, [("settle", "")]);
    // a step named alone is a call like any other
    assert_eq!(graph.nodes[5].facts.name, "shout");
}

// ---- routes, gates, timers

pipeline! {
    fn routes(topics: BTreeSet<Topic>, text: String) -> String {
        let found = route(topics, |topic| match topic {
            Topic::Web => keep(text.clone()),
            Topic::Papers => text.clone() >> shout >> flaky.retries(1),
            Topic::People => value("nobody".to_owned()),
        });
        wait("2h").named("overnight");
        gate(found.concat(), Long).strict(false)
    }
}

#[test]
fn selected_arms_meet_again() {
    use NodeKind::*;
    let graph = routes::GRAPH;
    assert_eq!(
        nodes(graph),
        [
            ("route:keep", Route, 0),
            ("keep", Step, 1),
            ("shout", Step, 1),
            ("flaky", Step, 1),
            ("overnight", Wait, 0),
            ("gate", Gate, 0),
        ]
    );
    assert_eq!(
        edges(graph),
        [
            (None, Some(0), ""),
            (Some(0), Some(1), "Topic::Web"),
            (Some(0), Some(2), "Topic::Papers"),
            (Some(2), Some(3), ""),
            (Some(1), Some(4), ""),
            (Some(3), Some(4), ""),
            (Some(0), Some(4), "Topic::People"),
            // nothing is selected
            (Some(0), Some(4), "none"),
            (Some(4), Some(5), ""),
            (Some(5), None, ""),
        ]
    );
    assert_eq!(graph.nodes[4].options, [("for", "2h")]);
    assert_eq!(graph.nodes[5].options, [("strict", "false")]);
}

// ---- pipelines in forms

pipeline! {
    fn nested(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| {
            repeat(text, |text| loops(text)).until(String::is_empty).max(2)
        })
    }
}

#[test]
fn pipelines_in_forms_are_nodes_with_a_graph_of_their_own() {
    use NodeKind::*;
    let graph = nested::GRAPH;
    assert_eq!(nodes(graph), [("map", Map, 0), ("repeat", Repeat, 1), ("loops", Pipeline, 2)]);
    assert_eq!(
        edges(graph),
        [
            (None, Some(0), ""),
            (Some(0), Some(1), "each"),
            (Some(1), Some(2), "each"),
            (Some(2), Some(1), ""),
            (Some(1), Some(0), ""),
            (Some(0), None, ""),
        ]
    );
    let inner = graph.nodes[2].facts.graph.unwrap();
    assert_eq!((nodes(inner), edges(inner)), (nodes(loops::GRAPH), edges(loops::GRAPH)));
    let steps = |(path, node): (String, &'static flujo::graph::Node)| {
        matches!(node.kind, Step | Pipeline | Map).then_some(path)
    };
    let paths: Vec<String> = graph.walk().into_iter().filter_map(steps).collect();
    assert_eq!(
        paths,
        [
            "nested/map",
            "nested/loops",
            "nested/loops/keep",
            "nested/loops/write",
            "nested/loops/kept",
            "nested/loops/review",
            "nested/loops/shout",
        ]
    );
}
