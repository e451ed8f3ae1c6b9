//! Ten thousand runs, with arms, a timer and a question each, on four workers behind one address.
//!
//! Checks that every result is right, that no step was finished twice, and that the work was spread; prints the rate, and
//! what the server needs for a run, in memory and on disk. `FLUJO_LOAD_RUNS` is another number of runs. Without a server it
//! says so and measures nothing.

// Benches print and abort by design.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::large_futures,
    clippy::cast_precision_loss,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "a bench reports to its caller"
)]

#[path = "../tests/server/balance.rs"]
mod balance;
#[path = "../tests/server/installed.rs"]
mod installed;

use flujo::prelude::*;
use flujo_restate::Restate;
use futures_util::stream::{self, StreamExt};
use installed::{Installed, Process};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tokio::net::TcpListener;

const WORKERS: usize = 4;

/// So many runs are under way at once, unless `FLUJO_LOAD_AT_ONCE` is another number.
const AT_ONCE: usize = 500;

/// The steps of a run.
const STEPS: usize = 7;

/// Adds one, and writes down that it did, outside of everything.
#[step]
async fn add(n: u64, run: &RunInfo) -> Result<u64> {
    if let Ok(path) = std::env::var("FLUJO_LOG") {
        let mut file = File::options().create(true).append(true).open(path).expect("a log");
        file.write_all(format!("{} {}\n", run.id(), run.path()).as_bytes()).expect("a line");
    }
    Ok(n + 1)
}

pipeline! {
    /// Two arms, a map over three values, a timer and a question.
    fn load(n: u64) -> u64 {
        let n = add(n).named("first");
        let (a, b) = join({ add(n).named("a") }, { add(n).named("b") });
        let all = map(vec![a, b, n], |x| add(x).named("m"));
        wait("100ms");
        let more: u64 = ask("How many more?");
        let sum = value(all.iter().sum::<u64>() + more);
        add(sum).named("last")
    }
}

/// What a run that begins with `n` comes to, if `n` is the reply to its question.
fn expected(n: u64) -> u64 {
    4 * n + 9
}

fn flujo_on(engine: Restate) -> Flujo {
    Flujo::builder().engine(engine).pipeline::<load>().build().expect("an engine")
}

/// This program as a worker.
async fn work(ingress: &str, admin: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    let flujo = flujo_on(Restate::connect(ingress, admin).expect("addresses"));
    flujo_restate::serve(&flujo, listener).await.expect("services");
}

/// Starts a worker; returns its process and its address.
fn worker(server: &Installed, log: &Path) -> (Process, String) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .env("FLUJO_LOAD_WORKER", format!("{} {}", server.ingress(), server.admin()))
        .env("FLUJO_LOG", log)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a worker");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("an output")).read_line(&mut line).expect("an address");
    (Process(child), line.trim().to_owned())
}

/// One run: it comes to rest at its question, which is answered. Returns whether all was as it should be.
async fn one(flujo: &Flujo, n: u64) -> bool {
    let id = format!("r-{n}");
    let asked = flujo.run(load(n)).id(id.as_str()).await;
    if asked.questions().len() != 1 {
        println!("{id}: no question, {:?}", asked.outcome);
        return false;
    }
    match flujo.resume::<load>(id.as_str()).reply(n).await.and_then(PipelineResult::into_output) {
        Ok(output) if output == expected(n) => true,
        other => {
            println!("{id}: {other:?}");
            false
        }
    }
}

/// The memory of a process in KiB: as it is, and as it was at most.
fn memory(process: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN)
    };
    (of("VmRSS:"), of("VmHWM:"))
}

/// The bytes of the files in a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => size(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

/// Checks what the workers wrote down: each step of each run once, and each worker its share.
fn is_spread(logs: &[PathBuf], runs: usize) -> bool {
    let mut times: HashMap<String, usize> = HashMap::new();
    let mut shares = Vec::new();
    for log in logs {
        let text = fs::read_to_string(log).unwrap_or_default();
        shares.push(text.lines().count());
        for line in text.lines() {
            *times.entry(line.to_owned()).or_default() += 1;
        }
    }
    let twice = times.values().filter(|n| **n > 1).count();
    let (least, most) = (shares.iter().min().copied(), shares.iter().max().copied());
    let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
    println!("steps finished: {} of {}, twice: {twice}", times.len(), runs * STEPS);
    println!("steps of each worker: {shares:?}");
    times.len() == runs * STEPS && twice == 0 && most <= 2 * least
}

#[tokio::main]
async fn main() {
    if let Ok(addresses) = std::env::var("FLUJO_LOAD_WORKER") {
        let (ingress, admin) = addresses.split_once(' ').expect("two addresses");
        return work(ingress, admin).await;
    }
    let number =
        |variable: &str, usual| std::env::var(variable).map_or(usual, |n| n.parse().expect("a number"));
    let (runs, at_once) = (number("FLUJO_LOAD_RUNS", 10_000), number("FLUJO_LOAD_AT_ONCE", AT_ONCE));
    // The server fills a connection before it opens another one, and a balancer of connections gives all of it to one worker:
    // the fewer calls a connection takes, the more even are the shares.
    let settings = [("WORKER__INVOKER__HTTP2_STREAMS_PER_CONNECTION_LIMIT", "8")];
    let Some(server) = Installed::start_with(&settings).await else { return };
    let logs: Vec<_> = (0..WORKERS).map(|i| server.folder.join(format!("steps-{i}.log"))).collect();
    let workers: Vec<_> = logs.iter().map(|log| worker(&server, log)).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(balance::balance(listener, workers.iter().map(|(_, address)| address.clone()).collect()));
    let engine = server.engine();
    engine.register(&address).await.expect("a deployment");
    let process = server.process.as_ref().expect("a server").0.id();
    let flujo = flujo_on(engine);
    let data = server.folder.join("data");
    let ((rss_before, _), disk_before) = (memory(process), size(&data));
    let began = Instant::now();
    let (flujo_of_all, mut done, mut right) = (&flujo, 0, 0);
    let mut all = stream::iter(0..runs as u64).map(|n| one(flujo_of_all, n)).buffer_unordered(at_once);
    while let Some(is_right) = all.next().await {
        done += 1;
        right += usize::from(is_right);
        if done % 1_000 == 0 {
            println!("# {done} runs in {:.1} s", began.elapsed().as_secs_f64());
        }
    }
    let took = began.elapsed().as_secs_f64();
    let ((rss_after, peak), disk_after) = (memory(process), size(&data));
    let spread = is_spread(&logs, runs);
    println!("runs: {right} of {runs} right, in {took:.1} s, {:.1} a second", runs as f64 / took);
    let mib = |kib: f64| kib / 1024.0;
    println!(
        "memory of the server: {:.0} MiB before, {:.0} MiB at most, {:.0} MiB after, {:.1} KiB a run at most",
        mib(rss_before),
        mib(peak),
        mib(rss_after),
        (peak - rss_before) / runs as f64
    );
    let grown = disk_after.saturating_sub(disk_before) as f64 / 1024.0;
    println!(
        "disk of the server: {:.0} MiB before, {:.0} MiB after, {:.1} KiB a run",
        mib(disk_before as f64 / 1024.0),
        mib(disk_after as f64 / 1024.0),
        grown / runs as f64
    );
    drop(workers);
    drop(server);
    if !spread || right != runs {
        std::process::exit(1);
    }
}
