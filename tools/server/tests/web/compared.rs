//! Two runs beside each other, and forks that another model answers.

use super::support::*;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, Prompt};
use flujo::prelude::*;
use flujo_server::comparison::{Standing, compare};
use serde_json::{Value, json};

#[tokio::test]
async fn two_runs_are_compared_node_by_node() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("see");
    shop.world.good.lock().unwrap().extend(["even".to_owned(), "good".to_owned()]);
    for (id, word) in [("a", "even"), ("b", "even"), ("c", "good"), ("d", "odd")] {
        drop(shop.flujo.run(fragile(word.to_owned())).id(id).await);
    }
    let compared = async |first: &str, second: &str| {
        caller.get(&format!("/api/v1/compare?first={first}&second={second}")).await.ok()
    };
    let standings = |found: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        found["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| (text(&node["path"]), text(&node["standing"])))
            .collect()
    };
    let nodes = |greet: &str, check: &str| {
        [("fragile/greet", greet), ("fragile/check", check)]
            .map(|(path, is)| (path.to_owned(), is.to_owned()))
    };

    let same = compared("a", "b").await;
    assert_eq!((&same["same_input"], &*standings(&same)), (&json!(true), &nodes("same", "same")[..]));
    assert_eq!(same["nodes"][0]["first"].as_object().unwrap().keys().collect::<Vec<_>>(), ["node"]);
    assert_eq!((&same["first"]["id"], &same["second"]["id"]), (&json!("a"), &json!("b")));

    let other = compared("a", "c").await;
    assert_eq!(
        (&other["same_input"], &*standings(&other)),
        (&json!(false), &nodes("differs", "differs")[..])
    );
    let check = &other["nodes"][1];
    assert_eq!((&check["first"]["output"], &check["second"]["output"]), (&json!("even"), &json!("good")));
    assert_eq!((&other["first"]["input"], &other["second"]["input"]), (&json!(["even"]), &json!(["good"])));

    let failed = compared("a", "d").await;
    assert_eq!(failed["second"]["state"], "failed");
    let check = &failed["nodes"][1];
    assert_eq!((&check["standing"], &check["first"]["output"]), (&json!("differs"), &json!("even")));
    assert_eq!(check["second"]["failure"]["message"], "`odd` is not good");
    assert_eq!((check["second"].get("output"), &check["second"]["node"]["attempts"]), (None, &json!(1)));

    // Nodes that only one of them has.
    shop.welcome("w").await;
    let apart = compared("w", "a").await;
    let found = standings(&apart);
    let expected = [("welcome/greet", "first"), ("fragile/greet", "second"), ("fragile/check", "second")];
    assert_eq!(found, expected.map(|(path, is)| (path.to_owned(), is.to_owned())));
    assert_eq!((apart["nodes"][0].get("second"), apart["nodes"][1].get("first")), (None, None));

    // The same by the library, and as text.
    let view = async |id: &str| flujo::run::Control::inspect(&shop.flujo, &id.into()).await.unwrap();
    let found = compare(&view("a").await, &view("d").await);
    assert_eq!(
        found.iter().map(flujo_server::comparison::Compared::standing).collect::<Vec<_>>(),
        [Standing::Differs; 2]
    );
    assert_eq!((Standing::First.word(), Standing::Second.word()), ("first", "second"));

    for (query, status, kind) in [
        ("first=a&second=none", 404, "unknown-run"),
        ("first=none&second=a", 404, "unknown-run"),
        ("first=a", 400, "parameter"),
        ("first=a&second=b&third=c", 400, "parameter"),
    ] {
        caller.get(&format!("/api/v1/compare?{query}")).await.is(status, kind);
    }
}

/// Answers with the name of the model.
struct Parrot;

#[flujo::async_trait]
impl ModelClient for Parrot {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        Ok(ModelReply::new(request.model))
    }
}

#[step(model = "test:small")]
fn name_it(text: String) -> Prompt<String> {
    Prompt::system("Say it.").user(text)
}

pipeline! {
    fn named(text: String) -> String { name_it(text) }
}

#[tokio::test]
async fn a_fork_is_answered_by_another_model() {
    let flujo = Flujo::builder().models(Parrot).pipeline::<named>().build().unwrap();
    let caller = Caller::of(flujo_server::Server::new(flujo.clone()).router());
    let start = json!({ "pipeline": "named", "id": "r", "input": ["x"] });
    caller.post("/api/v1/runs", &start).await.ok();
    let done = async |id: &str| {
        flujo::run::Control::attach(&flujo, &id.into()).await.unwrap();
        caller.get(&format!("/api/v1/runs/{id}")).await.ok()
    };
    let run = done("r").await;
    assert_eq!((&run["output"], run.get("models")), (&json!("test:small"), None));
    let fork = |id: &str, models: Value| json!({ "from": "named/name_it", "id": id, "models": models });
    let asked = async |id: &str, models: Value| caller.post("/api/v1/runs/r/fork", &fork(id, models)).await;
    asked("large", json!({ "named/name_it": "test:large" })).await.ok();
    let run = done("large").await;
    let models = json!({ "named/name_it": "test:large" });
    assert_eq!(
        (&run["output"], &run["models"], &run["origin"]),
        (&json!("test:large"), &models, &json!("r"))
    );
    let node = caller.get("/api/v1/runs/large/nodes/named/name_it").await.ok();
    assert_eq!(node["attempts"][0]["models"][0]["model"], "test:large");
    let found = caller.get("/api/v1/compare?first=r&second=large").await.ok();
    assert_eq!((&found["same_input"], &found["nodes"][0]["standing"]), (&json!(true), &json!("differs")));

    let got = asked("n", json!({ "named/none": "test:large" })).await;
    got.is(422, "setup");
    assert_eq!(got.json()["path"], "named/none");
    asked("n", json!({ "named/name_it": "large" })).await.is(422, "setup");
    asked("n", json!({ "named/name_it": 1 })).await.is(422, "unfit");
    assert_eq!(caller.get("/api/v1/runs?text=n&state=created").await.ok()["runs"], json!([]));
}

#[tokio::test]
async fn a_run_is_drawn_as_it_is() {
    let shop = Shop::new();
    let caller = Caller::of(shop.closed().router()).token("see");
    drop(shop.flujo.run(fragile("odd".to_owned())).id("f").await);
    let view = flujo::run::Control::inspect(&shop.flujo, &"f".into()).await.unwrap();
    let drawn = caller.get("/api/v1/runs/f/graph").await;
    assert_eq!(drawn.header("content-type"), "image/svg+xml");
    assert_eq!(drawn.text, flujo_server::drawing::svg(fragile::GRAPH, Some(&view)));
    assert_ne!(drawn.text, flujo_server::drawing::svg(fragile::GRAPH, None));
    caller.get("/api/v1/runs/none/graph").await.is(404, "unknown-run");
    // The code of another process.
    let other = Flujo::builder().engine(shop.engine.clone()).build().unwrap();
    let caller = Caller::of(flujo_server::Server::new(other).router());
    caller.get("/api/v1/runs/f/graph").await.is(409, "not-registered");
}
