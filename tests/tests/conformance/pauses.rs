//! Questions: anywhere, several at once, wrong replies, deadlines.

use flujo::ErrorKind;
use flujo::prelude::*;
use flujo_tests::world::*;
use std::time::Duration;

pipeline! {
    pub fn asking(text: String, ctx: &mut State, world: &World) -> String {
        let first: String = ask("What first?");
        let text = add(format!("{text} {first}"));
        if text.len() > 3 {
            let reply: Label = ask(format!("Label {text}")).showing(&text);
            add(reply.name).named("add_reply")
        } else {
            add("short".to_owned()).named("add_short")
        }
    }
}

#[test]
fn a_question_pauses_the_run_with_everything_a_person_needs() {
    on_all(async |engine, clock| {
        use flujo::clock::Clock as _;
        let (flujo, calls) = flujo(&engine);
        let now = clock.now();
        let result = flujo.run(asking("a".into())).id("r").await;
        let Outcome::Paused(questions) = &result.outcome else { panic!("{result:?}") };
        assert_eq!(questions.len(), 1);
        let question = &questions[0];
        assert_eq!((question.path.as_str(), question.message.as_str()), ("asking/first", "What first?"));
        assert_eq!((question.shown.as_ref(), question.deadline, question.asked), (None, None, now));
        let schema: serde_json::Value = serde_json::from_str(question.schema.as_str()).unwrap();
        assert_eq!(schema["type"], "string");
        assert_eq!(calls.len(), 0);
        assert_eq!(result.into_output().unwrap_err().to_string(), "asking/first: waiting for a reply");

        let result = flujo.resume::<asking>("r").reply("bc").by("ada").await.unwrap();
        let question = &result.questions()[0];
        assert_eq!(question.path, "asking/reply");
        assert_eq!(question.message, "Label a bc");
        assert_eq!(question.shown.as_ref().map(flujo::codec::Json::as_str), Some(r#""a bc""#));
        assert_eq!(result.context.log, ["a bc"]);

        let result =
            flujo.resume::<asking>("r").reply_to("asking/reply", Label { name: "l".into() }).await.unwrap();
        assert_eq!(result.context.log, ["a bc", "l"]);
        let history: Vec<_> = result
            .hitl_history
            .iter()
            .map(|a| (a.question.path.as_str(), a.reply.value.as_str(), a.reply.by.as_deref()))
            .collect();
        assert_eq!(
            history,
            [("asking/first", r#""bc""#, Some("ada")), ("asking/reply", r#"{"name":"l"}"#, None)]
        );
        assert_eq!(result.into_output().unwrap(), "l");
        // Nothing finished ran again.
        assert_eq!(calls.all(), [("asking/add".to_owned(), 1), ("asking/add_reply".to_owned(), 1)]);
    });
}

#[test]
fn another_process_may_reply() {
    on_all(async |engine, _| {
        let (first, calls) = flujo(&engine);
        drop(first.run(asking("a".into())).id("r").await);
        drop(first);
        let (second, more) = flujo(&engine);
        drop(second.resume::<asking>("r").reply("").await.unwrap());
        let view = second.inspect("r").await.unwrap();
        assert_eq!(view.records.len(), 2);
        assert_eq!((calls.len(), more.len()), (0, 2));
    });
}

#[test]
fn a_wrong_reply_leaves_the_question_open() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(asking("a".into())).id("r").await);
        let error = flujo.resume::<asking>("r").reply(5).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "asking/first: this reply to run `r` does not fit the question, which stays open: \
             the value must be of the type string; sent: 5; reply with a value of the type `string`"
        );
        let error = flujo.resume::<asking>("r").reply(f64::NAN).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Codec(_)), "{error}");
        assert_eq!(flujo.inspect("r").await.unwrap().questions.len(), 1);
        let result = flujo.resume::<asking>("r").reply("ok").await.unwrap();
        assert_eq!(result.questions().len(), 1);
    });
}

#[test]
fn a_second_unknown_or_late_reply_is_refused() {
    on_all(async |engine, clock| {
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(asking("a".into())).id("r").await);
        drop(flujo.resume::<asking>("r").reply("ok").by("ada").await.unwrap());
        let error = flujo.resume::<asking>("r").reply_to("asking/first", "again").await.unwrap_err();
        let at = flujo::clock::Clock::now(&clock).to_string();
        let expected = format!("asking/first: already answered by ada at {at}: that reply counts");
        assert_eq!(at, "1970-01-01T00:00:01.000000000Z");
        assert_eq!(error.to_string(), expected);
        let error = flujo.resume::<asking>("r").reply_to("asking/first", 5).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "of another type, too");
        let error = flujo.resume::<asking>("r").reply_to("asking/nobody", "x").await.unwrap_err();
        assert_eq!(error.to_string(), "asking/nobody: no such question is open; open: `asking/reply`");
        let error = flujo.resume::<asking>("nobody").reply("x").await.unwrap_err();
        assert_eq!(error.to_string(), "no run `nobody` is known here");
        let result = flujo.resume::<asking>("r").reply(Label { name: "l".into() }).await.unwrap();
        assert!(matches!(result.outcome, Outcome::Done(_)));
        let error = flujo.resume::<asking>("r").reply("x").await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("no question is open; the last one, `asking/reply`, was answered at")
        );
    });
}

pipeline! {
    pub fn asking_twice(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (a, b, c) = join(
            {
                let a: String = ask(format!("a of {text}?"));
                add(a).named("add_a")
            },
            {
                let text = add(format!("{text} b")).named("add_b");
                let b: u32 = ask("b?");
                count(5);
                format!("{text}{b}")
            },
            add(text.clone()).named("add_c"),
        );
        format!("{a} {b} {c}")
    }
}

#[test]
fn arms_ask_beside_each_other_and_siblings_go_on() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(asking_twice("t".into())).id("r").await;
        let mut open: Vec<_> = result.questions().iter().map(|q| q.path.as_str()).collect();
        open.sort_unstable();
        assert_eq!(open, ["asking_twice/a", "asking_twice/b"]);
        // While an arm is paused its changes are in its records only.
        assert_eq!(result.context.log, ["t"]);
        assert_eq!(calls.len(), 3);

        let error = flujo.resume::<asking_twice>("r").reply("x").await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("several questions are open, pick one with `.reply_to(path, ..)`: ")
        );

        let result = flujo.resume::<asking_twice>("r").reply_to("asking_twice/b", 7).await.unwrap();
        let open: Vec<_> = result.questions().iter().map(|q| q.path.as_str()).collect();
        assert_eq!(open, ["asking_twice/a"]);
        assert_eq!(calls.of("asking_twice/count"), 1);

        let result = flujo.resume::<asking_twice>("r").reply("x").await.unwrap();
        assert_eq!(result.context.log, ["t", "x", "t b", "t"]);
        assert_eq!(result.context.total, 5);
        assert_eq!(result.into_output().unwrap(), "x t b7 t");
        for (path, _) in calls.all() {
            assert_eq!(calls.of(&path), 1, "{path}");
        }
    });
}

#[step]
async fn replies_itself(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    // Long enough for somebody else to reply meanwhile.
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    Ok(text)
}

pipeline! {
    fn answered_live(text: String, world: &World) -> String {
        let (a, b) = join(
            { let a: String = ask("a?"); echo(a) },
            replies_itself(text),
        );
        format!("{a} {b}")
    }
}

#[test]
fn a_live_run_goes_on_with_a_reply_without_pausing() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let replying = flujo.clone();
        let (result, ()) = tokio::join!(flujo.run(answered_live("x".into())).id("r"), async move {
            loop {
                tokio::task::yield_now().await;
                let Ok(view) = replying.inspect("r").await else { continue };
                if !view.questions.is_empty() {
                    // `resume` of a live run replies, and then waits for it.
                    let done = replying.resume::<answered_live>("r").reply("soon").await.unwrap();
                    assert_eq!(done.into_output().unwrap(), "soon x");
                    return;
                }
            }
        });
        assert_eq!(result.into_output().unwrap(), "soon x");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn a_failure_and_a_pause_in_one_join_fail_and_withdraw_the_question() {
    pipeline! {
        fn mixed(text: String, ctx: &mut State, world: &World) -> String {
            let (a, b) = join(
                { let a: String = ask("a?"); echo(format!("{text} {a}")) },
                { let n = flaky(3).retries(2); echo(format!("{n}")).named("after") },
            );
            format!("{a} {b}")
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(mixed("x".into())).id("r").await;
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "mixed/flaky: not yet (3) (attempt 3 of 3)"
        );
        let error = flujo.resume::<mixed>("r").reply_to("mixed/a", "late").await.unwrap_err();
        assert_eq!(error.to_string(), "mixed/a: no such question is open");
        // It is asked again when its arm runs again.
        let result = flujo.resume::<mixed>("r").await.unwrap();
        assert_eq!(result.questions().len(), 1);
        assert_eq!(calls.of("mixed/flaky"), 4);
        let result = flujo.resume::<mixed>("r").reply("now").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "x now 4");
    });
}

pipeline! {
    fn deadline(text: String, world: &World) -> String {
        let reply: String = ask("in time?").timeout("1h", "too late".to_owned());
        echo(format!("{text} {reply}"))
    }
}

#[test]
fn the_default_counts_once_the_deadline_has_passed() {
    on_all(async |engine, clock| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(deadline("x".into())).id("late").await;
        let asked = result.questions()[0].asked;
        assert_eq!(result.questions()[0].deadline, Some(asked.plus(Duration::from_secs(3600))));
        // Not yet: it goes on waiting.
        let result = flujo.resume::<deadline>("late").await.unwrap();
        assert_eq!(result.questions().len(), 1);
        let result = flujo.run(deadline("y".into())).id("in time").await;
        assert_eq!(result.questions().len(), 1);
        let result = flujo.resume::<deadline>("in time").reply("yes").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "y yes");

        clock.advance(Duration::from_secs(3600));
        // Refused even though nobody has applied it yet.
        let error = flujo.resume::<deadline>("late").reply("yes").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "deadline/reply: the deadline of this question has passed; its default counts"
        );
        let result = flujo.resume::<deadline>("late").await.unwrap();
        assert_eq!(result.hitl_history[0].reply.by.as_deref(), Some("deadline"));
        assert_eq!(result.into_output().unwrap(), "x too late");
    });
}

pipeline! {
    fn inner_ask(text: String, ctx: &mut State, world: &World) -> String {
        let reply: String = ask(format!("{text}?"));
        add(reply)
    }
}
pipeline! {
    fn outer_ask(text: String, ctx: &mut State, world: &World) -> String {
        let a = inner_ask(text.clone()).settle();
        let b = inner_ask(text).named("second").retries(3);
        format!("{} {b}", a.unwrap())
    }
}

#[test]
fn a_pause_in_a_sub_pipeline_is_a_pause_and_no_option_catches_it() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(outer_ask("x".into())).id("r").await;
        assert_eq!(result.questions()[0].path, "outer_ask/inner_ask/reply");
        let result = flujo.resume::<outer_ask>("r").reply("1").await.unwrap();
        assert_eq!(result.questions()[0].path, "outer_ask/second/reply");
        let result = flujo.resume::<outer_ask>("r").reply("2").await.unwrap();
        assert_eq!(result.context.log, ["1", "2"]);
        assert_eq!(result.into_output().unwrap(), "1 2");
        assert_eq!(calls.len(), 2);
    });
}

#[step]
async fn remembers(text: String, run: &RunInfo) -> Result<String> {
    let said: Vec<_> = run.hitl_history().iter().map(|a| a.reply.value.to_string()).collect();
    Ok(format!("{text} {}", said.join(",")))
}

#[test]
fn the_history_is_readable_from_steps() {
    pipeline! {
        fn remembering(text: String) -> String {
            let reply: u8 = ask("how many?");
            remembers(format!("{text}{reply}"))
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(remembering("x".into())).id("r").await);
        let result = flujo.resume::<remembering>("r").reply(3).await.unwrap();
        assert_eq!(result.into_output().unwrap(), "x3 3");
    });
}

#[test]
fn an_ephemeral_engine_refuses_questions_before_anything_runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let calls = Calls::default();
    let world = World { calls: calls.clone() };
    let flujo = Flujo::builder().resources(world).ephemeral().build().unwrap();
    let error = runtime.block_on(async { flujo.run(outer_ask("x".into())).await }).into_output().unwrap_err();
    assert_eq!(
        error.to_string(),
        "outer_ask: `outer_ask` may ask a question, which an ephemeral run cannot wait for"
    );
    assert_eq!(calls.len(), 0);
}
