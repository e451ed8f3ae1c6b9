//! Contents that somebody made to do harm: they come back as they are, and do nothing.

use super::support::*;
use flujo_server::Role;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

const NASTY: [&str; 12] = [
    "<script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "'; DROP TABLE runs; --",
    "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
    "a\nevent: state\ndata: {}\n\n",
    "\u{0}",
    "\u{202e}txt.exe\u{2066}",
    "../../etc/passwd",
    "%2e%2e%2f%00",
    "a\u{2028}b\u{85}c",
    "counts",
    "\u{feff}{{7*7}}${7*7}\\",
];

fn coded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn an_id_is_any_text_and_stays_what_it_is() {
    let shop = Shop::new();
    let caller = shop.caller();
    for id in NASTY {
        let got =
            caller.post("/api/v1/runs", &json!({ "pipeline": "welcome", "id": id, "input": [id] })).await;
        let place = got.header("location").to_owned();
        let names: Vec<_> = got.headers.keys().map(axum::http::HeaderName::as_str).collect();
        assert!(!names.contains(&"set-cookie"), "{names:?}");
        assert_eq!(got.ok()["id"], id);
        shop.idle(id).await;
        if id == "counts" {
            // The numbers of runs have this address; the run has it with any letter encoded.
            assert_eq!(caller.get("/api/v1/runs/%63ounts").await.ok()["id"], id);
            continue;
        }
        assert_eq!(place, format!("/api/v1/runs/{}", coded(id)));
        let got = caller.get(&place).await;
        assert_eq!(got.header("content-type"), "application/json");
        let run = got.ok();
        assert_eq!(
            (&run["id"], &run["input"], &run["output"]),
            (&json!(id), &json!([id]), &json!(format!("Hello, {id}!")))
        );
        assert_eq!(
            caller.get(&format!("{place}/nodes/welcome/greet")).await.ok()["attempts"][0]["input"],
            json!([id])
        );
        assert_eq!(caller.get(&format!("/api/v1/runs?text={}", coded(id))).await.ok()["runs"][0]["id"], id);
        let mut stream = Stream::open(&caller, &format!("{place}/events")).await;
        assert_eq!(names_of(&stream.state("done").await), ["record", "state"]);
    }
    // In the stream of all runs, ids are a part of the place.
    let mut stream = Stream::open(&caller, "/api/v1/events?after=0.").await;
    let mut seen: Vec<_> = stream
        .until({
            let count = std::cell::Cell::new(0);
            move |_| {
                count.set(count.get() + 1);
                count.get() == NASTY.len()
            }
        })
        .await
        .into_iter()
        .map(|(_, id, run)| {
            assert!(id.unwrap().is_ascii());
            run["id"].as_str().unwrap().to_owned()
        })
        .collect();
    seen.sort();
    let mut all = NASTY.to_vec();
    all.sort_unstable();
    assert_eq!(seen, all);
}

fn names_of(all: &[Sent]) -> Vec<&str> {
    names(all)
}

#[tokio::test]
async fn labels_are_one_line_or_refused() {
    let shop = Shop::new();
    let caller = shop.caller();
    for (n, text) in NASTY.into_iter().enumerate() {
        let id = format!("r{n}");
        let start = json!({ "pipeline": "welcome", "id": id, "input": ["x"], "labels": { text: text } });
        let got = caller.post("/api/v1/runs", &start).await;
        if text.chars().any(char::is_control) {
            got.is(422, "unfit");
            continue;
        }
        got.ok();
        shop.idle(&id).await;
        assert_eq!(caller.get(&format!("/api/v1/runs/{id}")).await.ok()["labels"], json!({ text: text }));
        let listed = caller.get(&format!("/api/v1/runs?label[{}]={}", coded(text), coded(text))).await.ok();
        assert_eq!(listed["runs"][0]["id"], id.as_str());
    }
}

#[tokio::test]
async fn what_is_not_there_is_quoted_harmlessly() {
    let shop = Shop::new();
    let caller = shop.caller();
    shop.welcome("r").await;
    for text in NASTY {
        let text = &format!("x{text}");
        for path in [
            format!("/api/v1/runs/{}", coded(text)),
            format!("/api/v1/pipelines/{}", coded(text)),
            format!("/api/v1/runs/r/nodes/{}", coded(text)),
            format!("/api/v1/{}", coded(text)),
            format!("/api/v1/runs?after={}", coded(text)),
            format!("/api/v1/runs?state={}", coded(text)),
            format!("/api/v1/runs?{}=1", coded(text)),
        ] {
            let got = caller.get(&path).await;
            let (status, kind) = got.problem();
            assert!(status == 404 || status == 400, "{status} {kind} {path}");
            assert!(got.headers.len() < 12 && !got.headers.contains_key("set-cookie"), "{got:?}");
        }
    }
}

#[tokio::test]
async fn numbers_are_sent_as_they_are_recorded() {
    use flujo::prelude::*;
    #[step]
    async fn same(n: u64, x: f64) -> Result<(u64, f64, u64)> {
        Ok((n, x, u64::MAX))
    }
    pipeline! {
        fn numbers(n: u64, x: f64) -> (u64, f64, u64) { same(n, x) }
    }
    let flujo = Flujo::builder().pipeline::<numbers>().build().unwrap();
    let caller = Caller::of(flujo_server::Server::new(flujo.clone()).router());
    let body = "{\"pipeline\":\"numbers\",\"id\":\"n\",\"input\":[9007199254740993,0.1]}";
    let got = caller.with("content-type", "application/json").got("POST", "/api/v1/runs", body).await;
    assert_eq!(got.status, 201, "{got:?}");
    flujo::run::Control::attach(&flujo, &"n".into()).await.unwrap();
    let got = caller.get("/api/v1/runs/n").await;
    assert!(got.text.contains("\"output\":[9007199254740993,0.1,18446744073709551615]"), "{}", got.text);
}

#[tokio::test]
async fn long_texts_come_back_whole() {
    let shop = Shop::new();
    let caller = Caller::of(shop.server().body_limit(64 << 20).router());
    let part = format!("{}\0\u{202e}\r\n", "<script>alert(1)</script>".repeat(50));
    let text = part.repeat((10 << 20) / part.len() + 1);
    let start = json!({ "pipeline": "welcome", "id": "long", "input": [text] });
    caller.post("/api/v1/runs", &start).await.ok();
    shop.idle("long").await;
    // Byte for byte as it was sent.
    let sent = start["input"].to_string();
    let export = caller.get("/api/v1/runs/long/export").await;
    assert_eq!(export.header("content-type"), "application/json");
    assert_eq!((export.status, export.text.matches(&sent).count()), (200, 2), "of the run and of its node");
    let said = format!("\"Hello, {}", sent.trim_start_matches("[\"").trim_end_matches("\"]"));
    assert_eq!(export.text.matches(&said).count(), 2);
    let run = caller.get("/api/v1/runs/long").await;
    assert_eq!((run.text.matches(&sent).count(), run.text.matches(&said).count()), (1, 1));
    // Lists and streams do not carry them.
    assert!(caller.get("/api/v1/runs").await.text.len() < 2000);
    let mut stream = Stream::open(&caller, "/api/v1/runs/long/events").await;
    let told = stream.state("done").await;
    assert!(told.iter().all(|(_, _, data)| data.to_string().len() < 1000));
    // By default so much is not taken.
    let start = json!({ "pipeline": "welcome", "input": ["x".repeat(10 << 20)] });
    shop.caller().post("/api/v1/runs", &start).await.is(413, "too-large");
}

#[tokio::test]
async fn what_people_are_shown_and_reply_stays_what_it_is() {
    use flujo::prelude::*;
    pipeline! {
        fn asking(text: String) -> String {
            let reply: String = ask(text.clone()).showing(&text);
            reply
        }
    }
    let flujo = Flujo::builder().pipeline::<asking>().build().unwrap();
    let caller = Caller::of(
        flujo_server::Server::new(flujo.clone()).token("a\u{202e}<b>", Role::Operator, "act").router(),
    );
    let caller = caller.token("act");
    for (n, text) in NASTY.into_iter().enumerate() {
        let id = format!("q{n}");
        let start = json!({ "pipeline": "asking", "id": id, "input": [text] });
        caller.post("/api/v1/runs", &start).await.ok();
        flujo::run::Control::attach(&flujo, &id.as_str().into()).await.unwrap();
        let asked = caller.get(&format!("/api/v1/runs/{id}/questions")).await;
        assert_eq!(asked.header("content-type"), "application/json");
        let question = asked.ok()["questions"][0].clone();
        assert_eq!((&question["message"], &question["shown"]), (&json!(text), &json!(text)));
        let inbox = caller.get("/api/v1/questions?pipeline=asking").await.ok();
        assert_eq!(inbox["questions"][0]["question"], question);
        let reply = json!({ "path": question["path"], "value": text });
        caller.post(&format!("/api/v1/runs/{id}/replies"), &reply).await.ok();
        flujo.recover().await.unwrap();
        let run = caller.get(&format!("/api/v1/runs/{id}")).await.ok();
        assert_eq!((&run["output"], &run["by"]), (&json!(text), &json!("a\u{202e}<b>")));
        assert_eq!(run["answered"][0]["reply"]["value"], text);
    }
}

#[tokio::test]
async fn a_key_of_any_bytes_is_a_key_and_no_header() {
    let shop = Shop::new();
    let caller = shop.caller();
    let start = json!({ "pipeline": "welcome", "input": ["x"] });
    let mut ids = std::collections::BTreeSet::new();
    for key in ["a", "A", "\u{e9}\u{202e}", "<script>", "\"; x=1", "a\tb", &"k".repeat(5000)] {
        let caller = caller.with("idempotency-key", key);
        let first = caller.post("/api/v1/runs", &start).await;
        let place = first.header("location").to_owned();
        let id = first.ok()["id"].as_str().unwrap().to_owned();
        assert!(id.strip_prefix("k-").unwrap().bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(place, format!("/api/v1/runs/{}", coded(&id)));
        assert_eq!(caller.post("/api/v1/runs", &start).await.ok()["id"], id.as_str());
        assert!(ids.insert(id), "{key}");
    }
}

/// Says what it was asked.
struct Echo;

#[flujo::async_trait]
impl flujo::model::ModelClient for Echo {
    async fn call(
        &self,
        request: flujo::model::ModelRequest,
        _: &mut dyn flujo::model::ChunkSink,
    ) -> Result<flujo::model::ModelReply, flujo::model::ModelError> {
        let said = request.messages.last().map(|message| message.text.clone()).unwrap_or_default();
        Ok(flujo::model::ModelReply::new(said))
    }
}

#[tokio::test]
async fn prompts_and_answers_of_models_stay_what_they_are() {
    use flujo::prelude::*;
    #[step(model = "test:small")]
    fn echo(text: String) -> Prompt<String> {
        Prompt::system("Say it.").user(text)
    }
    pipeline! {
        fn echoed(text: String) -> String { echo(text) }
    }
    let builder = Flujo::builder().models(Echo).pipeline::<echoed>();
    let flujo = builder.record_messages(flujo::events::Redact::new()).build().unwrap();
    let caller = Caller::of(flujo_server::Server::new(flujo.clone()).router());
    for (n, text) in NASTY.into_iter().enumerate() {
        let id = format!("m{n}");
        let start = json!({ "pipeline": "echoed", "id": id, "input": [text] });
        caller.post("/api/v1/runs", &start).await.ok();
        flujo::run::Control::attach(&flujo, &id.as_str().into()).await.unwrap();
        let node = caller.get(&format!("/api/v1/runs/{id}/nodes/echoed/echo")).await;
        assert_eq!(node.header("content-type"), "application/json");
        let attempt = node.ok()["attempts"][0].clone();
        assert_eq!((&attempt["input"], &attempt["output"]), (&json!([text]), &json!(text)));
        let sent = serde_json::to_string(text).unwrap();
        assert!(attempt["messages"].to_string().matches(&sent).count() >= 2, "{attempt}");
        // A picture of it is of the code alone, and no text of a run is in it.
        let picture = caller.get(&format!("/api/v1/runs/{id}/graph")).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
        assert!(picture.text.starts_with("<svg ") && !picture.text.contains("<script"), "{}", picture.text);
    }
}
