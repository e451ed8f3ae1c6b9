//! Contents that somebody made to do harm: they come back as they are, and do nothing.

use super::support::*;
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
        let names: Vec<_> = got.headers.keys().map(|name| name.as_str()).collect();
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
