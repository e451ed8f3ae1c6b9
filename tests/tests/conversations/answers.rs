//! What models answer, and how it is taken: mended, out of bounds, broken off, late, and asked in vain.

use flujo::clock::Clock as _;
use flujo::model::{
    ChunkSink, ModelCheckError, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, Script, Tape,
};
use flujo::prelude::*;
use flujo::{Cost, Usage};
use flujo_testing::EventLog;
use flujo_tests::engines::AnyEngine;
use flujo_tests::lines::lines;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Score {
    #[schemars(range(min = 0, max = 10))]
    points: i64,
}

#[step(model = "test:small", max_tokens = 50, retries = 2, backoff = none)]
fn score(text: String) -> Prompt<Score> {
    Prompt::system("Score it.").example("bad", &Score { points: 0 }).user(text)
}

#[step(model = "test:large", max_tokens = 60, retries = 0)]
fn judge(scores: Vec<Score>) -> Prompt<Vec<String>> {
    Prompt::ask(format!("{} scores", scores.len()))
}

pipeline! {
    fn scoring(text: String, world: &World) -> Score {
        score(text)
    }
}

pipeline! {
    fn judging(text: String, world: &World) -> Vec<String> {
        let first = score(text);
        judge(vec![first])
    }
}

pub fn scripted(engine: &AnyEngine, script: impl ModelClient) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(script).prices(Prices);
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

fn busy(wait: Duration) -> ModelError {
    ModelError::new(ModelFailure::RateLimited, "slow down").retry_after(wait)
}

#[test]
fn a_mended_answer_is_marked_on_the_step_in_its_record_and_told() {
    on_all(async |engine, _| {
        let log = EventLog::new();
        let script = Script::new().then("Here:\n```json\n{points: 7,}\n```");
        let flujo = scripted(&engine, script);
        let result = flujo.run(scoring("x".into())).id("m").observer(log.clone()).await;
        let repairs = ["it stood in a code fence", "a trailing comma", "a key without quotes"];
        let step = result.step("scoring/score").unwrap();
        assert!(step.is_repaired() && step.validation_passed());
        assert_eq!(step.repairs(), repairs);
        assert_eq!(result.into_output().unwrap(), Score { points: 7 });
        let told = lines(&log).into_iter().filter(|line| line.contains("Repaired")).collect::<Vec<_>>();
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("a trailing comma"), "{told:?}");
        // Nobody asks again: the mark comes from the record.
        let again = flujo.run(scoring("x".into())).id("m").await;
        assert_eq!(again.step("scoring/score").unwrap().repairs(), repairs);
    });
    // Where nothing is recorded, the result says so all the same.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let script = Script::new().then("{points: 1}").then("{\"points\": 1}");
        let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(script);
        let flujo = builder.ephemeral().build().unwrap();
        for marked in [true, false] {
            let result = flujo.run(scoring("x".into())).await;
            assert_eq!(result.step("scoring/score").unwrap().is_repaired(), marked);
        }
    });
}

#[test]
fn an_answer_out_of_bounds_or_unreadable_goes_back_with_the_reason() {
    on_all(async |engine, _| {
        let script =
            Script::new().then("{\"points\": 11}").then("{\"points\": \"ele").then("{\"points\": 10}");
        let flujo = scripted(&engine, script.clone());
        let result = flujo.run(scoring("x".into())).await;
        let step = result.step("scoring/score").unwrap();
        assert_eq!((step.attempts(), step.is_repaired()), (3, false));
        let requests = script.requests();
        let told: Vec<_> = requests.iter().map(|r| r.messages.last().unwrap().text.as_str()).collect();
        assert_eq!(
            told,
            [
                "x",
                "Your last answer was not accepted: the answer does not fit: `/points` is 11, and must be at most 10",
                "Your last answer was not accepted: the answer does not fit: EOF while parsing a string at line 1 column 15",
            ]
        );
        assert_eq!(result.into_output().unwrap(), Score { points: 10 });
    });
}

#[test]
fn retry_after_is_waited_for_and_capped_by_the_deadline() {
    pipeline! {
        fn hurried(text: String, world: &World) -> Score {
            score(text).timeout("20s")
        }
    }
    on_all(async |engine, clock| {
        for (asked, waited) in [(2, 2), (3_600, 3_600)] {
            let script = Script::new().then(busy(Duration::from_secs(asked))).then("{\"points\": 1}");
            let flujo = scripted(&engine, script);
            let start = clock.now();
            flujo.run(scoring("x".into())).await.into_output().unwrap();
            assert_eq!(clock.now().since(start), Duration::from_secs(waited));
        }
        // Nobody who gives an attempt 20 seconds waits an hour for it to begin.
        for (asked, waited) in [(2, 2), (20, 20), (3_600, 20)] {
            let script = Script::new().then(busy(Duration::from_secs(asked))).then("{\"points\": 1}");
            let flujo = scripted(&engine, script);
            let start = clock.now();
            flujo.run(hurried("x".into())).await.into_output().unwrap();
            assert_eq!(clock.now().since(start), Duration::from_secs(waited));
        }
        // The time of the run is up before the wait is over.
        let script = Script::new().then(busy(Duration::from_secs(3_600))).then("{\"points\": 1}");
        let flujo = scripted(&engine, script.clone());
        let limits = UsageLimits::default().active_time(Duration::from_secs(60));
        clock.hold();
        let time_passes = async {
            while script.requests().is_empty() {
                tokio::task::yield_now().await;
            }
            for _ in 0..90 {
                tokio::task::yield_now().await;
                clock.advance(Duration::from_secs(1));
            }
        };
        let run = async { flujo.run(scoring("x".into())).limits(limits).await };
        let (result, ()) = tokio::join!(run, time_passes);
        let error = result.into_output().unwrap_err();
        assert!(error.to_string().contains("60s of active time"), "{error}");
        assert_eq!(script.requests().len(), 1);
    });
}

#[test]
fn a_code_step_may_ask_to_wait_too() {
    #[step(retries = 1, backoff = none)]
    async fn look_up(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        match run.attempt() {
            1 => Err(StepError::retryable("busy").retry_after(Duration::from_secs(7))),
            _ => Ok(text),
        }
    }
    pipeline! {
        fn looking(text: String, world: &World) -> String {
            look_up(text)
        }
    }
    on_all(async |engine, clock| {
        let start = clock.now();
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(looking("x".into())).await.into_output().unwrap(), "x");
        assert_eq!((calls.len(), clock.now().since(start)), (2, Duration::from_secs(7)));
    });
}

/// Says something, then fails.
struct Halfway(Script);
#[async_trait::async_trait]
impl ModelClient for Halfway {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        if self.0.requests().is_empty() {
            chunks.chunk("{\"poi");
            let _ = self.0.call(request, &mut Deaf).await;
            return Err(ModelError::new(ModelFailure::Truncated, "the connection was closed"));
        }
        self.0.call(request, chunks).await
    }
}
struct Deaf;
impl ChunkSink for Deaf {
    fn chunk(&mut self, _: &str) {}
}

#[test]
fn an_attempt_after_partial_output_announces_itself() {
    on_all(async |engine, _| {
        let log = EventLog::new();
        let script = Script::new().then("lost").then("{\"points\": 3}").in_pieces(8);
        let flujo = scripted(&engine, Halfway(script));
        let result = flujo.run(scoring("x".into())).observer(log.clone()).await;
        assert_eq!(result.into_output().unwrap(), Score { points: 3 });
        let told: Vec<_> = lines(&log).into_iter().filter(|line| line.starts_with("1 ")).collect();
        assert_eq!(
            told,
            [
                "1 scoring/score model",
                "1 scoring/score attempt 1",
                "1 scoring/score chunk 1 {\"poi",
                "1 scoring/score attempt 1 failed: answer truncated: the connection was closed",
                "1 scoring/score retry 2 after 0ns",
                "1 scoring/score attempt 2",
                "1 scoring/score chunk 2 {\"points",
                "1 scoring/score chunk 2 \": 3}",
                "1 scoring/score attempt 2 ok",
                "1 scoring/score model done",
            ]
        );
    });
}

#[test]
fn failures_that_stay_are_not_tried_again() {
    on_all(async |engine, _| {
        for failure in [
            ModelFailure::Quota,
            ModelFailure::Unauthorized,
            ModelFailure::NotFound,
            ModelFailure::BadRequest,
            ModelFailure::Refused,
            ModelFailure::ContentFilter,
        ] {
            let script = Script::new().then(ModelError::new(failure, "no")).then("{\"points\": 1}");
            let flujo = scripted(&engine, script.clone());
            let error = flujo.run(scoring("x".into())).await.into_output().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("scoring/score: {}: no (attempt 1; fatal, so not retried)", failure.word())
            );
            assert_eq!(script.requests().len(), 1);
        }
    });
}

#[test]
fn every_model_has_its_share_of_the_usage() {
    on_all(async |engine, _| {
        let script = Script::new().then("?").then("{\"points\": 1}").then("[\"good\"]");
        let flujo = scripted(&engine, script);
        let result = flujo.run(judging("x".into())).await;
        let usage = |input, output, calls| {
            let cost = Cost(input + 10 * output);
            Usage::of_cost(cost).model_calls(calls).input_tokens(input).output_tokens(output)
        };
        // "Score it." and "bad" and {"points":0} and "x" are 25 bytes; then 93 of feedback on top.
        let small = usage(7 + 30, 1 + 4, 2);
        let large = usage(2, 2, 1);
        let score = result.step("judging/score").unwrap();
        assert_eq!(score.by_model(), [("test:small".to_owned(), small)]);
        let judge = result.step("judging/judge").unwrap();
        assert_eq!(judge.by_model(), [("test:large".to_owned(), large)]);
        let all = [("test:small".to_owned(), small), ("test:large".to_owned(), large)];
        assert_eq!(result.by_model(), all);
        assert_eq!(result.usage, small + large);
    });
}

/// Knows one model, and no lists.
struct Picky;
#[async_trait::async_trait]
impl ModelClient for Picky {
    async fn call(
        &self,
        _: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        Ok(ModelReply::new("{\"points\": 1}"))
    }
    fn check(&self, request: &ModelRequest) -> std::result::Result<(), ModelCheckError> {
        let ModelRequest { model, schema, .. } = request;
        if model != "test:small" {
            return Err(ModelCheckError::new(format!("no key for `{model}`: set `TEST_API_KEY`")));
        }
        if schema.as_str().contains("array") { Err(ModelCheckError::new("no lists")) } else { Ok(()) }
    }
}

#[test]
fn what_a_client_cannot_answer_is_refused_before_anything_runs() {
    pipeline! {
        fn outer(text: String, world: &World) -> Vec<String> {
            let first = scoring(text);
            let second = score(first.points.to_string()).model("test:other");
            let _third = judge(vec![second]).model("test:small");
            judge(vec![Score { points: 0 }]).named("again").fallback(judge_small)
        }
    }
    #[step(model = "test:small", max_tokens = 60)]
    fn judge_small(scores: Vec<Score>) -> Prompt<Vec<String>> {
        Prompt::ask(format!("{} scores", scores.len()))
    }
    let told = "outer/score: no key for `test:other`: set `TEST_API_KEY`; outer/judge: no lists; \
                outer/again: no key for `test:large`: set `TEST_API_KEY`; outer/again!judge_small: no lists";
    on_all(async |engine, _| {
        // Known: when the engine is built.
        let builder = || Flujo::builder().resources(World { calls: Calls::default() }).models(Picky);
        let known = builder().pipeline::<scoring>().pipeline::<outer>();
        let built = with_engine!(&engine, e => known.engine(e.clone()).build());
        assert_eq!(built.unwrap_err().to_string(), told);
        // Unknown: when the run starts, every time.
        let flujo = scripted(&engine, Picky);
        for _ in 0..2 {
            let error = flujo.run(outer("x".into())).await.into_output().unwrap_err();
            assert_eq!(error.to_string(), told);
        }
        assert_eq!(flujo.run(scoring("x".into())).await.into_output().unwrap(), Score { points: 1 });
    });
}

#[test]
fn a_tape_answers_as_the_model_did() {
    on_all(async |engine, _| {
        let name = format!("flujo-{}-{}.jsonl", std::process::id(), engine.name());
        let file = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&file);
        let script = Script::new()
            .then(busy(Duration::from_secs(2)))
            .then("{points: 4}")
            .then("{\"points\": 5}")
            .in_pieces(6);
        let run = async |flujo: &Flujo<World>, text: &str| {
            let log = EventLog::new();
            let result = flujo.run(scoring(text.into())).observer(log.clone()).await;
            let usage = result.usage;
            (result.into_output().map_err(|e| e.to_string()), usage, lines(&log))
        };
        let flujo = scripted(&engine, Tape::record(&file, script.clone()).unwrap());
        let first = run(&flujo, "x").await;
        // The same request again is another take.
        let second = run(&flujo, "x").await;
        assert_eq!((&first.0, &second.0), (&Ok(Score { points: 4 }), &Ok(Score { points: 5 })));
        assert_eq!(script.requests().len(), 3);

        let flujo = scripted(&engine, Tape::replay(&file).unwrap());
        assert_eq!(run(&flujo, "x").await, first);
        assert_eq!(run(&flujo, "x").await, second);
        let (third, ..) = run(&flujo, "x").await;
        let what = "has no (further) answer to this request";
        assert!(third.unwrap_err().contains(what));
        assert!(run(&flujo, "y").await.0.unwrap_err().contains(what));

        // What is on the tape is not asked again, and what is not is added.
        let more = Script::new().then("{\"points\": 6}");
        let flujo = scripted(&engine, Tape::record(&file, more.clone()).unwrap());
        assert_eq!(run(&flujo, "x").await, first);
        assert_eq!(run(&flujo, "y").await.0, Ok(Score { points: 6 }));
        assert_eq!(more.requests().len(), 1);
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 4);

        std::fs::write(&file, "{\"no\": \"take\"}\n").unwrap();
        let error = Tape::replay(&file).unwrap_err().to_string();
        assert!(error.contains("line 1: "), "{error}");
        std::fs::remove_file(&file).unwrap();
        let error = Tape::replay(&file).unwrap_err().to_string();
        assert!(error.contains("flujo-"), "{error}");
    });
}
