//! Who looks at a run: observers of all kinds, faulty ones too, chunks and values.

use crate::events::{everything, seen};
use flujo::engine::RunId;
use flujo::events::{Chunks, Event, EventKind, Observer, Values};
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest};
use flujo::prelude::*;
use flujo_testing::EventLog;
use flujo_tests::lines::lines;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::{Arc, Mutex};

struct Faulty(Mutex<u32>);
#[flujo::async_trait]
impl Observer for Faulty {
    async fn event(&self, _: &Event) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
        panic!("this observer is broken");
    }
}

struct Stuck;
#[flujo::async_trait]
impl Observer for Stuck {
    async fn event(&self, _: &Event) {
        std::future::pending::<()>().await;
    }
}

#[test]
fn observers_that_panic_or_never_return_harm_nobody() {
    std::panic::set_hook(Box::new(|_| {}));
    on_all(async |engine, _| {
        let (log, faulty) = (EventLog::new(), Arc::new(Faulty(Mutex::new(0))));
        let (flujo, _) = flujo(&engine);
        let run = flujo.run(seen("x".to_owned())).observer(Stuck).observer(faulty.clone());
        let result = run.observer(log.clone()).await;
        assert_eq!(result.into_output().unwrap(), "spare x2!!");
        assert_eq!(lines(&log), everything());
        // It was told of every event all the same.
        let told = *faulty.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        assert_eq!(told as usize, everything().len());
    });
    drop(std::panic::take_hook());
}

/// Takes events one at a time, each when it is allowed to.
#[derive(Default)]
struct Slow {
    allowed: tokio::sync::Notify,
    log: EventLog,
}
#[flujo::async_trait]
impl Observer for Slow {
    async fn event(&self, event: &Event) {
        self.allowed.notified().await;
        self.log.event(event).await;
    }
}

#[test]
fn a_slow_observer_sees_everything_after_the_run_has_ended() {
    on_all(async |engine, _| {
        let slow = Arc::new(Slow::default());
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(seen("x".to_owned())).observer(slow.clone()).await;
        assert_eq!(result.into_output().unwrap(), "spare x2!!");
        assert_eq!(slow.log.events().len(), 0, "the run has not waited for it");
        for n in 1..=everything().len() {
            slow.allowed.notify_one();
            while slow.log.events().len() < n {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(lines(&slow.log), everything());
    });
}

#[test]
fn what_a_slow_observer_misses_is_counted_and_the_end_is_not_missed() {
    pipeline! {
        fn talkative() -> u32 {
            talks(5000).retries(1).backoff(none)
        }
    }
    on_all(async |engine, _| {
        let (slow, quick) = (Arc::new(Slow::default()), EventLog::new());
        let (flujo, _) = flujo(&engine);
        let run = flujo.run(talkative()).observer(slow.clone()).observer(quick.clone());
        assert_eq!(run.await.into_output().unwrap(), 5000);
        let told = quick.events();
        while !matches!(slow.log.events().last().map(|e| &e.kind), Some(EventKind::RunEnded { .. })) {
            slow.allowed.notify_one();
            tokio::task::yield_now().await;
        }
        let seen = slow.log.take();
        // One that it was busy with, and those that fit in line; then what is missing, and the end.
        assert_eq!(seen[..4097], told[..4097]);
        let missed = told.len() as u64 - 4097 - 1;
        assert_eq!(seen[4097].kind, EventKind::Missed { events: missed });
        assert_eq!((&seen[4098], seen.len()), (told.last().unwrap(), 4099));
    });
}

#[step]
async fn talks(pieces: u32, run: &RunInfo) -> Result<u32> {
    for n in 0..pieces {
        run.emit(&n.to_string());
    }
    if run.attempt() == 1 { Err(StepError::retryable("again")) } else { Ok(pieces) }
}

/// Answers piece by piece.
struct Streaming;
#[flujo::async_trait]
impl ModelClient for Streaming {
    async fn call(
        &self,
        _: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        for piece in ["{\"name\"", ":\"calm\"}"] {
            chunks.chunk(piece);
        }
        let content = "{\"name\":\"calm\"}".to_owned();
        Ok(ModelReply::new(content))
    }
}

#[test]
fn chunks_of_steps_and_models_are_told_while_they_come_and_not_again() {
    pipeline! {
        fn chunky(text: String) -> String {
            talks(2).retries(1).backoff(none);
            let label = label(text);
            let reply: String = ask("Fine?");
            value(format!("{} {reply}", label.name))
        }
    }
    on_all(async |engine, _| {
        let log = EventLog::new();
        let builder = Flujo::builder().models(Streaming).observer(log.clone());
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        drop(flujo.run(chunky("x".to_owned())).id("r").await);
        let of = |lines: Vec<String>| lines.into_iter().filter(|l| l.contains(" chunk ")).collect::<Vec<_>>();
        let told = [
            "1 chunky/talks chunk 1 0",
            "1 chunky/talks chunk 1 1",
            "1 chunky/talks chunk 2 0",
            "1 chunky/talks chunk 2 1",
            "1 chunky/label chunk 1 {\"name\"",
            "1 chunky/label chunk 1 :\"calm\"}",
        ];
        assert_eq!(of(lines(&log)), told);
        let result = flujo.resume::<chunky>("r").reply("yes").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "calm yes");
        assert_eq!(of(lines(&log)), Vec::<String>::new());
    });
}

#[test]
fn values_are_told_to_those_who_want_them() {
    pipeline! {
        fn valued(text: String, ctx: &mut State, world: &World) -> String {
            echo(text)
        }
    }
    let values = |events: Vec<Event>| {
        let mut all = Vec::new();
        for event in events {
            all.push(match event.kind {
                EventKind::RunStarted { input, .. } => ("run", input),
                EventKind::AttemptStarted { input, .. } => ("in", input),
                EventKind::AttemptEnded { output, .. } | EventKind::AttemptReplayed { output, .. } => {
                    ("out", output)
                }
                _ => continue,
            });
        }
        all.into_iter().map(|(what, json)| (what, json.map(|j| j.to_string()))).collect::<Vec<_>>()
    };
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let (shy, curious) = (EventLog::new(), EventLog::with_values());
        drop(flujo.run(valued("x".to_owned())).observer(shy.clone()).await);
        assert_eq!(values(shy.take()), [("run", None), ("in", None), ("out", None)]);
        drop(flujo.run(valued("x".to_owned())).observer(curious.clone()).await);
        let (input, output) = (Some("[\"x\"]".to_owned()), Some("\"x\"".to_owned()));
        assert_eq!(values(curious.take()), [("run", input.clone()), ("in", input), ("out", output)]);
        assert_eq!(curious.wants(), Values { inputs: true, outputs: true, chunks: Chunks::All });
    });
}

#[test]
fn builder_observers_see_every_run_and_run_observers_one() {
    pipeline! {
        fn small(text: String, ctx: &mut State, world: &World) -> String {
            echo(text)
        }
    }
    on_all(async |engine, _| {
        let (all, one) = (EventLog::new(), EventLog::new());
        let builder = Flujo::builder().resources(World { calls: Calls::default() }).observer(all.clone());
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        drop(flujo.run(small("x".to_owned())).id("a").observer(one.clone()).await);
        drop(flujo.run(small("x".to_owned())).id("b").await);
        let count =
            |log: &EventLog, id: &str| log.events().iter().filter(|e| e.run_id == RunId::from(id)).count();
        assert_eq!((count(&all, "a"), count(&all, "b")), (8, 8));
        assert_eq!((count(&one, "a"), count(&one, "b")), (8, 0));
    });
}
