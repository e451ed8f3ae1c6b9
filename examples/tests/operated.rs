//! The examples that serve, as processes: what is on record when they are killed goes on when they start again.
#![cfg(all(feature = "serve", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong panics"
)]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const TOKEN: &str = "a-token-of-these-tests";
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder that is deleted at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("flujo-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process of an example.
struct Served {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Host and port.
    host: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An example of this package, as its code is now. `cargo test` builds the tests of an example and not always its program,
/// and what was built last may have other features.
fn example(name: &str) -> Command {
    static BUILDING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let deps = std::env::current_exe().unwrap();
    let profile = deps.parent().and_then(Path::parent).unwrap();
    // With the features of all default members, as the README's commands and `cargo test` have them.
    let cargo = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args(["build", "--locked", "--quiet", "--example", name])
        .args(["--target-dir".as_ref(), profile.parent().unwrap().as_os_str()])
        .status();
    assert!(cargo.unwrap().success(), "cargo built no example `{name}`");
    Command::new(profile.join("examples").join(name))
}

impl Served {
    fn start(command: &mut Command, folder: &Folder) -> Self {
        let command = command.current_dir(&folder.0).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let host = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("`{line}`")).to_owned();
        Self { child, output, host }
    }

    fn moderation(folder: &Folder) -> Self {
        Self::start(example("moderation").args(["serve", "--address", "127.0.0.1:0", "--pace", "40"]), folder)
    }

    /// Sends a request; the status and the body.
    fn send(&self, method: &str, path: &str, kind: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\
             content-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, "application/json", "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> (u16, String) {
        self.send("POST", path, "application/json", &body.to_string())
    }

    /// The number of runs in a state.
    fn runs(&self, state: &str) -> u64 {
        let counts = self.get("/api/v1/runs/counts");
        let counts = counts["counts"].as_array().unwrap();
        counts
            .iter()
            .filter(|count| count["state"] == state)
            .map(|count| count["runs"].as_u64().unwrap())
            .sum()
    }

    fn questions(&self) -> Vec<Value> {
        self.get("/api/v1/questions")["questions"].as_array().unwrap().clone()
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}: {}", self.get("/api/v1/runs/counts"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses the button of the console that kills the process.
    fn crash(mut self) -> ExitStatus {
        let (_, page) = self.send("GET", "/", "text/html", "");
        let form = page.split_once("action=\"/buttons/0\"").expect("a button").1;
        let csrf = form.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap();
        let (status, _) =
            self.send("POST", "/buttons/0", "application/x-www-form-urlencoded", &format!("csrf={csrf}"));
        assert_eq!(status, 303);
        self.child.wait().unwrap()
    }
}

/// The posts of `data/posts.jsonl`.
fn posts() -> u64 {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/posts.jsonl");
    u64::try_from(std::fs::read_to_string(file).unwrap().lines().count()).unwrap()
}

#[test]
fn posts_are_moderated_through_a_crash() {
    use std::os::unix::process::ExitStatusExt;
    let folder = Folder::new("moderation");
    let served = Served::moderation(&folder);
    served.wait_for("half of the posts", |served| served.runs("done") >= 10 && served.runs("running") > 0);
    let before = served.get("/api/v1/runs?limit=200&state=done");
    // SIGABRT: nothing was tidied up.
    assert_eq!(served.crash().signal(), Some(6));

    let served = Served::moderation(&folder);
    served.wait_for("all posts", |served| {
        served.runs("done") + served.runs("paused") + served.runs("failed") == posts()
    });
    // A post without text, and one with a receipt that nobody may read, are failures of their own.
    assert_eq!((served.runs("failed"), served.questions().len()), (2, 6));
    // What had ended was not touched.
    let after = served.get("/api/v1/runs?limit=200&state=done");
    let find = |runs: &Value, id: &Value| {
        runs["runs"].as_array().unwrap().iter().find(|run| run["id"] == *id).cloned()
    };
    for run in before["runs"].as_array().unwrap() {
        assert_eq!(find(&after, &run["id"]).as_ref(), Some(run));
    }

    // The command line works on the same file beside the server.
    let printed =
        example("moderation").args(["questions", "--json"]).current_dir(&folder.0).output().unwrap();
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(printed["questions"].as_array().map(Vec::len), Some(6));
    let question = served.questions()[0].clone();
    let replies = format!("/api/v1/runs/{}/replies", question["run"].as_str().unwrap());
    let path = &question["question"]["path"];
    let (status, refused) = served.post(&replies, &serde_json::json!({ "path": path, "value": "furious" }));
    assert_eq!(status, 422, "{refused}");
    let (status, answer) = served.post(&replies, &serde_json::json!({ "path": path, "value": "neutral" }));
    assert!(status == 200 || status == 204, "{status} {answer}");
    let run = format!("/api/v1/runs/{}", question["run"].as_str().unwrap());
    served.wait_for("the reply", |served| served.get(&run)["state"] == "done");
    assert_eq!(served.questions().len(), 5);
}

#[test]
fn a_service_takes_an_order_once_and_ends_gracefully() {
    let folder = Folder::new("service");
    let start = || {
        let mut command = example("service");
        Served::start(command.env("FLUJO_TOKEN", TOKEN).env("ADDRESS", "127.0.0.1:0"), &folder)
    };
    let order =
        |cents: u64| serde_json::json!({ "id": format!("o-{cents}"), "customer": "Ada", "cents": cents });
    let mut served = start();
    for _ in 0..2 {
        assert_eq!(served.post("/orders", &order(2_500)), (202, "/runs/o-2500\n".to_owned()));
    }
    served.post("/orders", &order(200_000));
    served.wait_for("the orders", |served| served.runs("done") == 1 && served.runs("paused") == 1);
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut last = String::new();
    served.output.read_to_string(&mut last).unwrap();
    assert!(served.child.wait().unwrap().success());
    assert_eq!(last, "stopped\n");

    let served = start();
    let path = &served.questions()[0]["question"]["path"];
    let (_, reply) =
        served.post("/api/v1/runs/o-200000/replies", &serde_json::json!({ "path": path, "value": "accept" }));
    served.wait_for(&reply, |served| served.runs("done") == 2);
}

#[test]
fn a_service_without_its_token_says_so_and_does_not_begin() {
    let folder = Folder::new("service-without");
    for token in [None, Some("")] {
        let mut command = example("service");
        command.env_remove("FLUJO_TOKEN").envs(token.map(|token| ("FLUJO_TOKEN", token)));
        let ended = command.env("ADDRESS", "127.0.0.1:0").current_dir(&folder.0).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        assert_eq!(String::from_utf8(ended.stdout).unwrap(), "");
        assert_eq!(
            String::from_utf8(ended.stderr).unwrap(),
            "FLUJO_TOKEN is not set: it is the token of those who operate this\n"
        );
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
    }
    let mut command = example("service");
    let ended =
        command.env("FLUJO_TOKEN", TOKEN).env("ADDRESS", "here").current_dir(&folder.0).output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "ADDRESS is `here`: write it as 127.0.0.1:8080\n");
}
