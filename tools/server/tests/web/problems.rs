//! Problems: each with its status, and none of them a bug.

use super::support::*;
use serde_json::json;

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let shop = Shop::new();
    let caller = shop.caller();
    shop.welcome("r").await;
    for path in ["", "/nodes", "/nodes/welcome/greet", "/questions", "/export", "/events"] {
        let got = caller.get(&format!("/api/v1/runs/none{path}")).await;
        got.is(404, "unknown-run");
        assert_eq!(got.json()["detail"], "no run `none` is known here");
    }
    for path in ["cancel", "retry", "replay"] {
        caller.got("POST", &format!("/api/v1/runs/none/{path}"), "").await.is(404, "unknown-run");
    }
    let reply = json!({ "path": "p", "value": 1 });
    caller.post("/api/v1/runs/none/replies", &reply).await.is(404, "unknown-run");
    caller.post("/api/v1/runs/none/fork", &json!({ "from": "p" })).await.is(404, "unknown-run");
    caller.post("/api/v1/runs/r/replies", &reply).await.is(404, "unknown-question");
    let node = caller.get("/api/v1/runs/r/nodes/welcome/no").await;
    node.is(404, "unknown-node");
    assert_eq!(
        node.json(),
        json!({
            "type": "urn:flujo:problem:unknown-node", "title": "The run has nothing recorded at the node", "status": 404,
            "detail": "run `r` has no record of this node", "path": "welcome/no",
        })
    );
    for path in ["/api/v1/pipelines/none", "/api/v1/pipelines/none/graph"] {
        caller.get(path).await.is(404, "unknown-pipeline");
    }
    let start = json!({ "pipeline": "none", "input": [] });
    caller.post("/api/v1/runs", &start).await.is(404, "unknown-pipeline");
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/runs",
        "/api/v1/run",
        "/api/v1/runs/r/no",
        "/api/v1//runs",
    ] {
        let got = caller.get(path).await;
        assert_eq!(got.status, 404, "{path}");
        assert_eq!(got.header("content-type"), "application/problem+json", "{path}");
        got.is(404, "unknown-route");
        assert!(got.json()["detail"].as_str().unwrap().starts_with(&format!("there is nothing at `{path}`")));
    }
}

#[tokio::test]
async fn methods_that_an_address_does_not_take_are_refused() {
    let caller = Shop::new().caller();
    for (method, path) in [
        ("DELETE", "/api/v1/runs"),
        ("PUT", "/api/v1/runs/r"),
        ("POST", "/api/v1/runs/r"),
        ("GET", "/api/v1/runs/r/cancel"),
        ("PATCH", "/api/v1/usage"),
        ("POST", "/api/v1/openapi.json"),
    ] {
        let got = caller.got(method, path, "").await;
        got.is(405, "method");
        assert!(!got.header("allow").is_empty(), "{path}");
    }
    let got = caller.got("HEAD", "/api/v1/runs", "").await;
    assert_eq!((got.status, got.text.as_str()), (200, ""));
}

#[tokio::test]
async fn parameters_are_read_exactly() {
    let shop = Shop::new();
    let caller = shop.caller();
    shop.welcome("r").await;
    for (query, detail) in [
        ("stat=done", "unknown field `stat`"),
        ("state=Done", "`Done` is no state: write one of created, running"),
        ("state=", "`` is no state"),
        ("order=newest", "`order`: `newest` is no order: write `id`, `created` or `changed`"),
        ("limit=a", "`limit`: `a` is no number from 1 to 500"),
        ("after=x", "`after`: `x` is no place: take `next` of the page before"),
        ("created_from=yesterday", "`yesterday` is not a time: write `2026-01-31` or"),
        ("pipeline=a&pipeline=b", "`pipeline` comes twice"),
        ("label[a]=1&label[a]=2", "`label[a]` comes twice"),
        ("label=x", "invalid type: string \"x\", expected a map"),
        ("text[a]=x", "invalid type: map, expected"),
        ("state=done&state[x]=1", "`state[x]` comes twice"),
    ] {
        let got = caller.get(&format!("/api/v1/runs?{query}")).await;
        got.is(400, "parameter");
        let said = got.json()["detail"].as_str().unwrap().to_owned();
        assert!(said.starts_with(detail), "{query}: {said}");
    }
    for (path, detail) in [
        ("/api/v1/usage?from=x", "`from`: `x` is not a time: write"),
        ("/api/v1/questions?limit=0", "`limit`: `0` is no number from 1 to 500"),
        ("/api/v1/runs/r?x=1", "unknown field `x`"),
    ] {
        let said = caller.get(path).await.json()["detail"].as_str().unwrap().to_owned();
        assert!(said.starts_with(detail), "{path}: {said}");
    }
    for path in [
        "/api/v1/runs/r?x=1",
        "/api/v1/pipelines?x=1",
        "/api/v1/usage?from=x",
        "/api/v1/questions?after=x",
        "/api/v1/questions?limit=0",
        "/api/v1/runs/r/events?after=x",
        "/api/v1/runs/r/events?after=1.2.3.4.5.nothing",
        "/api/v1/runs/r/events?after=1.2.3.4.5.done.6",
        "/api/v1/events?after=x",
        "/api/v1/events?after=x.r",
        "/api/v1/runs/%FF",
        "/api/v1/runs/r/nodes/%FF",
        "/api/v1/events?after=1.%25F",
        "/api/v1/events?after=%2B1.r",
        "/api/v1/runs?after=",
    ] {
        caller.get(path).await.is(400, "parameter");
    }
    let got = caller.with("last-event-id", "é").get("/api/v1/events").await;
    got.is(400, "parameter");
    // An empty header says nothing, and what is wrong is said beside a right one.
    caller.with("last-event-id", "0.").get("/api/v1/events?after=x").await.is(400, "parameter");
    caller.with("last-event-id", "").get("/api/v1/events?after=x").await.is(400, "parameter");
}

#[tokio::test]
async fn bodies_are_read_exactly() {
    let shop = Shop::new();
    let caller = shop.caller().with("content-type", "application/json; charset=utf-8");
    let nested = format!("{{\"pipeline\":\"welcome\",\"input\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for (body, status, kind) in [
        ("", 400, "json"),
        ("{", 400, "json"),
        ("nonsense", 400, "json"),
        ("{\"pipeline\":\"welcome\",\"input\":[1]} x", 400, "json"),
        ("{\"pipeline\":\"\u{0}\",\"input\":[1]}", 400, "json"),
        (nested.as_str(), 422, "unfit"),
        ("[]", 422, "unfit"),
        ("null", 422, "unfit"),
        ("{}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\"}", 422, "unfit"),
        ("{\"pipeline\":1,\"input\":[]}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\",\"input\":[\"a\"],\"more\":1}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\",\"input\":[\"a\"],\"id\":\"\"}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\",\"input\":[\"a\"],\"limits\":{\"cost_nanos\":-1}}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\",\"input\":[\"a\"],\"limits\":{\"cost\":1}}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\",\"input\":[\"a\"],\"labels\":{\"\":\"x\"}}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\",\"input\":[\"a\"],\"labels\":{\"a\":1}}", 422, "unfit"),
        ("{\"pipeline\":\"welcome\",\"input\":[\"a\"],\"context\":5}", 422, "unfit"),
    ] {
        let got = caller.got("POST", "/api/v1/runs", body.to_owned()).await;
        got.is(status, kind);
    }
    caller.got("POST", "/api/v1/runs", vec![0xff, 0xfe]).await.is(400, "json");
    // The field is named.
    for (body, detail) in [
        ("{\"pipeline\":\"welcome\"}", "missing field `input` at line 1 column 22"),
        ("{\"pipeline\":1,\"input\":[]}", "`pipeline`: invalid type: integer `1`, expected a string"),
        (
            "{\"pipeline\":\"welcome\",\"input\":[],\"limits\":{\"cost_nanos\":-1}}",
            "`limits.cost_nanos`: invalid value: integer `-1`, expected u64",
        ),
        ("{\"pipeline\":\"welcome\",\"input\":[],\"more\":1}", "unknown field `more`"),
        (
            "{\"pipeline\":\"welcome\",\"input\":[],\"limits\":{\"cost\":1}}",
            "`limits.cost`: unknown field `cost`, expected one of",
        ),
    ] {
        let got = caller.got("POST", "/api/v1/runs", body.to_owned()).await;
        let said = got.json()["detail"].as_str().unwrap().to_owned();
        assert!(said.starts_with(detail), "{said}");
    }
    assert_eq!(caller.get("/api/v1/runs").await.ok(), json!({ "runs": [] }));
}

#[tokio::test]
async fn a_body_has_a_bound() {
    let shop = Shop::new();
    let caller = Caller::of(shop.server().body_limit(200).router());
    let start = |size: usize| json!({ "pipeline": "welcome", "id": "r", "input": ["x".repeat(size)] });
    caller.post("/api/v1/runs", &start(200)).await.is(413, "too-large");
    caller.post("/api/v1/runs", &start(100)).await.ok();
    let whole = Caller::of(shop.server().router());
    whole.post("/api/v1/runs", &start(1 << 20)).await.is(413, "too-large");
}

#[tokio::test]
async fn a_run_without_its_code_is_shown_and_does_not_go_on() {
    let shop = Shop::new();
    drop(shop.flujo.run(fragile("odd".into())).id("f").await);
    let flujo = flujo::Flujo::builder().engine(shop.engine.clone()).build().unwrap();
    let caller = Caller::of(flujo_server::Server::new(flujo).router());
    assert_eq!(caller.get("/api/v1/runs/f").await.ok()["state"], "failed");
    let node = caller.get("/api/v1/runs/f/nodes/fragile/greet").await.ok();
    assert_eq!(
        (&node["attempts"][0]["output"], node["attempts"][0].get("input")),
        (&json!("Hello, odd!"), None)
    );
    for path in ["retry", "replay"] {
        caller.got("POST", &format!("/api/v1/runs/f/{path}"), "").await.is(409, "not-registered");
    }
    caller.post("/api/v1/runs/f/fork", &json!({ "from": "fragile/greet" })).await.is(409, "not-registered");
}

#[tokio::test]
async fn a_request_has_its_time() {
    let shop = Shop::new();
    let caller = Caller::of(shop.server().request_time(std::time::Duration::from_millis(50)).router());
    // A body that does not come.
    let body =
        axum::body::Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let got = caller.with("content-type", "application/json").got("POST", "/api/v1/runs", body).await;
    got.is(503, "out-of-time");
    // A stream of events goes on.
    shop.welcome("r").await;
    let mut stream = Stream::open(&caller, "/api/v1/runs/r/events").await;
    assert_eq!(stream.state("done").await.len(), 2);
    tokio::time::sleep(std::time::Duration::from_millis(80)).await;
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), stream.next()).await.is_err());
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_it() {
    let shop = Shop::new();
    let caller = shop.caller();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                  form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for caller in [caller.clone(), caller.with("host", "evil.example"), caller.with("x-forwarded-for", "x")] {
        for path in
            ["/api/v1/runs", "/api/v1/runs/none", "/api/v1/events", "/api/v1/openapi.json", "/api/none"]
        {
            let response = caller.send("GET", path, "").await;
            let header = |name: &str| {
                response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
            };
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("content-security-policy"), policy, "{path}");
            assert_eq!(header("cache-control"), "no-store", "{path}");
            assert_eq!(header("x-frame-options"), "DENY", "{path}");
        }
    }
}
