//! The floor: the functions awaited by hand. The workload `durable` writes each result as a line of JSON and waits for the disk.
#![allow(clippy::expect_used, reason = "a bench that goes wrong stops")]

mod common;

use common::{ITEMS, STEPS, note, processor, resident, say, say_each, say_each_used, words};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use tokio::sync::oneshot;

type Boxed<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;

/// Boxed, as any function is that is called by way of a table or a trait.
fn step(n: u64) -> Boxed<Result<u64, String>> {
    Box::pin(async move { Ok(n + 1) })
}

/// The result goes through its recorded form.
fn recorded(value: u64) -> Result<(String, u64), String> {
    let json = serde_json::to_string(&value).map_err(|error| error.to_string())?;
    let back = serde_json::from_str(&json).map_err(|error| error.to_string())?;
    Ok((json, back))
}

async fn chain(mut n: u64) -> Result<u64, String> {
    let mut records = Vec::new();
    for _ in 0..STEPS {
        let (json, value) = recorded(step(n).await?)?;
        records.push(json);
        n = value;
    }
    std::hint::black_box(records);
    Ok(n)
}

async fn fan() -> Result<u64, String> {
    let tasks: Vec<_> = (0..ITEMS).map(|n| tokio::spawn(step(n))).collect();
    let mut sum = 0;
    for task in tasks {
        sum += recorded(task.await.map_err(|error| error.to_string())??)?.1;
    }
    Ok(sum)
}

async fn durable(mut n: u64, file: &mut File) -> Result<u64, String> {
    for _ in 0..STEPS {
        let (json, value) = recorded(step(n).await?)?;
        writeln!(file, "{json}").and_then(|()| file.sync_data()).map_err(|error| error.to_string())?;
        n = value;
    }
    Ok(n)
}

/// As many lines as are in the file are done.
async fn crash(folder: &Path) -> Result<(), String> {
    let path = folder.join("done.log");
    let done = std::fs::read_to_string(&path).unwrap_or_default().lines().count() as u64;
    let mut file =
        OpenOptions::new().create(true).append(true).open(path).map_err(|error| error.to_string())?;
    for n in done..STEPS {
        note(folder, n);
        tokio::time::sleep(common::SLOW).await;
        writeln!(file, "{n}").and_then(|()| file.sync_data()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Tasks that wait for a reply.
async fn paused(count: u64) -> Result<(), String> {
    let before = resident();
    let mut open = Vec::new();
    for n in 0..count {
        let (reply, wait) = oneshot::channel::<u64>();
        let task = tokio::spawn(async move {
            let n = step(n).await?;
            wait.await.map(|more| n + more).map_err(|error| error.to_string())
        });
        tokio::task::yield_now().await;
        open.push((reply, task));
    }
    tokio::task::yield_now().await;
    say(&format!("{} {}", resident(), resident().saturating_sub(before)));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    let words = words();
    match words.workload.as_str() {
        "steps" => {
            assert_eq!(chain(7).await?, 17);
            let before = processor();
            for n in 0..words.count {
                assert_eq!(chain(n).await?, n + STEPS);
            }
            say_each_used(before, words.count);
        }
        "fan" => {
            assert_eq!(fan().await?, 1275);
            let before = processor();
            for _ in 0..words.count {
                assert_eq!(fan().await?, 1275);
            }
            say_each_used(before, words.count);
        }
        "durable" => {
            let mut file = File::create(words.folder.join("runs.log")).map_err(|error| error.to_string())?;
            assert_eq!(durable(7, &mut file).await?, 17);
            let start = Instant::now();
            for n in 0..words.count {
                assert_eq!(durable(n, &mut file).await?, n + STEPS);
            }
            say_each(start, words.count);
        }
        "crash" => {
            crash(&words.folder).await?;
            say("done");
        }
        "paused" => paused(words.count).await?,
        "hello" => {
            assert_eq!(step(1).await?, 2);
            say("done");
        }
        other => return Err(format!("no workload `{other}`")),
    }
    Ok(())
}
