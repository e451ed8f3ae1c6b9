//! The same run across processes: one starts it and is gone, another one replies, a third one goes on.

use super::{Decision, Office, approve, invoice};
use flujo::codec::Json;
use flujo::engine::{RunId, RunState};
use flujo::prelude::*;
use flujo::run::Control;
use flujo_sqlite::Sqlite;
use std::error::Error;

/// The run that all of them speak of.
const RUN: &str = "roofers";

/// What a process is told to do, and with which file: `start runs.db`, `reply runs.db pay`,
/// `reply runs.db refuse WHY`, `finish runs.db`.
pub(super) async fn process(words: &[String]) -> Result<(), Box<dyn Error>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ([what, file, ..], rest) = (words.as_slice(), words.get(2..).unwrap_or_default()) else {
        return Err(usage());
    };
    let builder = Flujo::builder().resources(Office::default()).engine(Sqlite::open(file)?);
    let flujo = builder.pipeline::<approve>().build()?;
    match (*what, rest) {
        ("start", []) => start(&flujo).await,
        ("reply", ["pay"]) => reply(&flujo, Decision::Pay).await,
        ("reply", ["refuse", why @ ..]) => reply(&flujo, Decision::Refuse { why: why.join(" ") }).await,
        ("finish", []) => finish(&flujo).await,
        _ => Err(usage()),
    }
}

fn usage() -> Box<dyn Error> {
    "`start FILE`, `reply FILE pay`, `reply FILE refuse WHY` or `finish FILE`; without any it happens in one process".into()
}

/// Whoever starts it again gets the run that is there.
async fn start(flujo: &Flujo<Office>) -> Result<(), Box<dyn Error>> {
    let result = flujo.run(approve(invoice("Roofers", 250_000))).id(RUN).await;
    for question in result.questions() {
        println!("{}: {}", question.path, question.message);
    }
    match result.outcome {
        Outcome::Paused(_) => println!("This process ends. The run is in the file, and waits."),
        _ => println!("{}", result.into_output()?),
    }
    Ok(())
}

/// Needs no pipeline to work on, nor the process that asked: a reply is written down.
async fn reply(flujo: &Flujo<Office>, decision: Decision) -> Result<(), Box<dyn Error>> {
    let (control, run): (&dyn Control, RunId) = (flujo, RUN.into());
    let Some(question) = control.questions(&run).await?.into_iter().next() else {
        println!("Nothing is asked.");
        return Ok(());
    };
    control.reply(&run, &question.path, &Json::encode(&decision)?, Some("Ada")).await?;
    println!("{}: Ada replies {decision:?}", question.path);
    Ok(())
}

/// What a worker does all day: goes on with whatever can go on.
async fn finish(flujo: &Flujo<Office>) -> Result<(), Box<dyn Error>> {
    for (run, state) in flujo.recover().await?.runs {
        println!("{run}: {}", if state == RunState::Done { "done" } else { "over" });
    }
    let result = flujo.run(approve(invoice("Roofers", 250_000))).id(RUN).await;
    for answered in &result.hitl_history {
        println!("answered by {}", answered.reply.by.as_deref().unwrap_or("nobody"));
    }
    match result.outcome {
        Outcome::Paused(questions) => println!("It waits for {} reply.", questions.len()),
        Outcome::Failed(error) => println!("{error}"),
        _ => println!("{}", result.into_output()?),
    }
    Ok(())
}
