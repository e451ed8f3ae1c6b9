//! Pipelines that can be watched, asked, broken and attacked.

use flujo::model::Prompt;
use flujo::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The runs that were broken before.
#[derive(Default)]
pub struct Attempts(Mutex<BTreeSet<String>>);

/// The folder in which a file lets a step go on.
pub struct Gate(pub PathBuf);

#[resources]
pub struct Office {
    pub attempts: Attempts,
    pub gate: Gate,
}

/// What the desk keeps in mind while a post is written.
#[context]
#[derive(Debug, Default, JsonSchema)]
pub struct Desk {
    /// Remarks, in the order in which they were made.
    #[context(part, merge = append)]
    pub remarks: Vec<String>,
}

/// For whom a post is written.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    Beginners,
    Experts,
    Children,
}

/// What becomes of a post.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It goes out as it is.
    Publish,
    /// It does not go out.
    Reject {
        /// Shown to the author.
        #[schemars(length(min = 3, max = 200))]
        reason: String,
    },
    /// It goes out without some words.
    Redact { words: Vec<String>, notify: Option<bool> },
}

/// Looks a word up in the archive.
#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(format!("The archive has three entries about {word}."))
}
#[step(retries = 2)]
async fn gather(topic: String, remarks: &mut Vec<String>) -> Result<String> {
    tokio::time::sleep(Duration::from_millis(700)).await;
    remarks.push(format!("gathered facts about {topic}"));
    Ok(format!("three facts about {topic}"))
}
#[step(retries = 2, backoff = "300ms")]
async fn find_pictures(topic: String, run: &RunInfo) -> Result<Vec<String>> {
    tokio::time::sleep(Duration::from_millis(200)).await;
    if run.attempt() == 1 {
        return Err(StepError::from(std::io::Error::other("the archive of pictures does not answer")));
    }
    Ok(vec![format!("{topic}-1.jpg"), format!("{topic}-2.jpg")])
}
#[step(model = "test:small", max_tokens = 400, tools = [look_up], tool_rounds = 3)]
fn draft(topic: String, reader: Reader, facts: String) -> Prompt<String> {
    Prompt::system(format!("You write short posts for {reader:?}. Use the facts: {facts}.")).user(topic)
}
#[step]
async fn decide(text: String, pictures: Vec<String>, verdict: Verdict) -> Result<String> {
    match verdict {
        Verdict::Publish => Ok(format!("{text}[{}]", pictures.join(", "))),
        Verdict::Reject { reason } => Err(StepError::fatal(format!("rejected: {reason}"))),
        Verdict::Redact { words, .. } => {
            Ok(words.iter().fold(text, |text, word| text.replace(word.as_str(), "***")))
        }
    }
}
pipeline! {
    /// Writes a post about a topic, and asks a person before it goes out.
    pub fn post(topic: String, reader: Reader, ctx: &mut Desk) -> String {
        let (facts, pictures) = join(gather(topic.clone()), find_pictures(topic.clone()));
        let text = draft(topic, reader, facts);
        let verdict: Verdict = ask("Publish this post?")
            .showing(&text)
            .timeout("2d", Verdict::Reject { reason: "nobody had time to read it".to_owned() });
        decide(text, pictures, verdict)
    }
}

/// One of more than a few.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Month {
    January,
    February,
    March,
    April,
    May,
    June,
    July,
}
/// How somebody is reached.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// As on the passport.
    #[schemars(length(min = 2, max = 40))]
    pub name: String,
    pub address: Address,
    pub born: Option<Month>,
    pub tags: Vec<String>,
}
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    pub street: String,
    #[schemars(range(min = 1000, max = 9999))]
    pub code: u16,
}
#[step]
async fn sum_up(parts: Vec<String>) -> Result<String> {
    Ok(parts.join(" | "))
}
pipeline! {
    /// Asks for a value of every kind, one after the other.
    pub fn questions(name: String) -> String {
        let sure: bool = ask("Are you sure?").showing(&name);
        let reader: Reader = ask("Who reads it?");
        let month: Month = ask("In which month?");
        let percent: u8 = ask("How many percent?");
        let ratio: f64 = ask("Which ratio?");
        let note: Option<String> = ask("Any remark?");
        let words: Vec<String> = ask("Which words?");
        let person: Person = ask("Who is it?");
        let verdict: Verdict = ask("And the verdict?");
        sum_up(vec![
            format!("{sure} {reader:?} {month:?} {percent} {ratio}"),
            format!("{note:?} {words:?} {person:?} {verdict:?}"),
        ])
    }
}

#[step]
async fn tick(n: u32, gate: &Gate, run: &RunInfo) -> Result<u32> {
    let file = gate.0.join(format!("{}.{n}", run.id()));
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(n + 1)
}
pipeline! {
    /// Counts, each time once it is let go on: it can be watched for as long as somebody likes.
    pub fn count(from: u32, office: &Office) -> u32 {
        let one = tick(from);
        let two = tick(one).named("second");
        let three = tick(two).named("third");
        let four = tick(three).named("fourth");
        tick(four).named("fifth")
    }
}

#[step(retries = 1, backoff = none)]
async fn stumble(word: String, attempts: &Attempts, run: &RunInfo) -> Result<String> {
    let mut known = attempts.0.lock().unwrap_or_else(PoisonError::into_inner);
    // It fails twice, which is an attempt and its retry; somebody who retries the run later is lucky.
    let first = known.insert(format!("{}/1", run.id()));
    if first || known.insert(format!("{}/2", run.id())) {
        return Err(std::io::Error::other(format!("nobody is at home to take `{word}`")).into());
    }
    Ok(word)
}
pipeline! {
    /// Fails, and works when it is retried.
    pub fn broken(word: String, office: &Office) -> String { stumble(word) }
}

#[step(model = "test:small", max_tokens = 4000)]
fn repeat_after_me(text: String) -> Prompt<String> {
    Prompt::system("Repeat it.").user(text)
}
#[step]
async fn refuse(text: String) -> Result<String> {
    let start: String = text.chars().take(2_000).collect();
    Err(StepError::fatal(format!("no: {start}")))
}
pipeline! {
    /// Gives a hostile text to everything that shows texts: <b>a model</b>, a question, an output and an error.
    pub fn outbreak(text: String, ctx: &mut Desk) -> String {
        let said = repeat_after_me(text.clone());
        let reply: String = ask("May <i>this</i> go on? </h3><script>window.broken = 1</script>").showing(&text);
        let both = format!("{said}{reply}");
        refuse(both)
    }
}

#[step]
async fn loud(text: String, times: u8) -> Result<String> {
    Ok(text.to_uppercase().repeat(usize::from(times)))
}
pipeline! {
    /// Says it loudly.
    pub fn shout(text: String, times: u8) -> String { loud(text, times) }
}
