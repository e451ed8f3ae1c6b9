//! Research: plan questions, let a person choose, look them up side by side, and write until a critic is content.
//!
//! Offline a script answers: `cargo run --example research`. Or a real model, which the command line names:
//! `OPENAI_API_KEY=.. cargo run --example research --features models -- openai:gpt-4o-mini`.
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::model::{ModelRequest, Script};
use flujo::prelude::*;
use flujo_examples::answers::{Answers, answers};

/// What there is to be read.
const SHELF: [(&str, &str); 3] = [
    ("tides", "Tides follow the moon, which pulls the nearer side of the sea more than the farther one."),
    ("spring tides", "When sun and moon pull in one line, tides are highest: that is twice a month."),
    ("harbours", "A long bay can swing with the tide and raise it to sixteen metres."),
];

#[context]
#[derive(Debug, Default)]
struct Research {
    /// What was read. Items of a `map` read side by side: what each of them adds is put in their order.
    #[context(part, merge = append)]
    sources: Vec<String>,
}

/// Which questions a topic raises. Who answers is whoever has the role.
#[step(role = solution, max_tokens = 200, timeout = "60s")]
fn plan(topic: String) -> Prompt<Vec<String>> {
    let shelf: Vec<_> = SHELF.iter().map(|(title, _)| *title).collect();
    let rules = "Name up to four subjects that are worth a look, in a few words each, without numbers.";
    Prompt::system(rules).user(format!("The topic is {topic}. On the shelf: {}.", shelf.join(", ")))
}

/// Reads what is on the shelf.
#[step(retries = 2, timeout = "5s")]
async fn look_up(question: String, sources: &mut Vec<String>) -> Result<String> {
    let subject = question.to_lowercase();
    let (title, text) = SHELF
        .iter()
        .find(|(title, _)| *title == subject)
        .ok_or_else(|| StepError::fatal(format!("nothing on the shelf about {subject}")))?;
    sources.push((*title).to_owned());
    Ok((*text).to_owned())
}

/// The notes as one text, and what was not found.
#[step]
async fn summarise(notes: Vec<String>, missing: Vec<String>) -> Result<String> {
    let missing = missing.iter().map(|why| format!("(Open: {why}.)"));
    Ok(notes.into_iter().chain(missing).collect::<Vec<_>>().join(" "))
}

/// How much there is.
#[step]
async fn count_words(notes: Vec<String>) -> Result<usize> {
    Ok(notes.iter().map(|note| note.split_whitespace().count()).sum())
}

/// A draft; with what the critic said of the last one, a better one.
#[step(role = solution, max_tokens = 500, timeout = "60s")]
fn write(summary: String, words: usize, feedback: Option<Feedback>) -> Prompt<String> {
    let rules = "Write a short article of the notes, and of nothing else. Name what is still open.";
    let prompt = Prompt::system(rules).user(format!("Notes, {words} words: {summary}"));
    match feedback {
        None => prompt,
        Some(feedback) => prompt.user(format!("Your last draft was sent back: {feedback}")),
    }
}

/// Wants to know how much there is to read.
#[step(role = review, temperature = 0.0, max_tokens = 200, timeout = "60s")]
fn criticise(draft: String) -> Prompt<Critique> {
    Prompt::system("Accept a draft that begins with how many words of notes it is made of. Send others back.")
        .user(draft)
}

pipeline! {
    /// Finds out about a topic.
    fn research(topic: String, ctx: &mut Research) -> String {
        let questions = plan(topic);
        let chosen: Vec<String> = ask("Which of these are worth it?").showing(&questions);
        // One question may lead nowhere: the others go on, and its failure is a value that says why.
        let found = map(chosen, |question| look_up(question).settle()).concurrency(2).max(10);
        let missing: Vec<String> = found.iter().filter_map(|note| note.as_ref().err()).map(|f| f.message.clone()).collect();
        let notes: Vec<String> = found.into_iter().flatten().collect();
        let (summary, words) = join(summarise(notes.clone(), missing), count_words(notes));
        refine(
            |feedback| write(summary.clone(), words, feedback),
            |draft| criticise(draft),
        ).max(3)
    }
}

/// What a model would say: it leaves out at first what the critic wants to see.
fn offline(request: &ModelRequest) -> String {
    let asked = |i: usize| request.messages.get(i).map(|turn| turn.text.as_str()).unwrap_or_default();
    let (rules, task) = (asked(0), asked(1));
    if rules.starts_with("Name") {
        return r#"{"answer":["tides","tide pools","spring tides","harbours"]}"#.to_owned();
    }
    if rules.starts_with("Accept") {
        let critique =
            if task.starts_with("In ") { r#""Accept""# } else { r#"{"Revise":"say first how long it is"}"# };
        return format!(r#"{{"answer":{critique}}}"#);
    }
    let (words, notes) = task.trim_start_matches("Notes, ").split_once(" words: ").unwrap_or_default();
    if asked(2).is_empty() { notes.to_owned() } else { format!("In {words} words: {notes}") }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let Answers { builder, who, .. } = answers(Script::new().otherwise(offline))?;
    let flujo = builder.role("solution", &who).role("review", &who).build()?;

    let paused = flujo.run(research("the sea".to_owned())).id("sea").await;
    let mut questions = Vec::new();
    for question in paused.questions() {
        println!("{}: {}", question.path, question.message);
        questions = question.shown.as_ref().and_then(|shown| shown.decode().ok()).unwrap_or_default();
    }
    if questions.is_empty() {
        paused.into_output()?;
        return Ok(());
    }

    // Whoever sits at the terminal would choose; here it is everything but the harbours.
    let chosen: Vec<String> =
        questions.into_iter().filter(|subject: &String| !subject.contains("harbour")).collect();
    let result = flujo.resume::<research>("sea").reply(chosen).by("a reader").await?;

    for step in &result.steps {
        let done = if step.is_done() { "done" } else { "failed" };
        println!("{:30} {done}", step.path().as_str());
    }
    for (model, usage) in result.by_model() {
        println!("{model} answered {} times, {} tokens", usage.model_calls, usage.total_tokens());
    }
    println!("sources: {}", result.context.sources.join(", "));
    println!("{}", result.into_output()?);
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
#[path = "../kills/research.rs"]
mod kills;
