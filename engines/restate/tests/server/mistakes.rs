//! The errors of a server, an address or a worker that is wrong, missing or too old.

use crate::support::{server, start, until};
use crate::{is_done, pipelines};
use flujo::Flujo;
use flujo_restate::Restate;
use serde_json::json;
use std::future::IntoFuture;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Something at an address that gives one answer to all that it is asked.
async fn answering(answer: &'static str) -> String {
    answering_with("200 OK", answer).await
}

/// The same, with a status.
async fn answering_with(status: &'static str, answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json");
            let all = format!("{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
            let _ = stream.write_all(all.as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn a_server_that_is_missing_or_none_or_of_another_version() {
    let wrong = Restate::connect("restate:8080", "http://127.0.0.1:9070").unwrap_err().to_string();
    assert_eq!(wrong, "`restate:8080` is no address of a Restate server: write `http://host:port`");
    let unused = "http://127.0.0.1:9";
    let missing = Restate::connect(unused, unused).unwrap().health().await.unwrap_err().to_string();
    let expected = "no Restate server answers at http://127.0.0.1:9/health: start one, or name its address";
    assert_eq!(missing, expected);
    let page = answering("<html>").await;
    let foreign = Restate::connect(&page, &page).unwrap().health().await.unwrap_err().to_string();
    assert_eq!(
        foreign,
        format!("what {page}/health answers is not what a Restate server of version 1.7 does")
    );
    let old = answering(r#"{"version":"1.1.6"}"#).await;
    let old = Restate::connect(&old, &old).unwrap().health().await.unwrap_err().to_string();
    let expected =
        "the Restate server has version 1.1.6, which is too old: version 1.7 or a newer one is needed";
    assert_eq!(old, expected);
    let newer = answering(r#"{"version":"1.12.0"}"#).await;
    Restate::connect(&newer, &newer).unwrap().health().await.unwrap();
    let new = answering(r#"{"version":"2.0.1"}"#).await;
    let new = Restate::connect(&new, &new).unwrap().health().await.unwrap_err().to_string();
    let expected = "the Restate server has version 2.0.1, which this version of flujo-restate does not know: use a server \
                    from version 1.7 on, below 2.0, or a newer flujo-restate";
    assert_eq!(new, expected);
}

/// What a server says of a service that no deployment has.
const UNKNOWN: &str =
    r#"{"message":"service 'flujo.Graph' not found, make sure to register the service before calling it."}"#;

/// What to do where no worker is registered.
const START: &str = "start one and name its address to the server: `flujo_restate::serve(&flujo, \"0.0.0.0:9080\")\
                     .register(\"http://its-host:9080\").await`";

#[tokio::test]
async fn a_server_without_a_worker() {
    let page = answering_with("404 Not Found", UNKNOWN).await;
    let flujo = pipelines::all(Restate::connect(&page, &page).unwrap());
    let error = crate::error_of(flujo.run(pipelines::steps(1, 0)).id("r").await.outcome);
    assert_eq!(error, format!("no worker that has the pipeline `steps` is registered at {page}: {START}"));
    let error = flujo::run::Control::inspect(&flujo, &"r".into()).await.unwrap_err().to_string();
    assert_eq!(error, format!("no worker is registered at {page}, which alone executes no run: {START}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn observers_that_would_see_nothing() {
    struct Watches;
    #[async_trait::async_trait]
    impl flujo::events::Observer for Watches {
        async fn event(&self, _: &flujo::events::Event) {}
    }
    let refused = "this engine executes runs in other processes, where an observer of this one would see nothing: leave \
                   `.observer(..)` and `.stream()` out, and look at runs with `inspect`";
    let unused = || Restate::connect("http://127.0.0.1:9", "http://127.0.0.1:9").unwrap();
    let built = Flujo::builder().engine(unused()).observer(Watches).build().unwrap_err();
    assert!(built.to_string().contains(refused), "{built}");
    // Before the run is created.
    let flujo = pipelines::all(unused());
    let error = crate::error_of(flujo.run(pipelines::steps(1, 0)).observer(Watches).id("r").await.outcome);
    assert!(error.contains(refused), "{error}");
    let mut stream = flujo.run(pipelines::steps(1, 0)).stream();
    let Some(flujo::run::Streamed::Result(result)) = stream.next().await else { panic!("it has no events") };
    let error = crate::error_of(result.outcome);
    assert!(error.contains(refused), "{error}");
    let error = flujo.resume::<pipelines::steps>("r").observer(Watches).await.unwrap_err();
    assert!(error.to_string().contains(refused), "{error}");
}

#[tokio::test]
async fn a_worker_that_cannot_serve() {
    let elsewhere = Flujo::builder().engine(flujo::engine::Memory::new()).build().unwrap();
    let refused = flujo_restate::serve(&elsewhere, "127.0.0.1:0").await.unwrap_err().to_string();
    let expected = "the engine of this `Flujo` is not Restate, which alone calls workers: `.engine(Restate::connect(..)?)`";
    assert_eq!(refused, expected);
    let engine = Restate::connect("http://127.0.0.1:9", "http://127.0.0.1:9").unwrap();
    let flujo = pipelines::all(engine);
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let refused = flujo_restate::serve(&flujo, address).await.unwrap_err();
    let expected = format!(
        "nothing can listen at `{address}`: name a host and a port that is free, such as `0.0.0.0:9080`"
    );
    assert_eq!(refused.to_string(), expected);
    assert!(std::error::Error::source(&refused).is_some());
    let refused =
        flujo_restate::serve(&flujo, "127.0.0.1:0").register("http://127.0.0.1:9").await.unwrap_err();
    assert!(refused.to_string().starts_with("no Restate server answers at http://127.0.0.1:9/"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_belongs_to_one_build() {
    let Some(mut server) = server().await else { return };
    let worker = server.worker().await;
    let address = server.address(worker).to_owned();
    // Once more is nothing new.
    server.engine().register(&address).await.unwrap();
    server.kill_worker(worker);
    server.changed_worker(&address);
    let refused = server.engine().register(&address).await.unwrap_err().to_string();
    assert!(
        refused.starts_with(&format!("the server knows another build at {address}, with another `")),
        "{refused}"
    );
    let missing = server.engine().register("http://127.0.0.1:9").await.unwrap_err().to_string();
    assert!(missing.contains("/deployments answers 500: ") && missing.contains("127.0.0.1:9"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_is_there_again_with_other_timeouts_has_those() {
    let Some(server) = server().await else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut listener = flujo_restate::Address::from(listener);
    for (hours, shown) in [(2, "2h"), (2, "2h"), (3, "3h")] {
        let worker =
            flujo_restate::serve(&server.flujo(), listener).attempt_limit(Duration::from_secs(hours * 3600));
        let serving = tokio::spawn(worker.into_future());
        server.engine().register(&format!("http://{address}")).await.unwrap();
        let about = server.admin("/services/steps").await;
        assert!(about["abort_timeout"].as_str().unwrap().starts_with(shown), "{about}");
        let all = server.admin("/deployments").await;
        assert_eq!(all["deployments"].as_array().unwrap().len(), 1, "{all}");
        serving.abort();
        let _ = serving.await;
        listener = address.into();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stays_with_the_build_that_began_it() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "steps", "old", json!([1, 200])).await;
    server.wait_for_line("begins old steps/b").await;
    let address = server.changed_worker("127.0.0.1:0");
    server.engine().register(&address).await.unwrap();
    let changed = pipelines::builds::changed(server.engine());
    let result = changed.run(pipelines::builds::other::steps(1, 0)).id("new").await;
    assert_eq!(result.into_output().unwrap(), 5);
    until(&flujo, "old", |view| is_done(view, "6")).await;
    let paths: Vec<_> = server.begun("new").into_keys().collect();
    assert_eq!(paths, ["steps/a", "steps/b", "steps/c", "steps/x"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_for_some_time() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let waiting = tokio::spawn(flujo.run(pipelines::steps(1, 200)).id("r").into_future());
    server.wait_for_line("begins r steps/b").await;
    server.kill();
    // Who begins something now gets an error at once.
    let refused = flujo.run(pipelines::steps(1, 0)).id("other").await;
    let flujo::Outcome::Failed(error) = refused.outcome else { panic!("there is no server") };
    assert!(error.to_string().contains("no Restate server answers at http://127.0.0.1:"), "{error}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.start().await;
    assert_eq!(waiting.await.unwrap().into_output().unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_no_worker_has() {
    let Some(server) = server().await else { return };
    let flujo = server.flujo();
    let result = flujo.run(pipelines::steps(1, 0)).id("r").await;
    let flujo::Outcome::Failed(error) = result.outcome else { panic!("nobody runs it") };
    let server = server.ingress();
    let expected = format!("no worker that has the pipeline `steps` is registered at {server}: {START}");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn arms_of_a_run_stay_with_the_build_that_began_it() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "arms", "old", json!([1, 500])).await;
    server.wait_for_line("begins old arms/first").await;
    let address = server.changed_worker("127.0.0.1:0");
    server.engine().register(&address).await.unwrap();
    until(&flujo, "old", |view| is_done(view, "45")).await;
}
