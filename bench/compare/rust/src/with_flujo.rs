//! The workloads as pipelines, on the engine that the first word names: `ephemeral`, `memory`, `full`, `normal`, `off`.
#![allow(clippy::expect_used, reason = "a bench that goes wrong stops")]

mod common;
mod pipelines;

use common::{ITEMS, STEPS, Words, processor, resident, say, say_each_used, words};
use flujo::prelude::*;
use flujo_sqlite::{Sqlite, Synchronous};
use pipelines::{App, Folder, add, chain, crash, durable};

pipeline! {
    fn hello(n: u64) -> u64 {
        add(n)
    }
}

pipeline! {
    fn fan(items: u64) -> u64 {
        let sums = map(0..items, |n| add(n));
        sums.iter().sum::<u64>()
    }
}

pipeline! {
    fn asks(n: u64) -> u64 {
        let n = add(n);
        let more: u64 = ask("how many more?");
        n + more
    }
}

type Outcome<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn flujo(words: &Words) -> Outcome<Flujo<App>> {
    let app = App { folder: Folder(words.folder.clone()) };
    let builder = Flujo::builder().resources(app);
    let level = match words.variant.as_str() {
        "ephemeral" => return Ok(builder.ephemeral().build()?),
        "memory" => return Ok(builder.build()?),
        "full" => Synchronous::Full,
        "normal" => Synchronous::Normal,
        "off" => Synchronous::Off,
        other => return Err(format!("no engine `{other}`").into()),
    };
    let sqlite = Sqlite::builder(words.folder.join("runs.db")).synchronous(level).open()?;
    Ok(builder.engine(sqlite).pipeline::<crash>().build()?)
}

async fn paused(flujo: &Flujo<App>, count: u64) -> Outcome<()> {
    let before = resident();
    for n in 0..count {
        let result = flujo.run(asks(n)).id(format!("run-{n}").as_str()).await;
        assert_eq!(result.questions().len(), 1);
    }
    say(&format!("{} {}", resident(), resident().saturating_sub(before)));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let words = words();
    let flujo = flujo(&words)?;
    match words.workload.as_str() {
        "steps" => {
            assert_eq!(flujo.run(chain(7)).await.into_output()?, 17);
            let before = processor();
            for n in 0..words.count {
                assert_eq!(flujo.run(chain(n)).await.into_output()?, n + STEPS);
            }
            say_each_used(before, words.count);
        }
        "durable" => durable(&flujo, words.count).await?,
        "fan" => {
            assert_eq!(flujo.run(fan(ITEMS)).await.into_output()?, 1275);
            let before = processor();
            for _ in 0..words.count {
                assert_eq!(flujo.run(fan(ITEMS)).await.into_output()?, 1275);
            }
            say_each_used(before, words.count);
        }
        // Started again, it takes over the run of the process that was killed.
        "crash" => {
            flujo.recover().await?;
            assert_eq!(flujo.run(crash(0)).id("crash").await.into_output()?, STEPS);
            say("done");
        }
        "paused" => paused(&flujo, words.count).await?,
        "hello" => {
            assert_eq!(flujo.run(hello(1)).await.into_output()?, 2);
            say("done");
        }
        other => return Err(format!("no workload `{other}`").into()),
    }
    Ok(())
}
