//! A cluster of which a node is killed.

use crate::pipelines;
use crate::support::{cluster, wait_for};
use std::collections::BTreeMap;
use std::future::IntoFuture;

const RUNS: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_a_cluster_is_killed_under_100_runs() {
    let Some(mut server) = cluster(3).await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let all: Vec<_> =
        (0..RUNS).map(|i| flujo.run(pipelines::steps(i, 20)).id(format!("r-{i}")).into_future()).collect();
    let all = tokio::spawn(futures_util::future::join_all(all));
    let begun = |step: &str| {
        let begins = |line: &&String| line.starts_with("begins ") && line.contains(step);
        server.lines().iter().filter(begins).count()
    };
    // Some are in the middle, and some have yet to begin it.
    wait_for("steps of the middle", async || begun("steps/c") >= 30).await;
    server.kill_other(0);
    for (i, result) in (0..).zip(all.await.unwrap()) {
        assert_eq!(result.into_output().unwrap(), i + 5);
    }
    let mut by_run: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in server.lines() {
        if let ["begins", run, path, _] = line.split(' ').collect::<Vec<_>>().as_slice() {
            by_run.entry((*run).to_owned()).or_default().push((*path).to_owned());
        }
    }
    assert_eq!(by_run.len() as u64, RUNS);
    for (run, steps) in by_run {
        let mut once = steps.clone();
        once.dedup();
        // What was under way when its part of the server moved to another node is begun once more, and that may move again; no
        // step is begun again after the next one has begun.
        assert_eq!(once, ["a", "b", "c", "d", "e"].map(|step| format!("steps/{step}")), "{run}");
        if steps.len() > 5 {
            let records = flujo.inspect(run.as_str()).await.unwrap().records;
            assert_eq!(records.len(), 5, "{run}");
        }
    }
    // It joins again, and the cluster goes on.
    server.start_other(0).await;
    let result = flujo.run(pipelines::steps(1, 0)).id("after").await;
    assert_eq!(result.into_output().unwrap(), 6);
}
