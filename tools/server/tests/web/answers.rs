//! What each route answers.

use super::support::*;
use flujo::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_supervisor_needs_no_token() {
    let caller = Caller { peer: None, ..Caller::of(Shop::new().closed().router()) }.with("host", "10.0.0.7");
    for (path, said) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let got = caller.get(path).await;
        assert_eq!((got.status, got.text.as_str()), (200, said));
    }
}

#[tokio::test]
async fn pipelines_are_described() {
    let caller = Shop::new().caller();
    let all = caller.get("/api/v1/pipelines").await.ok();
    let names: Vec<_> = all["pipelines"].as_array().unwrap().iter().map(|known| &known["name"]).collect();
    assert_eq!(names, ["fragile", "refund", "slow", "welcome"]);

    let one = caller.get("/api/v1/pipelines/refund").await.ok();
    assert_eq!(
        one["inputs"],
        json!([{ "name": "cents", "type": "u64", "schema": one["inputs"][0]["schema"] }])
    );
    assert_eq!(one["inputs"][0]["schema"]["type"], "integer");
    assert_eq!(one["output"]["schema"]["type"], "string");
    assert_eq!(one["context"]["type"], "()");
    assert_eq!(one["bounds"], json!({ "step_runs": 1, "model_calls": 0, "questions": 1 }));
    assert_eq!((&one["findings"], &one["graph"]["name"]), (&json!([]), &json!("refund")));
    assert_eq!(one["fingerprint"], one["graph"]["fingerprint"]);
    assert_eq!(caller.get("/api/v1/pipelines/welcome").await.ok()["doc"], "Welcomes somebody.");
}

#[tokio::test]
async fn a_graph_is_drawn_in_four_languages() {
    let caller = Shop::new().caller();
    let path = "/api/v1/pipelines/welcome/graph";
    let of = |query: &str| format!("{path}{query}");
    let mermaid = caller.get(&of("")).await;
    assert_eq!(
        (mermaid.text.as_str(), mermaid.header("content-type")),
        (&*welcome::GRAPH.mermaid(), "text/plain; charset=utf-8")
    );
    assert_eq!(caller.get(&of("?format=mermaid")).await.text, mermaid.text);
    let dot = caller.get(&of("?format=dot")).await;
    assert_eq!(
        (dot.text.as_str(), dot.header("content-type")),
        (&*welcome::GRAPH.dot(), "text/vnd.graphviz; charset=utf-8")
    );
    let json = caller.get(&of("?format=json")).await;
    assert_eq!(
        (json.text.as_str(), json.header("content-type")),
        (&*welcome::GRAPH.json(), "application/json")
    );
    let svg = caller.get(&of("?format=svg")).await;
    assert_eq!(
        (svg.text.as_str(), svg.header("content-type")),
        (&*flujo_server::drawing::svg(welcome::GRAPH, None), "image/svg+xml")
    );
    caller.get(&of("?format=png")).await.is(400, "parameter");
}

#[tokio::test]
async fn a_run_is_shown_as_it_is_recorded() {
    let shop = Shop::new();
    let caller = shop.caller();
    shop.clock.advance(Duration::from_nanos(7));
    shop.flujo
        .run(welcome("Ada".to_owned()))
        .id("r-1")
        .label("tenant", "acme")
        .by("ops")
        .await
        .into_output()
        .unwrap();
    let at = "2023-11-15T00:00:00.000000007Z";
    let zero = json!({
        "input_tokens": 0, "output_tokens": 0, "cached_tokens": 0, "reasoning_tokens": 0, "cache_write_tokens": 0,
        "model_calls": 0, "cost_nanos": 0, "unpriced_calls": 0, "estimated_calls": 0,
    });
    let mut run = caller.get("/api/v1/runs/r-1").await.ok();
    let fingerprint = run.as_object_mut().unwrap().remove("fingerprint").unwrap();
    assert_eq!(fingerprint.as_str().unwrap().len(), 32);
    assert_eq!(
        run,
        json!({
            "id": "r-1", "pipeline": "welcome", "state": "done", "labels": { "tenant": "acme" }, "by": "ops",
            "created": at, "started": at, "changed": at, "ended": at, "input": ["Ada"], "context": null,
            "output": "Hello, Ada!", "limits": {}, "usage": zero, "reserved": zero, "active_nanos": 0, "records": 1,
            "questions": [], "answered": [], "actions": [{ "at": at, "by": "ops", "what": "started" }],
        })
    );
    assert_eq!(
        caller.get("/api/v1/runs").await.ok(),
        json!({ "runs": [{
        "id": "r-1", "pipeline": "welcome", "state": "done", "replied": false, "labels": { "tenant": "acme" },
        "created": at, "started": at, "changed": at, "ended": at, "usage": zero, "questions": 0, "under_way": [],
    }] })
    );
    assert_eq!(
        caller.get("/api/v1/runs/r-1/nodes").await.ok(),
        json!({ "nodes": [{
        "path": "welcome/greet", "kind": "step", "attempts": 1, "succeeded": true, "started": at, "ended": at,
        "working_nanos": 0, "usage": zero,
    }] })
    );
    let node = caller.get("/api/v1/runs/r-1/nodes/welcome/greet").await.ok();
    assert_eq!(
        node,
        json!({ "path": "welcome/greet", "attempts": [{
        "kind": "step", "n": 1, "version": 1, "started": at, "ended": at, "cached": false, "input": ["Ada"],
        "output": "Hello, Ada!", "usage": zero, "models": [], "repairs": [], "findings": [], "messages": [],
    }] })
    );
    let export = caller.get("/api/v1/runs/r-1/export").await.ok();
    run["fingerprint"] = fingerprint;
    assert_eq!(export, json!({ "version": 1, "run": run, "nodes": [node] }));
}

#[tokio::test]
async fn a_failure_is_shown_with_its_node() {
    let shop = Shop::new();
    let caller = shop.caller();
    let failed = shop.flujo.run(fragile("odd".to_owned())).id("f").await.into_output();
    assert!(failed.is_err());
    let run = caller.get("/api/v1/runs/f").await.ok();
    assert_eq!(run["state"], "failed");
    assert_eq!(
        run["failure"],
        json!({
            "kind": "failed", "message": "`odd` is not good", "causes": [], "retryable": false, "path": "fragile/check",
            "attempt": 1, "attempts": 1,
        })
    );
    let listed = caller.get("/api/v1/runs").await.ok();
    assert_eq!(listed["runs"][0]["failure"], "fragile/check: `odd` is not good");
    let node = caller.get("/api/v1/runs/f/nodes/fragile/check").await.ok();
    assert_eq!(node["attempts"][0]["failure"]["message"], "`odd` is not good");
    let nodes = caller.get("/api/v1/runs/f/nodes").await.ok();
    let said: Vec<_> =
        nodes["nodes"].as_array().unwrap().iter().map(|node| (&node["path"], &node["succeeded"])).collect();
    assert_eq!(said, [(&json!("fragile/greet"), &json!(true)), (&json!("fragile/check"), &json!(false))]);
}

#[tokio::test]
async fn the_context_is_shown_before_and_after() {
    pipeline! {
        fn diary(a: String, b: String, notes: &mut Notes) -> usize {
            note(a);
            note(b).named("again")
        }
    }
    let shop = Shop::new();
    let flujo = Flujo::builder().engine(shop.engine.clone()).pipeline::<diary>().build().unwrap();
    flujo
        .run(diary("one".into(), "two".into()))
        .context(Notes::default())
        .id("d")
        .await
        .into_output()
        .unwrap();
    let caller = Caller::of(flujo_server::Server::new(flujo).router());
    let of = async |path: &str| caller.get(path).await.ok()["attempts"][0].clone();
    let nodes = caller.get("/api/v1/runs/d/nodes").await.ok();
    let paths: Vec<_> =
        nodes["nodes"].as_array().unwrap().iter().map(|node| node["path"].as_str().unwrap()).collect();
    let [first, second] = paths.as_slice() else { panic!("{paths:?}") };
    let (first, second) = (of(&at(first)).await, of(&at(second)).await);
    assert_eq!(
        (&first["context_before"], &first["context_after"]),
        (&json!({ "lines": [] }), &json!({ "lines": ["one"] }))
    );
    let (one, two) = (json!({ "lines": ["one"] }), json!({ "lines": ["one", "two"] }));
    assert_eq!((&second["context_before"], &second["context_after"]), (&one, &two));
}

fn at(path: &str) -> String {
    format!("/api/v1/runs/d/nodes/{}", path.replace('#', "%23"))
}

#[tokio::test]
async fn usage_is_added_up_by_day_pipeline_and_label() {
    let shop = Shop::new();
    let caller = shop.caller();
    for (id, cents, tenant) in [("a", 5, Some("acme")), ("b", 7, None)] {
        let run = shop.flujo.run(refund(cents)).id(id);
        let run = if let Some(tenant) = tenant { run.label("tenant", tenant) } else { run };
        drop(run.await);
        shop.flujo.resume::<refund>(id).reply(true).await.unwrap().into_output().unwrap();
        shop.clock.advance(Duration::from_nanos(DAY));
    }
    let usage = |cost: u64| {
        json!({
            "input_tokens": if cost == 12000 { 6 } else { 3 }, "output_tokens": 0, "cached_tokens": 0, "reasoning_tokens": 0,
            "cache_write_tokens": 0, "model_calls": if cost == 12000 { 2 } else { 1 }, "cost_nanos": cost,
            "unpriced_calls": 0, "estimated_calls": 0,
        })
    };
    let days = ["2023-11-15T00:00:00.000000000Z", "2023-11-16T00:00:00.000000000Z"];
    let line = |day: usize, cost| json!({ "day": days[day], "pipeline": "refund", "usage": usage(cost) });
    assert_eq!(
        caller.get("/api/v1/usage").await.ok(),
        json!({ "lines": [line(0, 5000), line(1, 7000)], "total": usage(12000), "budgets": [] })
    );
    let only = json!({ "lines": [line(1, 7000)], "total": usage(7000), "budgets": [] });
    assert_eq!(caller.get("/api/v1/usage?from=2023-11-16").await.ok(), only);
    let only = json!({ "lines": [line(0, 5000)], "total": usage(5000), "budgets": [] });
    assert_eq!(caller.get("/api/v1/usage?until=2023-11-16&pipeline=refund").await.ok(), only);
    assert_eq!(caller.get("/api/v1/usage?label[tenant]=acme").await.ok(), only);
    assert_eq!(caller.get("/api/v1/usage?pipeline=welcome").await.ok()["lines"], json!([]));
    let mut labelled = line(0, 5000);
    labelled["label"] = json!("acme");
    assert_eq!(
        caller.get("/api/v1/usage?by_label=tenant").await.ok()["lines"],
        json!([labelled, line(1, 7000)])
    );
}

#[tokio::test]
async fn usage_says_what_is_left_of_budgets() {
    let mut limits = UsageLimits::usd("2.50");
    limits.model_calls = Some(1_000);
    let budget = SharedBudget::new(limits);
    let caller = Caller::of(Shop::new().server().budget("team", budget).router());
    let nothing = caller.get("/api/v1/usage").await.ok()["total"].clone();
    assert_eq!(
        caller.get("/api/v1/usage").await.ok()["budgets"],
        json!([{ "name": "team", "cost_nanos": 2_500_000_000_u64, "model_calls": 1_000, "spent": nothing }])
    );
}

#[tokio::test]
async fn the_inbox_has_open_questions_oldest_first_page_by_page() {
    let shop = Shop::new();
    let caller = shop.caller();
    for id in ["b", "a", "c"] {
        drop(shop.flujo.run(refund(9)).id(id).await);
        shop.clock.advance(Duration::from_secs(1));
    }
    let question = json!({
        "path": "refund/ask:approved", "message": "Refund this?", "shown": 9, "schema": Value::Null,
        "asked": "2023-11-15T00:00:00.000000000Z", "deadline": "2023-11-18T00:00:00.000000000Z", "default": false,
    });
    let mut one = caller.get("/api/v1/runs/b/questions").await.ok()["questions"][0].clone();
    assert_eq!(one["schema"]["type"], "boolean");
    one["schema"] = Value::Null;
    one["path"] = question["path"].clone();
    assert_eq!(one, question);
    let (mut seen, mut path) = (Vec::new(), "/api/v1/questions?limit=2".to_owned());
    for size in [2, 1] {
        let page = caller.get(&path).await.ok();
        let questions = page["questions"].as_array().unwrap();
        assert_eq!(questions.len(), size);
        seen.extend(questions.iter().map(|question| question["run"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => {
                let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
                path = format!("/api/v1/questions?limit=2&after={next}");
            }
            None => assert_eq!(size, 1),
        }
    }
    assert_eq!(seen, ["b", "a", "c"]);
    assert_eq!(caller.get("/api/v1/questions?pipeline=welcome").await.ok(), json!({ "questions": [] }));
}
