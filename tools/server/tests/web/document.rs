//! The OpenAPI document: it has every route, and fits what is answered.

use super::support::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn document() -> Value {
    Shop::new().caller().get("/api/v1/openapi.json").await.ok()
}

const ROUTES: [&str; 25] = [
    "get /api/v1/compare compare_runs",
    "get /api/v1/events watch_runs",
    "get /api/v1/pipelines list_pipelines",
    "get /api/v1/pipelines/{name} show_pipeline",
    "get /api/v1/pipelines/{name}/graph draw_pipeline",
    "get /api/v1/prunes list_prunes",
    "get /api/v1/questions inbox",
    "get /api/v1/runs list_runs",
    "get /api/v1/runs/counts count_runs",
    "get /api/v1/runs/{id} show_run",
    "get /api/v1/runs/{id}/events watch_run",
    "get /api/v1/runs/{id}/export export_run",
    "get /api/v1/runs/{id}/graph draw_run",
    "get /api/v1/runs/{id}/nodes list_nodes",
    "get /api/v1/runs/{id}/nodes/{path} show_node",
    "get /api/v1/runs/{id}/questions list_questions",
    "get /api/v1/runs/{id}/recorded recorded_run",
    "get /api/v1/usage report_usage",
    "post /api/v1/prune prune_runs",
    "post /api/v1/runs start_run",
    "post /api/v1/runs/{id}/cancel cancel_run",
    "post /api/v1/runs/{id}/fork fork_run",
    "post /api/v1/runs/{id}/replay replay_run",
    "post /api/v1/runs/{id}/replies reply",
    "post /api/v1/runs/{id}/retry retry_run",
];

#[tokio::test]
async fn it_has_every_operation() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut found: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push(format!("{method} {path} {}", operation["operationId"].as_str().unwrap()));
        }
    }
    found.sort();
    assert_eq!(found, ROUTES);
}

/// What OpenAPI 3.1 asks of a document, as far as ours uses it.
#[tokio::test]
async fn it_is_an_openapi_document() {
    let document = document().await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let known: BTreeSet<_> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    references(&document, &mut |name| assert!(known.contains(name), "{name}"));
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(names.insert(operation["operationId"].to_string()));
            assert!(operation["summary"].as_str().unwrap().ends_with('.'));
            let mut parameters = BTreeSet::new();
            for parameter in operation["parameters"].as_array().unwrap() {
                let place = parameter["in"].as_str().unwrap();
                let name = parameter["name"].as_str().unwrap();
                assert!(parameters.insert((place, name)));
                assert!(parameter["schema"].is_object() || parameter["schema"].is_boolean());
                let is_in_path = parameter["required"] == true && path.contains(&format!("{{{name}}}"));
                assert!(place != "path" || is_in_path);
                assert!(place != "header" || ["Idempotency-Key", "Last-Event-ID"].contains(&name), "{name}");
                assert!(place == "path" || !parameter["description"].as_str().unwrap().is_empty(), "{name}");
            }
            let in_path = parameters.iter().filter(|(place, _)| *place == "path").count();
            assert_eq!(path.matches('{').count(), in_path, "{path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)));
                assert!(!response["description"].as_str().unwrap().is_empty());
                let content = response["content"].as_object().unwrap();
                assert!(!content.is_empty());
                for media in content.keys() {
                    let is_problem = media == "application/problem+json";
                    assert_eq!(is_problem, status.as_str() >= "400", "{path} {status}");
                }
                assert_eq!(response["headers"]["Location"].is_object(), status == "201", "{path} {status}");
            }
            assert!(operation["responses"].get("401").is_some());
        }
    }
    for (name, schema) in schemas {
        assert!(schema.get("description").is_some(), "{name} says nothing");
        assert!(schema.get("$schema").is_none() && schema.get("nullable").is_none());
    }
}

fn references(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str) {
                found(name);
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// The first difference of a value from a schema, for the words that the document uses.
fn misfit(root: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let differs = |what: String| Some(format!("{at}: {what}"));
    if let Some(name) = schema["$ref"].as_str() {
        return misfit(root, root.pointer(name.trim_start_matches('#')).unwrap(), value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = any.iter().any(|schema| misfit(root, schema, value, at).is_none());
        return if fits { None } else { differs(format!("{value} is none of {any:?}")) };
    }
    let of_type = |word: &Value| match word.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    };
    let types = match &schema["type"] {
        Value::Null => Vec::new(),
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    if !types.is_empty() && !types.iter().any(of_type) {
        return differs(format!("{value} is no {types:?}"));
    }
    if let (Some(map), Some(fields)) = (value.as_object(), schema["properties"].as_object()) {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !map.contains_key(name.as_str().unwrap()) {
                return differs(format!("no {name}"));
            }
        }
        for (name, value) in map {
            let Some(schema) = fields.get(name) else { return differs(format!("`{name}` is not known")) };
            if let Some(misfit) = misfit(root, schema, value, &format!("{at}/{name}")) {
                return Some(misfit);
            }
        }
    }
    let items = value.as_array().into_iter().flatten();
    items
        .filter(|_| schema["items"].is_object())
        .find_map(|item| misfit(root, &schema["items"], item, &format!("{at}[]")))
}

#[tokio::test]
async fn what_is_answered_fits_it() {
    let document = document().await;
    let shop = Shop::new();
    let caller = shop.caller();
    shop.welcome("r").await;
    drop(shop.flujo.run(fragile("odd".into())).id("f").await);
    drop(shop.flujo.run(refund(9)).id("q").label("a", "b").await);
    shop.flujo.resume::<refund>("q").reply(true).by("ops").await.unwrap().into_output().unwrap();
    drop(shop.flujo.run(refund(9)).id("open").await);
    let start = json!({ "pipeline": "welcome", "id": "r2", "input": ["Ada"] });
    let mut seen = BTreeSet::new();
    for (method, route, path, body) in [
        ("get", "/compare", "/compare?first=q&second=f", None),
        ("get", "/compare", "/compare?first=q&second=none", None),
        ("get", "/compare", "/compare?first=q", None),
        ("get", "/pipelines", "/pipelines", None),
        ("get", "/pipelines/{name}", "/pipelines/refund", None),
        ("get", "/pipelines/{name}", "/pipelines/none", None),
        ("get", "/prunes", "/prunes", None),
        ("get", "/questions", "/questions?limit=1", None),
        ("get", "/runs", "/runs?limit=2", None),
        ("get", "/runs", "/runs?limit=x", None),
        ("get", "/runs/counts", "/runs/counts", None),
        ("get", "/runs/{id}", "/runs/q", None),
        ("get", "/runs/{id}", "/runs/f", None),
        ("get", "/runs/{id}", "/runs/open", None),
        ("get", "/runs/{id}", "/runs/none", None),
        ("get", "/runs/{id}/events", "/runs/none/events", None),
        ("get", "/runs/{id}/export", "/runs/f/export", None),
        ("get", "/runs/{id}/export", "/runs/q/export", None),
        ("get", "/runs/{id}/graph", "/runs/none/graph", None),
        ("get", "/runs/{id}/nodes", "/runs/f/nodes", None),
        ("get", "/runs/{id}/nodes/{path}", "/runs/f/nodes/fragile/check", None),
        ("get", "/runs/{id}/nodes/{path}", "/runs/f/nodes/none", None),
        ("get", "/runs/{id}/questions", "/runs/open/questions", None),
        ("get", "/runs/{id}/recorded", "/runs/f/recorded", None),
        ("get", "/usage", "/usage?by_label=a", None),
        ("post", "/runs", "/runs", Some(start.clone())),
        ("post", "/runs", "/runs", Some(json!({ "pipeline": "welcome", "id": "r2", "input": ["Eve"] }))),
        ("post", "/runs", "/runs", Some(json!({ "pipeline": "welcome", "input": [1] }))),
        ("post", "/runs", "/runs", Some(json!({ "pipeline": "none", "input": [1] }))),
        (
            "post",
            "/runs/{id}/replies",
            "/runs/open/replies",
            Some(json!({ "path": "refund/approved", "value": "x" })),
        ),
        ("post", "/runs/{id}/replies", "/runs/open/replies", Some(json!({ "path": "none", "value": "x" }))),
        ("post", "/runs/{id}/cancel", "/runs/open/cancel", None),
        ("post", "/runs/{id}/retry", "/runs/f/retry", None),
        ("post", "/runs/{id}/retry", "/runs/r/retry", None),
        ("post", "/runs/{id}/fork", "/runs/r/fork", Some(json!({ "from": "welcome/greet", "id": "r3" }))),
        ("post", "/runs/{id}/fork", "/runs/r/fork", Some(json!({ "from": "none" }))),
        ("post", "/runs/{id}/replay", "/runs/r/replay", None),
        ("post", "/prune", "/prune", Some(json!({ "before": "2023-01-01" }))),
        ("post", "/prune", "/prune", Some(json!({ "before": "then" }))),
    ] {
        let path = format!("/api/v1{path}");
        let got = match body {
            Some(body) => caller.post(&path, &body).await,
            None => caller.got(&method.to_uppercase(), &path, "").await,
        };
        let operation = &document["paths"][format!("/api/v1{route}")][method];
        let response = &operation["responses"][got.status.to_string()];
        let schema = &response["content"][got.header("content-type")]["schema"];
        assert!(schema.is_object(), "{method} {path}: {} {} is not in the document", got.status, got.text);
        assert_eq!(misfit(&document, schema, &got.json(), ""), None, "{method} {path}");
        seen.insert(operation["operationId"].as_str().unwrap().to_owned());
    }
    // Streams and drawings are no JSON.
    assert_eq!(seen.len(), ROUTES.len() - 2);
}

#[tokio::test]
async fn it_says_how_callers_are_known() {
    let shop = Shop::new();
    let of = async |server: flujo_server::Server| {
        let caller = Caller::of(server.router()).token("see");
        caller.get("/api/v1/openapi.json").await.ok()["security"].clone()
    };
    assert_eq!(of(shop.server()).await, json!([]));
    assert_eq!(of(shop.closed()).await, json!([{ "token": [] }, { "session": [] }]));
}
