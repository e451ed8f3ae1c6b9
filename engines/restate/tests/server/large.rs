//! Values above the limit of the server for a message.

use crate::support::{Server, server_with, start, until};
use crate::{error_of, pipelines};
use flujo::engine::{FinalOutcome, Status};
use serde_json::json;

const SETTINGS: [(&str, &str); 2] =
    [("WORKER__INVOKER__MESSAGE_SIZE_LIMIT", "1MiB"), ("INGRESS__REQUEST_SIZE_LIMIT", "1MiB")];

/// Checks an error that says what is too large, and what to do.
fn is_too_large(error: &str, what: &str, bytes: usize) {
    let advice = "bytes, and a message to the Restate server no more than 1000000: keep large values elsewhere and pass \
                  references to them, or raise the `message-size-limit` of the server, and `Restate::value_limit`";
    let size = error.strip_prefix(what).and_then(|rest| rest.strip_prefix(" has ")?.strip_suffix(advice));
    let size: usize = size.unwrap_or_else(|| panic!("{error}")).trim_end().parse().unwrap();
    // The value, and what is written beside it.
    assert!((bytes..bytes + 2_000).contains(&size), "{error}");
}

async fn limited() -> Option<Server> {
    let mut server = server_with(&SETTINGS).await?;
    server.worker_with(&[("FLUJO_VALUE_LIMIT", "1000000")]).await;
    Some(server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_value_ends_its_run_with_an_error() {
    let Some(server) = limited().await else { return };
    let flujo = pipelines::all(server.engine().value_limit(1_000_000));
    let fits = flujo.run(pipelines::large(900_000)).id("fits").await;
    assert_eq!(fits.into_output().unwrap(), 900_001);
    let step = error_of(flujo.run(pipelines::large(2_000_000)).id("step").await.outcome);
    is_too_large(&step, "large/letters: cannot be recorded: the record of this attempt", 2_000_000);
    // It is not made again.
    let begun: Vec<_> = server.begun("step").into_iter().collect();
    assert_eq!(begun, ["before", "letters"].map(|step| (format!("large/{step}"), 1)));
    let result = error_of(flujo.run(pipelines::sums(600_000)).id("result").await.outcome);
    is_too_large(&result, "cannot be recorded: the result of this run", 1_200_000);
    // Each arm is given what came before it, so that it does not do it again.
    let arms = error_of(flujo.run(pipelines::piles(600_000)).id("arms").await.outcome);
    is_too_large(&arms, "cannot be recorded: what came before this fork, and each arm is given,", 1_200_000);
    let arm = error_of(flujo.run(pipelines::yields(600_000)).id("arm").await.outcome);
    is_too_large(&arm, "cannot be recorded: the result of this arm", 1_200_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_input_is_no_run() {
    let Some(server) = limited().await else { return };
    let flujo = pipelines::all(server.engine().value_limit(1_000_000));
    let input = || "x".repeat(2_000_000);
    let url = "flujo.Run/r/apply";
    let refused = error_of(flujo.run(pipelines::counts(input())).id("r").await.outcome);
    let (server_at, rest) = refused.split_once(url).unwrap();
    is_too_large(&format!("{url}{rest}"), url, 2_000_000);
    assert!(server_at.starts_with("what is sent to http://127.0.0.1:"), "{refused}");
    // The server says so too, to who thinks that it has a higher limit, or closes the connection before that is read.
    let unlimited = server.flujo();
    let refused = error_of(unlimited.run(pipelines::counts(input())).id("r").await.outcome);
    let said = refused.contains("flujo.Run/r/apply takes nothing so large: keep large values elsewhere and ")
        || refused.contains(
            " bytes were sent: the server has ended, or takes nothing so large. Keep large values ",
        );
    assert!(said, "{refused}");
    assert!(refused.ends_with("or raise the `request-size-limit` of the server's ingress"), "{refused}");
    let unknown = flujo.inspect("r").await.unwrap_err().to_string();
    assert_eq!(unknown, "no run `r` is known here");
    let fits = flujo.run(pipelines::counts("x".repeat(900_000))).id("r").await;
    assert_eq!(fits.into_output().unwrap(), 900_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_does_not_know_the_limit_is_waited_for() {
    let Some(mut server) = server_with(&SETTINGS).await else { return };
    let worker = server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "large", "r", json!([2_000_000])).await;
    let view = until(&flujo, "r", |view| view.stopped.is_some()).await;
    assert_eq!(view.status, Status::Running);
    let stopped = view.stopped.map(|signal| signal.to_string()).unwrap_or_default();
    let address = server.address(worker);
    let expected = format!(
        "run `r` does not go on: the server refuses what the worker at {address} sends, which is larger than its limit"
    );
    assert!(stopped.contains(&expected), "{stopped}");
    let advice = "or set `Restate::value_limit` to less than the `message-size-limit` of the server";
    assert!(stopped.contains(advice), "{stopped}");
    assert_eq!(flujo.run(pipelines::steps(1, 0)).id("other").await.into_output().unwrap(), 6);
    // With the limit, the step fails, and what was finished before it is not done again.
    server.replace_with(worker, &[("FLUJO_VALUE_LIMIT", "1000000")]);
    let view = until(&flujo, "r", |view| matches!(view.status, Status::Ended(_))).await;
    let Status::Ended(FinalOutcome::Failed(failure)) = &view.status else { panic!("{:?}", view.status) };
    is_too_large(&failure.chain[0], "the record of this attempt", 2_000_000);
    let begun = server.begun("r");
    assert!(begun["large/before"] == 1 && begun["large/letters"] > 1, "{begun:?}");
}
