//! A server on a socket.

use super::support::*;
use flujo_server::{Role, Server};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) type Running = (SocketAddr, oneshot::Sender<()>, JoinHandle<Result<(), flujo_server::ServeError>>);

/// A server at a socket, until it is told to end.
pub(crate) fn served(server: Server, listener: TcpListener) -> Running {
    let address = listener.local_addr().unwrap();
    let (end, ends) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_on(listener, async move { drop(ends.await) }));
    (address, end, serving)
}

async fn listening() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

async fn connected(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads until the text is there, or the connection ends.
pub(crate) async fn read(stream: &mut TcpStream, until: &str) -> String {
    let (mut all, mut part) = (String::new(), [0; 4096]);
    while !all.contains(until) {
        let n = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut part)).await.unwrap().unwrap();
        if n == 0 {
            break;
        }
        all.push_str(std::str::from_utf8(&part[..n]).unwrap());
    }
    all
}

#[tokio::test]
async fn who_is_not_told_apart_is_not_served_from_elsewhere() {
    let shop = Shop::new();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let refused = shop.server().serve(address.parse().unwrap()).await.unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("everyone who reaches {address} could change runs: add `.token(")),
            "{refused}"
        );
    }
    // A socket is looked at too.
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    assert!(shop.server().serve_on(listener, async {}).await.is_err());
    let open = shop.server().token("ops", Role::Operator, "act");
    open.serve_until("0.0.0.0:0".parse().unwrap(), async {}).await.unwrap();
    shop.server().serve_until("127.0.0.1:0".parse().unwrap(), async {}).await.unwrap();
    shop.server().serve_until("[::ffff:127.0.0.1]:0".parse().unwrap(), async {}).await.ok();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let refused = shop.server().serve(address).await.unwrap_err().to_string();
    assert!(refused.starts_with(&format!("cannot listen at {address}: ")), "{refused}");
}

#[tokio::test]
async fn a_run_is_seen_over_a_socket_and_streams_end_with_the_server() {
    let shop = Shop::new();
    shop.welcome("r").await;
    let (address, end, serving) = served(shop.server(), listening().await);
    let mut stream = connected(address, "/api/v1/runs/r").await;
    let said = read(&mut stream, "}]}").await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.contains("\"output\":\"Hello, Ada!\""), "{said}");
    // The connection is used again.
    stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await.unwrap();
    assert!(read(&mut stream, "ok\n").await.ends_with("ok\n"));
    let mut events = connected(address, "/api/v1/runs/r/events").await;
    assert!(read(&mut events, "event: state").await.contains("event: record"));
    let began = Instant::now();
    end.send(()).unwrap();
    read(&mut events, "no such text").await;
    serving.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_under_way_is_answered_at_the_end() {
    let shop = Shop::new();
    let (address, end, serving) = served(shop.server(), listening().await);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = r#"{"pipeline":"welcome","id":"late","input":["Ada"]}"#;
    let head = format!(
        "POST /api/v1/runs HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    end.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let said = read(&mut stream, "no such text").await;
    assert!(said.starts_with("HTTP/1.1 201 Created\r\n"), "{said}");
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn connections_have_a_bound() {
    let shop = Shop::new();
    let (address, _end, _serving) = served(shop.server().connections(1), listening().await);
    let mut one = connected(address, "/healthz").await;
    assert!(read(&mut one, "ok\n").await.ends_with("ok\n"));
    let mut two = connected(address, "/healthz").await;
    let waits = tokio::time::timeout(Duration::from_millis(100), two.read_u8()).await;
    assert!(waits.is_err());
    drop(one);
    assert!(read(&mut two, "ok\n").await.ends_with("ok\n"));
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let shop = Shop::new();
    let (address, _end, _serving) = served(shop.server(), listening().await);
    for bytes in [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\u{0}\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let said = read(&mut stream, "no such text").await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{said}");
    }
    // Two names: the server does not choose.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /api/v1/runs HTTP/1.1\r\nHost: {address}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(read(&mut stream, "no such text").await.starts_with("HTTP/1.1 421 "));
}

#[tokio::test]
async fn an_address_at_which_there_is_nothing_says_so_on_a_page() {
    let shop = Shop::new();
    let (address, end, serving) = served(shop.server(), listening().await);
    let got = read(&mut connected(address, "/nothing-%3Cb%3E").await, "</html>").await;
    assert!(got.starts_with("HTTP/1.1 404 Not Found\r\n"), "{got}");
    assert!(got.contains("content-type: text/html; charset=utf-8\r\n"), "{got}");
    assert!(got.contains("there is nothing at `/nothing-%3Cb%3E`"), "{got}");
    // The interface answers with a problem.
    let got = read(&mut connected(address, "/api/v1/nothing").await, "\"status\"").await;
    assert!(got.contains("content-type: application/problem+json\r\n"), "{got}");
    end.send(()).unwrap();
    serving.await.unwrap().unwrap();
}
