//! A server that is reached by HTTP, written by hand: its mistakes are below what a library would send.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const EVENTS: &str = "text/event-stream";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

/// A running server. Its threads end with the process.
pub(crate) struct HttpFake {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl HttpFake {
    /// Starts a server that behaves as `mode` says.
    pub(crate) fn start(mode: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let shared = Arc::clone(&seen);
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::Relaxed);
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || serve(mode, &stream, &shared));
            }
        });
        Self { url, connections, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// How often a method of the protocol was asked for.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|seen| seen.body["method"] == method).count()
    }
}

fn read(from: &mut BufReader<&TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    from.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let method = line.split(' ').next()?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    Some(Seen { method, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
}

fn serve(mode: &str, stream: &TcpStream, seen: &Mutex<Vec<Seen>>) {
    let mut from = BufReader::new(stream);
    let mut to = stream;
    while let Some(request) = read(&mut from) {
        let before = seen.lock().unwrap().clone();
        seen.lock().unwrap().push(request.clone());
        let method = request.body["method"].as_str().unwrap_or_default();
        if respond(mode, method, &request, &before, &mut to).is_none() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

fn send(to: &mut impl Write, status: &str, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    write!(to, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").ok()
}

fn json_of(to: &mut impl Write, headers: &str, body: &Value) -> Option<()> {
    send(to, "200 OK", &format!("content-type: application/json\r\n{headers}"), &body.to_string())
}

/// Sends pieces of a body without a length; the caller ends the connection, or the body with an empty piece.
fn pieces(to: &mut impl Write, kind: &str, pieces: impl IntoIterator<Item = impl AsRef<str>>) -> Option<()> {
    write!(to, "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n").ok()?;
    for piece in pieces {
        let piece = piece.as_ref();
        write!(to, "{:x}\r\n{piece}\r\n", piece.len()).ok()?;
        to.flush().ok()?;
    }
    Some(())
}

/// Answers a request; `None` ends the connection.
#[allow(clippy::too_many_lines, reason = "one arm for each mistake")]
fn respond(mode: &str, method: &str, request: &Seen, before: &[Seen], to: &mut impl Write) -> Option<()> {
    let id = &request.body["id"];
    let result = |value: Value| json!({"jsonrpc": "2.0", "id": id, "result": value});
    let error =
        |code: i32, text: &str| json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}});
    let text = |text: &str| result(json!({"content": [{"type": "text", "text": text}]}));
    let inits = before.iter().filter(|seen| seen.body["method"] == "initialize").count();
    let session = request.headers.get("mcp-session-id").map_or("", String::as_str);
    match (mode, request.method.as_str(), method) {
        ("resumes", "GET", _) if request.headers.get("last-event-id").is_some_and(|id| id == "7") => {
            let asked = before.iter().rfind(|seen| seen.body["method"] == "tools/call").unwrap();
            let mut answer = text("resumed");
            answer["id"] = asked.body["id"].clone();
            pieces(to, EVENTS, [format!("data: {answer}\n\n").as_str(), ""])
        }
        ("never-resumes", "GET", _) if request.headers.contains_key("last-event-id") => {
            send(to, "500 Internal Server Error", "", "")
        }
        (_, "GET", _) => send(to, "405 Method Not Allowed", "", ""),
        (_, "DELETE", _) => send(to, "200 OK", "", ""),
        ("mute", _, "initialize") | ("mute-call", _, "tools/call") => {
            std::thread::sleep(Duration::from_secs(60));
            None
        }
        ("401", _, _) => {
            send(to, "401 Unauthorized", "www-authenticate: Bearer\r\n", "the key sk-planted is wrong")
        }
        ("403", _, _) => send(to, "403 Forbidden", "", ""),
        ("404", _, _) => send(to, "404 Not Found", "content-type: text/html\r\n", "<html>nothing here"),
        ("429", _, "tools/call") => send(to, "429 Too Many Requests", "retry-after: 7\r\n", "slow down"),
        ("500", _, "tools/call") => send(to, "500 Internal Server Error", "", "out of memory"),
        ("307", _, _) => send(to, "307 Temporary Redirect", "location: http://elsewhere.example/\r\n", ""),
        ("html", _, _) => send(to, "200 OK", "content-type: text/html; charset=utf-8\r\n", "<html>"),
        ("no-json", _, "tools/call") => send(to, "200 OK", "content-type: application/json\r\n", "{\"a\": "),
        ("400", _, "tools/call") => send(
            to,
            "400 Bad Request",
            "content-type: application/json\r\n",
            &error(-32602, "unknown tool").to_string(),
        ),
        ("floods-length", _, "tools/call") => write!(
            to,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n"
        )
        .ok(),
        ("floods-pieces", _, "tools/call") => {
            let piece = "x".repeat(1 << 20);
            pieces(to, "application/json", std::iter::repeat_n(piece.as_str(), 100)).and(None)
        }
        ("floods-event", _, "tools/call") => {
            let piece = "x".repeat(1 << 20);
            pieces(to, EVENTS, ["data: "].into_iter().chain(std::iter::repeat_n(piece.as_str(), 100)))
                .and(None)
        }
        ("deep-event", _, "tools/call") => {
            let (open, close) = ("[".repeat(9_999), "]".repeat(9_999));
            let event = format!(
                "data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"content\":{open}{close}}}}}\n\n"
            );
            pieces(to, EVENTS, [event.as_str(), ""])
        }
        ("stream-ends", _, "tools/call") => pieces(to, EVENTS, [": nothing\n\n", ""]),
        ("stream-breaks", _, "tools/call") => pieces(to, EVENTS, ["data: {\"jso"]).and(None),
        ("no-stream", _, "tools/call") => pieces(to, EVENTS, ["data: {not json\n\n", ""]),
        ("breaks", _, "tools/call") => None,
        ("resumes" | "never-resumes", _, "tools/call") => {
            pieces(to, EVENTS, ["id: 7\nretry: 50\ndata: \n\n", ""])
        }
        ("session-ends", _, "tools/call") if session == "s0" => send(to, "404 Not Found", "", ""),
        ("session-is-bad", _, "tools/call") if session == "s0" => {
            send(to, "400 Bad Request", "", "no valid session")
        }
        ("modern", _, "initialize") => json_of(to, "", &error(-32601, "method not found: initialize")),
        ("modern", _, "server/discover") => json_of(
            to,
            "",
            &result(json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}},
                "ttlMs": 0, "cacheScope": "private"
            })),
        ),
        (_, _, "initialize") => {
            let version = &request.body["params"]["protocolVersion"];
            let answer = result(json!({
                "protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "f", "version": "1"}
            }));
            json_of(to, &format!("mcp-session-id: s{inits}\r\n"), &answer)
        }
        (_, _, "tools/list") => json_of(
            to,
            "",
            &result(json!({
                "tools": [{"name": "search", "inputSchema": {"type": "object"}}]
            })),
        ),
        ("streams", _, "tools/call") => {
            let note = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}});
            let (note, answer) =
                (format!("event: message\ndata: {note}\n\n"), format!("data: {}\n\n", text("streamed")));
            pieces(to, EVENTS, [note.as_str(), answer.as_str(), ""])
        }
        (_, _, "tools/call") => json_of(to, "", &text(&format!("in {session}"))),
        _ => send(to, "202 Accepted", "", ""),
    }
}
