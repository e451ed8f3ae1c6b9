//! How long an attempt may take.

use crate::support::{server, start, until};
use crate::{is_done, pipelines};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_step_longer_than_the_inactivity_timeout_is_done_once() {
    let Some(mut server) = server().await else { return };
    // The server asks the invocation to leave after a second, and lets the attempt end.
    server.worker_with(&[("FLUJO_INACTIVITY_MS", "1000")]).await;
    let flujo = server.flujo();
    let result = flujo.run(pipelines::single(1, 4_000)).id("r").await;
    assert_eq!(result.into_output().unwrap(), 2);
    let once = [("single/add".to_owned(), 1)];
    assert!(server.begun("r").into_iter().eq(once.clone()), "{:?}", server.begun("r"));
    assert!(server.ended("r").into_iter().eq(once), "{:?}", server.ended("r"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_hangs_is_made_again_after_the_attempt_limit() {
    let Some(mut server) = server().await else { return };
    server.worker_with(&[("FLUJO_INACTIVITY_MS", "1000"), ("FLUJO_ATTEMPT_LIMIT_MS", "1000")]).await;
    let flujo = server.flujo();
    start(&flujo, "hangs", "r", json!([1])).await;
    until(&flujo, "r", |view| is_done(view, "3")).await;
    let begun: Vec<_> = server.begun("r").into_iter().collect();
    let expected = [("hangs/after", 1), ("hangs/before", 1), ("hangs/hang", 2)];
    assert_eq!(begun, expected.map(|(path, n)| (path.to_owned(), n)));
    assert!(server.ended("r").values().all(|n| *n == 1), "{:?}", server.ended("r"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_knows_the_longest_timeout_of_the_steps_and_a_minute() {
    let Some(mut server) = server().await else { return };
    server.worker_with(&[("FLUJO_INACTIVITY_MS", "1500"), ("FLUJO_ATTEMPT_LIMIT_MS", "7200000")]).await;
    for (pipeline, abort) in [("timed", "2m 30s"), ("single", "2h")] {
        let service = server.admin(&format!("/services/{pipeline}")).await;
        assert_eq!(
            (&service["abort_timeout"], &service["inactivity_timeout"]),
            (&json!(abort), &json!("1s 500ms"))
        );
    }
}
