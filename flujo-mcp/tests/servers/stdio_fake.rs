//! A server that is a process: this test once more, which writes to a pipe of its own, because the test's harness writes to the
//! standard output.

use flujo_mcp::{McpServer, ServerBuilder, Stdio};
use serde_json::{Value, json};
use std::env;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, Write as _};
use std::time::Duration;

/// A server that behaves as `mode` says.
pub(crate) fn fake(mode: &str) -> ServerBuilder<Stdio> {
    started_by(mode, "exec SERVER")
}

/// A server that a script starts, in which it is the command `SERVER`.
pub(crate) fn started_by(mode: &str, script: &str) -> ServerBuilder<Stdio> {
    let own = env::current_exe().unwrap().to_str().unwrap().to_owned();
    let server = "\"$0\" --exact stdio_fake::serve --ignored --nocapture 3>&1 1>/dev/null";
    let script = script.replace("SERVER", server);
    McpServer::stdio("fake", "sh", ["-c".to_owned(), script, own])
        .env("FAKE_MODE", format!("{mode} of {}", std::process::id()))
}

struct Fake {
    mode: String,
    out: File,
    lists: usize,
}

impl Fake {
    fn write(&mut self, message: &Value) {
        let _ = self.out.write_all(format!("{message}\n").as_bytes());
    }

    fn answer(&mut self, id: &Value, result: &Value) {
        self.write(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
    }

    fn error(&mut self, id: &Value, code: i32, message: &str) {
        self.write(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}));
    }

    fn initialize(&mut self, id: &Value, message: &Value) {
        match self.mode.as_str() {
            "mute-initialize" => {}
            "refuses" => self.error(id, -32603, "not today"),
            "no-mcp" => self.answer(id, &json!({"hello": 1})),
            "dies-at-once" => {
                eprintln!("no licence");
                std::process::exit(7);
            }
            "says-its-key" => {
                let key = env::var("KEY").unwrap();
                eprintln!("my key is {key}");
                let _ = self.out.write_all(format!("starting with {key}\n").as_bytes());
                self.error(id, -32603, &format!("bad key {key}"));
            }
            _ => {
                let version = &message["params"]["protocolVersion"];
                self.answer(id, &json!({
                    "protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "f", "version": "1"}
                }));
            }
        }
    }

    fn list(&mut self, id: &Value, message: &Value) {
        let tool = |name: Value| json!({"name": name, "inputSchema": {"type": "object"}});
        let with = |schema: Value| json!({"tools": [{"name": "a", "inputSchema": schema}]});
        let cursor = message["params"]["cursor"].as_str().map(|cursor| cursor.parse::<usize>().unwrap());
        self.lists += 1;
        let result = match self.mode.as_str() {
            "mute-list" => return,
            "twice" => json!({"tools": [tool("a".into()), tool("b".into()), tool("a".into())]}),
            "name-number" => json!({"tools": [tool("a".into()), tool(5.into())]}),
            "name-long" => json!({"tools": [tool("a".repeat(5000).into())]}),
            "name-blank" => json!({"tools": [tool("a\nb".into())]}),
            "schema-list" => with(json!([])),
            "schema-text" => with(json!({"type": "string"})),
            "tools-number" => json!({"tools": 5}),
            "cursor-number" => json!({"tools": [], "nextCursor": 5}),
            "cursor-same" => json!({"tools": [], "nextCursor": "1"}),
            "endless" => json!({"tools": [], "nextCursor": (cursor.unwrap_or(0) + 1).to_string()}),
            "slow-pages" => {
                std::thread::sleep(Duration::from_millis(200));
                json!({"tools": [], "nextCursor": (cursor.unwrap_or(0) + 1).to_string()})
            }
            "many" => json!({"tools": (0..1000).map(|n| tool(n.to_string().into())).collect::<Vec<_>>()}),
            "big" => {
                json!({"tools": [{"name": "a", "description": "x".repeat(5000), "inputSchema": {"type": "object"}}]})
            }
            "changing" => json!({"ttlMs": 60000, "cacheScope": "public",
                "tools": (0..self.lists).map(|n| tool(n.to_string().into())).collect::<Vec<_>>()}),
            "pages" => match cursor {
                None => json!({"tools": [tool("a".into())], "nextCursor": "1"}),
                Some(1) => json!({"tools": [tool("b".into())], "nextCursor": "2"}),
                Some(_) => json!({"tools": [tool("c".into())]}),
            },
            _ => json!({"tools": [{"name": "echo", "title": "Echo", "description": "Says it again.",
                "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}}}]}),
        };
        self.answer(id, &result);
    }

    fn call(&mut self, id: &Value, message: &Value) {
        let text = |text: &str| json!({"content": [{"type": "text", "text": text}]});
        let result = match self.mode.as_str() {
            "mute-call" => return,
            "mute-forever" => loop {
                std::thread::sleep(Duration::from_secs(60));
            },
            "floods" => {
                let chunk = vec![b'x'; 1 << 20];
                for _ in 0..100 {
                    if self.out.write_all(&chunk).is_err() {
                        break;
                    }
                }
                return;
            }
            "greets" => {
                let _ = self.out.write_all(b"Welcome!\n\n[1, 2]\nReady.\n");
                text("hello")
            }
            "greets-and-is-mute" => {
                let _ = self.out.write_all(b"Welcome!\n{\"level\":\"info\"}\nReady.\n");
                return;
            }
            "dies" => {
                for n in 1..=5 {
                    eprintln!("word {n}");
                }
                std::process::exit(3);
            }
            "writes-errors" => {
                let chunk = "y".repeat(1 << 20);
                for _ in 0..30 {
                    eprint!("{chunk}");
                }
                text("done")
            }
            "wrong-result" => json!("no object"),
            "deep" => {
                let (open, close) = ("[".repeat(9_999), "]".repeat(9_999));
                let line =
                    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"content\":{open}{close}}}}}\n");
                let _ = self.out.write_all(line.as_bytes());
                return;
            }
            "wrong-error" => return self.write(&json!({"jsonrpc": "2.0", "id": id, "error": "no object"})),
            "wrong-content" => json!({"content": "no list"}),
            "wrong-id" => {
                self.answer(&json!(99_999), &text("for nobody"));
                return;
            }
            "notifies" => {
                for n in 0..20_000 {
                    self.write(&json!({"jsonrpc": "2.0", "method": "notifications/message",
                        "params": {"level": "info", "data": n}}));
                }
                text("done")
            }
            "asks" => {
                let asks = [
                    ("sampling/createMessage", json!({"messages": [], "maxTokens": 1})),
                    ("roots/list", json!({})),
                ];
                for (n, (method, params)) in asks.iter().enumerate() {
                    self.write(&json!({"jsonrpc": "2.0", "id": n, "method": method, "params": params}));
                }
                text("done")
            }
            "unknown-tool" => return self.error(id, -32602, "unknown tool: search"),
            "busy" => return self.error(id, -32603, "busy"),
            "fails" => json!({"isError": true, "content": [{"type": "text", "text": "no such file"}]}),
            "wants-input" => {
                json!({"resultType": "input_required", "requestState": "s", "inputRequests": {}})
            }
            "environment" => {
                let mut names: Vec<_> = env::vars().map(|(name, _)| name).collect();
                names.sort();
                text(&names.join(" "))
            }
            "folder" => text(env::current_dir().unwrap().to_str().unwrap()),
            "process" => text(&std::process::id().to_string()),
            "structured" => json!({"content": [], "structuredContent": message["params"]["arguments"]}),
            _ => text(&message["params"]["arguments"].to_string()),
        };
        self.answer(id, &result);
    }
}

#[test]
#[ignore = "a process that tests start"]
fn serve() {
    let Ok(mode) = env::var("FAKE_MODE") else { return };
    let mode = mode.split(' ').next().unwrap().to_owned();
    let out = OpenOptions::new().write(true).open("/dev/fd/3").unwrap();
    let mut fake = Fake { mode, out, lists: 0 };
    for line in std::io::stdin().lock().lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line.unwrap()) else { continue };
        let id = message["id"].clone();
        match message["method"].as_str() {
            Some("initialize") => fake.initialize(&id, &message),
            Some("tools/list") => fake.list(&id, &message),
            Some("tools/call") => fake.call(&id, &message),
            Some("ping") => fake.answer(&id, &json!({})),
            Some("notifications/cancelled") if fake.mode == "mute-call" => eprintln!("cancelled"),
            _ => {}
        }
    }
    if fake.mode.starts_with("process-stays") {
        std::thread::sleep(Duration::from_secs(600));
    }
}
