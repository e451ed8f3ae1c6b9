//! Fan-out: parallel branches, each with its own copy of the context, and how the copies become one again.
//!
//! `cargo run --example fanout`
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::context::rules::{self, Merged};
use flujo::prelude::*;
use std::collections::BTreeSet;

/// Each part says how what parallel branches made of it is put together. A part without a rule is written by one
/// branch at most, or the pipeline does not compile.
#[context]
#[derive(Debug, Default)]
struct Survey {
    #[context(part, merge = append)]
    notes: Vec<String>,
    #[context(part, merge = sum)]
    words: u64,
    #[context(part, merge = max)]
    longest: usize,
    #[context(part, merge = union)]
    letters: BTreeSet<char>,
    #[context(part, merge = self::loudest)]
    mood: Mood,
    /// One branch writes it.
    #[context(part)]
    title: Option<Title>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Mood {
    #[default]
    Calm,
    Loud,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Title(String);

/// A rule of one's own: from the value before the branches and those that they left. One that loses nothing calls
/// one of flujo's.
fn loudest(base: &Mood, arms: &[Mood]) -> Merged<Mood> {
    rules::max(base, arms)
}

#[step]
async fn count(line: String, words: &mut u64, longest: &mut usize) -> Result<u64> {
    for word in line.split_whitespace() {
        *words += 1;
        *longest = (*longest).max(word.len());
    }
    Ok(*words)
}

#[step]
async fn spell(line: String, letters: &mut BTreeSet<char>, notes: &mut Vec<String>) -> Result<usize> {
    letters.extend(line.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase));
    notes.push(format!("spelt {line:?}"));
    Ok(letters.len())
}

#[step]
async fn listen(line: String, mood: &mut Mood, notes: &mut Vec<String>) -> Result<()> {
    if line.contains('!') {
        *mood = Mood::Loud;
        notes.push(format!("heard {line:?}"));
    }
    Ok(())
}

#[step]
async fn entitle(lines: Vec<String>, title: &mut Option<Title>) -> Result<()> {
    *title = lines.into_iter().next().map(Title);
    Ok(())
}

pipeline! {
    /// Looks at every line in three ways at once, two lines at a time.
    fn survey(lines: Vec<String>, ctx: &mut Survey) -> usize {
        let each = lines.clone();
        let (seen, ()) = join(
            map(each, |line| {
                let (words, letters, ()) = join(count(line.clone()), spell(line.clone()), listen(line));
                value(words > 0 && letters > 0)
            }).concurrency(2),
            entitle(lines),
        );
        seen.into_iter().filter(|seen| *seen).count()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), flujo::Error> {
    let flujo = Flujo::builder().build()?;
    let lines = ["On the shore", "a gull cries: mine!", "and the sea says nothing"].map(str::to_owned);
    let result = flujo.run(survey(lines.into())).await;

    let Survey { notes, words, longest, letters, mood, title } = &result.context;
    println!("title    {}", title.as_ref().map_or("none", |title| title.0.as_str()));
    println!("words    {words}, the longest has {longest} letters");
    println!("letters  {}", letters.iter().collect::<String>());
    println!("mood     {mood:?}");
    for note in notes {
        println!("note     {note}");
    }
    println!("lines    {}", result.into_output()?);
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
#[path = "../kills/fanout.rs"]
mod kills;
