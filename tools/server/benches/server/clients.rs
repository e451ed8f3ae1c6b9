//! Callers over sockets, on a thread of their own.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection, and what was read of it and not yet used.
pub(crate) struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        Self { stream, address, buffer: Vec::with_capacity(64 * 1024) }
    }

    async fn ask(&mut self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.stream.write_all(request.as_bytes()).await.expect("a request");
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|part| part == b"\r\n\r\n") {
                break self.buffer.drain(..end + 4).collect::<Vec<_>>();
            }
            self.more().await;
        };
        String::from_utf8(head).expect("a head").to_lowercase()
    }

    async fn more(&mut self) {
        let n = self.stream.read_buf(&mut self.buffer).await.expect("bytes");
        assert!(n > 0, "the server has closed the connection");
    }

    /// Asks for a page or a part of one, and reads it.
    pub(crate) async fn page(&mut self, path: &str) -> usize {
        let head = self.ask(path).await;
        assert!(head.starts_with("http/1.1 20"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.trim().parse().expect("a length"));
        while self.buffer.len() < length {
            self.more().await;
        }
        self.buffer.drain(..length);
        length
    }

    /// Asks for events.
    pub(crate) async fn events(&mut self, path: &str) {
        let head = self.ask(path).await;
        assert!(head.starts_with("http/1.1 200") && head.contains("text/event-stream"), "{head}");
    }

    /// Waits for some of a stream, and counts a letter in it.
    pub(crate) async fn count(&mut self, letter: u8) -> usize {
        if self.buffer.is_empty() {
            self.more().await;
        }
        let found = self.buffer.split(|byte| *byte == letter).count() - 1;
        self.buffer.clear();
        found
    }
}
