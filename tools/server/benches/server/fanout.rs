//! Texts of a run for many viewers, against a bare axum stream of the same bytes.

use crate::clients::Connection;
use crate::{median_of, report};
use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use axum::serve::ListenerExt;
use flujo::codec::Json;
use flujo::engine::RunId;
use flujo::prelude::*;
use flujo::run::{Control, StartRun};
use flujo_server::{Live, Server};
use futures_util::stream;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast, mpsc};

const VIEWERS: usize = 100;
/// The texts of one burst: fewer than the buffer of a run holds.
const BURST: usize = 100;
const ROUNDS: usize = 10;
/// A letter that is once in each event, and in nothing else of it.
const MARK: u8 = b'~';
const TEXT: &str = "and so on, as models go on ~";

/// Bursts that the run may say.
static MAY: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(0)));

#[step]
async fn chatter(rounds: u64, run: &RunInfo) -> Result<u64> {
    for _ in 0..rounds {
        MAY.acquire().await.expect("open").forget();
        for _ in 0..BURST {
            run.emit(TEXT);
        }
    }
    Ok(rounds)
}

pipeline! {
    fn talk(rounds: u64) -> u64 { chatter(rounds) }
}

/// Viewers of one address on a thread of their own; each burst that all of them have is told.
fn viewers(address: SocketAddr, path: &'static str) -> mpsc::UnboundedReceiver<()> {
    let (tell, told) = mpsc::unbounded_channel();
    let arrived = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let all = (0..VIEWERS).map(|_| {
                let (tell, arrived) = (tell.clone(), Arc::clone(&arrived));
                async move {
                    let mut connection = Connection::open(address).await;
                    connection.events(path).await;
                    let mut seen = 0;
                    // A viewer that is there says so, as if it were a burst.
                    let mut next = 0;
                    while next <= ROUNDS * BURST {
                        if seen >= next {
                            next += BURST;
                            let n = 1 + arrived.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            if n % VIEWERS == 0 && tell.send(()).is_err() {
                                return;
                            }
                        } else {
                            seen += connection.count(MARK).await;
                        }
                    }
                }
            });
            futures_util::future::join_all(all).await;
        });
    });
    told
}

/// The time of all rounds.
async fn timed(mut told: mpsc::UnboundedReceiver<()>, mut say: impl FnMut()) -> f64 {
    told.recv().await.expect("viewers");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    for _ in 0..ROUNDS {
        say();
        told.recv().await.expect("viewers");
    }
    start.elapsed().as_secs_f64()
}

async fn ours(n: usize) -> f64 {
    let live = Live::new();
    let flujo = Flujo::builder().pipeline::<talk>().observer(live.clone()).build().expect("a runtime");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let input = Json::encode(&(ROUNDS,)).expect("an input");
    Control::start(&flujo, &StartRun::new("talk", "talk", input)).await.expect("a run");
    let server = Server::new(flujo.clone()).live(live);
    let serving = tokio::spawn(server.serve_on(listener, std::future::pending()));
    let took = timed(viewers(address, "/api/v1/runs/talk/events"), || MAY.add_permits(1)).await;
    Control::attach(&flujo, &RunId::from("talk")).await.unwrap_or_else(|error| panic!("run {n}: {error}"));
    serving.abort();
    took
}

async fn bare() -> f64 {
    let (say, _) = broadcast::channel::<Arc<str>>(256);
    let text: Arc<str> = format!("{{\"path\":\"talk/chatter\",\"attempt\":1,\"text\":\"{TEXT}\"}}").into();
    let to = say.clone();
    let events = move || {
        let texts = to.subscribe();
        let sent = stream::unfold(texts, |mut texts| async {
            let text = texts.recv().await.ok()?;
            Some((Ok::<_, Infallible>(Event::default().event("chunk").data(&*text)), texts))
        });
        std::future::ready(Sse::new(sent))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/", get(events));
    // What is small is sent at once, as our server does it.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let took = timed(viewers(address, "/"), || {
        for _ in 0..BURST {
            let _ = say.send(Arc::clone(&text));
        }
    })
    .await;
    serving.abort();
    took
}

pub(crate) fn measure() -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut rates = Vec::new();
    let ratios = (0..7).map(|n| {
        let floor = runtime.block_on(async { tokio::spawn(bare()).await.expect("a floor") });
        let took = runtime.block_on(async { tokio::spawn(ours(n)).await.expect("a time") });
        #[allow(clippy::cast_precision_loss, reason = "a hundred thousand")]
        let events = (VIEWERS * BURST * ROUNDS) as f64;
        rates.push(events / took);
        took / floor
    });
    let ratio = median_of(ratios.collect());
    println!("{:.0} events a second, to {VIEWERS} viewers", median_of(rates));
    report("events_fanout", ratio, 2.0)
}
