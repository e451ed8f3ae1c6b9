//! What an editor shows inside `pipeline!`: a rust-analyzer is started on a small project and asked.
//!
//! Skipped, loudly, where there is none: set `RUST_ANALYZER` to a binary, or have `rust-analyzer` on the
//! path. `.ci/extra` runs it.
#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that goes wrong panics"
)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs};

/// The project that is opened: one line of it is still being written.
const SOURCE: &str = r#"use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Case {
    pub score: u32,
}

#[step]
pub async fn triage(text: String) -> Result<Case> {
    let _ = text;
    Ok(Case { score: 1 })
}

pipeline! {
    pub fn moderate(text: String) -> u32 {
        let case = triage(text);
        let reply: String = ask("go on?");
        let nested = if case.score > 1 {
            let inner = triage(reply);
            inner.score
        } else {
            case.score
        };
        case.
    }
}
"#;

struct Server {
    child: Child,
    stdin: ChildStdin,
    replies: mpsc::Receiver<Value>,
    next: i64,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(binary: &Path, root: &Path) -> Self {
        let mut child = Command::new(binary)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("rust-analyzer starts");
        let stdin = child.stdin.take().expect("its input");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let (send, replies) = mpsc::channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stdout) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { child, stdin, replies, next: 0 };
        let uri = format!("file://{}", root.display());
        server.ask("initialize", &json!({
            "processId": null, "rootUri": uri,
            "capabilities": {"window": {"workDoneProgress": true}, "textDocument": {"hover": {"contentFormat": ["markdown"]}}},
            "initializationOptions": {"checkOnSave": false, "cargo": {"buildScripts": {"enable": true}}, "procMacro": {"enable": true}},
        }));
        server.tell("initialized", &json!({}));
        server
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it reads");
        self.stdin.flush().expect("it reads");
    }

    /// Asks, and answers whatever it wants to know meanwhile.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.replies.recv_timeout(Duration::from_secs(120)).expect("an answer in time");
            if message["method"].is_string() {
                if !message["id"].is_null() {
                    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": null});
                    self.send(&answer);
                }
            } else if message["id"] == json!(id) {
                return message["result"].clone();
            }
        }
    }
}

fn read(from: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(n) = line.strip_prefix("Content-Length: ") {
            length = n.trim().parse().ok()?;
        } else if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Line and column at the end of `needle`, or `back` characters before it.
fn place(needle: &str, back: usize) -> Value {
    let at = SOURCE.find(needle).expect("it is in the source") + needle.len() - back;
    let before = &SOURCE[..at];
    let line = before.matches('\n').count();
    let column = before.len() - before.rfind('\n').map_or(0, |i| i + 1);
    json!({"line": line, "character": column})
}

fn binary() -> Option<PathBuf> {
    let named = env::var_os("RUST_ANALYZER").map(PathBuf::from);
    let found = named.unwrap_or_else(|| "rust-analyzer".into());
    let works = Command::new(&found).arg("--version").output().is_ok_and(|out| out.status.success());
    works.then_some(found)
}

fn project() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    fs::create_dir_all(root.join("src")).expect("a folder");
    let flujo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flujo");
    let manifest = format!(
        "[package]\nname = \"editor\"\nedition = \"2024\"\n[dependencies]\nflujo = {{ path = \"{}\" }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n[workspace]\n",
        flujo.display()
    );
    fs::write(root.join("Cargo.toml"), manifest).expect("a manifest");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"), root.join("Cargo.lock"))
        .expect("the lock");
    fs::write(root.join("src/lib.rs"), SOURCE).expect("a source");
    root
}

#[test]
fn completion_hover_and_inferred_types_work_inside_a_pipeline() {
    let Some(binary) = binary() else {
        println!("SKIPPED: no rust-analyzer here; set RUST_ANALYZER to one");
        return;
    };
    let root = project();
    let mut server = Server::start(&binary, &root);
    let uri = format!("file://{}", root.join("src/lib.rs").display());
    let document = json!({"uri": uri, "languageId": "rust", "version": 1, "text": SOURCE});
    server.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    let at = |position: Value| json!({"textDocument": {"uri": uri}, "position": position});

    // Loading takes as long as it takes; it is done once the field of a `let` is offered.
    let started = Instant::now();
    let mut labels = Vec::new();
    while started.elapsed() < Duration::from_secs(300) {
        let found = server.ask("textDocument/completion", &at(place("        case.", 0)));
        let items = found.get("items").cloned().unwrap_or(found);
        labels = items
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|i| i["label"].as_str().map(str::to_owned))
            .collect();
        if labels.iter().any(|label| label.starts_with("score")) {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(labels.iter().any(|l| l.starts_with("score")), "completion after `case.`: {labels:?}");

    let mut hover =
        |position| server.ask("textDocument/hover", &at(position))["contents"]["value"].to_string();
    let shown = hover(place("let reply: String = ask", 1));
    assert!(shown.contains("Asks a person"), "hover on `ask`: {shown}");
    let shown = hover(place("let case", 1));
    assert!(shown.contains("case: Case"), "hover on `case`: {shown}");
    let shown = hover(place("let inner", 1));
    assert!(shown.contains("inner: Case"), "hover on `inner`, in a nested block: {shown}");
}
