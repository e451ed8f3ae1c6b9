//! Who may do what.

use super::support::*;
use axum::http::request::Parts;
use flujo_server::{Authorizer, Role, Server};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

/// Each operation that takes more than the role of a viewer.
const CHANGES: [(&str, &str); 6] = [
    ("/api/v1/runs", "operator"),
    ("/api/v1/runs/r/replies", "operator"),
    ("/api/v1/runs/r/cancel", "operator"),
    ("/api/v1/runs/r/retry", "operator"),
    ("/api/v1/runs/r/fork", "operator"),
    ("/api/v1/prune", "admin"),
];

#[tokio::test]
async fn who_has_no_token_or_a_wrong_one_gets_nothing() {
    let shop = Shop::new();
    let nobody = Caller::of(shop.closed().router());
    let wrong = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer se",
        "Bearer seee",
        "Bearer SEE",
        "Basic see",
        "see",
        "Bearer act rule",
    ];
    let mut callers: Vec<_> = wrong.iter().map(|value| nobody.with("authorization", value)).collect();
    callers.push(nobody.clone());
    callers.push(nobody.with("cookie", "flujo_session=9999999999.00"));
    for caller in callers {
        for path in
            ["/api/v1/runs", "/api/v1/runs/none", "/api/v1/events", "/api/v1/openapi.json", "/api/v1/usage"]
        {
            let got = caller.get(path).await;
            got.is(401, "unauthorized");
            assert_eq!(got.header("www-authenticate"), "Bearer realm=\"flujo\"");
        }
        for (path, _) in CHANGES {
            caller.post(path, &json!({})).await.is(401, "unauthorized");
        }
    }
    assert_eq!(nobody.with("authorization", "bearer see").get("/api/v1/runs").await.status, 200);
}

#[tokio::test]
async fn each_role_may_do_what_it_may() {
    let shop = Shop::new();
    let nobody = Caller::of(shop.closed().router());
    for (token, role) in [("see", "viewer"), ("act", "operator"), ("rule", "admin")] {
        let caller = nobody.token(token);
        caller.get("/api/v1/runs").await.ok();
        for (path, takes) in CHANGES {
            let got = caller.post(path, &json!({})).await;
            let may = role == "admin" || takes == role;
            assert_eq!(got.status == 403, !may, "{role} {path}: {got:?}");
            if !may {
                got.is(403, "forbidden");
                let detail = format!("this takes the role `{takes}`, and the caller has the role `{role}`");
                assert_eq!(got.json()["detail"], detail.as_str());
            }
        }
    }
}

#[tokio::test]
async fn without_tokens_this_machine_alone_is_served() {
    let shop = Shop::new();
    let here = shop.caller();
    here.get("/api/v1/runs").await.ok();
    for host in ["127.0.0.1", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "LOCALHOST"] {
        assert_eq!(here.with("host", host).get("/api/v1/runs").await.status, 200, "{host}");
    }
    let far = |peer: Option<&str>| Caller { peer: peer.map(|peer| peer.parse().unwrap()), ..here.clone() };
    for peer in [None, Some("192.168.0.9:4000"), Some("[2001:db8::1]:4000"), Some("[::ffff:10.0.0.1]:4000")] {
        far(peer).get("/api/v1/runs").await.is(401, "unauthorized");
    }
    assert_eq!(far(Some("[::ffff:127.0.0.1]:4000")).get("/api/v1/runs").await.status, 200);
    // A proxy on this machine passes on what comes from elsewhere.
    for (name, value) in
        [("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=1.2.3.4"), ("x-real-ip", "1.2.3.4")]
    {
        here.with(name, value).get("/api/v1/runs").await.is(401, "unauthorized");
    }
    here.with("host", "192.168.0.9:8080").get("/api/v1/runs").await.is(401, "unauthorized");
}

#[tokio::test]
async fn a_server_has_the_names_that_it_is_given() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().host("Flujo.example.org").router()).token("see");
    for host in
        ["flujo.example.org", "FLUJO.example.org:443", "localhost", "10.0.0.7:8080", "[2001:db8::1]:80"]
    {
        assert_eq!(caller.with("host", host).get("/api/v1/runs").await.status, 200, "{host}");
    }
    // A page that gives its own name the address of this server (DNS rebinding).
    for host in [
        "evil.example",
        "flujo.example.org.evil.example",
        "localhost.evil.example",
        "",
        "127.0.0.1.evil.example:8080",
    ] {
        let got = caller.with("host", host).get("/api/v1/runs").await;
        got.is(421, "unknown-host");
    }
    let mut bare = caller.clone();
    bare.headers.retain(|(name, _)| *name != "host");
    bare.get("/api/v1/runs").await.is(421, "unknown-host");
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let shop = Shop::new();
    let start = json!({ "pipeline": "welcome", "id": "r", "input": ["Ada"] });
    let here = shop.caller();
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "http://localhost:8081"),
        ("origin", "http://localhost"),
        ("origin", "null"),
        ("origin", ""),
        ("origin", "localhost:8080"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let caller = here.with(name, value);
        caller.post("/api/v1/runs", &start).await.is(403, "foreign-page");
        caller.got("POST", "/api/v1/runs/r/cancel", "").await.is(403, "foreign-page");
        caller.got("POST", "/login", "").await.is(403, "foreign-page");
        // What it may not read, its browser does not show it: no header allows that.
        let got = caller.get("/api/v1/runs").await;
        assert!(got.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
    }
    assert_eq!(here.get("/api/v1/runs").await.ok(), json!({ "runs": [] }));
    let own = here.with("origin", "http://localhost:8080").with("sec-fetch-site", "same-origin");
    own.post("/api/v1/runs", &start).await.ok();
    // What browsers ask before they send such a request is not allowed either.
    let asked = here.with("origin", "http://evil.example").got("OPTIONS", "/api/v1/runs", "").await;
    asked.is(405, "method");
}

#[tokio::test]
async fn a_form_of_somebody_else_is_refused() {
    let shop = Shop::new();
    let caller = shop.caller();
    // The interface takes JSON alone, which no form sends.
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""] {
        let body = json!({ "pipeline": "welcome", "input": ["Ada"] }).to_string();
        caller.with("content-type", kind).got("POST", "/api/v1/runs", body).await.is(415, "media-type");
    }
    let form = Caller::of(shop.closed().router()).with("content-type", "application/x-www-form-urlencoded");
    for body in ["token=act", "token=act&csrf=", "token=act&csrf=00", "token=act&csrf=00&csrf=00"] {
        form.got("POST", "/login", body).await.is(403, "foreign-form");
    }
    form.got("POST", "/logout", "").await.is(403, "foreign-form");
    form.with("content-type", "text/plain").got("POST", "/login", "token=act").await.is(415, "media-type");
}

/// What an application gets that sets `.token("ops", .., env)` while the variable is empty.
#[tokio::test]
async fn an_empty_token_lets_nobody_in() {
    let shop = Shop::new();
    for empty in ["", " ", "\n"] {
        let server = || shop.server().token("ops", Role::Admin, empty);
        let nobody = Caller::of(server().router());
        let shown = ["", "Bearer", "Bearer ", "Bearer \t", "bearer  "];
        let mut callers: Vec<_> = shown.iter().map(|value| nobody.with("authorization", value)).collect();
        callers.push(nobody.clone());
        // Sessions are sealed with the token: with an empty one anybody could seal one.
        let until = "9999999999";
        callers.push(
            nobody.with("cookie", &format!("flujo_session={until}.{}", sealed(empty, "session", until))),
        );
        for caller in &callers {
            caller.get("/api/v1/runs").await.is(401, "unauthorized");
            caller.post("/api/v1/prune", &json!({ "before": "2023-01-01" })).await.is(401, "unauthorized");
            assert_eq!(caller.get("/inbox").await.header("location"), "/login?next=%2Finbox");
        }
        // The form of the login, with the seal that the server gave.
        let page = nobody.get("/login").await.text;
        let seal = page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0;
        let form = nobody.with("content-type", "application/x-www-form-urlencoded");
        for token in ["", "+", "%0A"] {
            let got = form.got("POST", "/login", format!("csrf={seal}&token={token}")).await;
            assert_eq!((got.status, got.header("location")), (303, "/login?wrong"));
            assert_eq!(got.header("set-cookie"), "");
        }
        // Whoever has a token is let in beside it, and an empty one is not served at all.
        let both = Caller::of(server().token("eve", Role::Viewer, "see").router());
        both.token("see").get("/api/v1/runs").await.ok();
        both.with("authorization", "Bearer ").get("/api/v1/runs").await.is(401, "unauthorized");
        let refused = server().serve("127.0.0.1:0".parse().unwrap()).await.unwrap_err();
        assert_eq!(refused.to_string(), "the token of `ops` is empty: is its variable set?");
    }
}

/// A seal as the server makes it, by somebody who guesses the key.
fn sealed(key: &str, purpose: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("{purpose}\0{text}").as_bytes());
    format!("{:x}", mac.finalize().into_bytes())
}

#[tokio::test]
async fn whoever_knows_a_token_can_seal_a_session_with_it() {
    // So that the forged cookies above are forged as they would be.
    let shop = Shop::new();
    let nobody = Caller::of(shop.closed().router());
    let session = |key| format!("flujo_session=9999999999.{}", sealed(key, "session", "9999999999"));
    nobody.with("cookie", &session("see")).get("/api/v1/runs").await.ok();
    nobody.with("cookie", &session("seen")).get("/api/v1/runs").await.is(401, "unauthorized");
}

struct Proxy;

#[flujo::async_trait]
impl Authorizer for Proxy {
    async fn caller(&self, request: &Parts) -> Option<flujo_server::Caller> {
        let name = request.headers.get("x-remote-user")?.to_str().ok()?;
        Some(flujo_server::Caller::new(name, Role::Operator))
    }
}

#[tokio::test]
async fn a_rule_of_the_user_finds_out_who_asks() {
    let shop = Shop::new();
    let server = Server::new(shop.flujo.clone()).authorizer(Proxy).token("root", Role::Admin, "rule");
    let nobody = Caller { peer: None, ..Caller::of(server.router()) };
    nobody.get("/api/v1/runs").await.is(401, "unauthorized");
    let known = nobody.with("x-remote-user", "eve");
    known.post("/api/v1/runs", &json!({ "pipeline": "welcome", "id": "r", "input": ["Ada"] })).await.ok();
    assert_eq!(known.get("/api/v1/runs/r").await.ok()["by"], "eve");
    known.post("/api/v1/prune", &json!({ "before": "2023-01-01" })).await.is(403, "forbidden");
    nobody.token("rule").post("/api/v1/prune", &json!({ "before": "2023-01-01" })).await.ok();
}

#[tokio::test]
async fn a_token_is_never_shown() {
    let shop = Shop::new();
    let server = Server::new(shop.flujo.clone()).token("ops", Role::Operator, "a-long-secret-token");
    assert!(!format!("{server:?}").contains("a-long"));
    let caller = Caller::of(server.router());
    for caller in [caller.clone(), caller.token("a-long-secret-token"), caller.token("a-long-secret-toke")] {
        for path in ["/api/v1/runs", "/api/v1/runs/a", "/api/v1/openapi.json", "/nothing", "/healthz"] {
            let got = caller.get(path).await;
            assert!(!format!("{got:?}").contains("a-long"), "{got:?}");
        }
    }
}
