//! Tools that write the context, ask, and are pipelines.

use crate::tools::{TOKENS, calm, paths, told};
use flujo::model::{ModelError, ModelFailure, ModelReply, Role, Script};
use flujo::prelude::*;
use flujo_testing::{EventLog, Replies};
use flujo_tests::clerks::*;
use flujo_tests::engines::AnyEngine;
use flujo_tests::lines::lines;
use flujo_tests::with_engine;
use flujo_tests::world::*;

#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 1,
    backoff = none,
    tools = [keep, recall, compose, keep_checked.ask_first_if(|line| line == "secret")]
)]
fn work(topic: String) -> Prompt<Label> {
    Prompt::system("Work.").user(topic)
}

pipeline! {
    fn desk(topic: String, ctx: &mut State, world: &World) -> String {
        let found = work(topic);
        add(found.name)
    }
}

pub fn at(engine: &AnyEngine, script: &Script) -> (Flujo<World>, Calls) {
    let calls = Calls::default();
    let builder =
        Flujo::builder().resources(World { calls: calls.clone() }).models(script.clone()).prices(Prices);
    (with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap(), calls)
}

pub fn results(script: &Script, request: usize) -> Vec<String> {
    let all = told(&script.requests()[request]).into_iter();
    all.filter(|(role, _)| *role == Role::Tool).map(|(_, text)| text).collect()
}

/// The names of the tools that a request offers.
pub fn offered(script: &Script, request: usize) -> Vec<String> {
    script.requests()[request].tools.iter().map(|tool| tool.name.clone()).collect()
}

pub fn calls(list: &[(&str, &str)]) -> ModelReply {
    let reply = ModelReply::new("").used(TOKENS);
    list.iter().fold(reply, |reply, (tool, arguments)| reply.calls(*tool, *arguments))
}

#[test]
fn a_tool_writes_the_context_and_reads_what_was_written() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[("keep", r#"{"line":"a"}"#)]))
            .then(calls(&[("recall", "{}")]))
            .then(calm());
        let (flujo, noted) = at(&engine, &script);
        let result = flujo.run(desk("x".into())).id("r").await;
        assert_eq!(result.context.log, ["a", "calm"]);
        result.into_output().unwrap();
        assert_eq!(
            (results(&script, 1), results(&script, 2)),
            (vec!["1".to_owned()], vec!["1".into(), "a".into()])
        );
        // A tool that has ended is taken from its record, with what it wrote.
        let again = flujo.run(desk("x".into())).id("r").await;
        assert_eq!(again.context.log, ["a", "calm"]);
        assert_eq!((noted.of("desk/work~2"), noted.of("desk/work~4")), (1, 1));
    });
}

#[test]
fn what_calls_of_one_reply_write_is_merged_by_the_rule_of_the_part() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[("keep", r#"{"line":"a"}"#), ("keep", r#"{"line":"b"}"#), ("recall", "{}")]))
            .then(calm());
        let (flujo, _) = at(&engine, &script);
        let result = flujo.run(desk("x".into())).await;
        // Each call works on a copy; the log's rule is `append`.
        assert_eq!(results(&script, 1), ["1", "1", ""]);
        assert_eq!(result.context.log, ["a", "b", "calm"]);
    });
}

#[test]
fn calls_that_write_a_part_without_a_rule_run_one_after_the_other() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[
                ("compose", r#"{"line":"a"}"#),
                ("compose", r#"{"line":"b"}"#),
                ("keep", r#"{"line":"c"}"#),
            ]))
            .then(calm());
        let (flujo, _) = at(&engine, &script);
        let result = flujo.run(desk("x".into())).await;
        assert_eq!(results(&script, 1), ["a", "ab", "1"]);
        assert_eq!((result.context.draft.text.as_str(), result.context.log.len()), ("ab", 2));
    });
}

#[test]
fn a_pipeline_is_a_tool_and_its_pauses_pause_the_run() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(calls(&[("keep_checked", r#"{"line":" a "}"#), ("keep", r#"{"line":"b"}"#)]))
            .then(calm());
        let (flujo, noted) = at(&engine, &script);
        let log = EventLog::new();
        let paused = flujo.run(desk("x".into())).id("r").observer(log.clone()).await;
        let open: Vec<_> = paused.questions().iter().map(|q| q.path.to_string()).collect();
        assert_eq!(open, ["desk/work~2/better"]);
        assert_eq!(noted.all().len(), 2);
        let error = flujo.resume::<desk>("r").reply(7).await.unwrap_err().to_string();
        assert!(error.contains("stays open: the value must be of the type string"), "{error}");
        let done = flujo.resume::<desk>("r").reply("A").observer(log.clone()).await.unwrap();
        assert_eq!(done.context.log, ["A", "b", "calm"]);
        let mut steps = paths(&done.steps);
        steps.sort();
        assert_eq!(
            steps,
            [
                "desk/add",
                "desk/work",
                "desk/work~1",
                "desk/work~2/keep",
                "desk/work~2/look",
                "desk/work~3",
                "desk/work~4"
            ]
        );
        done.into_output().unwrap();
        assert_eq!(results(&script, 1), ["A", "1"]);
        let told: Vec<_> = lines(&log).into_iter().filter(|line| line.contains("Tool")).collect();
        let of = |line: &str| told.iter().filter(|told| told.contains(line)).count();
        // As every pipeline, it begins again in the execution that goes on.
        assert_eq!(of("desk/work~2 ToolCalled { tool: \"keep_checked\" }"), 2, "{told:?}");
        assert_eq!(of("desk/work~2 ToolReturned { tool: \"keep_checked\", outcome: Done }"), 1, "{told:?}");
    });
}

#[test]
fn a_pipeline_that_is_a_tool_may_be_approved_first() {
    on_all(async |engine, _| {
        let script = Script::new().then(calls(&[("keep_checked", r#"{"line":"secret"}"#)])).then(calm());
        let (flujo, noted) = at(&engine, &script);
        let mut people = Replies::new()
            .reply("desk/work~2", Approval::edit(serde_json::json!({"line": "open"})))
            .reply("desk/work~2/better", "better");
        let done = people.run(flujo.run(desk("x".into())).id("r")).await.unwrap();
        assert_eq!(done.context.log, ["better", "calm"]);
        assert_eq!(noted.all()[0].0, "desk/work~2/look");
        // In the order of what was asked.
        let asked: Vec<_> = done.hitl_history.iter().map(|a| a.question.path.to_string()).collect();
        assert_eq!(asked, ["desk/work~2", "desk/work~2/better"]);
    });
}

/// A step with tools that writes two parts: one is read and written by its tools too.
#[step(model = "test:small", max_tokens = 50, retries = 2, backoff = none, tools = [keep, recall])]
fn minutes(topic: String, log: &mut Vec<String>, draft: &mut Draft) -> Prompt<Label> {
    log.push(format!("asked about {topic}"));
    draft.text.push('!');
    Prompt::system("Work.").user(topic)
}

pipeline! {
    fn meeting(topic: String, ctx: &mut State, world: &World) -> String {
        let found = minutes(topic);
        add(found.name)
    }
}

#[test]
fn what_the_prompt_of_a_step_with_tools_writes_is_recorded_with_it() {
    on_all(async |engine, _| {
        let busy = ModelError::new(ModelFailure::Overloaded, "busy");
        let script = Script::new()
            // The prompt is built again: what the first one wrote left no trace.
            .then(busy)
            .then(calls(&[("recall", "{}"), ("keep", r#"{"line":"a"}"#)]))
            .then("no answer")
            .then(calm());
        let (flujo, _) = at(&engine, &script);
        let result = flujo.run(meeting("x".into())).id("r").await;
        assert_eq!(
            (result.context.log.join(", "), result.context.draft.text.as_str()),
            ("asked about x, a, calm".to_owned(), "!")
        );
        result.into_output().unwrap();
        assert_eq!(results(&script, 2), ["asked about x", "2"]);
        // From the records alone.
        let again = flujo.run(meeting("x".into())).id("r").await;
        assert_eq!((again.context.log.len(), again.context.draft.text.as_str()), (3, "!"));
    });
}

#[step(model = "test:small", max_tokens = 50, tools = [recall])]
fn small(topic: String) -> Prompt<Label> {
    Prompt::system("Work.").user(topic)
}

#[step(model = "test:small", max_tokens = 50, tools = [recall, keep])]
fn large(topic: String) -> Prompt<Label> {
    Prompt::system("Work.").user(topic)
}

mod one {
    use super::*;
    pipeline! {
        pub fn noting(topic: String, ctx: &mut State, world: &World) -> Label { small(topic).named("at") }
    }
}

mod other {
    use super::*;
    pipeline! {
        pub fn noting(topic: String, ctx: &mut State, world: &World) -> Label { large(topic).named("at") }
    }
}

#[test]
fn the_list_of_tools_is_part_of_the_fingerprint() {
    assert_ne!(one::noting::FINGERPRINT, other::noting::FINGERPRINT);
    // Nodes of pipelines that are tools are found by path.
    let graph = flujo::graph_of(desk);
    assert_eq!(graph.node_at("desk/work~2/better").unwrap().id, "better");
    assert_eq!(graph.node_at("desk/work~2").unwrap().id, "work");
    assert!(graph.node_at("desk/work~2/other").is_none() && graph.node_at("desk/work/better").is_none());
}
