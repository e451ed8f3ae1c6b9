//! Going on with runs that nobody works on, and lists of runs.

use flujo::engine::{Engine, RunFilter, RunId, RunRecord, RunState};
use flujo::prelude::*;
use flujo::question::Reply;
use flujo_tests::engines::AnyEngine;
use flujo_tests::stories::{asks, asks_in_branches, failure, steps};
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;
use std::time::Duration;

pipeline! {
    fn patient(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let reply: String = ask("well?").timeout("1h", "nobody".to_owned());
        echo(format!("{text} {reply}")).named("last")
    }
}

/// With these pipelines registered, and those only.
fn registered(engine: &AnyEngine) -> (Flujo<World>, Calls, Arc<dyn Engine>) {
    let calls = Calls::default();
    let builder = Flujo::builder().resources(World { calls: calls.clone() });
    let builder = builder.pipeline::<steps>().pipeline::<asks>().pipeline::<patient>();
    let shared: Arc<dyn Engine> = with_engine!(engine, e => e.clone());
    let flujo = with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap();
    (flujo, calls, shared)
}

/// Writes down a run of `steps` that nobody begins.
async fn written_down(flujo: &Flujo<World>, engine: &Arc<dyn Engine>, id: &str) {
    let model = format!("model of {id}");
    drop(flujo.run(steps("x".into())).id(model.as_str()).await.into_output().unwrap());
    let model = flujo.inspect(model.as_str()).await.unwrap();
    let run = RunRecord { id: RunId::from(id), ..RunRecord::clone(&model.run) };
    assert!(engine.create(run).await.unwrap().is_none());
}

fn reply(engine: &Arc<dyn Engine>, value: &str) -> Reply {
    let value = flujo::codec::Json::encode(value).unwrap();
    Reply { value, by: None, at: engine.clock().now() }
}

#[test]
fn recovering_goes_on_with_what_nobody_works_on() {
    on_all(async |engine, clock| {
        let (flujo, _, shared) = registered(&engine);
        written_down(&flujo, &shared, "created").await;
        for id in ["answered", "waiting"] {
            assert_eq!(flujo.run(asks("x".into())).id(id).await.questions().len(), 1);
        }
        for id in ["due", "not due"] {
            assert_eq!(flujo.run(patient("x".into())).id(id).await.questions().len(), 1);
            clock.advance(Duration::from_secs(3599));
        }
        shared.reply(&RunId::from("answered"), &"asks/first".into(), reply(&shared, "f")).await.unwrap();
        let (other, _) = flujo_tests::world::flujo(&engine);
        drop(other.run(failure("x".into())).id("failed").await);
        let other_id = asks_in_branches("x".into());
        assert_eq!(other.run(other_id).id("unknown").await.questions().len(), 1);
        shared
            .reply(&RunId::from("unknown"), &"asks_in_branches/reply".into(), reply(&shared, "f"))
            .await
            .unwrap();

        let recovered = flujo.recover().await.unwrap();
        let told: Vec<_> = recovered.runs.iter().map(|(id, state)| (id.as_str(), *state)).collect();
        let expected = [("answered", RunState::Paused), ("created", RunState::Done), ("due", RunState::Done)];
        assert_eq!(told, expected);
        assert_eq!(recovered.unknown, [RunId::from("unknown")]);
        assert!(recovered.problems.is_empty(), "{:?}", recovered.problems);
        let due = flujo.run(patient("x".into())).id("due").await;
        assert_eq!(due.into_output().unwrap(), "x nobody");
        // What waits goes on waiting, and is not touched again.
        let again = flujo.recover().await.unwrap();
        assert!(again.runs.is_empty(), "{:?}", again.runs);
    });
}

#[test]
fn a_worker_applies_deadlines_and_replies_until_it_is_told_to_stop() {
    on_all(async |engine, clock| {
        let (flujo, calls, shared) = registered(&engine);
        assert_eq!(flujo.run(patient("x".into())).id("due").await.questions().len(), 1);
        assert_eq!(flujo.run(asks("x".into())).id("answered").await.questions().len(), 1);
        written_down(&flujo, &shared, "created").await;
        shared.reply(&RunId::from("answered"), &"asks/first".into(), reply(&shared, "f")).await.unwrap();
        let before = calls.len();
        let stop = async {
            let states = |list: Vec<flujo::engine::RunSummary>| {
                list.into_iter().map(|run| (run.id.to_string(), run.state)).collect::<Vec<_>>()
            };
            for _ in 0..100_000 {
                let list = states(flujo.list(&RunFilter::default()).await.unwrap());
                let done = |id: &str| list.contains(&(id.to_owned(), RunState::Done));
                if done("due") && done("created") {
                    return;
                }
                tokio::task::yield_now().await;
            }
            panic!("the worker does nothing");
        };
        // Its pauses move the clock, and with it comes the deadline.
        let times = flujo.worker().every(Duration::from_secs(600)).until(stop).await.unwrap();
        assert_eq!(times, 3, "once with each");
        assert!(clock.now_is_past(Duration::from_secs(3600)));
        // The rest of two runs, and the one question in between.
        assert_eq!(calls.len(), before + 1 + 4 + 1);
        assert_eq!(flujo.inspect("answered").await.unwrap().questions.len(), 1);
    });
}

pipeline! {
    fn sleeps(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        wait("1h");
        echo(text).named("last")
    }
}

#[test]
fn a_worker_goes_on_with_timers_of_processes_that_are_gone() {
    on_all(async |engine, clock| {
        clock.hold();
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() }).pipeline::<sleeps>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let whoever = async {
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = async { drop(flujo.run(sleeps("x".into())).id("r").await) } => panic!("nobody moves the clock"),
            () = whoever => {}
        }
        assert_eq!(calls.all(), [("sleeps/add".to_owned(), 1)]);
        // Half of the time passes while nobody works on it.
        clock.advance(Duration::from_secs(1800));
        let ended = async || {
            let state = RunState::from(&flujo.inspect("r").await.unwrap().status);
            state == RunState::Done
        };
        let stop = async {
            for _ in 0..100_000 {
                if ended().await {
                    return;
                }
                clock.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
            panic!("the worker does nothing");
        };
        let times = flujo.worker().every(Duration::from_secs(60)).until(stop).await.unwrap();
        assert_eq!(times, 1);
        let view = flujo.inspect("r").await.unwrap();
        let nodes = view.nodes();
        let (first, last) = (nodes.first().unwrap(), nodes.last().unwrap());
        let waited = last.started.since(first.ended).as_secs();
        assert!((3600..3720).contains(&waited), "{waited} s: to the deadline, and not from the start again");
        assert_eq!(calls.all(), [("sleeps/add".to_owned(), 1), ("sleeps/last".to_owned(), 1)]);
    });
}

trait Past {
    fn now_is_past(&self, time: Duration) -> bool;
}
impl Past for flujo_testing::PausedClock {
    fn now_is_past(&self, time: Duration) -> bool {
        use flujo::clock::Clock;
        u128::from(self.now().0) > time.as_nanos()
    }
}

#[test]
fn runs_are_listed_by_pipeline_and_by_where_they_stand() {
    on_all(async |engine, _| {
        let (flujo, _, shared) = registered(&engine);
        for id in ["d", "b"] {
            drop(flujo.run(steps("x".into())).id(id).await.into_output().unwrap());
        }
        for id in ["c", "a"] {
            assert_eq!(flujo.run(asks("x".into())).id(id).await.questions().len(), 1);
        }
        flujo.cancel("c").await.unwrap();
        let (other, _) = flujo_tests::world::flujo(&engine);
        drop(other.run(failure("x".into())).id("e").await);
        let list = async |filter: RunFilter| {
            let found = shared.list(&filter).await.unwrap();
            found.into_iter().map(|run| format!("{} {:?}", run.id, run.state)).collect::<Vec<_>>()
        };
        let all = RunFilter::default();
        assert_eq!(list(all.clone()).await, ["a Paused", "b Done", "c Cancelled", "d Done", "e Failed"]);
        assert_eq!(list(all.clone().pipeline("steps")).await, ["b Done", "d Done"]);
        let ended = all.clone().state(RunState::Done).state(RunState::Failed);
        assert_eq!(list(ended.clone()).await, ["b Done", "d Done", "e Failed"]);
        assert_eq!(list(ended.limit(2).after("b")).await, ["d Done", "e Failed"]);
        assert_eq!(list(all.clone().limit(2)).await, ["a Paused", "b Done"]);
        assert_eq!(list(all.after("b").limit(1)).await, ["c Cancelled"]);
    });
}

/// The same pipeline, as somebody has changed it.
mod changed {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        pub fn steps(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let text = write(format!("{text}!"));
            let n = count(3);
            echo(format!("{text}{n}"))
        }
    }
}

pipeline! {
    pub fn nothing(ctx: &mut State, world: &World) -> String {
        echo("nothing".to_owned())
    }
}

pipeline! {
    pub fn pair(text: String, n: u64, ctx: &mut State, world: &World) -> String {
        echo(format!("{text}{n}"))
    }
}

#[context]
#[derive(Default, schemars::JsonSchema)]
struct Count {
    count: u32,
}

pipeline! {
    fn counts(ctx: &mut Count) -> u32 {
        ctx.count
    }
}

#[test]
fn inputs_that_do_not_fit_are_counted_and_named() {
    use flujo::codec::Json;
    use flujo::run::{Control, StartRun};
    use serde_json::{Value, json};
    on_all(async |engine, _| {
        let builder = Flujo::builder().resources(World { calls: Calls::default() });
        let builder =
            builder.pipeline::<nothing>().pipeline::<steps>().pipeline::<pair>().pipeline::<counts>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let context = Json::encode(&State::default()).unwrap();
        let start = async |pipeline: &str, input: Value| {
            let input = Json::encode(&input).unwrap();
            let run = StartRun::new(pipeline, "r", input).context(context.clone());
            Control::start(&flujo, &run).await.map_err(|error| error.to_string())
        };
        for (pipeline, input, says) in [
            (
                "steps",
                json!(["a", 2, 3]),
                "it is a list of 3, and the pipeline takes one input: `[text: String]`",
            ),
            ("steps", json!("a"), "it is no list, and the pipeline takes one input: `[text: String]`"),
            (
                "pair",
                json!(["a"]),
                "it is a list of 1, and the pipeline takes 2 inputs: `[text: String, n: u64]`",
            ),
            (
                "pair",
                json!({"text": "a"}),
                "it is no list, and the pipeline takes 2 inputs: `[text: String, n: u64]`",
            ),
            ("pair", json!(["a", "b"]), "in `n: u64`, the value must be of the type integer"),
            ("pair", json!(["a", -1]), "in `n: u64`, the value is -1, and must be at least 0"),
            ("nothing", json!([1]), "it is a list of 1, and the pipeline takes no inputs: give `[]`"),
        ] {
            let expected = format!("{pipeline}: this input does not fit the pipeline: {says}");
            assert_eq!(start(pipeline, input).await, Err(expected));
        }
        assert_eq!(start("nothing", json!([])).await, Ok(RunState::Created));
        let unfit = "this context does not fit the pipeline";
        for (pipeline, input, context, says) in [
            // Without a schema it is in serde's words.
            (
                "steps",
                json!(["a"]),
                json!(7),
                "invalid type: integer `7`, expected struct State at line 1 column 1",
            ),
            (
                "steps",
                json!(["a"]),
                json!("x".repeat(9_999)),
                &*format!("invalid type: string \"{} ...", "x".repeat(378)),
            ),
            ("counts", json!([]), json!({"count": "a"}), "`/count` must be of the type integer"),
        ] {
            let [input, context] = [input, context].map(|value| Json::encode(&value).unwrap());
            let error = Control::start(&flujo, &StartRun::new(pipeline, "c", input).context(context)).await;
            let error = error.unwrap_err();
            assert!(matches!(error.kind(), flujo::ErrorKind::Input(_)));
            assert_eq!(error.to_string(), format!("{pipeline}: {unfit}: {says}"));
        }
    });
}

#[test]
fn control_does_everything_without_types() {
    use flujo::ErrorKind;
    use flujo::codec::Json;
    use flujo::run::{Control, Replay, StartRun};
    on_all(async |engine, _| {
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() });
        let builder = builder.pipeline::<steps>().pipeline::<asks>().pipeline::<failure>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let control: Arc<dyn Control> = Arc::new(flujo.clone());
        let id = |id: &str| RunId::from(id);
        let input = Json::encode(&("x",)).unwrap();
        let context = Json::encode(&State::default()).unwrap();
        let start = async |pipeline: &str, run: &str, input: &Json| {
            let state =
                control.start(&StartRun::new(pipeline, run, input.clone()).context(context.clone())).await;
            state.map_err(|error| error.to_string())
        };
        // Begun once, by whoever is first; the same again changes nothing.
        assert_eq!(start("steps", "s", &input).await, Ok(RunState::Created));
        assert_eq!(RunState::from(&control.attach(&id("s")).await.unwrap().status), RunState::Done);
        assert_eq!(start("steps", "s", &input).await, Ok(RunState::Done));
        assert_eq!(calls.len(), 4);
        let conflict = "run `s` exists with another input: use another id, or the same input to attach";
        assert_eq!(start("steps", "s", &Json::encode(&("y",)).unwrap()).await, Err(conflict.to_owned()));
        let unknown = start("nobody", "n", &input).await.unwrap_err();
        assert_eq!(unknown, "no pipeline `nobody` is registered: `.pipeline::<..>()` on the builder");
        let wrong = start("steps", "w", &Json::encode(&(7,)).unwrap()).await.unwrap_err();
        let unfit = "steps: this input does not fit the pipeline: in `text: String`, the value must be of the type string";
        assert_eq!(wrong, unfit);
        // A typed run is the same run.
        assert_eq!(flujo.run(steps("x".into())).id("s").await.into_output().unwrap(), "x3");

        assert_eq!(start("asks", "a", &input).await, Ok(RunState::Created));
        assert_eq!(RunState::from(&control.attach(&id("a")).await.unwrap().status), RunState::Paused);
        let questions = control.questions(&id("a")).await.unwrap();
        assert_eq!(questions[0].message, "first?");
        let reply =
            async |value: &Json| control.reply(&id("a"), &"asks/first".into(), value, Some("Ada")).await;
        let error = reply(&Json::encode(&7).unwrap()).await.unwrap_err().to_string();
        let expected = "asks/first: this reply to run `a` does not fit the question, which stays open: the value must be \
                        of the type string; sent: 7; reply with a value of the type `string`";
        assert_eq!(error, expected);
        reply(&Json::encode("f").unwrap()).await.unwrap();
        assert_eq!(flujo.recover().await.unwrap().runs, [(id("a"), RunState::Paused)]);
        control.cancel(&id("a"), None).await.unwrap();

        assert_eq!(start("failure", "f", &input).await, Ok(RunState::Created));
        assert_eq!(RunState::from(&control.attach(&id("f")).await.unwrap().status), RunState::Failed);
        let before = calls.of("failure/flaky");
        let view = control.retry(&id("f"), None).await.unwrap();
        assert_eq!(RunState::from(&view.status), RunState::Failed);
        assert_eq!(calls.of("failure/flaky"), before + 2, "the failed node alone, with fresh attempts");
        let error = control.retry(&id("s"), None).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RunConflict(_)), "{error}");

        // Without calling anything: whether it fits the code of today.
        let before = calls.len();
        for run in ["a", "s", "f"] {
            assert_eq!(control.replay(&id(run)).await.unwrap(), Replay::default());
        }
        assert_eq!(calls.len(), before);
        let changed = Flujo::builder().resources(World { calls: calls.clone() }).pipeline::<changed::steps>();
        let changed = with_engine!(&engine, e => changed.engine(e.clone()).build()).unwrap();
        let mismatch = changed.replay(&id("s")).await.unwrap().mismatch.unwrap();
        assert_eq!(mismatch.path, "steps/write");
        assert!(mismatch.what.starts_with("its input changed since it was recorded"), "{mismatch:?}");

        let all = control.list(&RunFilter::default()).await.unwrap();
        let all: Vec<_> = all.iter().map(|run| (run.id.as_str(), run.state)).collect();
        assert_eq!(all, [("a", RunState::Cancelled), ("f", RunState::Failed), ("s", RunState::Done)]);
    });
}

#[test]
fn an_unregistered_pipeline_is_checked_at_its_start() {
    on_all(async |engine, _| {
        let builder = Flujo::builder()
            .resources(World { calls: Calls::default() })
            .pipeline::<crate::evolution::before::evolving>();
        let flujo = flujo_tests::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let error =
            flujo.run(crate::evolution::inserted::evolving("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "another pipeline is registered with the durable name `evolving`: give one another with \
             `#[pipeline(name = \"..\")]`"
        );
    });
}
