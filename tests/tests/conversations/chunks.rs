//! Who gets the pieces of which answers, and when a model is asked to answer in pieces at all.

use flujo::async_trait;
use flujo::events::{Chunks, ConsoleTracer, Event, EventKind, Observer, TraceLevel, Values};
use flujo::model::Script;
use flujo::prelude::*;
use flujo::run::{RunStream, Streamed};
use flujo_testing::EventLog;
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::{Arc, Mutex};

#[step(model = "test:small", max_tokens = 50, retries = 0)]
fn say(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn polish(text: String, world: &World) -> String {
        let text = say(text);
        repeat(text, |text| {
            let text = echo(text);
            say(text).named("again")
        }).until(|text| text.len() > 30).max(2).or_last()
    }
}
pipeline! {
    /// Its last steps are those of the rounds of `polish`, and one side of the branch in it.
    fn writing(text: String, world: &World) -> String {
        let first = say(text).named("first");
        let (a, b) = join(say(first.clone()).named("a"), say(first).named("b"));
        let done = if a == b { polish(a) } else { say(b).named("short") };
        echo(done)
    }
}
pipeline! {
    fn items(texts: Vec<String>, world: &World) -> Vec<String> {
        let answers = map(texts, |text| {
            let text = say(text).named("rough");
            say(text).named("fine")
        }).named("item");
        let answers = emits(answers);
        let _sure: bool = ask("Enough?");
        value(answers)
    }
}

#[step]
async fn emits(texts: Vec<String>, run: &RunInfo) -> Result<Vec<String>> {
    run.emit(&texts.len().to_string());
    Ok(texts)
}

fn build(engine: &AnyEngine, script: &Script) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(script.clone());
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

/// The nodes whose chunks come, each once, in order.
async fn heard<Out>(mut stream: RunStream<Out>) -> Vec<String> {
    let mut heard = Vec::new();
    while let Some(item) = stream.next().await {
        if let Streamed::Event(Event { path, kind: EventKind::Chunk { .. }, .. }) = item {
            let path = path.to_string();
            if !heard.contains(&path) {
                heard.push(path);
            }
        }
    }
    heard
}

const ROUNDS: [&str; 2] = ["writing/polish/again#1", "writing/polish/again#2"];

#[test]
fn a_stream_has_the_chunks_of_the_last_step_and_of_all_where_they_are_asked_for() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|_| "so it is").in_pieces(3);
        let flujo = build(&engine, &script);
        assert_eq!(heard(flujo.stream(writing("x".into()))).await, ROUNDS);
        // Only they were asked for in pieces.
        let pieces: Vec<_> = script.requests().iter().map(|request| request.stream).collect();
        assert_eq!(pieces, [false, false, false, false, true, true]);
        let mut all = heard(flujo.stream(writing("x".into())).all_chunks()).await;
        all.sort();
        let mut expected = vec!["writing/first", "writing/a", "writing/b", "writing/polish/say"];
        expected.extend(ROUNDS);
        expected.sort_unstable();
        assert_eq!(all, expected);
        assert!(script.requests()[6..].iter().all(|request| request.stream));
        // The other side of the branch.
        let script = Script::new().otherwise(|request| request.path.to_string());
        assert_eq!(heard(build(&engine, &script).stream(writing("x".into()))).await, ["writing/short"]);
    });
}

#[test]
fn items_have_last_steps_of_their_own_and_code_steps_speak_too() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|_| "so it is");
        let flujo = build(&engine, &script);
        let texts = vec!["x".to_owned(), "y".to_owned()];
        let mut told = heard(flujo.run(items(texts)).id("i").stream()).await;
        told.sort();
        assert_eq!(told, ["items/emits", "items/item[0]/fine", "items/item[1]/fine"]);
        // What is done says nothing again.
        assert!(heard(flujo.resume::<items>("i").reply(true).stream()).await.is_empty());
    });
}

/// Keeps what it wants.
#[derive(Clone)]
struct Wants(Chunks, Arc<Mutex<usize>>);
#[async_trait]
impl Observer for Wants {
    async fn event(&self, event: &Event) {
        *self.1.lock().unwrap() += usize::from(matches!(event.kind, EventKind::Chunk { .. }));
    }
    fn wants(&self) -> Values {
        Values { chunks: self.0, ..Values::default() }
    }
}

#[test]
fn every_observer_gets_the_chunks_that_it_wants() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|_| "so it is");
        let flujo = build(&engine, &script);
        let [none, last, all] =
            [Chunks::None, Chunks::default(), Chunks::All].map(|chunks| Wants(chunks, Arc::default()));
        let run = flujo.run(writing("x".into())).observer(none.clone()).observer(last.clone());
        run.observer(all.clone()).await.into_output().unwrap();
        assert_eq!([none, last, all].map(|wants| *wants.1.lock().unwrap()), [0, 2, 6]);
        // Whoever looks without listening changes nothing about how models are asked.
        let before = script.requests().len();
        let run = flujo.run(writing("x".into())).observer(Wants(Chunks::None, Arc::default()));
        run.observer(ConsoleTracer::to(std::io::sink())).await.into_output().unwrap();
        assert!(script.requests()[before..].iter().all(|request| !request.stream));
        let before = script.requests().len();
        let tracer = ConsoleTracer::to(std::io::sink()).level(TraceLevel::Everything).log_outputs(true);
        flujo.run(writing("x".into())).observer(tracer).await.into_output().unwrap();
        assert!(script.requests()[before..].iter().all(|request| request.stream));
        // A test sees everything.
        let log = EventLog::new();
        flujo.run(writing("x".into())).observer(log.clone()).await.into_output().unwrap();
        assert_eq!(log.take().iter().filter(|event| event.kind.word() == "chunk").count(), 6);
    });
}

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Report {
    title: String,
    points: Vec<String>,
}

#[step(model = "test:small", max_tokens = 50, retries = 1, backoff = none)]
fn report(text: String) -> Prompt<Report> {
    Prompt::ask(text)
}

pipeline! {
    fn reporting(text: String, world: &World) -> Report {
        let text = say(text);
        report(text)
    }
}

#[test]
fn a_stream_yields_what_is_valid_so_far_and_records_none_of_it() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then("some text")
            .then("{\"title\": \"Bad\", \"points\": 7}")
            .then("{\"title\": \"Calm\", \"points\": [\"no wind\", \"no rain\"]}")
            .in_pieces(9);
        let flujo = build(&engine, &script);
        let mut stream = flujo.stream(reporting("x".into())).partials::<Report>();
        let (mut partials, mut chunks) = (Vec::new(), 0);
        let result = loop {
            match stream.next().await.unwrap() {
                Streamed::Event(event) => {
                    chunks += usize::from(matches!(event.kind, EventKind::Chunk { .. }));
                }
                // Each follows the chunk that completed it.
                Streamed::Partial(partial) => partials.push((partial.attempt, partial.value, chunks)),
                Streamed::Result(result) => break result,
            }
        };
        assert!(stream.next().await.is_none());
        let report = |title: &str, points: &[&str]| Report {
            title: title.to_owned(),
            points: points.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(
            partials,
            [
                (1, report("", &[]), 1),
                (1, report("Bad", &[]), 2),
                (2, report("", &[]), 5),
                (2, report("Calm", &[]), 6),
                (2, report("Calm", &["no win"]), 8),
                (2, report("Calm", &["no wind", "no r"]), 9),
                (2, report("Calm", &["no wind", "no rain"]), 10),
            ]
        );
        assert_eq!(result.into_output().unwrap(), report("Calm", &["no wind", "no rain"]));
    });
}
