//! A run whose process was killed in the middle of a model call.

use super::support::Caller;
use flujo::engine::Memory;
use flujo::model::{ModelReply, Prices, Rates, Script, Tokens};
use flujo::prelude::*;
use flujo_server::Server;
use flujo_testing::{Crash, Moment};
use serde_json::{Value, json};
use std::sync::Arc;

#[step(model = "test:small", max_tokens = 50)]
fn summarise(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn summary(text: String) -> String { summarise(text) }
}

#[tokio::test]
async fn the_charge_of_a_lost_call_is_in_the_run_and_in_the_usage() {
    let memory = Arc::new(Memory::new());
    let script = Script::new().otherwise(|_| ModelReply::new("short").used(Tokens::new(20, 5)));
    let prices = Prices::new().model("test:small", Rates::usd("1", "2").unwrap());
    let builder = || Flujo::builder().models(script.clone()).prices(prices.clone());
    let dying = Arc::new(Crash::new(memory.clone(), 2, Moment::After));
    drop(builder().engine(dying).build().unwrap().run(summary("long".to_owned())).id("s").await);
    let flujo = builder().engine(memory).pipeline::<summary>().build().unwrap();
    flujo.resume::<summary>("s").await.unwrap().into_output().unwrap();

    let caller = Caller::of(Server::new(flujo).router());
    let run = caller.get("/api/v1/runs/s").await.ok();
    let cost = |body: &Value| body["usage"]["cost_nanos"].as_u64().unwrap();
    let (lost, made) = (&run["lost"][0], 20 * 1_000 + 5 * 2_000);
    assert_eq!((&lost["path"], &lost["attempt"]), (&json!("summary/summarise"), &json!(1)));
    assert_eq!(lost["usage"]["estimated_calls"], json!(1));
    assert_eq!(cost(&run), cost(lost) + made);

    let usage = caller.get("/api/v1/usage").await.ok();
    assert_eq!(usage["total"], run["usage"]);
    let lines = usage["lines"].as_array().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| (line["model"].as_str().unwrap(), cost(line))).collect();
    assert_eq!(lines, [("(lost call)", cost(lost)), ("test:small", made)]);
    let page = caller.get("/runs/s").await.text;
    assert!(page.contains("(lost call)"), "{page}");
}
