//! The engine on a real server, which is killed, as are its workers.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::panic,
    reason = "tests"
)]

mod pipelines;
mod support;

use flujo::engine::{FinalOutcome, Status};
use serde_json::json;
use std::future::IntoFuture;
use support::{server, start, until};

fn is_done(view: &flujo::engine::RunView, output: &str) -> bool {
    matches!(&view.status, Status::Ended(FinalOutcome::Done(json)) if json.as_str() == output)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_steps() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let result = flujo.run(pipelines::steps(1, 0)).id("r").await;
    assert_eq!(result.into_output().unwrap(), 6);
    let view = flujo.inspect("r").await.unwrap();
    let paths: Vec<_> = view.records.iter().map(|record| record.key.to_string()).collect();
    assert_eq!(paths, ["a", "b", "c", "d", "e"].map(|step| format!("steps/{step} Step 1")));
    // Once more is the same run.
    let result = flujo.run(pipelines::steps(1, 0)).id("r").await;
    assert_eq!(result.into_output().unwrap(), 6);
    assert!(server.begun("r").values().all(|n| *n == 1), "{:?}", server.begun("r"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_in_a_step() {
    let Some(mut server) = server().await else { return };
    let worker = server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "steps", "r", json!([1, 300])).await;
    server.wait_for_line("begins r steps/c").await;
    server.restart(worker);
    until(&flujo, "r", |view| is_done(view, "6")).await;
    // What was finished is not done again, and what was not is.
    let counts: Vec<_> = server.begun("r").into_values().collect();
    assert_eq!(counts, [1, 1, 2, 1, 1]);
    assert!(server.ended("r").values().all(|n| *n == 1), "{:?}", server.ended("r"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_killed_in_a_step_and_while_a_question_is_open() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "steps", "s", json!([1, 300])).await;
    let paused = flujo.run(pipelines::asks(1)).id("q").await;
    let [question] = paused.questions() else { panic!("{:?}", paused.outcome) };
    assert_eq!((question.path.as_str(), question.message.as_str()), ("asks/more", "How many more?"));
    server.wait_for_line("begins s steps/b").await;
    server.kill();
    server.start().await;
    let status = flujo.inspect("q").await.unwrap().status;
    assert_eq!(status, Status::Paused);
    let result = flujo.resume::<pipelines::asks>("q").reply(40_u64).by("ada").await.unwrap();
    assert_eq!(result.hitl_history[0].reply.by.as_deref(), Some("ada"));
    assert_eq!(result.into_output().unwrap(), 43);
    until(&flujo, "s", |view| is_done(view, "6")).await;
    // The connection of the step that was under way went with the server: it may be done again, and no other one is.
    let again: Vec<_> = server.begun("s").into_iter().filter(|(_, n)| *n > 1).collect();
    assert!(again.iter().all(|(path, n)| path == "steps/b" && *n == 2), "{again:?}");
    assert!(server.begun("q").values().all(|n| *n == 1), "{:?}", server.begun("q"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_once_or_by_its_deadline() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let result = flujo.run(pipelines::unanswered(1)).id("due").await;
    assert!(matches!(result.outcome, flujo::Outcome::Paused(_)));
    let view = until(&flujo, "due", |view| is_done(view, "8")).await;
    assert_eq!(view.answered[0].reply.by.as_deref(), Some("deadline"));
    flujo.run(pipelines::asks(1)).id("q").await;
    let reply = |n: u64| {
        let flujo = flujo.clone();
        async move { flujo.resume::<pipelines::asks>("q").reply_to("asks/more", n).await }
    };
    let (a, b) = tokio::join!(reply(1), reply(2));
    let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
    let output = won.unwrap().into_output().unwrap();
    assert!(output == 4 || output == 5, "{output}");
    let lost = lost.unwrap_err().to_string();
    assert!(lost.contains("already answered"), "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_killed_while_arms_of_several_steps_run() {
    let Some(mut server) = server().await else { return };
    let worker = server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "arms", "r", json!([1, 150])).await;
    for path in ["arms/a1", "arms/a2"] {
        server.wait_for_line(&format!("begins r {path}")).await;
        server.restart(worker);
    }
    until(&flujo, "r", |view| is_done(view, "45")).await;
    let (begun, ended) = (server.begun("r"), server.ended("r"));
    assert_eq!(ended.len(), 12, "{ended:?}");
    assert!(ended.values().all(|n| *n == 1), "{ended:?}");
    assert!(begun.values().any(|n| *n > 1), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_goes_on_over_a_restart_of_the_server() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let began = std::time::Instant::now();
    start(&flujo, "waits", "r", json!([1])).await;
    server.wait_for_line("ends r waits/before").await;
    server.kill();
    server.start().await;
    until(&flujo, "r", |view| is_done(view, "3")).await;
    assert!(began.elapsed().as_secs() >= 2, "{:?}", began.elapsed());
    assert!(server.begun("r").values().all(|n| *n == 1), "{:?}", server.begun("r"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_with_arms_under_way() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "arms", "r", json!([1, 300])).await;
    server.wait_for_line("begins r arms/a1").await;
    flujo.cancel("r").await.unwrap();
    until(&flujo, "r", |view| view.status == Status::Ended(FinalOutcome::Cancelled)).await;
    let lines = server.lines().len();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(server.lines().len() <= lines + 8, "steps go on: {:?}", server.lines());
    assert_eq!(server.begun("r").get("arms/last"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_started_once() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let all = (0..20).map(|i| flujo.run(pipelines::steps(1, 1)).id(format!("r-{}", i % 4)).into_future());
    let results = futures_util::future::join_all(all).await;
    assert!(results.into_iter().all(|result| result.into_output().is_ok_and(|n| n == 6)));
    for i in 0..4 {
        let begun = server.begun(&format!("r-{i}"));
        assert!(begun.len() == 5 && begun.values().all(|n| *n == 1), "{begun:?}");
    }
    assert_eq!(flujo.list(&flujo::engine::RunFilter::default()).await.unwrap().len(), 4);
}
