//! How a user would test a workflow: steps alone, then the pipeline with the model played by a stub.

use crate::pipeline::{
    App, Board, Label, Moderation, Post, Reputations, Sign, Tone, Verdict, label_tone, looks_personal,
    moderate, triage,
};
use crate::word_list::{MadeUpPrices, WordList};
use flujo::prelude::*;
use flujo::{Error, StepResult};
use flujo_testing::{StubAgent, assert_paths};

fn post(author: &str, text: &str) -> Post {
    Post { id: 1, author: author.to_owned(), reputation: 0.5, text: text.to_owned() }
}

fn app() -> App {
    let reputations = [("ann", 0.5), ("bob", 0.1), ("dora@example.net", 0.95)];
    let reputations = reputations.map(|(author, reputation)| (author.to_owned(), reputation));
    App { reputations: Reputations(reputations.into()), board: Board::default() }
}

/// The model's answers, look by look.
fn labels<const N: usize>(tone: Tone, confidences: [f64; N]) -> StubAgent<label_tone> {
    let label = |confidence| Label { tone, confidence, looks: 1 };
    StubAgent::of(label_tone, confidences.map(label))
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
    let stub = labels(Tone::Hostile, [0.9]);
    let flujo = Flujo::builder().resources(app()).stub(&stub).build()?;
    let result = flujo.run(moderate(post("ann", "hm"))).await;
    assert_eq!(result.context.notes, ["sounds hostile"]);
    assert_eq!(result.into_output()?, Verdict::Rejected);
    assert_eq!(stub.calls().len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_model_looks_closer_until_it_is_sure() -> Result<(), Error> {
    let stub = labels(Tone::Friendly, [0.5, 0.8]);
    let flujo = Flujo::builder().resources(app()).stub(&stub).build()?;
    let result = flujo.run(moderate(post("ann", "hm"))).await;
    assert_paths(
        &result,
        [
            "moderate/triage",
            "moderate/label_tone#1",
            "moderate/label_tone#2",
            "moderate/judge",
            "moderate/write_receipt",
            "moderate/gate",
            "moderate/publish",
        ],
    );
    // What it said before goes along.
    let before: Vec<_> = stub.calls().iter().map(|(_, before)| before.confidence).collect();
    assert!(before.iter().zip([0.0, 0.5]).all(|(a, b)| (a - b).abs() < 1e-9), "{before:?}");
    assert_eq!(result.into_output()?, Verdict::Approved);
    Ok(())
}

#[tokio::test]
async fn an_unsure_label_pauses_until_a_person_replies() -> Result<(), Error> {
    let stub = labels(Tone::Hostile, [0.3, 0.4, 0.5]);
    let flujo = Flujo::builder().resources(app()).stub(&stub).build()?;

    let paused = flujo.run(moderate(post("ann", "hm"))).id("p").await;
    assert_eq!(paused.questions().iter().map(|q| q.path.as_str()).collect::<Vec<_>>(), ["moderate/human"]);

    let wrong = flujo.resume::<moderate>("p").reply("furious").await;
    assert!(wrong.is_err(), "a reply that is no tone is refused, and the question stays open");

    let done = flujo.resume::<moderate>("p").reply(Tone::Friendly).by("a test").await?;
    assert_eq!(done.into_output()?, Verdict::Approved);
    assert_eq!(stub.calls().len(), 3, "what was finished before the question is not run again");
    assert_eq!(flujo.resources().board.len(), 1);
    Ok(())
}

#[tokio::test]
async fn links_of_strangers_are_escalated_unread() -> Result<(), Error> {
    let stub = labels(Tone::Neutral, []);
    let flujo = Flujo::builder().resources(app()).stub(&stub).build()?;
    let result = flujo.run(moderate(post("bob", "look: https://a.example"))).await;
    assert_eq!(result.into_output()?, Verdict::Escalated);
    assert_eq!(stub.calls().len(), 0);
    Ok(())
}

/// With the word list, whose calls cost something.
fn priced(budget: &SharedBudget) -> Result<Flujo<App>, Error> {
    let builder = Flujo::builder().resources(app()).models(WordList::new()).prices(MadeUpPrices);
    builder.role("review", "wordlist:vader").budget(budget.clone()).build()
}

#[tokio::test]
async fn a_label_that_is_too_dear_is_a_glance() -> Result<(), Error> {
    let flujo = priced(&SharedBudget::usd("1"))?;
    let result = flujo.run(moderate(post("ann", &"The bread rose. ".repeat(150)))).await;
    assert_eq!(result.usage.model_calls, 0);
    assert_eq!(result.step("moderate/label_tone!glance#1").map(StepResult::is_fallback), Some(true));
    assert_eq!(result.context.notes, ["only glanced at", "sounds neutral"]);
    assert_eq!(result.into_output()?, Verdict::Approved);
    Ok(())
}

#[tokio::test]
async fn a_budget_that_is_used_up_ends_the_run_and_says_so() -> Result<(), Error> {
    let budget = SharedBudget::usd("0.0001");
    let flujo = priced(&budget)?;
    let (mut done, mut failure) = (0, String::new());
    for n in 0..20 {
        match flujo
            .run(moderate(post("ann", "A calm day at the sea.")))
            .id(format!("{n}").as_str())
            .await
            .into_output()
        {
            Ok(_) => done += 1,
            Err(error) => {
                failure = error.to_string();
                break;
            }
        }
    }
    assert!(
        failure.starts_with("moderate/label_tone#1: the shared budget of $0.0001 would be exceeded"),
        "{failure}"
    );
    assert_eq!(flujo.resources().board.len(), done, "nothing is published for what was not judged");
    assert!(budget.spent().cost() <= budget.limits().cost.unwrap_or_default());
    Ok(())
}

#[tokio::test]
async fn a_receipt_with_personal_data_is_not_published() -> Result<(), Error> {
    let flujo = Flujo::builder().resources(app()).build()?;
    let error = flujo.run(moderate(post("dora@example.net", "Thank you."))).await.into_output().unwrap_err();
    assert_eq!(
        error.to_string(),
        "moderate/gate: rejected: it holds personal data, and everybody can read it"
    );
    assert_eq!(flujo.resources().board.len(), 0);
    Ok(())
}
