//! Pipelines, a server for them, and callers.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use flujo::engine::{Memory, Retention};
use flujo::prelude::*;
use flujo::{Cost, Usage};
use flujo_server::{Live, Role, Server};
use flujo_testing::PausedClock;
use http_body_util::BodyExt;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// The words that `fragile` accepts.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) good: Arc<Mutex<BTreeSet<String>>>,
    /// The steps of `slow` that may end.
    pub(crate) gate: Arc<Gate>,
}

pub(crate) struct Gate(pub(crate) Semaphore);
impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

#[resources]
pub(crate) struct App {
    pub(crate) world: World,
}

#[context]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Notes {
    #[context(part)]
    pub(crate) lines: Vec<String>,
}

/// Greets somebody.
#[step]
pub(crate) async fn greet(name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[step]
pub(crate) async fn pay(cents: u64, run: &RunInfo) -> Result<String> {
    run.spend(Usage::of_cost(Cost(cents * 1000)).model_calls(1).input_tokens(3));
    Ok(format!("paid {cents}"))
}

#[step]
pub(crate) async fn check(word: String, all: &World) -> Result<String> {
    if all.good.lock().unwrap().contains(&word) { Ok(word) } else { fatal(&word) }
}

fn fatal(word: &str) -> Result<String> {
    Err(StepError::fatal(std::io::Error::other(format!("`{word}` is not good"))))
}

#[step]
pub(crate) async fn say(text: String, run: &RunInfo, world: &World) -> Result<String> {
    run.emit("one ");
    world.gate.0.acquire().await.map(tokio::sync::SemaphorePermit::forget).map_err(std::io::Error::other)?;
    run.emit("two");
    Ok(text)
}

#[step]
pub(crate) async fn note(line: String, lines: &mut Vec<String>) -> Result<usize> {
    lines.push(line);
    Ok(lines.len())
}

pipeline! {
    /// Welcomes somebody.
    pub(crate) fn welcome(name: String) -> String { greet(name) }
}

pipeline! {
    pub(crate) fn refund(cents: u64) -> String {
        let approved: bool = ask("Refund this?").showing(&cents).timeout("3d", false);
        if approved { pay(cents) } else { fail("declined") }
    }
}

pipeline! {
    pub(crate) fn fragile(word: String, app: &App) -> String {
        let greeting = greet(word.clone());
        let checked = check(word);
        format!("{greeting} {checked}")
    }
}

pipeline! {
    pub(crate) fn slow(text: String, app: &App) -> String { say(text) }
}

/// A server's runs, and what they are kept in.
pub(crate) struct Shop {
    pub(crate) engine: Memory,
    pub(crate) clock: PausedClock,
    pub(crate) world: World,
    pub(crate) live: Live,
    pub(crate) flujo: Flujo<App>,
}

pub(crate) const DAY: u64 = 86_400_000_000_000;
/// 2023-11-15T00:00:00Z.
pub(crate) const START: u64 = 1_700_006_400_000_000_000;

impl Shop {
    pub(crate) fn new() -> Self {
        let clock = PausedClock::at(flujo::clock::Timestamp(START));
        let engine = Memory::with_clock(Arc::new(clock.clone())).retention(Retention::ALL);
        Self::over(engine, clock)
    }

    /// A process that uses an engine: after a restart, another one.
    pub(crate) fn over(engine: Memory, clock: PausedClock) -> Self {
        let (world, live) = (World::default(), Live::new());
        let flujo = Flujo::builder()
            .engine(engine.clone())
            .resources(App { world: world.clone() })
            .observer(live.clone())
            .pipeline::<welcome>()
            .pipeline::<refund>()
            .pipeline::<fragile>()
            .pipeline::<slow>()
            .build()
            .unwrap();
        Self { engine, clock, world, live, flujo }
    }

    pub(crate) fn server(&self) -> Server {
        Server::new(self.flujo.clone()).live(self.live.clone()).poll_every(Duration::from_millis(30))
    }

    /// A caller of this machine, at a server without tokens.
    pub(crate) fn caller(&self) -> Caller {
        Caller::of(self.server().router())
    }

    /// A server with a token for each role: `see`, `act` and `rule`.
    pub(crate) fn closed(&self) -> Server {
        let server = self.server().token("viewer", Role::Viewer, "see").token("ops", Role::Operator, "act");
        server.token("root", Role::Admin, "rule")
    }

    pub(crate) async fn welcome(&self, id: &str) {
        self.flujo.run(welcome("Ada".to_owned())).id(id).await.into_output().unwrap();
    }

    /// Waits until no execution works on the run.
    pub(crate) async fn idle(&self, id: &str) {
        flujo::run::Control::attach(&self.flujo, &id.into()).await.unwrap();
    }
}

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) router: Router,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) peer: Option<SocketAddr>,
}

#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
    /// The kind of a problem, and its status, which has to be that of the answer.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status);
        (self.status, body["type"].as_str().unwrap().strip_prefix("urn:flujo:problem:").unwrap().to_owned())
    }
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json()
    }
    #[track_caller]
    pub(crate) fn is(&self, status: u16, kind: &str) {
        assert_eq!(self.problem(), (status, kind.to_owned()), "{self:?}");
    }
}

impl Caller {
    pub(crate) fn of(router: Router) -> Self {
        let headers = vec![("host", "localhost:8080".to_owned())];
        Self { router, headers, peer: Some("127.0.0.1:4000".parse().unwrap()) }
    }

    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.retain(|(known, _)| *known != name);
        caller.headers.push((name, value.to_owned()));
        caller
    }

    pub(crate) fn token(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: impl Into<Body>) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(body.into()).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn got(&self, method: &str, path: &str, body: impl Into<Body>) -> Got {
        let response = self.send(method, path, body).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Got { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.got("GET", path, Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        self.with("content-type", "application/json").got("POST", path, body.to_string()).await
    }
}

/// The events of a stream.
pub(crate) struct Stream {
    body: Body,
    read: String,
}

/// One event: its name, its id, its data.
pub(crate) type Sent = (String, Option<String>, Value);

impl Stream {
    pub(crate) async fn open(caller: &Caller, path: &str) -> Self {
        let response = caller.send("GET", path, Body::empty()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), read: String::new() }
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                // A sign of life.
                let Some(name) = field("event: ") else { continue };
                return Some((name, field("id: "), serde_json::from_str(&field("data: ").unwrap()).unwrap()));
            }
            let frame =
                tokio::time::timeout(Duration::from_secs(10), self.body.frame()).await.expect("an event")?;
            self.read.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
        }
    }

    /// The events up to one that is wanted.
    pub(crate) async fn until(&mut self, is_last: impl Fn(&Sent) -> bool) -> Vec<Sent> {
        let mut all = Vec::new();
        loop {
            let sent = self.next().await.expect("the stream goes on");
            let last = is_last(&sent);
            all.push(sent);
            if last {
                return all;
            }
        }
    }

    /// The events up to the one that says that the run is in a state.
    pub(crate) async fn state(&mut self, state: &str) -> Vec<Sent> {
        self.until(|(name, _, data)| name == "state" && data["state"] == state).await
    }
}

/// The names of events.
pub(crate) fn names(all: &[Sent]) -> Vec<&str> {
    all.iter().map(|(name, _, _)| name.as_str()).collect()
}
