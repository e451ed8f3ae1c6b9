//! Viewers who do not read: what is kept for them has a bound, they are told what they missed, and they are let go.

use super::logged::{Line, Log};
use super::serving::{read, served};
use flujo::prelude::*;
use flujo_server::{Live, Server};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

/// What the system keeps on each side of a connection.
const KERNEL: u32 = 8 * 1024;
const TEXTS: u64 = 20_000;
const BYTES: usize = 1000;

#[step]
async fn chatter(n: u64, run: &RunInfo) -> Result<u64> {
    // Whoever watches is there.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for n in 0..n {
        run.emit(&"x".repeat(BYTES));
        if n % 20 == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(n)
}

pipeline! {
    fn talk(n: u64) -> u64 { chatter(n) }
}

fn talking() -> (Flujo, Server) {
    let live = Live::new();
    let flujo = Flujo::builder().pipeline::<talk>().observer(live.clone()).build().unwrap();
    let server = Server::new(flujo.clone()).live(live);
    (flujo, server)
}

async fn talks(flujo: &Flujo, id: &str) {
    let start = flujo::run::StartRun::new("talk", id, flujo::codec::Json::encode(&(TEXTS,)).unwrap());
    flujo::run::Control::start(flujo, &start).await.unwrap();
}

fn listening() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(KERNEL).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(16).unwrap()
}

/// Asks for the events of a run, and reads the head of the answer alone.
async fn viewer(address: SocketAddr, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(KERNEL).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_for_a_viewer_who_does_not_read_has_a_bound() {
    let (flujo, server) = talking();
    let (address, _end, _serving) = served(server, listening());
    talks(&flujo, "t").await;
    let mut slow = viewer(address, "/api/v1/runs/t/events").await;
    flujo::run::Control::attach(&flujo, &"t".into()).await.unwrap();
    // It begins to read when all is over.
    let all = read(&mut slow, "\"state\":\"done\"").await;
    let rest = tokio::time::timeout(Duration::from_millis(300), async {
        let mut rest = String::new();
        loop {
            let mut part = [0; 4096];
            let n = slow.read(&mut part).await.unwrap();
            rest.push_str(std::str::from_utf8(&part[..n]).unwrap());
            if rest.matches("event: chunk").count() > 300 {
                return rest;
            }
        }
    });
    // What comes in that time is what was kept.
    let all = all + &rest.await.unwrap_or_default();
    let told = all.matches("event: chunk\n").count() as u64;
    let data = |line: &str| -> Option<u64> {
        let data: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
        data["events"].as_u64()
    };
    let dropped: u64 = all.lines().filter_map(data).sum();
    assert!(dropped > 19_000, "{dropped} dropped");
    // 64 KiB of the server and what the system keeps, and the texts that are shared by all viewers of the run.
    let most = (64 << 10) + 8 * KERNEL as usize + 256 * (BYTES + 200);
    assert!(all.len() < most, "{} bytes, {told} texts", all.len());
    assert_eq!(all.matches("event: record").count(), 1);
}

#[tokio::test]
async fn a_viewer_who_takes_nothing_is_let_go() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(log.clone()));
    let (flujo, server) = talking();
    let server = server.viewers(1).write_time(Duration::from_millis(200));
    let (address, _end, _serving) = served(server, listening());
    talks(&flujo, "t").await;
    let mut slow = viewer(address, "/api/v1/runs/t/events").await;
    flujo::run::Control::attach(&flujo, &"t".into()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    // Its place is free: it was the only one.
    let mut other = viewer(address, "/api/v1/runs/t/events").await;
    assert!(read(&mut other, "\"state\":\"done\"").await.contains("event: record"));
    let peer = slow.local_addr().unwrap().to_string();
    let lines = log.lines();
    let said = |line: &Line| (line["peer"].clone(), line["message"].clone());
    let dropped = "a caller took nothing for 200ms, and was dropped".to_owned();
    assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), [(peer, dropped)]);
    // What was on its way comes, and then the end: no part of an event is told twice when it comes back.
    let mut left = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(5), slow.read_to_end(&mut left)).await.unwrap();
    assert!(end.is_err() || left.len() < 8 * KERNEL as usize, "{end:?} {}", left.len());
    // A viewer who has nothing to take waits as long as it likes.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(other.write_all(b"").await.is_ok());
    let quiet = tokio::time::timeout(Duration::from_millis(50), other.read_u8()).await;
    assert!(quiet.is_err(), "{quiet:?}");
}
