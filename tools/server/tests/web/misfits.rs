//! What is shown of a run that does not fit the code of the server.

use crate::support::{Caller, Shop, refund};
use flujo_server::Server;
use serde_json::json;

mod changed {
    use flujo::prelude::*;
    pipeline! {
        pub(crate) fn refund(cents: u64) -> String {
            let agreed: bool = ask("Refund this?").showing(&cents).timeout("3d", false);
            if agreed { format!("paid {cents}") } else { fail("declined") }
        }
    }
}

#[tokio::test]
async fn a_run_that_does_not_fit_says_so_wherever_it_is_shown() {
    let shop = Shop::new();
    drop(shop.flujo.run(refund(9)).id("open").await);
    let builder = flujo::Flujo::builder().engine(shop.engine.clone());
    let changed = builder.pipeline::<changed::refund>().build().unwrap();
    let caller = Caller::of(Server::new(changed).router());
    let what = "the pipeline no longer has a node of this name";
    let mismatch = json!({ "path": "refund/approved", "what": what });

    let run = caller.get("/api/v1/runs/open").await.ok();
    let stopped = format!("refund/approved: the record does not fit the code: {what}; no record was changed");
    assert_eq!((&run["stopped"], &run["mismatch"]), (&json!(stopped), &mismatch));
    let page = caller.get("/runs/open").await.text;
    let said = format!(
        "It does not fit the code here: at <code><bdi>refund/approved</bdi></code>, <bdi>{what}</bdi>. Nothing was changed"
    );
    assert!(page.contains(&said), "{page}");

    // In the list, once it would go on.
    let listed = async || caller.get("/api/v1/runs").await.ok()["runs"][0]["mismatch"].clone();
    assert_eq!(listed().await, json!(null));
    let reply = json!({ "path": "refund/approved", "value": true });
    caller.post("/api/v1/runs/open/replies", &reply).await.ok();
    assert_eq!(listed().await, mismatch);
    let list = caller.get("/").await.text;
    let said = format!("does not fit the code: <code><bdi>refund/approved</bdi></code> <bdi>{what}</bdi>");
    assert!(list.contains(&said), "{list}");

    // The code that it knows says nothing of the kind.
    let caller = shop.caller();
    let run = caller.get("/api/v1/runs/open").await.ok();
    assert_eq!((run.get("stopped"), run.get("mismatch")), (None, None));
    assert_eq!(caller.get("/api/v1/runs").await.ok()["runs"][0].get("mismatch"), None);
}
