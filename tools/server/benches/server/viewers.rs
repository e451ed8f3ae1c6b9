//! 200 people look at live pages while 500 runs work: no run takes longer for it.

use crate::clients::Connection;
use crate::folder::Folder;
use crate::{median_of, report};
use flujo::prelude::*;
use flujo_server::{Live, Server};
use flujo_sqlite::Sqlite;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const VIEWERS: usize = 200;
const RUNS: usize = 500;
const STEPS: u64 = 10;
/// A model takes its time.
const CALL: Duration = Duration::from_millis(100);
const PAIRS: usize = 5;

#[step]
async fn call(n: u64, run: &RunInfo) -> Result<u64> {
    run.emit("a piece of the answer");
    tokio::time::sleep(CALL).await;
    Ok(n)
}

pipeline! {
    fn work(steps: u64) -> u64 {
        let done = map(0..steps, |n| call(n)).concurrency(1);
        done.len() as u64
    }
}

/// What people do, until they go.
#[derive(Default)]
struct Seen {
    there: AtomicUsize,
    events: AtomicUsize,
    pages: AtomicUsize,
    go: AtomicBool,
}

/// A person with a page open: the events of it, and after each burst the part of it that has changed.
async fn person(address: SocketAddr, n: usize, round: usize, seen: Arc<Seen>) {
    // Half of them have the list open, and half of them a run.
    let (events, part, pause) = if n.is_multiple_of(2) {
        ("/api/v1/events".to_owned(), "/runs-part?".to_owned(), 500)
    } else {
        let run = format!("{round}-{n}");
        (format!("/api/v1/runs/{run}/events"), format!("/runs/{run}/now"), 300)
    };
    let (mut stream, mut browser) = (Connection::open(address).await, Connection::open(address).await);
    stream.events(&events).await;
    seen.there.fetch_add(1, Ordering::Relaxed);
    while !seen.go.load(Ordering::Relaxed) {
        let waited = tokio::time::timeout(Duration::from_millis(100), stream.count(b'\n')).await;
        let Ok(lines) = waited else { continue };
        seen.events.fetch_add(lines / 4, Ordering::Relaxed);
        let until = Instant::now() + Duration::from_millis(pause);
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if let Ok(lines) = tokio::time::timeout(left, stream.count(b'\n')).await {
                seen.events.fetch_add(lines / 4, Ordering::Relaxed);
            }
        }
        browser.page(&part).await;
        seen.pages.fetch_add(1, Ordering::Relaxed);
    }
}

fn people(address: SocketAddr, round: usize) -> (Arc<Seen>, JoinHandle<()>) {
    let seen = Arc::new(Seen::default());
    let theirs = Arc::clone(&seen);
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let all = (0..VIEWERS).map(|n| person(address, n, round, Arc::clone(&theirs)));
        runtime.block_on(futures_util::future::join_all(all));
    });
    (seen, thread)
}

/// The time of the slowest of 500 runs, and the median of all of them.
async fn worked(flujo: &Flujo, address: Option<SocketAddr>, round: usize) -> (f64, f64) {
    let gate = tokio::sync::watch::channel(false).0;
    let runs: Vec<_> = (0..RUNS)
        .map(|n| {
            let (flujo, mut open) = (flujo.clone(), gate.subscribe());
            tokio::spawn(async move {
                let run = flujo.run(work(STEPS)).id(format!("{round}-{n}"));
                open.wait_for(|is_open| *is_open).await.expect("a beginning");
                let start = Instant::now();
                run.await.into_output().expect("an output");
                start.elapsed().as_secs_f64()
            })
        })
        .collect();
    gate.send_replace(true);
    let watched = match address {
        Some(address) => {
            // Each run that is watched is there before somebody looks.
            tokio::time::sleep(CALL / 2).await;
            Some(people(address, round))
        }
        None => None,
    };
    let mut times = Vec::new();
    for run in runs {
        times.push(run.await.expect("a run"));
    }
    if let Some((seen, thread)) = watched {
        seen.go.store(true, Ordering::Relaxed);
        tokio::task::spawn_blocking(|| thread.join()).await.expect("a thread").expect("people");
        assert_eq!(seen.there.load(Ordering::Relaxed), VIEWERS);
        let (events, pages) = (seen.events.load(Ordering::Relaxed), seen.pages.load(Ordering::Relaxed));
        println!("{VIEWERS} viewers were told {events} events and loaded {pages} parts of pages");
        assert!(events > VIEWERS && pages > VIEWERS);
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    (slowest, median_of(times))
}

pub(crate) fn measure() -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = Folder::new("viewers");
        let sqlite = Sqlite::open(folder.file()).expect("a database");
        let live = Live::new();
        let builder = Flujo::builder().engine(sqlite).pipeline::<work>().observer(live.clone());
        let flujo = builder.build().expect("a runtime");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let server = Server::new(flujo.clone()).live(live);
        let serving = tokio::spawn(server.serve_on(listener, std::future::pending()));
        let (mut slowest, mut medians) = (Vec::new(), Vec::new());
        for pair in 0..PAIRS {
            let alone = worked(&flujo, None, 2 * pair).await;
            let watched = worked(&flujo, Some(address), 2 * pair + 1).await;
            println!("the slowest run took {:.3} s alone and {:.3} s watched", alone.0, watched.0);
            slowest.push(watched.0 / alone.0);
            medians.push(watched.1 / alone.1);
        }
        serving.abort();
        println!("the median run takes {:.2} of its time alone", median_of(medians));
        report("viewers_200", median_of(slowest), 1.1)
    })
}
