//! No test waits, and none needs a model or a person: what they would say and how long it would take is said here.

use super::*;
use flujo::engine::Memory;
use flujo::{Cost, Error, Usage};
use flujo_testing::{
    Crash, EventLog, Moment, PausedClock, Replies, StubAgent, assert_asks, assert_context, assert_done,
    assert_events_at, assert_failed, assert_paths, assert_usage,
};
use std::sync::Arc;
use std::time::Duration;

fn letter() -> String {
    "May I have a lamp?".to_owned()
}

#[tokio::test]
async fn a_step_alone() -> Result<(), Error> {
    assert_eq!(understand(letter()).run(&mut (), &()).await?, "lamp");
    Ok(())
}

#[tokio::test]
async fn a_person_who_agrees() -> Result<(), Error> {
    let flujo = Flujo::builder().build()?;
    let desk = Desk { notes: vec!["it is Monday".to_owned()] };
    let mut people = Replies::new().reply("answer/fine", true).by("the boss");
    let result = people.run(flujo.run(answer(letter())).context(desk)).await?;
    assert_paths(&result, ["answer/understand", "answer/file"]);
    assert_context(&result, &Desk { notes: ["it is Monday", "wants lamp"].map(str::to_owned).into() });
    assert_done(&result, &"Here is your lamp.".to_owned());
    Ok(())
}

#[tokio::test]
async fn nobody_there() -> Result<(), Error> {
    let result = Replies::new().run(Flujo::builder().build()?.run(answer(letter()))).await?;
    assert_asks(&result, ["answer/fine"]);
    Ok(())
}

#[tokio::test]
async fn what_fails_once_is_tried_again() -> Result<(), Error> {
    let stub = StubAgent::<understand>::scripted([
        Err(StepError::retryable("the line is busy")),
        Ok("bell".to_owned()),
    ]);
    // Both attempts are paid for.
    let stub = stub.costs(Usage::of_cost(Cost(500)));
    let log = EventLog::new();
    let clock = Arc::new(PausedClock::default());
    let flujo = Flujo::builder().clock(clock).stub(&stub).observer(log.clone()).build()?;
    let result = Replies::new().reply("answer/fine", true).run(flujo.run(answer(letter()))).await?;
    assert_done(&result, &"Here is your bell.".to_owned());
    assert_usage(&result, &Usage::of_cost(Cost(1000)));
    let attempts = ["attempt_started", "attempt_ended", "retried", "attempt_started", "attempt_ended"];
    let all = ["node_started"].into_iter().chain(attempts).chain(["node_ended"]);
    // The second execution, after the reply, takes what the first one has recorded.
    assert_events_at(&log, "answer/understand", all.chain(["attempt_replayed", "attempt_replayed"]));
    assert_eq!(stub.calls(), [(letter(),), (letter(),)]);
    Ok(())
}

#[tokio::test]
async fn what_takes_too_long_is_asked_again_without_anybody_waiting() -> Result<(), Error> {
    let clock = PausedClock::default();
    let slow = StubAgent::of(understand, ["a", "b", "c"].map(str::to_owned));
    let slow = slow.delays(clock.clone(), [31, 45, 60].map(Duration::from_secs));
    let flujo = Flujo::builder().clock(Arc::new(clock)).stub(&slow).build()?;
    let result = flujo.run(answer(letter())).await;
    assert_failed(&result, "answer/understand: timed out after 30s (attempt 3 of 3)");
    assert_eq!(slow.calls().len(), 3, "one attempt and two more");
    Ok(())
}

#[tokio::test]
async fn a_process_that_dies_loses_nothing() -> Result<(), Error> {
    let memory = Arc::new(Memory::new());
    let dying = Flujo::builder().engine(Crash::new(Arc::clone(&memory), 1, Moment::After)).build()?;
    drop(dying.run(answer(letter())).id("letter").await);

    let log = EventLog::new();
    let next = Flujo::builder().engine(memory).observer(log.clone()).build()?;
    let mut people = Replies::new().reply("answer/fine", false);
    let result = people.resume::<answer, _>(&next, "letter").await?;
    assert_failed(&result, "answer: no lamp today");
    // What was finished is not run again: both executions of this process find it recorded.
    assert_events_at(&log, "answer/understand", ["attempt_replayed", "attempt_replayed"]);
    Ok(())
}
