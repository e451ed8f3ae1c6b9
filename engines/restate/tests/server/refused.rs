//! A worker of another build, or with other pipelines, at the address of one that had runs.

use crate::support::{server, start, until};
use crate::{error_of, is_done, pipelines};
use flujo::error::Signal;
use serde_json::json;
use std::future::IntoFuture;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_the_build_that_began_it() {
    let Some(mut server) = server().await else { return };
    let worker = server.worker().await;
    let flujo = server.flujo();
    // One is in its arms, and the other one in its steps.
    start(&flujo, "arms", "q", json!([1, 1000])).await;
    server.wait_for_line("begins q arms/a0").await;
    start(&flujo, "steps", "r", json!([1, 300])).await;
    server.wait_for_line("begins r steps/d").await;
    let waiting = tokio::spawn(flujo.run(pipelines::steps(1, 300)).id("r").into_future());
    server.replace(worker, "changed");
    let address = server.address(worker).to_owned();
    // Who waits for it gets an error, and who looks sees it.
    let refused = format!(
        "run `r` does not go on: its journal does not fit the code at {address}: the worker there is of another build than the \
         one that began the run. Start the old build there again, and the run goes on; nothing of it is lost. Give the new \
         build an address of its own"
    );
    assert_eq!(error_of(waiting.await.unwrap().outcome), refused);
    let reason = |id: &str| {
        let flujo = flujo.clone();
        let id = id.to_owned();
        async move {
            let view = until(&flujo, &id, |view| view.stopped.is_some()).await;
            assert_eq!(view.status, flujo::engine::Status::Running);
            let Some(Signal::Engine(error)) = view.stopped else { panic!("{:?}", view.stopped) };
            error.to_string()
        }
    };
    assert_eq!(reason("r").await, refused);
    // What is in arms, too: its root does not fit, and its arms have no service there, whichever is refused first.
    let (_, advice) = refused.split_once(&format!("the code at {address}")).unwrap();
    let reason = reason("q").await;
    let (what, same) = reason.split_once(&format!("the code at {address}")).unwrap();
    assert_eq!(same.trim_start_matches(" does not have its arms"), advice);
    let all = ["run `q` does not go on: its journal does not fit ", "run `q` does not go on: "];
    assert!(all.contains(&what), "{reason}");
    // A worker at an address of its own has the runs that begin now.
    server.worker().await;
    assert_eq!(flujo.run(pipelines::steps(1, 0)).id("other").await.into_output().unwrap(), 6);
    // The old build goes on where it was killed.
    server.restart(worker);
    until(&flujo, "r", |view| is_done(view, "6") && view.stopped.is_none()).await;
    until(&flujo, "q", |view| is_done(view, "45") && view.stopped.is_none()).await;
    assert_eq!(server.begun("r").into_values().collect::<Vec<_>>(), [1, 1, 1, 2, 1]);
    assert_eq!(server.done_twice("r"), Vec::<String>::new());
    assert_eq!(server.done_twice("q"), Vec::<String>::new());
}
