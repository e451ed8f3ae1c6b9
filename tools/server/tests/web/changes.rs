//! What callers do to runs.

use super::support::*;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_run_is_started_with_everything_that_it_may_have() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("act");
    let got = caller
        .post("/api/v1/runs", &json!({
            "pipeline": "welcome", "id": "my/run 1", "input": ["Ada"], "context": null, "labels": { "tenant": "acme" },
            "limits": { "cost_nanos": 5, "total_tokens": 6, "model_calls": 7, "active_nanos": 8_000_000_000_u64 },
        }))
        .await;
    assert_eq!((got.status, got.header("location")), (201, "/api/v1/runs/my%2Frun%201"));
    let place = got.header("location").to_owned();
    assert_eq!(got.ok(), json!({ "id": "my/run 1", "state": "created" }));
    shop.idle("my/run 1").await;
    let run = caller.get(&place).await.ok();
    assert_eq!(
        (&run["output"], &run["by"], &run["labels"]["tenant"]),
        (&json!("Hello, Ada!"), &json!("ops"), &json!("acme"))
    );
    let limits =
        json!({ "cost_nanos": 5, "total_tokens": 6, "model_calls": 7, "active_nanos": 8_000_000_000_u64 });
    assert_eq!(run["limits"], limits);
}

#[tokio::test]
async fn inputs_have_names_or_places() {
    let shop = Shop::new();
    let caller = shop.caller();
    let start = |input: serde_json::Value| json!({ "pipeline": "welcome", "id": "r", "input": input });
    caller.post("/api/v1/runs", &start(json!({ "name": "Ada" }))).await.ok();
    shop.idle("r").await;
    assert_eq!(caller.get("/api/v1/runs/r").await.ok()["input"], json!(["Ada"]));
    // The same input is the same run.
    assert_eq!(caller.post("/api/v1/runs", &start(json!(["Ada"]))).await.ok()["state"], "done");
    assert_eq!(caller.post("/api/v1/runs", &start(json!("Ada"))).await.ok()["state"], "done");
    for wrong in
        [json!({ "nam": "Ada" }), json!({}), json!([]), json!(["Ada", 1]), json!([1]), json!(7), json!(null)]
    {
        let got = caller.post("/api/v1/runs", &start(wrong.clone())).await;
        got.is(422, "unfit");
        assert_eq!(got.json()["path"], "welcome", "{wrong}");
    }
    let got = caller.post("/api/v1/runs", &start(json!(["Ada", 1, 2]))).await;
    let detail = "this input does not fit the pipeline: it is a list of 3, and the pipeline takes one input: `[name: String]`";
    assert_eq!(got.json()["detail"], detail);
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Ticket {
    customer: String,
    ticket: Option<u32>,
}

#[flujo::step]
async fn read(ticket: Ticket) -> flujo::prelude::Result<String> {
    Ok(ticket.customer)
}
flujo::pipeline! {
    fn support(ticket: Ticket) -> String { read(ticket) }
}

/// As on the command line.
#[tokio::test]
async fn of_one_input_its_value_is_enough() {
    let flujo = flujo::Flujo::builder().pipeline::<support>().build().unwrap();
    let caller = Caller::of(flujo_server::Server::new(flujo.clone()).router());
    let start = async |id: &str, input: serde_json::Value| {
        let start = json!({ "pipeline": "support", "id": id, "input": input });
        let got = caller.post("/api/v1/runs", &start).await;
        drop(flujo::run::Control::attach(&flujo, &id.into()).await);
        got
    };
    let ada = json!({ "customer": "Ada", "ticket": null });
    let all = [json!([ada]), json!({ "ticket": ada }), ada.clone(), json!({ "customer": "Ada" })];
    for (i, input) in all.into_iter().enumerate() {
        start(&format!("t-{i}"), input).await.ok();
        let run = caller.get(&format!("/api/v1/runs/t-{i}")).await.ok();
        assert_eq!((&run["input"], &run["output"]), (&json!([ada]), &json!("Ada")));
    }
    // An object with the name of the input alone has its value.
    let got = start("t-9", json!({ "ticket": 7 })).await;
    got.is(422, "unfit");
    assert_eq!(
        got.json()["detail"],
        "this input does not fit the pipeline: in `ticket: Ticket`, the value must be of the type object"
    );
    let fork = json!({ "from": "support/read", "id": "f-1", "input": { "customer": "Eve" } });
    caller.post("/api/v1/runs/t-0/fork", &fork).await.ok();
    drop(flujo::run::Control::attach(&flujo, &"f-1".into()).await);
    assert_eq!(caller.get("/api/v1/runs/f-1").await.ok()["output"], json!("Eve"));
}

#[tokio::test]
async fn a_start_is_made_once() {
    let shop = Shop::new();
    let caller = shop.caller();
    let start = json!({ "pipeline": "welcome", "input": ["Ada"] });
    let keyed = caller.with("idempotency-key", "k1");
    let first = keyed.post("/api/v1/runs", &start).await.ok()["id"].clone();
    assert!(first.as_str().unwrap().starts_with("k-"), "{first}");
    assert_eq!(keyed.post("/api/v1/runs", &start).await.ok()["id"], first);
    let other = keyed.post("/api/v1/runs", &json!({ "pipeline": "welcome", "input": ["Bob"] })).await;
    other.is(409, "conflict");
    assert_ne!(caller.with("idempotency-key", "k2").post("/api/v1/runs", &start).await.ok()["id"], first);
    // An id counts more than a key.
    let named = json!({ "pipeline": "welcome", "input": ["Ada"], "id": "mine" });
    assert_eq!(keyed.post("/api/v1/runs", &named).await.ok()["id"], "mine");
    assert_eq!(keyed.post("/api/v1/runs", &named).await.ok()["id"], "mine");
    // Without both, each start is a run of its own.
    let (a, b) =
        (caller.post("/api/v1/runs", &start).await.ok(), caller.post("/api/v1/runs", &start).await.ok());
    assert_ne!(a["id"], b["id"]);
    // Two callers with one key have two runs.
    let closed = Caller::of(shop.closed().router()).with("idempotency-key", "k1");
    let (ops, root) = (closed.token("act"), closed.token("rule"));
    let (ops, root) =
        (ops.post("/api/v1/runs", &start).await.ok(), root.post("/api/v1/runs", &start).await.ok());
    assert!(ops["id"] != root["id"] && ops["id"] != first && root["id"] != first);
    keyed.with("idempotency-key", "").post("/api/v1/runs", &start).await.is(400, "parameter");
    assert_eq!(caller.get("/api/v1/runs").await.ok()["runs"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn a_question_is_answered_once() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("act");
    drop(shop.flujo.run(refund(9)).id("r").await);
    let path = caller.get("/api/v1/runs/r/questions").await.ok()["questions"][0]["path"].clone();
    let reply = |value: serde_json::Value| json!({ "path": path, "value": value });
    let to = "/api/v1/runs/r/replies";
    let wrong = caller.post(to, &reply(json!("yes"))).await;
    wrong.is(422, "reply");
    assert_eq!(wrong.json()["path"], path);
    let detail = "this reply to run `r` does not fit the question, which stays open: the value must be of the type boolean; \
                  sent: \"yes\"; reply with a value of the type `boolean`";
    assert_eq!(wrong.json()["detail"], detail);
    caller.post(to, &json!({ "path": "refund/pay", "value": true })).await.is(404, "unknown-question");
    assert_eq!(caller.post(to, &reply(json!(true))).await.ok(), json!({ "id": "r", "state": "paused" }));
    let again = caller.post(to, &reply(json!(false))).await;
    again.is(409, "answered");
    assert_eq!(again.json()["detail"], "answered by ops at 2023-11-15T00:00:00.000000000Z");
    shop.flujo.recover().await.unwrap();
    let run = caller.get("/api/v1/runs/r").await.ok();
    assert_eq!((&run["output"], &run["answered"][0]["reply"]["by"]), (&json!("paid 9"), &json!("ops")));
    let at = "2023-11-15T00:00:00.000000000Z";
    assert_eq!(run["actions"][1], json!({ "at": at, "by": "ops", "what": "replied", "path": path }));
    // Its deadline has passed.
    drop(shop.flujo.run(refund(9)).id("late").await);
    shop.clock.advance(Duration::from_nanos(4 * DAY));
    caller.post("/api/v1/runs/late/replies", &reply(json!(true))).await.is(422, "reply");
}

#[tokio::test]
async fn of_two_replies_at_once_one_counts() {
    let shop = Shop::new();
    let caller = shop.caller();
    drop(shop.flujo.run(refund(9)).id("r").await);
    let path = caller.get("/api/v1/runs/r/questions").await.ok()["questions"][0]["path"].clone();
    let reply = json!({ "path": path, "value": true });
    let all = (0..8).map(|_| caller.post("/api/v1/runs/r/replies", &reply));
    let mut said: Vec<_> = futures_util::future::join_all(all).await.iter().map(|got| got.status).collect();
    said.sort_unstable();
    assert_eq!(said, [200, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_run_is_cancelled_with_the_name_of_the_caller() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("act");
    drop(shop.flujo.run(refund(9)).id("r").await);
    assert_eq!(
        caller.post("/api/v1/runs/r/cancel", &json!(null)).await.ok(),
        json!({ "id": "r", "state": "cancelled" })
    );
    let run = caller.get("/api/v1/runs/r").await.ok();
    let at = "2023-11-15T00:00:00.000000000Z";
    assert_eq!(run["actions"][1], json!({ "at": at, "by": "ops", "what": "cancelled" }));
    // It changes nothing a second time.
    caller.got("POST", "/api/v1/runs/r/cancel", "").await.ok();
    assert_eq!(caller.get("/api/v1/runs/r").await.ok(), run);
}

#[tokio::test]
async fn a_failed_run_is_retried_on_a_task_of_its_own() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("act");
    drop(shop.flujo.run(fragile("odd".into())).id("f").await);
    shop.world.good.lock().unwrap().insert("odd".into());
    assert_eq!(caller.post("/api/v1/runs/f/retry", &json!(null)).await.status, 202);
    shop.idle("f").await;
    let run = caller.get("/api/v1/runs/f").await.ok();
    assert_eq!(
        (&run["state"], &run["output"], &run["actions"][1]["what"], &run["actions"][1]["by"]),
        (&json!("done"), &json!("Hello, odd! odd"), &json!("retried"), &json!("ops"))
    );
    caller.post("/api/v1/runs/f/retry", &json!(null)).await.is(409, "conflict");
}

#[tokio::test]
async fn a_fork_has_the_limits_of_its_run_or_others_unit_by_unit() {
    let shop = Shop::new();
    let caller = shop.caller();
    let start = json!({ "pipeline": "welcome", "id": "w", "input": ["Ada"], "limits": { "total_tokens": 7, "model_calls": 2 } });
    caller.post("/api/v1/runs", &start).await.ok();
    shop.idle("w").await;
    let limits = async |id: &str| caller.get(&format!("/api/v1/runs/{id}")).await.ok()["limits"].clone();
    let fork = json!({ "from": "welcome/greet", "id": "same" });
    caller.post("/api/v1/runs/w/fork", &fork).await.ok();
    assert_eq!(limits("same").await, json!({ "total_tokens": 7, "model_calls": 2 }));
    let fork =
        json!({ "from": "welcome/greet", "id": "other", "limits": { "cost_nanos": 5, "model_calls": 9 } });
    caller.post("/api/v1/runs/w/fork", &fork).await.ok();
    assert_eq!(limits("other").await, json!({ "cost_nanos": 5, "total_tokens": 7, "model_calls": 9 }));
    let fork = json!({ "from": "welcome/greet", "id": "wrong", "limits": { "dollars": 5 } });
    caller.post("/api/v1/runs/w/fork", &fork).await.is(422, "unfit");
}

#[tokio::test]
async fn a_run_is_forked_with_another_input() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("act");
    drop(shop.flujo.run(fragile("odd".into())).id("f").await);
    shop.world.good.lock().unwrap().insert("even".into());
    let fork = json!({ "from": "fragile/check", "id": "g", "input": { "word": "even" } });
    let got = caller.post("/api/v1/runs/f/fork", &fork).await;
    assert_eq!((got.status, got.header("location")), (201, "/api/v1/runs/g"));
    shop.idle("g").await;
    let run = caller.get("/api/v1/runs/g").await.ok();
    assert_eq!(
        (&run["output"], &run["origin"], &run["actions"][0]["what"]),
        (&json!("Hello, odd! even"), &json!("f"), &json!("forked"))
    );
    // The second call changes nothing.
    assert_eq!(caller.post("/api/v1/runs/f/fork", &fork).await.ok(), json!({ "id": "g", "state": "done" }));
    let keyed = caller.with("idempotency-key", "k");
    let bare = json!({ "from": "fragile/check" });
    let first = keyed.post("/api/v1/runs/f/fork", &bare).await.ok()["id"].clone();
    assert_eq!(keyed.post("/api/v1/runs/f/fork", &bare).await.ok()["id"], first);
    caller.post("/api/v1/runs/f/fork", &json!({ "from": "fragile/none" })).await.is(404, "unknown-node");
    caller
        .post("/api/v1/runs/f/fork", &json!({ "from": "fragile/check", "input": [1] }))
        .await
        .is(422, "unfit");
    drop(shop.flujo.run(refund(9)).id("open").await);
    caller.post("/api/v1/runs/open/fork", &json!({ "from": "refund/pay" })).await.is(409, "conflict");
}

#[tokio::test]
async fn a_replay_finds_the_first_difference() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("see");
    shop.welcome("r").await;
    assert_eq!(
        caller.got("POST", "/api/v1/runs/r/replay", "").await.ok(),
        json!({ "mismatch": null, "ended_at": [], "not_compared": [] })
    );
    let changed = {
        use flujo::prelude::*;
        #[step]
        async fn greeted(name: String) -> Result<String> {
            Ok(name)
        }
        pipeline! {
            fn welcome(name: String) -> String { greeted(name) }
        }
        Flujo::builder().engine(shop.engine.clone()).pipeline::<welcome>().build().unwrap()
    };
    let caller = Caller::of(flujo_server::Server::new(changed).router());
    let found = caller.got("POST", "/api/v1/runs/r/replay", "").await.ok();
    assert!(found["mismatch"]["path"].as_str().unwrap().starts_with("welcome"), "{found}");
    // Records are shown all the same.
    let node = caller.get("/api/v1/runs/r/nodes/welcome/greet").await.ok();
    assert_eq!(
        (&node["attempts"][0]["output"], node["attempts"][0].get("input")),
        (&json!("Hello, Ada!"), None)
    );
}

#[tokio::test]
async fn old_runs_are_pruned_by_an_admin() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("rule");
    shop.welcome("old").await;
    shop.clock.advance(Duration::from_nanos(DAY));
    shop.welcome("new").await;
    let before = json!({ "before": "2023-11-16" });
    assert_eq!(caller.post("/api/v1/prune", &before).await.ok(), json!({ "runs": 1 }));
    assert_eq!(caller.post("/api/v1/prune", &before).await.ok(), json!({ "runs": 0 }));
    caller.get("/api/v1/runs/old").await.is(404, "unknown-run");
    let at = "2023-11-16T00:00:00.000000000Z";
    let pruned = |runs: u64| json!({ "at": at, "by": "root", "what": "pruned", "before": at, "runs": runs });
    assert_eq!(caller.get("/api/v1/prunes").await.ok(), json!({ "actions": [pruned(0), pruned(1)] }));
}
