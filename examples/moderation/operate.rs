//! The pipeline as something that is operated: its runs are in a file, and a command line works on them.
//!
//! `cargo run --example moderation -- serve` shows them in a browser. `list`, `questions`, `reply` and all other
//! commands of `flujo-cli` work beside it, on the same file.

mod serve;
mod slow;

use crate::pipeline::{App, Board, Post, Reputations, moderate};
use crate::word_list::{MadeUpPrices, WordList};
use crate::{EACH_POST, read_posts};
use flujo::events::Redact;
use flujo::prelude::*;
use flujo_examples::args::BadArgs;
use flujo_server::Live;
use flujo_sqlite::Sqlite;
use slow::Slow;
use std::error::Error;
use std::process::ExitCode;

/// The file of the runs, in the folder where the command is given.
const FILE: &str = "moderation.db";

/// Returns true if the first word is a command.
pub fn is_command(word: &str) -> bool {
    word == "serve" || flujo_cli::is_command(word)
}

/// Executes the command that the process was given.
pub async fn execute(words: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let posts = read_posts(None)?;
    let [command, rest @ ..] = words else { return Err(BadArgs::new("a command is missing").into()) };
    if command == "serve" {
        let options = serve::Options::from_words(rest)?;
        let live = Live::new();
        let flujo = runs(&posts).engine(Sqlite::open(FILE)?).observer(live.clone()).build()?;
        serve::serve(flujo, live, posts, options).await?;
        return Ok(ExitCode::SUCCESS);
    }
    // What looks at the pipeline alone makes no file.
    let is_code = ["pipelines", "graph", "validate", "completions"].contains(&command.as_str());
    let builder = runs(&posts);
    let builder = if is_code { builder } else { builder.engine(Sqlite::open(FILE)?) };
    Ok(flujo_cli::run(builder.build()?).await)
}

/// Everything but where the runs are.
fn runs(posts: &[Post]) -> flujo::run::Builder<App> {
    let reputations = posts.iter().map(|post| (post.author.clone(), post.reputation)).collect();
    Flujo::builder()
        .models(Slow(WordList::new()))
        .prices(MadeUpPrices)
        .role("review", "wordlist:vader")
        .record_messages(Redact::new())
        .resources(App { reputations: Reputations(reputations), board: Board::default() })
        .pipeline::<moderate>()
        .limits(EACH_POST)
}
