//! A worker in a process of its own, that is told to stop by a signal.

use flujo::engine::{Engine, RunId, RunRecord, RunState};
use flujo::prelude::*;
use flujo_sqlite::Sqlite;
use flujo_tests::files::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const NAME: &str = "signals::a_worker_stops_cleanly_when_a_signal_says_so";

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "SAYS {what}").unwrap();
    out.flush().unwrap();
}

/// In the process of the worker it takes a while, for real; here it does not.
#[step]
async fn works(n: u64) -> Result<u64> {
    if std::env::var_os("FLUJO_WORKER").is_some() {
        say("STARTED");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    Ok(n)
}

pipeline! {
    fn worked(n: u64) -> u64 {
        let n = works(n);
        works(n).named("again")
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn open(file: &std::path::Path) -> (Sqlite, Flujo) {
    let sqlite = Sqlite::open(file).unwrap();
    let flujo = Flujo::builder().engine(sqlite.clone()).pipeline::<worked>().build().unwrap();
    (sqlite, flujo)
}

/// Works until somebody sends it a signal.
async fn worker(file: &std::path::Path, grace: u64) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut told = signal(SignalKind::terminate()).unwrap();
    let (_, flujo) = open(file);
    let stop = async {
        told.recv().await;
    };
    let times = flujo.worker().grace(Duration::from_millis(grace)).until(stop).await.unwrap();
    say(&format!("STOPPED after {times}"));
}

#[test]
fn a_worker_stops_cleanly_when_a_signal_says_so() {
    if let (Some(file), Ok(grace)) = (std::env::var_os("FLUJO_DATABASE"), std::env::var("FLUJO_WORKER")) {
        return block_on(worker(file.as_ref(), grace.parse().unwrap()));
    }
    for (grace, left) in [(20_000, RunState::Done), (0, RunState::Interrupted)] {
        let file = File::new();
        block_on(async {
            let (sqlite, flujo) = open(file.path());
            assert_eq!(flujo.run(worked(7)).id("model").await.into_output().unwrap(), 7);
            let model = flujo.inspect("model").await.unwrap().run;
            let run = RunRecord { id: RunId::from("r"), ..RunRecord::clone(&model) };
            assert!(sqlite.create(run).await.unwrap().is_none());
        });
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
            .env("FLUJO_DATABASE", file.path())
            .env("FLUJO_WORKER", grace.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said = lines.filter_map(|line| Some(line.split_once("SAYS ")?.1.to_owned()));
        assert_eq!(said.next().as_deref(), Some("STARTED"));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        // With time it ends what it has begun; without, it leaves it as it is.
        let rest: Vec<String> = said.collect();
        assert!(child.wait().unwrap().success(), "it ends by itself");
        let expected: &[&str] =
            if left == RunState::Done { &["STARTED", "STOPPED after 1"] } else { &["STOPPED after 1"] };
        assert_eq!(rest, expected);
        block_on(async {
            let (_, flujo) = open(file.path());
            assert_eq!(RunState::from(&flujo.inspect("r").await.unwrap().status), left);
            let recovered = flujo.recover().await.unwrap();
            let rest = if left == RunState::Done { vec![] } else { vec![(RunId::from("r"), RunState::Done)] };
            assert_eq!(recovered.runs, rest, "nobody waits for a lease");
        });
    }
}
