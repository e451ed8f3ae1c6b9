//! The pipelines that more than one program runs: ten steps that do nothing, and ten that take a while.

use crate::common::{self, STEPS, note, say_each};
use flujo::prelude::*;
use std::path::PathBuf;
use std::time::Instant;

/// The folder of the workload `crash`.
#[derive(Clone, Default)]
#[resources]
pub struct App {
    pub folder: Folder,
}

#[derive(Clone, Default)]
pub struct Folder(pub PathBuf);

#[step]
pub async fn add(n: u64) -> Result<u64> {
    Ok(n + 1)
}

#[step]
pub async fn slow(n: u64, folder: &Folder) -> Result<u64> {
    note(&folder.0, n);
    tokio::time::sleep(common::SLOW).await;
    Ok(n + 1)
}

pipeline! {
    pub fn chain(n: u64) -> u64 {
        let n = add(n).named("s0");
        let n = add(n).named("s1");
        let n = add(n).named("s2");
        let n = add(n).named("s3");
        let n = add(n).named("s4");
        let n = add(n).named("s5");
        let n = add(n).named("s6");
        let n = add(n).named("s7");
        let n = add(n).named("s8");
        add(n).named("s9")
    }
}

pipeline! {
    pub fn crash(n: u64, app: &App) -> u64 {
        let n = slow(n).named("s0");
        let n = slow(n).named("s1");
        let n = slow(n).named("s2");
        let n = slow(n).named("s3");
        let n = slow(n).named("s4");
        let n = slow(n).named("s5");
        let n = slow(n).named("s6");
        let n = slow(n).named("s7");
        let n = slow(n).named("s8");
        slow(n).named("s9")
    }
}

/// The workload `durable`: runs of ten steps, one after the other.
pub async fn durable(flujo: &Flujo<App>, count: u64) -> std::result::Result<(), flujo::Error> {
    assert_eq!(flujo.run(chain(7)).await.into_output()?, 17);
    let start = Instant::now();
    for n in 0..count {
        assert_eq!(flujo.run(chain(n)).await.into_output()?, n + STEPS);
    }
    say_each(start, count);
    Ok(())
}
