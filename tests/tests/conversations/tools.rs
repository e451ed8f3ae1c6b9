//! Steps that a model may call: every reply and every result is a record of its own.

use crate::answers::scripted;
use flujo::StepResult;
use flujo::model::{Message, ModelError, ModelFailure, ModelReply, ModelRequest, Role, Script, Tokens};
use flujo::prelude::*;
use flujo_testing::EventLog;
use flujo_tests::lines::lines;
use flujo_tests::pieces::research;
use flujo_tests::with_engine;
use flujo_tests::world::*;

pipeline! {
    pub fn finding(topic: String, world: &World) -> Label {
        research(topic)
    }
}
pub fn calm() -> ModelReply {
    ModelReply::new(r#"{"name":"calm"}"#).used(TOKENS)
}
pub fn looks_up(word: &str) -> ModelReply {
    ModelReply::new("").calls("look_up", format!("{{\"word\":\"{word}\"}}")).used(TOKENS)
}
pub const TOKENS: Tokens = Tokens::new(100, 10);

pub fn paths(steps: &[StepResult]) -> Vec<String> {
    steps.iter().map(|s| s.path().to_string()).collect()
}
/// What the model was told, from the first call on.
pub fn told(request: &ModelRequest) -> Vec<(Role, String)> {
    let after = request.messages.iter().skip(2);
    after.map(|Message { role, text, .. }| (*role, text.clone())).collect()
}

#[test]
fn a_model_calls_steps_and_is_told_what_they_gave() {
    on_all(async |engine, _| {
        let script = Script::new().then(looks_up("calm")).then(calm());
        let flujo = scripted(&engine, script.clone());
        let result = flujo.run(finding("weather".into())).id("f").await;
        let all = ["finding/research~1", "finding/research~2", "finding/research~3", "finding/research"];
        assert_eq!(paths(&result.steps), all);
        let requests = script.requests();
        assert_eq!(requests.len(), 2);
        let offered: Vec<_> = requests[0].tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(offered, ["look_up", "add_up"]);
        assert_eq!(requests[0].tools[0].description, "Looks a word up.");
        assert_eq!(
            requests[0].tools[0].schema.as_str(),
            r#"{"additionalProperties":false,"properties":{"word":{"type":"string"}},"required":["word"],"type":"object"}"#
        );
        assert_eq!(
            told(&requests[1]),
            [(Role::Assistant, String::new()), (Role::Tool, "calm is a word".to_owned())]
        );
        assert_eq!(requests[1].messages[2].calls, looks_up("calm").calls);
        assert_eq!(requests[1].messages[3].answers.as_deref(), Some(&looks_up("calm").calls[0]));
        assert_eq!(requests[1].path, "finding/research~3");
        assert_eq!(result.into_output().unwrap(), Label { name: "calm".into() });
        // Nobody is asked again.
        let again = flujo.run(finding("weather".into())).id("f").await;
        assert_eq!((paths(&again.steps), script.requests().len()), (all.map(str::to_owned).to_vec(), 2));
    });
}

#[test]
fn several_calls_run_beside_each_other_and_are_told_in_their_order() {
    on_all(async |engine, _| {
        let both = looks_up("later").calls("add_up", r#"{"numbers":[1,2],"times":3}"#);
        let script = Script::new().then(both).then(calm());
        let (flujo, calls) = {
            let calls = Calls::default();
            let builder = Flujo::builder().resources(World { calls: calls.clone() }).models(script.clone());
            (with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap(), calls)
        };
        let result = flujo.run(finding("sums".into())).await;
        let mut steps: Vec<_> = result.steps.iter().map(|s| (s.path().to_string(), s.attempts())).collect();
        steps.sort();
        let step = |path: &str, attempts| (format!("finding/{path}"), attempts);
        assert_eq!(
            steps,
            [
                step("research", 1),
                step("research~1", 1),
                step("research~2", 2),
                step("research~3", 1),
                step("research~4", 1)
            ]
        );
        // A tool has the retries of its own attribute.
        assert_eq!((calls.of("finding/research~2"), calls.of("finding/research~3")), (2, 1));
        let texts: Vec<_> = told(&script.requests()[1]).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["", "later is a word", "9"]);
        assert_eq!(result.into_output().unwrap().name, "calm");
    });
}

#[test]
fn what_goes_wrong_with_a_tool_is_told_to_the_model() {
    on_all(async |engine, _| {
        let wrong = ModelReply::new("")
            .calls("search", "{}")
            .calls("look_up", "{\"word\": calm}")
            .calls("look_up", "[1]")
            .calls("look_up", r#"{"word":"calm","lang":"en"}"#)
            .calls("look_up", r#"{"word":7}"#)
            .calls("add_up", r#"{"numbers":[300]}"#)
            .calls("add_up", "")
            .calls("look_up", r#"{"word":"nothing"}"#)
            .calls("add_up", r#"{"numbers":[4]}"#);
        let script = Script::new().then(wrong).then(calm());
        let flujo = scripted(&engine, script.clone());
        let result = flujo.run(finding("x".into())).await;
        let texts: Vec<_> = told(&script.requests()[1]).into_iter().skip(1).map(|(_, text)| text).collect();
        assert_eq!(
            texts,
            [
                "unknown tool `search`; known tools: `look_up`, `add_up`",
                "the arguments do not fit: expected value at line 1 column 10",
                "the arguments do not fit: they are not a JSON object",
                "the arguments do not fit: unknown argument `lang`",
                "the arguments do not fit: invalid type: integer `7`, expected a string at line 1 column 2",
                "the arguments do not fit: `/numbers/0` is 300, and must be at most 255",
                "the arguments do not fit: invalid type: null, expected a sequence at line 1 column 5",
                "failed: there is no such word",
                "4",
            ]
        );
        // It is recorded too, and no attempt of the step is lost.
        let failed = result.step("finding/research~9").unwrap();
        assert!(!failed.is_done());
        assert_eq!(result.step("finding/research").unwrap().attempts(), 1);
        assert_eq!(result.into_output().unwrap().name, "calm");
    });
}

#[test]
fn a_model_that_asks_for_tools_without_end_fails_the_step_for_good() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|_| looks_up("calm"));
        let flujo = scripted(&engine, script.clone());
        let result = flujo.run(finding("x".into())).await;
        assert_eq!(script.requests().len(), 4);
        assert_eq!(result.usage.model_calls, 4);
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "finding/research: the model still asks for tools after 3 rounds: raise `tool_rounds`, or have the \
             prompt say when to answer (attempt 1; fatal, so not retried)"
        );
    });
}

#[test]
fn an_attempt_goes_on_with_the_conversation() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(looks_up("calm"))
            .then(ModelError::new(ModelFailure::Overloaded, "try later"))
            .then("not JSON")
            .then(calm());
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() }).models(script.clone());
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let result = flujo.run(finding("x".into())).await;
        let step = |k: &str| format!("finding/research{k}");
        assert_eq!(
            paths(&result.steps),
            [step("~1"), step("~2"), step("~3"), step(""), step("~4"), step("~5")]
        );
        assert_eq!(result.step("finding/research").unwrap().attempts(), 3);
        assert_eq!(calls.all(), [("finding/research~2".to_owned(), 1)]);
        let requests = script.requests();
        assert_eq!(requests[1].messages, requests[2].messages);
        assert_eq!(
            told(&requests[3])[2..],
            [
                (Role::Assistant, "not JSON".to_owned()),
                (
                    Role::User,
                    "Your last answer was not accepted: the answer does not fit: expected ident at line 1 column 2"
                        .to_owned()
                )
            ]
        );
        assert_eq!(result.into_output().unwrap().name, "calm");
    });
}

#[test]
fn calls_of_tools_are_told_where_they_stand() {
    on_all(async |engine, _| {
        let script = || Script::new().then(looks_up("calm")).then(looks_up("nothing")).then(calm());
        let log = EventLog::new();
        let flujo = scripted(&engine, script());
        let run = || flujo.run(finding("x".into())).id("t");
        run().observer(log.clone()).await.into_output().unwrap();
        let seen: Vec<_> = lines(&log).into_iter().filter(|line| line.contains("research~")).collect();
        assert_eq!(
            seen,
            [
                "1 finding/research~1 model",
                "1 finding/research~1 attempt 1",
                "1 finding/research~1 attempt 1 ok",
                "1 finding/research~1 model done",
                "1 finding/research~2 ToolCalled { tool: \"look_up\" }",
                "1 finding/research~2 step",
                "1 finding/research~2 attempt 1",
                "1 finding/research~2 attempt 1 ok",
                "1 finding/research~2 step done",
                "1 finding/research~2 ToolReturned { tool: \"look_up\", outcome: Done }",
                "1 finding/research~3 model",
                "1 finding/research~3 attempt 1",
                "1 finding/research~3 attempt 1 ok",
                "1 finding/research~3 model done",
                "1 finding/research~4 ToolCalled { tool: \"look_up\" }",
                "1 finding/research~4 step",
                "1 finding/research~4 attempt 1",
                "1 finding/research~4 attempt 1 failed for good: there is no such word",
                "1 finding/research~4 step failed: finding/research~4: there is no such word (attempt 1; fatal, so not retried)",
                "1 finding/research~4 ToolReturned { tool: \"look_up\", outcome: Failed { error: \
                 \"finding/research~4: there is no such word (attempt 1; fatal, so not retried)\" } }",
                "1 finding/research~5 model",
                "1 finding/research~5 attempt 1",
                "1 finding/research~5 chunk 1 {\"name\":\"calm\"}",
                "1 finding/research~5 attempt 1 ok",
                "1 finding/research~5 model done",
            ]
        );
    });
}

#[test]
fn the_graph_shows_tools_and_the_bounds_count_their_rounds() {
    let (mermaid, dot) = (finding::GRAPH.mermaid(), finding::GRAPH.dot());
    assert!(mermaid.contains("research<br/>tools: look_up, add_up"), "{mermaid}");
    assert!(dot.contains("research\\ntools: look_up, add_up"), "{dot}");
    let json: serde_json::Value = serde_json::from_str(&finding::GRAPH.json()).unwrap();
    assert_eq!(json["nodes"][0]["step"]["tools"], serde_json::json!(["look_up", "add_up"]));
    // Three rounds and the answer, in each of three attempts; how many calls a reply has is not known.
    assert_eq!(finding::BOUNDS.model_calls, Some(12));
    assert_eq!((finding::BOUNDS.step_runs, finding::BOUNDS.questions), (None, Some(0)));
}

#[test]
fn a_failed_conversation_goes_on_where_it_broke_off() {
    on_all(async |engine, _| {
        let down = || ModelError::new(ModelFailure::Overloaded, "try later");
        let script = Script::new().then(looks_up("calm")).then(down()).then(down()).then(down()).then(calm());
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() }).models(script.clone());
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let failed = flujo.run(finding("x".into())).id("f").await;
        assert_eq!(failed.step("finding/research").unwrap().attempts(), 3);
        assert!(failed.into_output().unwrap_err().to_string().ends_with("try later (attempt 3 of 3)"));
        let result = flujo.resume::<finding>("f").await.unwrap();
        assert_eq!((script.requests().len(), calls.len()), (5, 1));
        assert_eq!(result.step("finding/research").unwrap().attempts(), 4);
        assert_eq!(result.into_output().unwrap().name, "calm");
    });
}
