//! A run whose process was killed in the middle of a model call: what it is charged is told wherever money is.

use crate::support::Folder;
use flujo::model::{ModelReply, Prices, Rates, Script, Tokens};
use flujo::prelude::*;
use flujo::{Cost, Usage};
use flujo_sqlite::Sqlite;
use flujo_testing::{Crash, Moment, PausedClock};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

#[step(model = "test:small", max_tokens = 50)]
fn summarise(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn summary(text: String) -> String {
        summarise(text)
    }
}

/// Leaves a run that was killed and continued; returns what its lost call is charged.
fn killed(folder: &Folder) -> Usage {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let clock = PausedClock::at(flujo::clock::Timestamp(1_795_995_066_000_000_000));
        let sqlite = Arc::new(Sqlite::builder(folder.db()).clock(Arc::new(clock.clone())).open().unwrap());
        let script = Script::new().otherwise(|_| ModelReply::new("short").used(Tokens::new(20, 5)));
        let prices = Prices::new().model("test:small", Rates::usd("1", "2").unwrap());
        let builder = || Flujo::builder().models(script.clone()).prices(prices.clone());
        let dying = Arc::new(Crash::new(sqlite.clone(), 2, Moment::After));
        drop(builder().engine(dying).build().unwrap().run(summary("long".to_owned())).id("s-1").await);
        clock.advance(Duration::from_secs(60));
        let flujo = builder().engine(sqlite).build().unwrap();
        let result = flujo.resume::<summary>("s-1").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "short");
        let view = flujo.inspect("s-1").await.unwrap();
        view.lost[0].1
    })
}

#[test]
fn the_charge_of_a_lost_call_is_shown_and_reported() {
    let folder = Folder::new();
    let charge = killed(&folder);
    let made = Cost(20 * 1_000 + 5 * 2_000);
    let total = Cost(charge.cost().0 + made.0);
    assert_eq!((charge.model_calls, charge.estimated_calls, charge.output_tokens), (1, 1, 50));

    let listed = folder.flujo(&["list", "--json"]).json();
    assert_eq!(listed["runs"][0]["usage"]["cost_nanos"], json!(total.0));
    let shown = folder.flujo(&["show", "s-1", "--json"]).json();
    assert_eq!(shown["usage"]["cost_nanos"], json!(total.0));
    assert_eq!(shown["nodes"][0]["usage"]["cost_nanos"], json!(made.0));
    let lost = &shown["lost"][0];
    assert_eq!((&lost["path"], &lost["n"]), (&json!("summary/summarise"), &json!(1)));
    assert_eq!(lost["usage"]["cost_nanos"], json!(charge.cost().0));
    let text = folder.flujo(&["show", "s-1"]).out;
    let tokens = charge.input_tokens;
    let line = format!(
        "lost       summary/summarise: 1 call, {tokens} tokens in, 50 out, {}, in no node, and made again\n",
        charge.cost()
    );
    assert!(text.contains(&line), "{text}\n{line}");

    let usage = folder.flujo(&["usage", "--by", "model", "--json"]).json();
    let line = |model: &str, usage: &serde_json::Value| {
        (usage["model"] == json!(model)).then(|| usage["usage"]["cost_nanos"].clone())
    };
    let lines = usage["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(line("(lost call)", &lines[0]), Some(json!(charge.cost().0)));
    assert_eq!(line("test:small", &lines[1]), Some(json!(made.0)));
    assert_eq!(usage["total"]["cost_nanos"], json!(total.0));
    assert_eq!(usage["total"]["estimated_calls"], json!(1));
    let text = folder.flujo(&["usage", "--by", "model"]).out;
    assert!(text.lines().any(|line| line.starts_with("(lost call)")), "{text}");
}
