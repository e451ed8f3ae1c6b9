//! Lists of runs: filters, orders and pages.

use super::support::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn ids(page: &Value) -> Vec<&str> {
    page["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap()).collect()
}

async fn listed(caller: &Caller, query: &str) -> String {
    ids(&caller.get(&format!("/api/v1/runs?order=id&{query}")).await.ok()).join(" ")
}

/// Four runs, created a second apart: `Ada` is done, `bob` is paused, `cleo` has failed, `dan` is cancelled.
async fn four() -> Shop {
    let shop = Shop::new();
    let second = Duration::from_secs(1);
    shop.welcome("Ada").await;
    shop.clock.advance(second);
    drop(shop.flujo.run(refund(9)).id("bob").label("tenant", "acme").label("a]b[c=d", "x&y").await);
    shop.clock.advance(second);
    drop(shop.flujo.run(fragile("odd".into())).id("cleo").label("tenant", "acme").await);
    shop.clock.advance(second);
    drop(shop.flujo.run(refund(9)).id("dan").label("tenant", "other").await);
    shop.clock.advance(second);
    shop.flujo.cancel("dan").await.unwrap();
    shop
}

#[tokio::test]
async fn each_filter_takes_its_runs() {
    let shop = four().await;
    let caller = shop.caller();
    for (query, wanted) in [
        ("", "Ada bob cleo dan"),
        ("pipeline=refund", "bob dan"),
        ("pipeline=none", ""),
        ("state=done", "Ada"),
        ("state=paused&state=failed", "bob cleo"),
        ("state=cancelled", "dan"),
        ("state=created&state=running&state=interrupted&state=crashed", ""),
        ("label[tenant]=acme", "bob cleo"),
        ("label[tenant]=acme&label[a%5Db%5Bc%3Dd]=x%26y", "bob"),
        ("label[tenant]=acm", ""),
        ("created_from=2023-11-15T00:00:01Z", "bob cleo dan"),
        ("created_until=2023-11-15T00:00:01Z", "Ada"),
        ("created_from=2023-11-15T00:00:01Z&created_until=2023-11-15T00:00:03Z", "bob cleo"),
        ("changed_from=2023-11-15T01:00:04%2B01:00", "dan"),
        ("changed_until=2023-11-15T00:00:02Z", "Ada bob"),
        ("text=a", "Ada dan"),
        ("text=DA", "Ada dan"),
        ("text=%25", ""),
        ("pipeline=refund&state=paused&label[tenant]=acme&text=b", "bob"),
    ] {
        assert_eq!(listed(&caller, query).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn runs_are_ordered_by_id_creation_or_change() {
    let shop = four().await;
    let caller = shop.caller();
    shop.flujo.resume::<refund>("bob").reply(true).await.unwrap().into_output().unwrap();
    for (query, wanted) in [
        ("?order=id", "Ada bob cleo dan"),
        ("?order=created", "dan cleo bob Ada"),
        ("", "dan cleo bob Ada"),
        ("?order=changed&state=done", "bob Ada"),
    ] {
        let page = caller.get(&format!("/api/v1/runs{query}")).await.ok();
        assert_eq!(ids(&page).join(" "), wanted, "{query}");
    }
}

#[tokio::test]
async fn counts_are_by_pipeline_and_state() {
    let shop = four().await;
    let caller = shop.caller();
    let count = |pipeline: &str, state: &str| json!({ "pipeline": pipeline, "state": state, "runs": 1 });
    let all = [
        count("fragile", "failed"),
        count("refund", "paused"),
        count("refund", "cancelled"),
        count("welcome", "done"),
    ];
    assert_eq!(caller.get("/api/v1/runs/counts").await.ok(), json!({ "counts": all }));
    let refunds = caller.get("/api/v1/runs/counts?pipeline=refund&label[tenant]=other").await.ok();
    assert_eq!(refunds, json!({ "counts": [count("refund", "cancelled")] }));
    caller.get("/api/v1/runs/counts?order=id").await.is(400, "parameter");
}

#[tokio::test]
async fn pages_show_each_run_once_while_runs_are_added() {
    for order in ["id", "created", "changed"] {
        let shop = Shop::new();
        let caller = shop.caller();
        for n in 0..7 {
            // Two of them in each nanosecond: the id decides.
            shop.clock.advance(Duration::from_nanos(n % 2));
            shop.welcome(&format!("old {n} \n/.%é")).await;
        }
        let (mut seen, mut after) = (Vec::new(), String::new());
        for page in 0.. {
            let got = caller.get(&format!("/api/v1/runs?order={order}&limit=3{after}")).await.ok();
            seen.extend(ids(&got).into_iter().map(str::to_owned));
            let Some(next) = got["next"].as_str() else { break };
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            after = format!("&after={next}");
            shop.clock.advance(Duration::from_secs(1));
            shop.welcome(&format!("a new one {page}")).await;
        }
        let old: Vec<_> = seen.iter().filter(|id| id.starts_with("old")).collect();
        assert_eq!(old.len(), 7, "{order}: {seen:?}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "{order}: {seen:?}");
    }
}

#[tokio::test]
async fn a_page_has_fifty_runs_and_at_most_five_hundred() {
    let shop = Shop::new();
    let caller = shop.caller();
    for n in 0..51 {
        shop.welcome(&format!("{n:03}")).await;
    }
    let page = caller.get("/api/v1/runs").await.ok();
    assert_eq!((ids(&page).len(), page["next"].is_string()), (50, true));
    let page = caller.get("/api/v1/runs?limit=51").await.ok();
    assert_eq!((ids(&page).len(), page.get("next")), (51, None));
    for (limit, status) in
        [("500", 200), ("501", 400), ("0", 400), ("-1", 400), ("1.5", 400), ("", 400), ("x", 400)]
    {
        assert_eq!(caller.get(&format!("/api/v1/runs?limit={limit}")).await.status, status, "{limit}");
    }
}
