//! Moderates posts, offline: `cargo run --example moderation`.
//!
//! A few steps look at each post; what they cannot decide goes to a model, which looks closer until it is sure;
//! what it is not sure of after three looks goes to you. What that may cost is limited: for a label, for a post,
//! and for all of them. A word list stands in for the model, unless `--model` names one. `pipeline.rs` is the workflow and
//! the part worth reading; the rest drives it.
//!
//! `cargo run --example moderation -- serve` shows the same in a browser, with runs that survive a crash.
#![allow(unreachable_pub, reason = "the pipeline is written as it would be in a library")]

#[cfg(all(test, feature = "sqlite"))]
#[path = "../kills/moderation.rs"]
mod kills;
#[cfg(feature = "serve")]
mod operate;
mod pipeline;
mod replies;
mod report;
mod reporting;
#[cfg(test)]
mod tests;
mod word_list;

use crate::pipeline::{App, Board, Moderation, Post, Reputations, moderate};
use crate::replies::Replies;
use crate::report::Report;
use crate::reporting::Reporting;
use crate::word_list::{MadeUpPrices, WordList};
use flujo::Cost;
use flujo::prelude::*;
use flujo_examples::answers::{Answers, asking};
use flujo_examples::args::{Arg, Args, BadArgs};
use flujo_examples::jsonl;
use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;

const HELP: &str = "\
Moderates posts: steps route them, a word list labels them, you are asked where it is not sure.

cargo run --example moderation -- [FILE] [OPTIONS]
cargo run --example moderation -- serve [--address 127.0.0.1:8080] [--pace MILLISECONDS]
cargo run --example moderation -- COMMAND

`serve` moderates posts as they arrive and shows them in a browser; its runs are in the file
moderation.db, and other commands work on them: list, show, questions, reply, usage, validate
and more; `list --help` says more of each.

FILE                 posts, one JSON object a line: id, author, reputation from 0 to 1, text
                     (default: examples/data/posts.jsonl)
--reply TONE         reply friendly, neutral or hostile instead of asking at the terminal;
                     one is for all questions, several are used in turn
--model NAME         ask this model, such as openai:gpt-4o-mini, in place of the word list; needs
                     `--features models`, and the key of its provider
--budget USD         what all posts together may cost (default: 0.01)
--graph FORMAT       print the pipeline and stop: mermaid, dot or json
--plain              leave out the times
--help               this text";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    #[cfg(feature = "serve")]
    if words.first().is_some_and(|word| operate::is_command(word)) {
        return match operate::execute(&words).await {
            Ok(code) => code,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let asked = match Asked::from_args(words.into_iter()) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("{error}; `--help` says what can be given");
            return ExitCode::from(2);
        }
    };
    let done = match asked {
        Asked::Help => writeln!(io::stdout(), "{HELP}").map_err(Into::into),
        Asked::Graph(drawn) => write!(io::stdout(), "{drawn}").map_err(Into::into),
        Asked::Moderate { file, model, replies, plain, budget } => {
            moderate_all(file, model, replies, plain, budget).await
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // `| head` has seen enough.
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What one post may cost: many times of what it needs, and far too little to notice.
const EACH_POST: UsageLimits = UsageLimits::usd("0.001").model_calls(10);

async fn moderate_all(
    file: Option<PathBuf>,
    model: Option<String>,
    mut replies: Replies,
    plain: bool,
    budget: Cost,
) -> Result<(), Box<dyn Error>> {
    let posts = read_posts(file)?;
    let reputations = posts.iter().map(|post| (post.author.clone(), post.reputation)).collect();
    let app = App { reputations: Reputations(reputations), board: Board::default() };
    let (report, answers) = mpsc::channel();
    let budget = SharedBudget::new(UsageLimits::NONE.cost(budget));
    let Answers { builder, who, prices } = if let Some(model) = &model {
        asking(model, |client| Reporting::new(client, model, report))?
    } else {
        let list = Reporting::new(WordList::new(), "a word list", report);
        let builder = Flujo::builder().models(list).prices(MadeUpPrices);
        Answers { builder, who: "wordlist:vader".to_owned(), prices: "nobody".to_owned() }
    };
    let flujo = builder
        .role("review", &who)
        .resources(app)
        .pipeline::<moderate>()
        .limits(EACH_POST)
        .budget(budget.clone())
        .build()?;

    let stands_in = "A word list stands in for the model, at a made-up price. Nothing leaves this machine.";
    match &model {
        Some(model) => writeln!(io::stdout(), "The posts are sent to {model}, at the prices of {prices}.")?,
        None => writeln!(io::stdout(), "{stands_in}")?,
    }
    let mut report = Report::new(plain, answers);
    for post in posts {
        report.post(&post)?;
        let id = format!("post-{}", post.id);
        let mut result = flujo.run(moderate(post)).id(id.as_str()).context(Moderation::default()).await;
        report.steps(&result)?;
        // A run that asks is paused, and goes on where it asked: nothing before the question runs again.
        while let Outcome::Paused(questions) = &result.outcome {
            let Some(question) = questions.first() else { break };
            report.question(question)?;
            let Some(tone) = replies.next()? else { break };
            report.reply(tone)?;
            result = flujo.resume::<moderate>(id.as_str()).reply(tone).by("moderator").await?;
            report.steps(&result)?;
        }
        report.end(&result)?;
    }
    report.summary(flujo.resources().board.len(), &budget)?;
    Ok(())
}

fn read_posts(file: Option<PathBuf>) -> Result<Vec<Post>, jsonl::BadFile> {
    let file = file.unwrap_or_else(|| [env!("CARGO_MANIFEST_DIR"), "data", "posts.jsonl"].iter().collect());
    let mut ids = BTreeSet::new();
    jsonl::read(&file, |post: &Post| {
        if !(0.0..=1.0).contains(&post.reputation) {
            return Err(format!("reputation is {}, and must be from 0 to 1", post.reputation));
        }
        if !ids.insert(post.id) {
            return Err(format!("id {} was used before", post.id));
        }
        Ok(())
    })
}

/// What the command line asks for.
enum Asked {
    Help,
    Graph(String),
    Moderate { file: Option<PathBuf>, model: Option<String>, replies: Replies, plain: bool, budget: Cost },
}

impl Asked {
    fn from_args(words: impl Iterator<Item = String>) -> Result<Self, BadArgs> {
        let mut args = Args::new(words);
        let (mut file, mut model, mut tones, mut plain, mut graph) = (None, None, Vec::new(), false, None);
        // A cent.
        let (mut budget, mut budgeted) = (Cost(10_000_000), false);
        while let Some(arg) = args.next_arg()? {
            match arg {
                Arg::Option(option) => match option.as_str() {
                    "--help" | "-h" => return Ok(Self::Help),
                    "--plain" => plain = true,
                    "--reply" => tones.push(replies::parse(&args.value("--reply")?)?),
                    "--model" => model = Some(args.value("--model")?),
                    "--budget" => {
                        let dollars = args.value("--budget")?;
                        budget = Cost::usd(&dollars).map_err(|e| BadArgs::new(format!("--budget: {e}")))?;
                        budgeted = true;
                    }
                    "--graph" => match args.value("--graph")?.as_str() {
                        "mermaid" => graph = Some(moderate::GRAPH.mermaid()),
                        "dot" => graph = Some(moderate::GRAPH.dot()),
                        "json" => graph = Some(moderate::GRAPH.json() + "\n"),
                        other => {
                            return Err(BadArgs::new(format!(
                                "--graph knows `mermaid`, `dot` and `json`, and got `{other}`"
                            )));
                        }
                    },
                    unknown => return Err(BadArgs::new(format!("unknown option `{unknown}`"))),
                },
                Arg::Word(word) if file.is_none() => file = Some(PathBuf::from(word)),
                Arg::Word(word) => {
                    return Err(BadArgs::new(format!("one file at a time; what is `{word}`?")));
                }
            }
        }
        if graph.is_some() && (plain || file.is_some() || model.is_some() || !tones.is_empty() || budgeted) {
            return Err(BadArgs::new(
                "--graph prints the pipeline and stops: nothing can be given beside it",
            ));
        }
        Ok(match graph {
            Some(drawn) => Self::Graph(drawn),
            None => Self::Moderate { file, model, replies: Replies::new(tones), plain, budget },
        })
    }
}
