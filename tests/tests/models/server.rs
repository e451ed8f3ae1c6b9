//! A server of nothing but sockets: it says exactly what a test tells it to, and breaks off where it is told to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a server does with a connection, once the request is there.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says this.
    Say(String),
    /// Says these bytes at once, without waiting until they arrive: chunks of HTTP stay apart anyway.
    Bytes(Vec<u8>),
    /// Says nothing more, and keeps the connection.
    Hang,
}

/// What was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub path: String,
    pub head: String,
    pub body: serde_json::Value,
}

/// Every connection takes the next script; the last one is for all that come after.
pub struct Server {
    pub url: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Server {
    pub fn new(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
        let noted = Arc::clone(&sent);
        thread::spawn(move || {
            for (i, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { return };
                let script = scripts.get(i).or(scripts.last()).cloned().unwrap_or_default();
                let noted = Arc::clone(&noted);
                thread::spawn(move || serve(stream, &script, &noted));
            }
        });
        Self { url, sent }
    }

    /// Every request is answered by what it says.
    pub fn answering(answer: impl Fn(&Sent) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
        let (noted, answer) = (Arc::clone(&sent), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                thread::spawn(move || {
                    let Some(request) = read(&mut stream) else { return };
                    noted.lock().unwrap().push(request.clone());
                    act(&mut stream, &answer(&request));
                });
            }
        });
        Self { url, sent }
    }

    /// The requests so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, script: &[Act], sent: &Mutex<Vec<Sent>>) {
    let Some(request) = read(&mut stream) else { return };
    sent.lock().unwrap().push(request);
    act(&mut stream, script);
}

pub fn read(stream: &mut impl Read) -> Option<Sent> {
    let (head, body) = request(stream)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Sent { path, head, body })
}

pub fn act(stream: &mut (impl Read + Write), script: &[Act]) {
    for act in script {
        match act {
            Act::Say(text) => {
                let _ = stream.write_all(text.as_bytes());
                let _ = stream.flush();
                // Pieces arrive as pieces.
                thread::sleep(Duration::from_millis(5));
            }
            Act::Bytes(bytes) => {
                let _ = stream.write_all(bytes);
            }
            // Until the client has gone.
            Act::Hang => {
                let _ = stream.read(&mut [0; 64]);
            }
        }
    }
}

/// A request without a body.
pub fn head(stream: &mut impl Read) -> Option<String> {
    request(stream).map(|(head, _)| head)
}

fn request(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        all.extend_from_slice(&buffer[..n]);
        let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length:").and_then(|n| n.trim().parse::<usize>().ok())
        });
        let length = length.unwrap_or(0);
        while all.len() < end + 4 + length {
            let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
            all.extend_from_slice(&buffer[..n]);
        }
        return Some((head, all[end + 4..].to_vec()));
    }
}

/// A whole answer of JSON.
pub fn json(status: u16, headers: &str, body: &str) -> Vec<Act> {
    let length = body.len();
    vec![Act::Say(format!(
        "HTTP/1.1 {status} So\r\ncontent-type: application/json\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    ))]
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As HTTP wants it.
    Clean,
    /// In the middle of a piece.
    Cut,
    /// Not at all.
    Hang,
}

/// The beginning of a stream, its pieces, and its end.
pub fn stream(kind: &str, pieces: &[String], end: End) -> Vec<Act> {
    let mut acts = vec![Act::Say(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    ))];
    acts.extend(pieces.iter().map(|piece| Act::Say(format!("{:x}\r\n{piece}\r\n", piece.len()))));
    acts.push(match end {
        End::Clean => Act::Say("0\r\n\r\n".to_owned()),
        End::Cut => Act::Say("ff\r\ndata: {\"half".to_owned()),
        End::Hang => Act::Hang,
    });
    acts
}

/// A stream of raw bytes that arrives in these chunks. It ends as HTTP wants it.
pub fn chunks(kind: &str, chunks: &[&[u8]]) -> Vec<Act> {
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    // A chunk of no bytes would be the end.
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    vec![Act::Bytes(bytes)]
}
