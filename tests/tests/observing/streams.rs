//! Runs as streams of events, and in the background.

use flujo::ErrorKind;
use flujo::events::{Event, EventKind};
use flujo::prelude::*;
use flujo::run::{RunStream, Streamed};
use flujo_tests::lines::line;
use flujo_tests::world::*;
use std::time::Duration;

pipeline! {
    fn two(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        wait(Duration::from_secs(1));
        echo(text)
    }
}

pipeline! {
    fn failing(text: String, ctx: &mut State, world: &World) -> String {
        broken(text)
    }
}

pipeline! {
    fn asking(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let reply: String = ask("Well?").showing(&text);
        echo(reply)
    }
}

/// Everything that a stream yields: the lines of its events, and how often a result came, and where.
async fn all<Out>(mut stream: RunStream<Out>) -> (Vec<String>, Out) {
    let (mut lines, mut result) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(result.is_none(), "nothing follows the result");
        match item {
            Streamed::Event(event) => lines.push(line(&event)),
            Streamed::Result(out) => result = Some(out),
        }
    }
    assert!(stream.next().await.is_none());
    (lines, result.expect("a result"))
}

#[test]
fn a_stream_yields_every_event_and_one_result() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let (lines, result) = all(flujo.stream(two("x".to_owned()))).await;
        assert_eq!(
            lines,
            [
                "0 two run two resumed=false",
                "0 two pipeline",
                "1 two/add step",
                "1 two/add attempt 1",
                "1 two/add attempt 1 ok",
                "1 two/add step done",
                "1 two/wait waits 1s",
                "1 two/wait waited",
                "1 two/echo step",
                "1 two/echo attempt 1",
                "1 two/echo attempt 1 ok",
                "1 two/echo step done",
                "0 two pipeline done",
                "0 two run done $0.00",
            ]
        );
        assert_eq!(result.context.log, ["x"]);
        assert_eq!(result.into_output().unwrap(), "x");
    });
}

#[test]
fn a_stream_of_a_failed_paused_or_refused_run_ends_with_one_result_too() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let (lines, result) = all(flujo.stream(failing("x".to_owned()))).await;
        let error = result.into_output().unwrap_err().to_string();
        assert_eq!(error, "failing/broken: broken by x");
        assert_eq!(lines.last().unwrap(), "0 failing run failed: failing/broken: broken by x $0.00");

        let (lines, result) = all(flujo.run(asking("x".to_owned())).id("q").stream()).await;
        assert!(matches!(result.outcome, Outcome::Paused(_)));
        assert_eq!(lines.last().unwrap(), "0 asking run Paused { questions: 1 } $0.00");

        // The id is taken by another input: nothing runs, so nothing is told but the result.
        let (lines, result) = all(flujo.run(asking("y".to_owned())).id("q").stream()).await;
        assert_eq!(lines, Vec::<String>::new());
        assert!(matches!(result.into_output().unwrap_err().kind(), ErrorKind::RunConflict(_)));

        let (lines, result) = all(flujo.resume::<asking>("q").reply("z").stream()).await;
        assert_eq!(result.unwrap().into_output().unwrap(), "z");
        assert_eq!(
            lines[..3],
            ["0 asking run asking resumed=true", "0 asking pipeline", "1 asking/add replayed 1 ok"]
        );
        assert_eq!(lines[3], "1 asking/reply answered \"z\" replayed=false");
        // A wrong id is a result of the stream, too.
        let (lines, result) = all(flujo.resume::<asking>("nobody").stream()).await;
        assert_eq!((lines.len(), result.is_err()), (0, true));
    });
}

/// Asks for items until one of this kind comes.
async fn until<Out>(stream: &mut RunStream<Out>, wanted: impl Fn(&EventKind) -> bool) -> Event {
    while let Some(Streamed::Event(event)) = stream.next().await {
        if wanted(&event.kind) {
            return event;
        }
    }
    panic!("it did not come");
}

#[test]
fn a_cancelled_stream_ends_with_cancelled() {
    on_all(async |engine, clock| {
        let (flujo, calls) = flujo(&engine);
        clock.hold();
        let mut stream = flujo.stream(two("x".to_owned()));
        until(&mut stream, |kind| matches!(kind, EventKind::TimerStarted { .. })).await;
        flujo.cancel(stream.id()).await.unwrap();
        let (lines, result) = all(stream).await;
        assert_eq!(lines, ["0 two run Cancelled $0.00"]);
        assert!(matches!(result.outcome, Outcome::Cancelled));
        assert_eq!(calls.len(), 1);
    });
}

#[test]
fn a_stream_runs_only_as_far_as_somebody_asks() {
    on_all(async |engine, clock| {
        let (flujo, calls) = flujo(&engine);
        clock.hold();
        let mut stream = flujo.stream(two("x".to_owned()));
        tokio::task::yield_now().await;
        assert_eq!(calls.len(), 0, "nothing runs before it is asked for");
        until(&mut stream, |kind| matches!(kind, EventKind::TimerStarted { .. })).await;
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
        assert_eq!(calls.len(), 1, "time has passed, but nobody has asked");
        let (_, result) = all(stream).await;
        assert_eq!(calls.len(), 2);
        assert_eq!(result.into_output().unwrap(), "x");
    });
}

#[test]
fn a_dropped_stream_is_a_crash_and_can_be_resumed() {
    on_all(async |engine, clock| {
        let (flujo, calls) = flujo(&engine);
        clock.hold();
        let mut stream = flujo.run(two("x".to_owned())).id("r").stream();
        until(&mut stream, |kind| matches!(kind, EventKind::TimerStarted { .. })).await;
        drop(stream);
        clock.advance(Duration::from_secs(1));
        let (lines, result) = all(flujo.resume::<two>("r").stream()).await;
        assert_eq!(result.unwrap().into_output().unwrap(), "x");
        assert_eq!(lines[2], "1 two/add replayed 1 ok");
        assert_eq!(calls.all(), [("two/add".to_owned(), 1), ("two/echo".to_owned(), 1)]);
    });
}

#[test]
fn a_handle_is_awaited() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let handle = flujo.start(two("x".to_owned()));
        let id = handle.id().clone();
        let result = handle.await.unwrap();
        assert_eq!(result.run_id, id);
        assert_eq!(result.into_output().unwrap(), "x");
    });
}

#[test]
fn a_slow_reader_of_a_stream_misses_nothing() {
    #[step]
    async fn talks(pieces: u32, run: &RunInfo) -> Result<u32> {
        for n in 0..pieces {
            run.emit(&n.to_string());
        }
        Ok(pieces)
    }
    pipeline! {
        fn talkative() -> u32 {
            talks(5000)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let mut stream = flujo.stream(talkative());
        let (mut pieces, mut missed) = (Vec::new(), 0);
        while let Some(Streamed::Event(event)) = stream.next().await {
            match event.kind {
                EventKind::Chunk { text, .. } => pieces.push(text.parse::<u32>().unwrap()),
                EventKind::Missed { events } => missed += events,
                _ => {}
            }
            // It has other things to do between one event and the next.
            tokio::task::yield_now().await;
        }
        assert_eq!((pieces, missed), ((0..5000).collect(), 0));
    });
}
