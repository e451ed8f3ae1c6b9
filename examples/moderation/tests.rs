//! How a user would test a workflow: steps alone, then the pipeline with the model played by a stub.

use crate::pipeline::{
    App, Label, Mailbox, Moderation, Post, Reputations, Sign, Tone, Verdict, label_tone, looks_personal,
    moderate, triage,
};
use flujo::Error;
use flujo::prelude::*;
use flujo_testing::StubAgent;

fn post(author: &str, text: &str) -> Post {
    Post { id: 1, author: author.to_owned(), reputation: 0.5, text: text.to_owned() }
}

fn app() -> App {
    let reputations =
        [("ann", 0.5), ("bob", 0.1)].map(|(author, reputation)| (author.to_owned(), reputation));
    App { reputations: Reputations(reputations.into()), mailbox: Mailbox::default() }
}

fn label(tone: Tone, confidence: f64) -> StubAgent<label_tone> {
    StubAgent::of(label_tone, [Label { tone, confidence }])
}

#[test]
fn personal_data_is_seen_and_the_rest_is_not() {
    for word in ["maria.k@example.com", "(555-0142)", "<a@b.c>,"] {
        assert!(looks_personal(word), "{word}");
    }
    for word in ["@maria", "9-18,", "half-time", "under-12", "a@b", "2026-11", "@"] {
        assert!(!looks_personal(word), "{word}");
    }
}

#[tokio::test]
async fn triage_alone() -> Result<(), Error> {
    let mut context = Moderation::default();
    let case = triage(post("bob", "look: https://a.example")).run(&mut context, &app().reputations).await?;
    assert_eq!(case.signs, [Sign::Link]);
    assert!((context.reputation - 0.1).abs() < 1e-9);
    Ok(())
}

#[tokio::test]
async fn a_sure_label_is_judged_without_a_person() -> Result<(), Error> {
    let stub = label(Tone::Hostile, 0.9);
    let flujo = Flujo::builder().resources(app()).stub(&stub).build()?;
    let result = flujo.run(moderate(post("ann", "hm"))).await;
    assert_eq!(result.context.notes, ["sounds hostile"]);
    assert_eq!(result.into_output()?, Verdict::Rejected);
    assert_eq!(stub.calls().len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_unsure_label_pauses_until_a_person_replies() -> Result<(), Error> {
    let stub = label(Tone::Hostile, 0.5);
    let flujo = Flujo::builder().resources(app()).stub(&stub).build()?;

    let paused = flujo.run(moderate(post("ann", "hm"))).id("p").await;
    assert_eq!(paused.questions().iter().map(|q| q.path.as_str()).collect::<Vec<_>>(), ["moderate/human"]);

    let wrong = flujo.resume::<moderate>("p").reply("furious").await;
    assert!(wrong.is_err(), "a reply that is no tone is refused, and the question stays open");

    let done = flujo.resume::<moderate>("p").reply(Tone::Friendly).by("a test").await?;
    assert_eq!(done.into_output()?, Verdict::Approved);
    assert_eq!(stub.calls().len(), 1, "what was finished before the question is not run again");
    assert_eq!(flujo.resources().mailbox.len(), 1);
    Ok(())
}

#[tokio::test]
async fn links_of_strangers_are_escalated_unread() -> Result<(), Error> {
    let stub = StubAgent::of(label_tone, []);
    let flujo = Flujo::builder().resources(app()).stub(&stub).build()?;
    let result = flujo.run(moderate(post("bob", "look: https://a.example"))).await;
    assert_eq!(result.into_output()?, Verdict::Escalated);
    assert_eq!(stub.calls().len(), 0);
    Ok(())
}
