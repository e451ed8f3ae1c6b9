//! What an editor shows inside `pipeline!`: a rust-analyzer is started on a small project and asked.
//!
//! Skipped, loudly, where there is none: set `RUST_ANALYZER` to a binary, or have `rust-analyzer` on the
//! path. It has to be as new as the toolchain: one that is older than cargo's options loads no dependencies,
//! and says so in what the failed test shows.
#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that goes wrong panics"
)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, io};

/// A completion of this kind is a field.
const FIELD: i64 = 5;

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
            let inner = triage(reply).named("again");
            inner.score
        } else {
            case.score
        };
        case.
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Topic {
    Web,
    Papers,
}

#[step]
pub async fn write(said: Option<Feedback>) -> Result<Case> {
    let _ = said;
    Ok(Case { score: 2 })
}

#[step]
pub async fn review(case: Case) -> Result<Critique> {
    let _ = case;
    Ok(Critique::Accept)
}

#[step]
pub async fn look(case: Case) -> Result<Case> {
    Ok(case)
}

pipeline! {
    pub fn forms(texts: Vec<String>, topics: std::collections::BTreeSet<Topic>) -> u32 {
        let cases = map(texts.clone(), |text| triage(text)).concurrency(2);
        let bare = map(texts, triage).named("bare").settle();
        let looped = repeat(Case { score: 0 }, |round| {
            let again = look(round);
            again
        })
        .until(|last| last.score > 3)
        .max(3);
        let made = refine(
            |said| {
                let draft = write(said);
                draft
            },
            |whole| review(whole),
        )
        .max(2);
        let (left, right) = join(look(looped).named("left"), {
            let inside = look(made).named("right");
            inside
        });
        let (settled, _) = join(look(left).named("again"), || look(right).named("too")).settle();
        let routed = route(topics, |topic| match topic {
            Topic::Web => look(Case { score: 3 }).named("web"),
            Topic::Papers => {
                let armed = look(Case { score: 4 }).named("papers");
                armed
            }
        });
        let chosen = match routed.len() {
            0 => look(Case { score: 5 }).named("none"),
            _ => Case { score: 6 },
        };
        let passed = gate(chosen, Any);
        wait("1s");
        passed.score
    }
}

pub struct Any;
impl<T> Validator<T> for Any {
    fn validate(&self, _: &T) -> ValidationResult {
        ValidationResult::valid()
    }
}

pipeline! {
    pub fn in_a_round(case: Case) -> Case {
        repeat(case, |turn| {
            turn.
        })
        .until(|last| last.score > 3)
        .max(3)
    }
}

pipeline! {
    pub fn in_an_item(texts: Vec<String>) -> Vec<Case> {
        map(texts, |text| {
            let found = triage(text);
            found.
        })
    }
}

pipeline! {
    pub fn in_an_arm(text: String) -> u32 {
        let (score, _) = join(
            {
                let known = triage(text.clone());
                known.
            },
            triage(text).named("beside"),
        );
        score
    }
}

pipeline! {
    pub fn in_an_option(case: Case) -> Case {
        repeat(case, look).until(|value| value.).max(3)
    }
}
"#;

struct Server {
    child: Child,
    stdin: ChildStdin,
    messages: mpsc::Receiver<Value>,
    next: i64,
    /// What it last said of itself.
    status: Value,
}

impl Drop for Server {
    /// Asks it to end, and with it the `cargo check` it may have started, before it is ended.
    fn drop(&mut self) {
        let _ = self.send(&json!({"jsonrpc": "2.0", "id": -1, "method": "shutdown"}));
        let _ = self.send(&json!({"jsonrpc": "2.0", "method": "exit"}));
        for _ in 0..50 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(binary: &Path, root: &Path) -> Self {
        let log = fs::File::create(root.join("rust-analyzer.log")).expect("a log");
        let mut child = Command::new(binary)
            .current_dir(root)
            .env_remove("CARGO_TARGET_DIR")
            // it would install std's source where there is none: a test leaves the toolchain alone
            .env("RUSTUP_DIST_SERVER", "https://localhost:1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("rust-analyzer starts");
        let stdin = child.stdin.take().expect("its input");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let (send, messages) = mpsc::channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stdout) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { child, stdin, messages, next: 0, status: Value::Null };
        // no options: what is shown is what everybody sees
        let capabilities = json!({
            "textDocument": {"hover": {"contentFormat": ["markdown"]}},
            "experimental": {"serverStatusNotification": true},
        });
        let root = format!("file://{}", root.display());
        server.ask("initialize", &json!({"processId": null, "rootUri": root, "capabilities": capabilities}));
        server.tell("initialized", &json!({}));
        server
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params})).expect("it reads");
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        let text = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.stdin.flush()
    }

    /// Its next message. What it asks is answered with nothing, what it says of itself is kept.
    fn hear(&mut self, until: Instant) -> Value {
        let left = until.saturating_duration_since(Instant::now());
        let message = self.messages.recv_timeout(left).unwrap_or_else(|reason| {
            panic!("rust-analyzer: {reason}; it said of itself: {}", self.status);
        });
        if message["method"] == "experimental/serverStatus" {
            self.status = message["params"].clone();
        }
        if message["method"].is_string() && !message["id"].is_null() {
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": null});
            self.send(&answer).expect("it reads");
        }
        message
    }

    /// Waits for the project, its dependencies and their macros.
    fn loaded(&mut self) {
        let until = Instant::now() + Duration::from_secs(240);
        while self.status["quiescent"] != true {
            self.hear(until);
        }
    }

    /// Asks, again where files changed meanwhile.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        const CONTENT_MODIFIED: i64 = -32801;
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            self.next += 1;
            let id = self.next;
            let question = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
            self.send(&question).expect("it reads");
            let reply = loop {
                let message = self.hear(until);
                if message["method"].is_null() && message["id"] == id {
                    break message;
                }
            };
            let error = &reply["error"];
            if error.is_null() {
                return reply["result"].clone();
            }
            assert_eq!(error["code"], CONTENT_MODIFIED, "{method}: {error}");
            std::thread::sleep(Duration::from_millis(200));
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

    server.loaded();
    for unfinished in ["};\n        case.", " turn.", " found.", " known.", " value."] {
        let found = server.ask("textDocument/completion", &at(place(unfinished, 0)));
        let items = found.get("items").unwrap_or(&found);
        let is_score = |item: &Value| item["label"] == "score" && item["kind"] == FIELD;
        let offered = items.as_array().is_some_and(|items| items.iter().any(is_score));
        assert!(
            offered,
            "completion after `{unfinished}`: {items}; rust-analyzer says of itself: {}",
            server.status
        );
    }

    let mut hover =
        |position| server.ask("textDocument/hover", &at(position))["contents"]["value"].to_string();
    let shown = hover(place("let reply: String = ask", 1));
    assert!(shown.contains("Asks a person"), "hover on `ask`: {shown}");
    let shown = hover(place("let case", 1));
    assert!(shown.contains("case: Case"), "hover on `case`: {shown}");
    let shown = hover(place("let inner", 1));
    assert!(shown.contains("inner: Case"), "hover on `inner`, in a nested block: {shown}");
    for (binding, ty) in [
        ("let cases", "cases: Vec<Case>"),
        ("let bare", "bare: Vec<Result<Case, Failure>>"),
        ("|round", "round: Case"),
        ("let again", "again: Case"),
        ("let looped", "looped: Case"),
        ("|said", "said: Option<Feedback>"),
        ("let draft", "draft: Case"),
        ("|whole", "whole: Case"),
        ("let made", "made: Case"),
        ("let (left", "left: Case"),
        ("let inside", "inside: Case"),
        ("let (settled", "settled: Result<Case, Failure>"),
        ("|topic", "topic: Topic"),
        ("let armed", "armed: Case"),
        ("let routed", "routed: Vec<Case>"),
        ("let chosen", "chosen: Case"),
        ("let passed", "passed: Case"),
    ] {
        let shown = hover(place(binding, 1));
        assert!(shown.contains(ty), "hover on `{binding}` should show `{ty}`: {shown}");
    }
    for (form, doc) in [
        ("= repeat", "again and again"),
        ("= map", "for every item"),
        ("= refine", "until a critic accepts it"),
        ("= route", "that a set selects"),
        (".until", "Ends the loop"),
        ("= gate", "Asks validators"),
    ] {
        let shown = hover(place(form, 1));
        assert!(shown.contains(doc), "hover on `{form}`: {shown}");
    }
}
