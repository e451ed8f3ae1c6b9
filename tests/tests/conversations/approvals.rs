//! Tools that ask a person before they run.

use crate::answers::scripted;
use crate::tools::{TOKENS, calm, paths, told};
use flujo::ErrorKind;
use flujo::clock::Clock as _;
use flujo::model::{ModelReply, Script};
use flujo::prelude::*;
use flujo::question::Question;
use flujo_testing::{EventLog, Replies};
use flujo_tests::engines::AnyEngine;
use flujo_tests::lines::lines;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Order {
    id: String,
    #[schemars(range(max = 9))]
    lines: u8,
}

/// Refunds an order.
#[step]
pub async fn refund(cents: u64, order: Option<Order>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    match order {
        Some(order) if order.id.is_empty() => Err(StepError::fatal("there is no such order")),
        Some(order) => Ok(format!("refunded {cents} for {}", order.id)),
        None => Ok(format!("refunded {cents}")),
    }
}

/// Closes the account.
#[step(ask_first = "Close the account?")]
pub async fn close(reason: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(format!("closed: {reason}"))
}

#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 1,
    backoff = none,
    tools = [
        refund.ask_first("Refund this?").timeout("2h", Approval::deny("nobody was there")),
        close.timeout("1h", Approval::Allow),
        flujo_tests::pieces::look_up,
    ]
)]
fn help(topic: String) -> Prompt<Label> {
    Prompt::system("Help.").user(topic)
}

pipeline! {
    fn support(topic: String, world: &World) -> Label {
        help(topic)
    }
}

/// A function that nobody has tried with nothing.
fn decides(cents: u64) -> bool {
    assert!(cents > 0, "divided by {cents}");
    cents > 5_000
}

#[step(
    model = "test:small",
    max_tokens = 50,
    tools = [refund.ask_first_if(|cents, _| decides(*cents)), close.ask_first("Really?")]
)]
fn help_sooner(topic: String) -> Prompt<Label> {
    Prompt::system("Help.").user(topic)
}

pipeline! {
    fn sooner(topic: String, world: &World) -> Label {
        help_sooner(topic)
    }
}

fn refunds(arguments: &str) -> ModelReply {
    ModelReply::new("").calls("refund", arguments).used(TOKENS)
}

/// An engine with a script, and what the steps note.
fn desk(engine: &AnyEngine, script: &Script) -> (Flujo<World>, Calls) {
    let calls = Calls::default();
    let builder =
        Flujo::builder().resources(World { calls: calls.clone() }).models(script.clone()).prices(Prices);
    (with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap(), calls)
}

/// What the model is told of the calls of its last reply but one.
fn results(script: &Script) -> Vec<String> {
    let requests = script.requests();
    let all = told(requests.last().unwrap()).into_iter();
    all.filter(|(role, _)| *role == flujo::model::Role::Tool).map(|(_, text)| text).collect()
}

fn shown(question: &Question) -> Value {
    serde_json::from_str(question.shown.as_ref().unwrap().as_str()).unwrap()
}

#[test]
fn a_call_waits_for_a_person_and_runs_as_it_is_allowed() {
    on_all(async |engine, clock| {
        let script = Script::new().then(refunds(r#"{"cents":990}"#)).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        let now = clock.now();
        let paused = flujo.run(support("late".into())).id("r").await;
        let [question] = paused.questions() else { panic!("{paused:?}") };
        assert_eq!((question.path.as_str(), question.message.as_str()), ("support/help~2", "Refund this?"));
        assert_eq!(shown(question), json!({"tool": "refund", "arguments": {"cents": 990}}));
        assert_eq!(question.deadline, Some(now.plus(Duration::from_secs(7_200))));
        let schema: Value = serde_json::from_str(question.schema.as_str()).unwrap();
        assert_eq!(schema["oneOf"][0]["const"], "allow");
        assert_eq!(schema["oneOf"][2]["properties"]["edit"]["properties"]["cents"]["type"], "integer");
        assert!(schema["$defs"]["Order"].is_object(), "{schema}");
        assert_eq!((calls.len(), script.requests().len()), (0, 1));

        let done = flujo.resume::<support>("r").reply(Approval::Allow).by("ada").await.unwrap();
        assert_eq!(
            paths(&done.steps),
            ["support/help~1", "support/help~2", "support/help~3", "support/help"]
        );
        assert_eq!(done.hitl_history.len(), 1);
        assert_eq!(done.hitl_history[0].reply.by.as_deref(), Some("ada"));
        assert_eq!(done.into_output().unwrap().name, "calm");
        assert_eq!(results(&script), ["refunded 990"]);
        // Nobody is asked again, and nothing runs again.
        flujo.run(support("late".into())).id("r").await.into_output().unwrap();
        assert_eq!((calls.all(), script.requests().len()), (vec![("support/help~2".to_owned(), 1)], 2));
    });
}

#[test]
fn a_denial_goes_to_the_model_with_its_reason() {
    on_all(async |engine, _| {
        let script = Script::new().then(refunds(r#"{"cents":990}"#)).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        let mut people = Replies::new().reply("support/help~2", Approval::deny("above the limit"));
        let result = people.run(flujo.run(support("late".into())).id("r")).await.unwrap();
        assert_eq!(paths(&result.steps), ["support/help~1", "support/help~3", "support/help"]);
        assert_eq!(result.into_output().unwrap().name, "calm");
        assert_eq!((results(&script), calls.len()), (vec!["denied: above the limit".to_owned()], 0));
    });
}

#[test]
fn a_person_may_change_the_arguments_if_they_fit() {
    on_all(async |engine, _| {
        let script = Script::new().then(refunds(r#"{"cents":990}"#)).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        flujo.run(support("late".into())).id("r").await;
        for (reply, why) in [
            (
                json!(true),
                "the value fits no alternative: the value must be \"allow\"; the value must be of the type object; the value must be of the type object",
            ),
            (
                json!({"allow": true}),
                "the value fits no alternative: the value must be \"allow\"; the value has no property `deny`; the value has no property `edit`",
            ),
            (json!({"edit": {"cent": 1}}), "`/edit` has no property `cents`"),
            (json!({"edit": {"cents": 1, "now": 1}}), "`/edit` has an unknown property `now`"),
            (json!({"edit": {"cents": -1}}), "`/edit/cents` is -1, and must be at least 0"),
            (
                json!({"edit": {"cents": 1, "order": {"id": "o", "lines": 10}}}),
                "`/edit/order/lines` is 10, and must be at most 9",
            ),
        ] {
            let error = flujo.resume::<support>("r").reply(&reply).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Reply(_)), "{error}");
            let text = error.to_string();
            let said = "support/help~2: this reply to run `r` does not fit the question, which stays open: ";
            let wanted = r#"reply with a value of the type `"allow" | {"deny": string} | {"edit": {"cents": integer, "order"?: {"id": string, "lines": integer} | null}}`"#;
            assert_eq!(text, format!("{said}{why}; sent: {reply}; {wanted}"));
        }
        let edited = Approval::edit(json!({"cents": 400, "order": {"id": "o-7", "lines": 1}}));
        let done = flujo.resume::<support>("r").reply(edited).await.unwrap();
        done.into_output().unwrap();
        let note = r#"a person changed the arguments to {"cents":400,"order":{"id":"o-7","lines":1}}"#;
        assert_eq!(results(&script), [format!("{note}\nrefunded 400 for o-7")]);
        assert_eq!(calls.len(), 1);
    });
}

#[test]
fn what_cannot_run_asks_nobody() {
    on_all(async |engine, _| {
        let wrong =
            refunds("{}").calls("refund", r#"{"cents":"all"}"#).calls("refund", "[]").calls("refnd", "{}");
        let wrong = wrong.calls("refund", r#"{"cents":1,"order":{"id":"o","lines":10}}"#);
        let script = Script::new().then(wrong).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        let result = flujo.run(support("late".into())).await;
        assert_eq!(result.hitl_history.len(), 0);
        result.into_output().unwrap();
        let texts = results(&script);
        assert_eq!(texts.len(), 5);
        assert!(texts[0].starts_with("the arguments do not fit: "), "{texts:?}");
        assert!(texts[1].starts_with("the arguments do not fit: "), "{texts:?}");
        assert_eq!(texts[2], "the arguments do not fit: they are not a JSON object");
        assert_eq!(texts[3], "unknown tool `refnd`; known tools: `refund`, `close`, `look_up`");
        assert_eq!(texts[4], "the arguments do not fit: `/order/lines` is 10, and must be at most 9");
        assert_eq!(calls.len(), 0);
    });
}

#[test]
fn calls_of_one_reply_ask_beside_each_other() {
    on_all(async |engine, _| {
        let three = refunds(r#"{"cents":1}"#).calls("look_up", r#"{"word":"calm"}"#);
        let three = three.calls("close", r#"{"reason":"moved"}"#);
        let script = Script::new().then(three).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        let paused = flujo.run(support("late".into())).id("r").await;
        let open: Vec<_> = paused.questions().iter().map(|q| (q.path.as_str(), q.message.as_str())).collect();
        assert_eq!(open, [("support/help~2", "Refund this?"), ("support/help~4", "Close the account?")]);
        // What needs nobody has run.
        assert_eq!(calls.all(), [("support/help~3".to_owned(), 1)]);
        let paused = flujo.resume::<support>("r").reply_to("support/help~4", Approval::Allow).await.unwrap();
        assert_eq!(paused.questions().len(), 1);
        assert_eq!((calls.of("support/help~4"), script.requests().len()), (1, 1));
        let done = flujo.resume::<support>("r").reply(Approval::deny("no")).await.unwrap();
        done.into_output().unwrap();
        assert_eq!(results(&script), ["denied: no", "calm is a word", "closed: moved"]);
        assert_eq!(
            (calls.of("support/help~2"), calls.of("support/help~3"), calls.of("support/help~4")),
            (0, 1, 1)
        );
    });
}

#[test]
fn a_function_of_the_call_decides_which_ask() {
    on_all(async |engine, _| {
        let two = refunds(r#"{"cents":5000}"#).calls("refund", r#"{"cents":5001}"#);
        let script = Script::new().then(two.calls("close", r#"{"reason":"moved"}"#)).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        let paused = flujo.run(sooner("late".into())).id("r").await;
        let open: Vec<_> = paused.questions().iter().map(|q| (q.path.as_str(), q.message.as_str())).collect();
        // What the list says goes before the attribute of the step.
        assert_eq!(
            open,
            [("sooner/help_sooner~3", "Allow the call of `refund`?"), ("sooner/help_sooner~4", "Really?")]
        );
        assert_eq!(calls.all(), [("sooner/help_sooner~2".to_owned(), 1)]);
        let mut people = Replies::new()
            .reply("sooner/help_sooner~3", Approval::Allow)
            .reply("sooner/help_sooner~4", Approval::Allow);
        people.resume::<sooner, _>(&flujo, "r").await.unwrap().into_output().unwrap();
        assert_eq!(results(&script), ["refunded 5000", "refunded 5001", "closed: moved"]);
    });
}

#[test]
fn a_function_that_panics_asks() {
    on_all(async |engine, _| {
        let script = Script::new().then(refunds(r#"{"cents":0}"#)).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        let paused = flujo.run(sooner("late".into())).id("r").await;
        assert_eq!((paused.questions().len(), calls.len()), (1, 0));
        flujo.resume::<sooner>("r").reply(Approval::Allow).await.unwrap().into_output().unwrap();
        assert_eq!(results(&script), ["refunded 0"]);
    });
}

#[test]
fn a_question_of_a_tool_has_a_deadline_like_every_question() {
    on_all(async |engine, clock| {
        let both = refunds(r#"{"cents":990}"#).calls("close", r#"{"reason":"moved"}"#);
        let script = Script::new().then(both).then(calm());
        let (flujo, calls) = desk(&engine, &script);
        assert_eq!(flujo.run(support("late".into())).id("r").await.questions().len(), 2);
        // The deadline in the list is one of the question in the attribute too.
        clock.advance(Duration::from_secs(3_600));
        let paused = flujo.resume::<support>("r").await.unwrap();
        assert_eq!((paused.questions().len(), calls.all()), (1, vec![("support/help~3".to_owned(), 1)]));
        clock.advance(Duration::from_secs(3_600));
        let done = flujo.resume::<support>("r").await.unwrap();
        assert_eq!(done.hitl_history[0].reply.by.as_deref(), Some("deadline"));
        done.into_output().unwrap();
        assert_eq!(
            (results(&script), calls.len()),
            (vec!["denied: nobody was there".to_owned(), "closed: moved".to_owned()], 1)
        );
    });
}

#[test]
fn an_approval_is_told_where_the_call_is() {
    on_all(async |engine, _| {
        let log = EventLog::new();
        let script = Script::new().then(refunds(r#"{"cents":990}"#)).then(calm());
        let flujo = scripted(&engine, script);
        flujo.run(support("late".into())).id("r").observer(log.clone()).await;
        flujo.resume::<support>("r").reply(Approval::Allow).observer(log.clone()).await.unwrap();
        let of_call: Vec<_> = lines(&log).into_iter().filter(|line| line.contains("help~2")).collect();
        assert_eq!(
            of_call,
            [
                "1 support/help~2 asks Refund this?",
                "1 support/help~2 answered \"allow\" replayed=false",
                "1 support/help~2 ToolCalled { tool: \"refund\" }",
                "1 support/help~2 step",
                "1 support/help~2 attempt 1",
                "1 support/help~2 attempt 1 ok",
                "1 support/help~2 step done",
                "1 support/help~2 ToolReturned { tool: \"refund\", outcome: Done }"
            ]
        );
    });
}

#[test]
fn graphs_and_ephemeral_runs_know_of_the_question() {
    assert!(flujo::graph_of(support).asks() && flujo::graph_of(sooner).asks());
    assert!(!flujo::graph_of(crate::tools::finding).asks());
    let script = Script::new().then(refunds(r#"{"cents":990}"#));
    let flujo = Flujo::builder()
        .resources(World { calls: Calls::default() })
        .models(script)
        .ephemeral()
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(async { flujo.run(support("late".into())).await });
    let error = result.into_output().unwrap_err();
    assert!(error.to_string().contains("an ephemeral run cannot wait for a reply"), "{error}");
}
