//! Bounds, graph, fingerprint.

use super::flow::*;
use super::*;

// ---- constants

const fn bounds(step_runs: u64, model_calls: u64, questions: u64) -> Bounds {
    Bounds { step_runs: Some(step_runs), model_calls: Some(model_calls), questions: Some(questions) }
}

pipeline! {
    fn models(text: String) -> String {
        let first = steps::label(text.clone());
        let second = steps::label(text.clone()).retries(const { 2 + 1 }).named("again");
        let third = if first.confidence > second.confidence {
            steps::label(text).retries(0).named("third")
        } else {
            let asked: Label = ask("which?");
            asked
        };
        keep(third.confidence.to_string()).retries(TRIES).fallback(flaky)
    }
}

pipeline! {
    fn unknown(text: String, tries: u32) -> String {
        keep(text).retries(tries)
    }
}

pipeline! {
    fn nested(text: String) -> String {
        let text = models(text).retries(1);
        joined_alone(text)
    }
}

pipeline! {
    fn joined_alone(text: String) -> String {
        let (a, b) = join(keep(text.clone()), flaky(text));
        value(a + &b)
    }
}

const _: () = models::BOUNDS.assert_model_calls_at_most(7);
const _: () =
    assert!(!unknown::BOUNDS.step_runs_at_most(1_000_000) && unknown::BOUNDS.model_calls_at_most(0));

#[test]
fn bounds_are_the_worst_case() {
    // a sequence adds up, a branch takes the larger side part by part, a fallback adds its own
    // attempts: it is one call, with the retries of its attribute
    assert_eq!(models::BOUNDS, bounds(2 + 4 + 1 + 3 + 3, 2 + 4 + 1, 1));
    assert_eq!(unknown::BOUNDS, Bounds { step_runs: None, ..bounds(0, 0, 0) });
    assert_eq!(joined_alone::BOUNDS, bounds(4, 0, 0));
    assert_eq!(nested::BOUNDS, bounds(2 * 13 + 4, 2 * 7, 2));
    assert_eq!(values::BOUNDS, bounds(1, 0, 0));
    assert_eq!(branches::BOUNDS, bounds(1 + 1 + 3, 0, 0));
    assert_eq!(let_else::BOUNDS, bounds(1 + 1 + 1, 0, 0));
}

#[test]
fn the_graph_is_data() {
    let graph = branches::GRAPH;
    assert_eq!(
        (graph.name, graph.output, graph.context, graph.resources),
        ("branches", "String", "()", "()")
    );
    assert_eq!(graph.inputs, [("post", "Post")]);
    assert!(graph.file.ends_with("flow.rs") && graph.line > 50);
    let nodes: Vec<_> = graph.nodes.iter().map(|n| (n.id, n.kind, n.depth)).collect();
    assert_eq!(
        nodes,
        [
            ("rate", NodeKind::Step, 0),
            ("match risk", NodeKind::Branch, 0),
            ("keep", NodeKind::Step, 1),
            ("fail", NodeKind::Fail, 1),
            ("shout", NodeKind::Step, 1),
            ("flaky", NodeKind::Step, 1),
            ("if reason.len() > 20", NodeKind::Branch, 1),
            ("if let Some(rest) = reason.strip_prefix(\"pre \") && rest.len() > 2", NodeKind::Branch, 2),
            ("keep_rest", NodeKind::Step, 3),
        ]
    );
    let lines: Vec<u32> = graph.nodes.iter().map(|n| n.line - graph.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 6, 7, 11, 13, 14]);
    let edges: Vec<_> = graph.edges.iter().map(|e| (e.from, e.to, e.label)).collect();
    assert_eq!(
        edges,
        [
            (None, Some(0), ""),
            (Some(0), Some(1), ""),
            (Some(1), Some(2), "Risk::Low"),
            (Some(1), Some(3), "Risk::Standard(n) if n > 7"),
            (Some(1), Some(4), "Risk::Standard(_) if post.text.starts_with('!')"),
            (Some(4), Some(5), ""),
            (Some(1), Some(6), "Risk::High { reason }"),
            (Some(6), Some(7), "else"),
            (Some(7), Some(8), "let Some(rest) = reason.strip_prefix(\"pre \") && rest.len() > 2"),
            (Some(2), None, ""),
            (Some(5), None, ""),
            (Some(1), None, "Risk::Standard(n)"),
            (Some(6), None, "reason.len() > 20"),
            (Some(8), None, ""),
            (Some(7), None, "else"),
        ]
    );
}

#[test]
fn nodes_know_their_options_and_callees() {
    let of = |id: &str| options::GRAPH.nodes.iter().find(|n| n.id == id).unwrap();
    assert_eq!(of("refuse").options, [("settle", "")]);
    assert_eq!(of("refuse_again").options, [("fallback", "shout"), ("validate", "Long")]);
    assert_eq!(of("keep").options, [("validate", "(Long, Long)"), ("strict", "false"), ("backoff", "none")]);
    assert_eq!(of("refuse_again").facts.name, "refuse");
    let reads = reads::GRAPH;
    assert_eq!((reads.context, reads.resources), ("Moderation", "App"));
    let search = reads.nodes.iter().find(|n| n.id == "look_up").unwrap();
    assert_eq!(
        (search.facts.name, search.facts.writes, search.facts.resources),
        ("search", &["Sources"][..], &["Db"][..])
    );
    let inner = desk::GRAPH.nodes.iter().find(|n| n.id == "counted").unwrap();
    assert_eq!(inner.kind, NodeKind::Pipeline);
    assert_eq!((inner.facts.reads, inner.facts.writes), (&["Moderation"][..], &[][..]));
}

mod other {
    use super::*;
    pipeline! {
        /// The same flow as the other one, documented and laid out otherwise.
        fn piped(
            text: String,
        ) -> String {
            text
                >> shout
                >> flaky.retries(1)
                >> steps::named::<Html>
                >> keep.named("kept")
        }
    }
    pub(super) const FINGERPRINT: u128 = piped::FINGERPRINT;
}

#[test]
fn a_fingerprint_is_of_what_records_depend_on() {
    assert_eq!(piped::FINGERPRINT, other::FINGERPRINT);
    let all = [
        values::FINGERPRINT,
        branches::FINGERPRINT,
        piped::FINGERPRINT,
        options::FINGERPRINT,
        joined::FINGERPRINT,
    ];
    for (i, a) in all.iter().enumerate() {
        assert!(all.iter().skip(i + 1).all(|b| a != b));
    }
}

/// A fallback that the attribute names counts like one that the call names.
mod attribute_fallback {
    use flujo::prelude::*;
    use flujo::step::WritesIn;

    #[context]
    #[derive(Default)]
    pub struct State {
        #[context(part, merge = append)]
        pub log: Vec<String>,
        #[context(part)]
        pub draft: String,
    }

    #[step(retries = 1)]
    pub async fn cheap(text: String, draft: &mut String) -> Result<String> {
        draft.push_str(&text);
        Ok(text)
    }

    #[step(retries = 2, backoff = none, fallback = cheap)]
    pub async fn dear(text: String, log: &mut Vec<String>) -> Result<String> {
        log.push(text);
        Err(StepError::fatal("too dear"))
    }

    pipeline! {
        pub fn answer(text: String, ctx: &mut State) -> String {
            dear(text)
        }
    }

    #[test]
    fn counts() {
        // Three attempts of the step, two of its fallback.
        assert_eq!(answer::BOUNDS.step_runs, Some(5));
        // The draft is written by the fallback alone.
        assert_eq!(<answer as WritesIn<State>>::MASK, 0b11);
    }
}
