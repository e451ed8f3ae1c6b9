//! Research: plan questions, let a person choose, look them up side by side, and write until a critic is content.
//!
//! `cargo run --example research`
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::prelude::*;

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

/// Which questions a topic raises.
#[step]
async fn plan(topic: String) -> Result<Vec<String>> {
    Ok(["tides", "spring tides", "tide pools", "harbours"].map(|q| format!("{q} ({topic})")).into())
}

/// Reads what is on the shelf.
#[step(retries = 2, timeout = "5s")]
async fn look_up(question: String, sources: &mut Vec<String>) -> Result<String> {
    let subject = question.split(" (").next().unwrap_or(&question);
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
#[step]
async fn write(summary: String, words: usize, feedback: Option<Feedback>) -> Result<String> {
    Ok(match feedback {
        None => summary,
        // There is one thing that the critic may say.
        Some(_) => format!("In {words} words: {summary}"),
    })
}

/// Wants to know how much there is to read.
#[step]
async fn criticise(draft: String) -> Result<Critique> {
    Ok(if draft.starts_with("In ") { Critique::Accept } else { Critique::revise("say first how long it is") })
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

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), flujo::Error> {
    let flujo = Flujo::builder().build()?;

    let paused = flujo.run(research("the sea".to_owned())).id("sea").await;
    for question in paused.questions() {
        println!("{}: {}", question.path, question.message);
    }

    // Whoever sits at the terminal would choose; here it is everything but the harbours.
    let chosen = ["tides (the sea)", "tide pools (the sea)", "spring tides (the sea)"];
    let result = flujo.resume::<research>("sea").reply(chosen).by("a reader").await?;

    for step in &result.steps {
        let done = if step.is_done() { "done" } else { "failed" };
        println!("{:30} {done}", step.path().as_str());
    }
    println!("sources: {}", result.context.sources.join(", "));
    println!("{}", result.into_output()?);
    Ok(())
}
