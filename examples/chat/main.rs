//! Chat: a conversation whose answers are streamed to the terminal, with what was said before.
//!
//! `cargo run --example chat` answers by a script. With the feature `models` and a key in the environment or in `.env`,
//! a real model answers: `cargo run --example chat --features models -- openai:gpt-4o-mini`.
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::events::{Event, EventKind};
use flujo::model::{History, Keep, ModelRequest, Script};
use flujo::prelude::*;
use flujo::run::Streamed;
use flujo_examples::answers::{Answers, answers};
use std::io::{self, BufRead, IsTerminal, Write};

#[context]
#[derive(Debug, Default)]
struct Chat {
    #[context(part)]
    history: History,
}

/// The last ten exchanges are told again with every question.
#[step(role = solution, max_tokens = 500, retries = 1, timeout = "60s")]
fn reply(question: String, #[ctx] history: &History) -> Prompt<String> {
    Prompt::system("You are a harbour master. Be brief and friendly.")
        .history(history, Keep::Exchanges(10))
        .user(question)
}

#[step]
async fn remember(question: String, answer: String, history: &mut History) -> Result<String> {
    history.exchange(question, answer.clone());
    Ok(answer)
}

pipeline! {
    /// One question and its answer. The context is what makes a conversation of many.
    fn chat(question: String, ctx: &mut Chat) -> String {
        let answer = reply(question.clone());
        remember(question, answer)
    }
}

/// Answers in place of a model.
fn harbour_master(request: &ModelRequest) -> String {
    let before = request.messages.iter().filter(|turn| turn.text.contains("tide")).count();
    let asked = request.messages.last().map(|turn| turn.text.as_str()).unwrap_or_default();
    match asked {
        text if text.contains("tide") => {
            "High tide is at six, and again a little after half past six tonight.".into()
        }
        text if text.contains("ferry") && before > 0 => {
            "It sails at seven: with the tide that you asked about, so be there in time.".into()
        }
        text => format!("About \"{text}\" my script says nothing. Ask me about the tide, or the ferry."),
    }
}

/// Who asks: somebody at the terminal, or else these two questions.
fn questions() -> Box<dyn Iterator<Item = io::Result<String>>> {
    if io::stdin().is_terminal() {
        return Box::new(io::stdin().lock().lines());
    }
    let asked = ["When is high tide?", "And when does the ferry sail?"];
    Box::new(asked.into_iter().map(|question| Ok(question.to_owned())))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let Answers { builder, who, .. } = answers(Script::new().otherwise(harbour_master).in_pieces(5))?;
    let flujo = builder.role("solution", who.as_str()).build()?;
    println!("{who} answers. Empty line: the end.");
    let mut context = Chat::default();
    for question in questions() {
        let question = question?;
        if question.is_empty() {
            break;
        }
        println!("> {question}");
        // The stream is the run: it goes on while somebody asks for the next item.
        let mut stream = flujo.run(chat(question)).context(context).stream();
        let mut result = None;
        let mut shown = 0;
        while let Some(item) = stream.next().await {
            match item {
                Streamed::Event(Event { kind: EventKind::Chunk { attempt, text }, .. }) => {
                    if attempt > shown && shown > 0 {
                        // What came before was a part of an answer that broke off.
                        print!("\n[once more] ");
                    }
                    shown = attempt;
                    print!("{text}");
                    io::stdout().flush()?;
                }
                Streamed::Event(_) => {}
                Streamed::Result(done) => result = Some(done),
            }
        }
        println!();
        let result = result.ok_or("the stream ended without a result")?;
        context = result.context;
        if let Outcome::Failed(error) = result.outcome {
            println!("(no answer: {error})");
        }
    }
    println!("{} turns are remembered.", context.history.turns().len());
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
#[path = "../kills/chat.rs"]
mod kills;
