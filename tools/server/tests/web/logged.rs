//! Who is refused is in the log, and nothing that opens a door is.

use super::support::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

/// The fields of a line.
pub(crate) type Line = BTreeMap<String, String>;

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Line>>>);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "flujo_server" {
            return;
        }
        let mut line = Fields(Line::new());
        line.0.insert("level".to_owned(), event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

struct Fields(Line);

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Log {
    /// The lines since the last call.
    pub(crate) fn lines(&self) -> Vec<Line> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The only line since the last call: its kind of problem, status, method, path and caller.
    #[track_caller]
    fn only(&self) -> [String; 5] {
        let lines = self.lines();
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((&*line["level"], &*line["message"]), ("WARN", "a caller was refused"));
        assert_eq!(line.get("peer").map(String::as_str), Some("127.0.0.1:4000"));
        ["why", "status", "method", "path", "caller"].map(|name| line.get(name).cloned().unwrap_or_default())
    }
}

fn line(why: &str, status: u16, method: &str, path: &str, caller: &str) -> [String; 5] {
    [why, &status.to_string(), method, &format!("{path:?}"), caller].map(str::to_owned)
}

#[tokio::test]
async fn who_is_refused_is_in_the_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(log.clone()));
    let shop = Shop::new();
    let nobody = Caller::of(shop.closed().router());
    let start = json!({ "pipeline": "welcome", "id": "r", "input": ["Ada"] });

    nobody.get("/api/v1/runs").await.is(401, "unauthorized");
    assert_eq!(log.only(), line("unauthorized", 401, "GET", "/api/v1/runs", "None"));
    nobody.token("wrong").post("/api/v1/runs", &start).await.is(401, "unauthorized");
    assert_eq!(log.only(), line("unauthorized", 401, "POST", "/api/v1/runs", "None"));
    nobody.token("see").post("/api/v1/runs", &start).await.is(403, "forbidden");
    assert_eq!(log.only(), line("forbidden", 403, "POST", "/api/v1/runs", "Some(\"viewer\")"));
    nobody.token("act").post("/api/v1/prune", &json!({})).await.is(403, "forbidden");
    assert_eq!(log.only(), line("forbidden", 403, "POST", "/api/v1/prune", "Some(\"ops\")"));
    let foreign = nobody.token("act").with("origin", "http://evil.example");
    foreign.post("/api/v1/runs", &start).await.is(403, "foreign-page");
    assert_eq!(log.only(), line("foreign-page", 403, "POST", "/api/v1/runs", "None"));
    nobody.with("host", "evil.example").get("/").await.is(421, "unknown-host");
    assert_eq!(log.only(), line("unknown-host", 421, "GET", "/", "None"));
    let form = nobody.with("content-type", "application/x-www-form-urlencoded");
    form.got("POST", "/login", "token=act&csrf=00").await.is(403, "foreign-form");
    assert_eq!(log.only(), line("foreign-form", 403, "POST", "/login", "None"));
    // Pages: a viewer that cancels, with the right form.
    form.token("see").got("POST", "/runs/r/cancel", "").await;
    assert_eq!(log.lines().len(), 1);

    // What is served, or is wrong in another way, is not.
    nobody.token("act").post("/api/v1/runs", &start).await.ok();
    shop.idle("r").await;
    nobody.token("act").get("/api/v1/runs/none").await.is(404, "unknown-run");
    nobody.token("act").post("/api/v1/runs/r/replies", &json!({})).await.is(422, "unfit");
    assert_eq!(log.lines(), Vec::<Line>::new());
}

#[tokio::test]
async fn a_line_holds_no_token_and_cannot_be_forged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(log.clone()));
    let shop = Shop::new();
    let nobody =
        Caller::of(shop.closed().router()).token("a-guess").with("cookie", "flujo_session=1.a-guess");
    for path in ["/api/v1/runs?token=a-guess", "/api/v1/runs/a%0AWARN%20forged", "/?a-guess"] {
        nobody.get(path).await;
    }
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let all = format!("{line:?}");
        assert!(!all.contains("a-guess") && line.values().all(|value| !value.contains('\n')), "{all}");
    }
}

#[tokio::test]
async fn a_login_that_fails_is_in_the_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(log.clone()));
    let shop = Shop::new();
    let nobody = Caller::of(shop.closed().router());
    let page = nobody.get("/login").await.text;
    let seal = page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let form = nobody.with("content-type", "application/x-www-form-urlencoded");
    let got = form.got("POST", "/login", format!("csrf={seal}&token=wrong")).await;
    assert_eq!((got.status, got.header("location")), (303, "/login?wrong"));
    assert_eq!(log.only(), line("unauthorized", 303, "POST", "/login", "None"));
    let got = form.got("POST", "/login", format!("csrf={seal}&token=act&next=/inbox")).await;
    assert_eq!((got.status, got.header("location")), (303, "/inbox"));
    assert_eq!(log.lines(), Vec::<Line>::new());
}
