//! The engine on a real server, which is killed, as are its workers.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::panic,
    reason = "tests"
)]

mod balance;
mod cluster;
mod contract;
mod foreign;
mod ids;
mod installed;
mod large;
mod mistakes;
mod operated;
mod pipelines;
mod refused;
mod support;
mod timeouts;

use flujo::UsageLimits;
use flujo::engine::{
    FinalOutcome, QuestionFilter, RunFilter, RunId, RunOrder, RunSummary, Status, UsageFilter,
};
use flujo::run::{Control, ForkRun, Replay};
use installed::wait_for;
use serde_json::json;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::time::{Duration, Instant};
use support::{server, start, until};

fn is_done(view: &flujo::engine::RunView, output: &str) -> bool {
    matches!(&view.status, Status::Ended(FinalOutcome::Done(json)) if json.as_str() == output)
}

fn error_of<T>(outcome: flujo::Outcome<T>) -> String {
    let flujo::Outcome::Failed(error) = outcome else { panic!("it has not failed") };
    error.to_string()
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
    assert_eq!(server.done_twice("r"), Vec::<String>::new());
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
    // Nor does a call go on that waits for a run to rest once more.
    server.ends_everything().await;
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
    assert_eq!(server.done_twice("r"), Vec::<String>::new());
    assert!(begun.values().any(|n| *n > 1), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_in_a_map_inside_of_a_map() {
    let Some(mut server) = server().await else { return };
    let worker = server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "nested", "r", json!([1, 150])).await;
    for path in ["nested/rows[1]/cells[0]/y", "nested/rows[0]/sum"] {
        server.wait_for_line(&format!("begins r {path}")).await;
        server.restart(worker);
    }
    until(&flujo, "r", |view| is_done(view, "21")).await;
    let ended = server.ended("r");
    assert_eq!(ended.len(), 11, "{ended:?}");
    assert_eq!(server.done_twice("r"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_in_the_arms_that_a_set_selects() {
    let Some(mut server) = server().await else { return };
    let worker = server.worker().await;
    let flujo = server.flujo();
    start(&flujo, "routed", "r", json!([1, 150])).await;
    server.wait_for_line("begins r routed/farther").await;
    server.restart(worker);
    until(&flujo, "r", |view| is_done(view, "16")).await;
    assert_eq!(server.ended("r").len(), 4, "{:?}", server.ended("r"));
    assert_eq!(server.done_twice("r"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_before_a_step_is_tried_again() {
    let Some(mut server) = server().await else { return };
    let worker = server.worker().await;
    let flujo = server.flujo();
    let began = Instant::now();
    start(&flujo, "retried", "r", json!([1])).await;
    server.wait_for_line("begins r retried/stumble").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.restart(worker);
    until(&flujo, "r", |view| is_done(view, "2")).await;
    // The failed attempt is on record, and its backoff is a timer of the server.
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(server.begun("r").into_values().collect::<Vec<_>>(), [1, 2]);
    let attempts: Vec<_> = flujo.inspect("r").await.unwrap().records.iter().map(|one| one.key.n).collect();
    assert_eq!(attempts, [1, 2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_goes_on_over_a_restart_of_the_server() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let began = Instant::now();
    start(&flujo, "waits", "r", json!([1])).await;
    until(&flujo, "r", |view| view.records.len() == 1).await;
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
    tokio::time::sleep(Duration::from_secs(1)).await;
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
    assert_eq!(flujo.list(&RunFilter::default()).await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_goes_on_where_it_failed() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let failed = flujo.run(pipelines::fails(1)).id("r").await;
    assert_eq!(failed.steps.len(), 2);
    assert_eq!(error_of(failed.outcome), "fails/pay: no money");
    server.pay();
    let resumed = Instant::now();
    let result = flujo.resume::<pipelines::fails>("r").by("ops").await.unwrap();
    // Its timer has ended before.
    assert!(resumed.elapsed().as_millis() < 1_500, "{:?}", resumed.elapsed());
    assert_eq!(result.into_output().unwrap(), 3);
    let begun: Vec<_> = server.begun("r").into_iter().collect();
    let expected = [("fails/after", 1), ("fails/before", 1), ("fails/pay", 2)];
    assert_eq!(begun, expected.map(|(path, n)| (path.to_owned(), n)));
    let view = flujo.inspect("r").await.unwrap();
    assert_eq!(view.records.len(), 4, "{:#?}", view.records);
    assert_eq!(view.acted.len(), 1, "{:?}", view.acted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_retried_by_the_newest_build() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let failed = flujo.run(pipelines::fails(1)).id("r").await;
    assert_eq!(error_of(failed.outcome), "fails/pay: no money");
    server.pay();
    let address = server.changed_worker("127.0.0.1:0");
    server.engine().register(&address).await.unwrap();
    let changed = pipelines::builds::changed(server.engine());
    let result = changed.resume::<pipelines::builds::other::fails>("r").by("ops").await.unwrap();
    assert_eq!(result.into_output().unwrap(), 4);
    let begun: Vec<_> = server.begun("r").into_iter().collect();
    let expected = [("fails/after", 1), ("fails/before", 1), ("fails/more", 1), ("fails/pay", 2)];
    assert_eq!(begun, expected.map(|(path, n)| (path.to_owned(), n)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_forked_and_replayed_from_its_records() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    flujo.run(pipelines::asks(1)).id("a").await;
    flujo.resume::<pipelines::asks>("a").reply(40_u64).await.unwrap();
    assert_eq!(Control::replay(&flujo, &"a".into()).await.unwrap(), Replay::default());
    Control::fork(&flujo, &ForkRun::new("a", "asks/after", "b")).await.unwrap();
    let view = until(&flujo, "b", |view| is_done(view, "43")).await;
    assert_eq!(view.run.seed.origin.as_ref().map(RunId::as_str), Some("a"));
    let begun: Vec<_> = server.begun("b").into_keys().collect();
    assert_eq!(begun, ["asks/after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_holds_for_arms_on_two_workers() {
    let Some(mut server) = server().await else { return };
    server.workers(2).await;
    let flujo = server.flujo();
    let calls = || server.lines().iter().filter(|line| line.starts_with("called model")).count();
    // Two calls each in four arms, which wait for their turn at the one ledger.
    let free = flujo.run(pipelines::guesses(10)).id("free").await;
    assert_eq!(free.usage.model_calls, 8);
    assert_eq!((free.into_output().unwrap(), calls()), (24, 8));
    let limits = UsageLimits::NONE.model_calls(5);
    let failed = flujo.run(pipelines::guesses(20)).id("limited").limits(limits).await;
    let error = error_of(failed.outcome);
    assert!(error.contains("the run's limit of 5 model calls would be exceeded"), "{error}");
    // The last one that was reserved may be given up before it is made.
    assert!((4..=5).contains(&(calls() - 8)), "{}", calls());
    let usage = flujo.inspect("limited").await.unwrap().usage;
    assert!(usage.model_calls <= 5, "{usage:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_workers_is_killed_under_250_runs() {
    let Some(mut server) = server().await else { return };
    server.workers(2).await;
    let flujo = server.flujo();
    let all: Vec<_> =
        (0..250).map(|i| flujo.run(pipelines::steps(i, 20)).id(format!("r-{i}")).into_future()).collect();
    let all = tokio::spawn(futures_util::future::join_all(all));
    let killed = server.process(0);
    // Both have done something, and there is more to do.
    let is_of = |line: &str, process: &str| line.starts_with("ends ") && line.ends_with(process);
    let done = |process: &str| server.lines().iter().filter(|line| is_of(line, process)).count();
    let both = [server.process(0), server.process(1)];
    wait_for("steps of both", async || both.iter().all(|process| done(process) >= 50)).await;
    server.kill_worker(0);
    for (i, result) in all.await.unwrap().into_iter().enumerate() {
        assert_eq!(result.into_output().unwrap(), i as u64 + 5);
    }
    let mut by_step: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in server.lines() {
        let words: Vec<_> = line.split(' ').collect();
        if let ["ends", run, path, process] = words.as_slice() {
            by_step.entry(format!("{run} {path}")).or_default().push((*process).to_owned());
        }
    }
    assert_eq!(by_step.len(), 1_250);
    for (step, processes) in &by_step {
        // A step whose worker was killed between its end and its record is done again, by the other one.
        let (last, before) = processes.split_last().unwrap();
        assert!(
            before.is_empty() || (before == [killed.as_str()] && *last != killed),
            "{step}: {processes:?}"
        );
    }
    for process in &both {
        let share = by_step.values().flatten().filter(|by| *by == process).count();
        assert!(share >= 50, "{process}: {share}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_console_shows_is_there() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let labelled = flujo.run(pipelines::guesses(3)).id("g").label("tenant", "acme").by("ops");
    assert_eq!(labelled.await.usage.model_calls, 8);
    flujo.run(pipelines::asks(1)).id("q").await;
    let all = Control::list(&flujo, &RunFilter::default().order(RunOrder::Created)).await.unwrap();
    let of = |run: &RunSummary| (run.id.to_string(), run.state.word(), run.usage.model_calls, run.questions);
    let mut shown: Vec<_> = all.iter().map(of).collect();
    shown.sort();
    assert_eq!(shown, [("g".to_owned(), "done", 8, 0), ("q".to_owned(), "paused", 0, 1)]);
    assert!(all.iter().all(|run| run.created <= run.started.unwrap() && run.started.unwrap() <= run.changed));
    let done = all.iter().find(|run| run.id.as_str() == "g").unwrap();
    assert!(done.ended.is_some() && done.labels.iter().eq([("tenant", "acme")]), "{done:?}");
    let labelled = RunFilter::default().label("tenant", "acme");
    let counts = Control::count(&flujo, &labelled).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.runs).collect::<Vec<_>>(), [1]);
    let inbox = Control::inbox(&flujo, &QuestionFilter::default()).await.unwrap();
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    let usage = Control::usage(&flujo, &UsageFilter::default()).await.unwrap();
    assert_eq!(usage.iter().map(|line| line.usage.model_calls).sum::<u64>(), 8);
    let inputs = Control::inputs(&flujo, &"g".into()).await;
    assert!(inputs.is_ok(), "{inputs:?}");
    flujo.cancel("q").await.unwrap();
    until(&flujo, "q", |view| view.status == Status::Ended(FinalOutcome::Cancelled)).await;
    assert!(Control::inbox(&flujo, &QuestionFilter::default()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_restarts_by_itself_does_nothing_of_its_arms_again() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let result = flujo.run(pipelines::stumbles(1)).id("r").retries(1).await;
    assert_eq!(result.into_output().unwrap(), 5);
    let begun: Vec<_> = server.begun("r").into_iter().collect();
    let expected = [("a", 1), ("b", 1), ("bb", 1), ("stumble", 2)];
    assert_eq!(begun, expected.map(|(step, n)| (format!("stumbles/{step}"), n)));
}
