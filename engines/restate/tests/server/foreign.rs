//! Two applications on one server, each with pipelines that the other does not have.

use crate::pipelines::builds::apart::apart;
use crate::support::{server, start, until};
use crate::{error_of, is_done, pipelines};
use serde_json::json;
use std::future::IntoFuture;

#[tokio::test(flavor = "multi_thread")]
async fn workers_with_other_pipelines_share_a_server() {
    let Some(mut server) = server().await else { return };
    let first = server.worker().await;
    let flujo = server.flujo();
    let waiting = tokio::spawn(flujo.run(pipelines::steps(1, 200)).id("before").into_future());
    start(&flujo, "arms", "arms", json!([1, 200])).await;
    flujo.run(pipelines::asks(1)).id("q").await;
    server.wait_for_line("begins before steps/b").await;
    // From now on it has the objects of all runs, those of the first one's among them.
    let second = server.worker_with(&[("FLUJO_BUILD", "foreign")]).await;
    let objects = server.admin("/services/flujo.Run").await["deployment_id"].clone();
    assert_eq!(objects, server.admin("/services/apart").await["deployment_id"]);
    assert_ne!(objects, server.admin("/services/steps").await["deployment_id"]);
    let other = pipelines::builds::foreign(server.engine());
    assert_eq!(other.run(apart(1, 0)).id("other").await.into_output().unwrap(), 3);
    assert_eq!(flujo.run(pipelines::steps(1, 0)).id("after").await.into_output().unwrap(), 6);
    assert_eq!(waiting.await.unwrap().into_output().unwrap(), 6);
    let answered = flujo.resume::<pipelines::asks>("q").reply(40_u64).await.unwrap();
    assert_eq!(answered.into_output().unwrap(), 43);
    until(&flujo, "arms", |view| is_done(view, "45")).await;
    for (run, worker) in [("before", first), ("arms", first), ("after", first), ("other", second)] {
        let by = server.process(worker);
        let of_run = format!(" {run} ");
        let lines: Vec<_> = server.lines().into_iter().filter(|line| line.contains(&of_run)).collect();
        assert!(lines.len() >= 4 && lines.iter().all(|line| line.ends_with(&by)), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_comes_back_with_other_pipelines() {
    let Some(mut server) = server().await else { return };
    let first = server.worker().await;
    server.worker_with(&[("FLUJO_BUILD", "foreign")]).await;
    let (flujo, other) = (server.flujo(), pipelines::builds::foreign(server.engine()));
    start(&flujo, "steps", "r", json!([1, 200])).await;
    server.wait_for_line("begins r steps/c").await;
    server.replace(first, "foreign");
    let address = server.address(first).to_owned();
    let refused = |run: &str, pipeline: &str| {
        format!(
            "run `{run}` does not go on: the worker at {address} does not have the pipeline `{pipeline}`. Start one there that \
             has it, and the run goes on; nothing of it is lost"
        )
    };
    // Who begins one gets an error, and so does who waits for one that was under way.
    let new = tokio::spawn(flujo.run(pipelines::single(1, 0)).id("new").into_future());
    let old = error_of(flujo.run(pipelines::steps(1, 200)).id("r").await.outcome);
    assert_eq!(old, refused("r", "steps"));
    assert_eq!(error_of(new.await.unwrap().outcome), refused("new", "single"));
    assert_eq!(other.run(apart(1, 0)).id("other").await.into_output().unwrap(), 3);
    server.restart(first);
    until(&flujo, "r", |view| is_done(view, "6")).await;
    until(&flujo, "new", |view| is_done(view, "2")).await;
    assert_eq!(server.begun("r").into_values().collect::<Vec<_>>(), [1, 1, 2, 1, 1]);
    assert_eq!(server.done_twice("r"), Vec::<String>::new());
}
