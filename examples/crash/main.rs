//! Crash: a process that kills itself in the middle of a run, again and again, until the run is done. Then the
//! database tells that every step finished once.
//!
//! `cargo run --example crash --features flujo-examples/sqlite`
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::prelude::*;
use flujo_sqlite::Sqlite;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which process this is, from 1: it decides where it dies.
#[derive(Debug)]
struct Fate(u64);

#[resources]
#[derive(Debug)]
struct Life {
    fate: Fate,
}

impl Fate {
    /// Nobody can prepare for this: no destructor runs, nothing is written any more.
    fn strikes(&self, at: u64) {
        // A throw of a die that comes out the same every time.
        let thrown = (self.0 * 7 + at * 5).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        if thrown.is_multiple_of(3) {
            std::process::abort();
        }
    }
}

#[step]
async fn gather(topic: String, fate: &Fate) -> Result<Vec<String>> {
    fate.strikes(1);
    Ok(vec![format!("what {topic} are"), format!("where {topic} live"), format!("why {topic}")])
}

#[step]
async fn write(question: String, fate: &Fate) -> Result<String> {
    fate.strikes(question.len() as u64);
    Ok(format!("A paragraph on {question}."))
}

#[step]
async fn print(text: String, fate: &Fate) -> Result<usize> {
    fate.strikes(4);
    Ok(text.len())
}

pipeline! {
    fn article(topic: String, life: &Life) -> usize {
        let questions = gather(topic);
        // One after another: what is on the disk when the process dies is the same every time.
        let paragraphs = map(questions, |question| write(question)).concurrency(1);
        print(paragraphs.join("\n"))
    }
}

/// What each process does: go on with the run, or begin it.
async fn work(database: &Path, process: u64) -> std::result::Result<(), flujo::Error> {
    let life = Life { fate: Fate(process) };
    let flujo = Flujo::builder().resources(life).engine(Sqlite::open(database)?).build()?;
    match flujo.inspect("article").await {
        Err(_) => drop(flujo.run(article("otters".to_owned())).id("article").await.into_output()?),
        Ok(_) => drop(flujo.resume::<article>("article").await?.into_output()?),
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, database, process] = &arguments[..] {
        return Ok(work(Path::new(database), process.parse()?).await?);
    }
    let database: PathBuf = std::env::temp_dir().join(format!("flujo-crash-{}.db", std::process::id()));
    for process in 1..100_u64 {
        let this = std::env::current_exe()?;
        let ended = Command::new(this).arg(&database).arg(process.to_string()).output()?;
        println!("process {process}: {}", if ended.status.success() { "done" } else { "died" });
        if ended.status.success() {
            break;
        }
    }
    let sqlite = Sqlite::open(&database)?;
    let flujo = Flujo::builder().engine(sqlite).build()?;
    for record in flujo.inspect("article").await?.records {
        println!("{} finished, attempt {}", record.key.path, record.key.n);
    }
    drop(flujo);
    std::fs::remove_file(database)?;
    Ok(())
}
