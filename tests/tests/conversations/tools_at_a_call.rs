//! `.tools([..])` and `.tool_rounds(n)` on a call: the tools of the attribute, for one call alone.

use crate::borders::{at, calls, offered, results};
use crate::tools::calm;
use flujo::graph::{Bounds, NodeKind};
use flujo::model::{Role, Script};
use flujo::prelude::*;
use flujo_tests::clerks::*;
use flujo_tests::world::*;

/// Has no tools of its own.
#[step(model = "test:small", max_tokens = 50, retries = 1, backoff = none)]
fn plan(topic: String) -> Prompt<Label> {
    Prompt::system("Plan.").user(topic)
}

/// Has one tool of its own.
#[step(model = "test:small", max_tokens = 50, retries = 0, tools = [recall], tool_rounds = 1)]
fn work(topic: String) -> Prompt<Label> {
    Prompt::system("Work.").user(topic)
}

pipeline! {
    fn desk(topic: String, ctx: &mut State, world: &World) -> String {
        let found = plan(topic.clone()).tools([keep, compose.ask_first(&format!("Compose for {topic}?"))]);
        add(found.name)
    }
}

#[test]
fn a_call_gives_a_step_tools_that_work_on_the_context_and_ask() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[("keep", r#"{"line":"a"}"#), ("compose", r#"{"line":"b"}"#)]))
            .then(calm());
        let (flujo, noted) = at(&engine, &script);
        let paused = flujo.run(desk("x".into())).id("r").await;
        let open: Vec<_> =
            paused.questions().iter().map(|q| (q.path.to_string(), q.message.clone())).collect();
        assert_eq!(open, [("desk/plan~3".to_owned(), "Compose for x?".to_owned())]);
        assert_eq!(offered(&script, 0), ["keep", "compose"]);
        let done = flujo.resume::<desk>("r").reply(Approval::Allow).await.unwrap();
        assert_eq!(
            (done.context.log.clone(), done.context.draft.text.as_str()),
            (vec!["a".to_owned(), "calm".into()], "b")
        );
        assert_eq!(results(&script, 1), ["1", "b"]);
        done.into_output().unwrap();
        assert_eq!((noted.of("desk/plan~2"), noted.of("desk/plan~3")), (1, 1));
    });
}

#[test]
fn the_tools_of_the_call_replace_those_of_the_attribute() {
    pipeline! {
        fn both(topic: String, ctx: &mut State, world: &World) -> String {
            let first = work(topic.clone());
            let second = work(topic).tools([keep]).tool_rounds(2).named("second");
            value(format!("{} {}", first.name, second.name))
        }
    }
    on_all(async |engine, _| {
        let keeps = || calls(&[("keep", r#"{"line":"a"}"#)]);
        let script = Script::new()
            .then(calls(&[("recall", "{}")]))
            .then(calm())
            .then(keeps())
            .then(keeps())
            .then(calm());
        let (flujo, _) = at(&engine, &script);
        let result = flujo.run(both("x".into())).await;
        assert_eq!(result.context.log, ["a", "a"]);
        assert_eq!(result.into_output().unwrap(), "calm calm");
        let all: Vec<_> = (0..5).map(|n| offered(&script, n).join(" ")).collect();
        assert_eq!(all, ["recall", "recall", "keep", "keep", "keep"]);
        // The rounds of the call hold.
        let script = Script::new().then(calls(&[("recall", "{}")])).then(calm());
        let script = (0..3).fold(script, |script, _| script.then(keeps()));
        let (flujo, _) = at(&engine, &script);
        let error = flujo.run(both("x".into())).await.into_output().unwrap_err().to_string();
        assert!(error.contains("the model still asks for tools after 2 rounds"), "{error}");
    });
}

#[test]
fn calls_of_one_step_offer_different_tools_in_arms_and_items() {
    pipeline! {
        fn apart(topic: String, ctx: &mut State, world: &World) -> String {
            let (kept, written) = join(
                plan(topic.clone()).tools([keep]).settle(),
                plan(topic.clone()).tools([compose]).named("write"),
            );
            let kept: Vec<Label> = map(vec![kept.map_or_else(|_| "failed".to_owned(), |l| l.name)], |name| {
                plan(name).tools([keep]).named("each")
            });
            value(format!("{} {}", kept.len(), written.name))
        }
    }
    on_all(async |engine, _| {
        // Each is offered one tool: it is called once, then the answer comes.
        let script = Script::new().otherwise(|request| {
            let tool = request.tools[0].name.clone();
            let asked = !request.messages.iter().any(|message| message.role == Role::Tool);
            if asked { calls(&[(&tool, r#"{"line":"a"}"#)]) } else { calm() }
        });
        let (flujo, _) = at(&engine, &script);
        let result = flujo.run(apart("x".into())).await;
        assert_eq!(
            (result.context.log.clone(), result.context.draft.text.as_str()),
            (vec!["a".to_owned(), "a".into()], "a")
        );
        assert_eq!(result.into_output().unwrap(), "1 calm");
    });
}

#[test]
fn bounds_graph_and_fingerprint_know_the_tools_of_a_call() {
    pipeline! {
        fn none(topic: String, ctx: &mut State, world: &World) -> Label { plan(topic) }
    }
    pipeline! {
        #[pipeline(name = "none")]
        fn one(topic: String, ctx: &mut State, world: &World) -> Label { plan(topic).tools([keep]).tool_rounds(2).retries(0) }
    }
    pipeline! {
        #[pipeline(name = "none")]
        fn other(topic: String, ctx: &mut State, world: &World) -> Label { plan(topic).tools([compose]) }
    }
    pipeline! {
        #[pipeline(name = "none")]
        fn asking(topic: String, n: u32, ctx: &mut State, world: &World) -> Label {
            plan(topic).tools([compose.ask_first("?")]).tool_rounds(n)
        }
    }
    pipeline! {
        fn fewer(topic: String, ctx: &mut State, world: &World) -> Label { work(topic).tool_rounds(5) }
    }
    assert_eq!(none::BOUNDS, Bounds { step_runs: Some(2), model_calls: Some(2), questions: Some(0) });
    assert_eq!(one::BOUNDS, Bounds { step_runs: None, model_calls: Some(3), questions: Some(0) });
    // Nine replies in each of two attempts.
    assert_eq!(other::BOUNDS.model_calls, Some(18));
    assert_eq!(asking::BOUNDS.model_calls, None);
    assert_eq!(fewer::BOUNDS.model_calls, Some(6));
    let tools = |graph: &flujo::graph::Graph| {
        graph.nodes[0].facts.tools.iter().map(|tool| tool.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (tools(none::GRAPH), tools(one::GRAPH), tools(other::GRAPH)),
        (vec![], vec!["keep"], vec!["compose"])
    );
    assert_eq!(one::GRAPH.nodes[0].kind, NodeKind::Model);
    assert_eq!(one::GRAPH.nodes[0].options, [("tools", "[keep]"), ("tool_rounds", "2"), ("retries", "0")]);
    assert!(asking::GRAPH.asks() && !other::GRAPH.asks());
    let prints = [none::FINGERPRINT, one::FINGERPRINT, other::FINGERPRINT];
    assert!(prints[0] != prints[1] && prints[1] != prints[2] && prints[0] != prints[2]);
}
