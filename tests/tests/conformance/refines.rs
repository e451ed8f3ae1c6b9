//! Drafts and their critics.

use flujo::ErrorKind;
use flujo::prelude::*;
use flujo_tests::world::*;

/// Writes a draft, the longer the more it is criticized.
#[step]
async fn draft(
    topic: String,
    feedback: Option<Feedback>,
    log: &mut Vec<String>,
    calls: &Calls,
    run: &RunInfo,
) -> Result<String> {
    calls.note(run);
    let said = feedback.map_or_else(|| "nothing".to_owned(), |feedback| feedback.0);
    log.push(format!("heard {said}"));
    Ok(format!("{topic} after {said}"))
}

/// Accepts what came after `accepts`.
#[step]
async fn review(
    draft: String,
    accepts: String,
    total: &mut u64,
    calls: &Calls,
    run: &RunInfo,
) -> Result<Critique> {
    calls.note(run);
    *total += 1;
    if draft.ends_with(&accepts) {
        return Ok(Critique::Accept);
    }
    Ok(Critique::revise(format!("point {total}")))
}

pipeline! {
    fn refining(topic: String, accepts: String, ctx: &mut State, world: &World) -> String {
        let text = refine(
            |feedback| draft(topic.clone(), feedback),
            |text| review(text, accepts.clone()),
        ).max(3);
        echo(text)
    }
}

#[test]
fn a_draft_is_made_again_until_the_critic_accepts_it() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(refining("t".into(), "point 2".into())).await;
        assert_eq!(result.context.log, ["heard nothing", "heard point 1", "heard point 2"]);
        assert_eq!(result.context.total, 3);
        // the output is the draft
        assert_eq!(result.into_output().unwrap(), "t after point 2");
        let paths: Vec<_> = calls.all().into_iter().map(|(path, _)| path).collect();
        let expected = ["draft#1", "review#1", "draft#2", "review#2", "draft#3", "review#3", "echo"];
        assert_eq!(paths, expected.map(|node| format!("refining/{node}")));
    });
}

#[test]
fn a_refine_without_an_end_keeps_the_last_draft_and_the_last_critique() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(refining("t".into(), "never".into())).id("r").await;
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "refining/refine:draft: `refine` did not finish within 3 rounds");
        assert!(matches!(error.kind(), ErrorKind::Exhausted { form, rounds: 3 } if form == "refine"));
        assert_eq!(error.last_output::<String>().as_deref(), Some("t after point 2"));
        assert_eq!(error.feedback(), Some("point 3"));
        assert_eq!(calls.len(), 6);
    });
}

#[test]
fn or_last_gives_the_last_draft() {
    pipeline! {
        fn last(topic: String, ctx: &mut State, world: &World) -> String {
            refine(|feedback| draft(topic.clone(), feedback), |text| review(text, "never".to_owned()))
                .max(2)
                .or_last()
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(last("t".into())).await.into_output().unwrap(), "t after point 1");
        assert_eq!(calls.len(), 4);
    });
}

#[test]
fn a_failing_generator_or_critic_fails_the_refine() {
    #[step]
    async fn tired(draft: String) -> Result<Critique> {
        Err(StepError::fatal(format!("no more of {draft}")))
    }
    #[step]
    async fn blank(feedback: Option<Feedback>) -> Result<String> {
        Ok(format!("blank {feedback:?}"))
    }
    pipeline! {
        fn failing(_topic: String, world: &World) -> Result<String, Failure> {
            let done = refine(blank, tired).max(2).or_last().settle();
            done
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let failure = flujo.run(failing("t".into())).await.into_output().unwrap().unwrap_err();
        assert_eq!(failure.path, "failing/tired#1");
        assert_eq!(failure.message, "no more of blank None");
    });
}

#[test]
fn a_person_may_be_the_critic() {
    pipeline! {
        fn asking(topic: String, ctx: &mut State, world: &World) -> String {
            let text = refine(|feedback| draft(topic.clone(), feedback), |text| {
                let verdict: Critique = ask("Is it good?").showing(&text);
                verdict
            }).max(3);
            echo(text)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(asking("t".into())).id("r").await;
        assert_eq!(result.questions()[0].path, "asking/verdict#1");
        let result = flujo.resume::<asking>("r").reply(Critique::revise("more")).await.unwrap();
        assert_eq!(result.questions()[0].shown.as_ref().unwrap().as_str(), r#""t after more""#);
        let result = flujo.resume::<asking>("r").reply(Critique::Accept).await.unwrap();
        assert_eq!(result.context.log, ["heard nothing", "heard more"]);
        assert_eq!(result.into_output().unwrap(), "t after more");
        assert_eq!(calls.len(), 3);
    });
}

#[test]
fn drafts_and_critics_cost() {
    #[step(model = "test:small", max_tokens = 50)]
    fn judge(text: String) -> Prompt<Critique> {
        Prompt::system("Judge it.").user(text)
    }
    pipeline! {
        fn paying(topic: String, world: &World) -> Label {
            refine(|_| label(topic.clone()), |found| judge(found.name)).max(3)
        }
    }
    on_all(async |engine, _| {
        let model = Scripted::new(&[
            r#"{"name":"one"}"#,
            r#"{"Revise":"again"}"#,
            r#"{"name":"two"}"#,
            r#""Accept""#,
        ]);
        let (flujo, _) = with_model(&engine, model);
        let result = flujo.run(paying("t".into())).await;
        assert_eq!(result.usage, calls_of_the_model(4));
        assert_eq!(result.into_output().unwrap().name, "two");
    });
}
