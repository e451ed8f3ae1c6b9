//! What if: a new run that goes on from a node of one that has ended.

use flujo::ErrorKind;
use flujo::codec::Json;
use flujo::engine::{RunId, RunState, RunView, Status};
use flujo::error::Signal;
use flujo::prelude::*;
use flujo::run::{Control, ForkRun};
use flujo_testing::{Crash, Moment};
use flujo_tests::engines::AnyEngine;
use flujo_tests::stories::{asks, failure};
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;

pipeline! {
    /// Something of everything in front of its last node, which sees the input again.
    fn tells(text: String, ctx: &mut State, world: &World) -> String {
        let one = add(text.clone());
        let reply: String = ask(format!("{one}?"));
        wait("1h");
        let (mood, n) = join({ let mood = label(one.clone()); mood.name }, { let n = flaky(1); n });
        let all = map(["a", "b"], |c| add(format!("{one}{c}")).named("item"));
        write(format!("{text}: {one} {reply} {mood} {n} {}", all.concat()))
    }
}

fn registered(engine: &AnyEngine) -> (Flujo<World>, Calls) {
    let calls = Calls::default();
    let builder = Flujo::builder().resources(World { calls: calls.clone() });
    let builder = builder.models(Scripted::default()).prices(Prices);
    let builder = builder.pipeline::<tells>().pipeline::<failure>().pipeline::<asks>();
    (with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap(), calls)
}

async fn told(flujo: &Flujo<World>) {
    assert_eq!(flujo.run(tells("x".into())).id("r").await.questions().len(), 1);
    let result = flujo.resume::<tells>("r").reply("yes").by("Ada").await.unwrap();
    assert_eq!(result.into_output().unwrap(), "x: x yes calm 2 xaxb");
}

/// Forks `r`, and waits until the new run has nothing left to do.
async fn fork(
    flujo: &Flujo<World>,
    from: &str,
    new: &str,
    input: Option<&str>,
) -> Result<RunView, flujo::Error> {
    let input = input.map(|text| Json::encode(&(text,)).unwrap());
    let mut fork = ForkRun::new("r", from, new);
    fork.input = input;
    let state = Control::fork(flujo, &fork).await?;
    assert_eq!(state, RunState::Created);
    Control::attach(flujo, &new.into()).await
}

#[test]
fn a_fork_keeps_what_is_in_front_of_a_node_and_goes_on_from_there() {
    on_all(async |engine, clock| {
        let (flujo, calls) = registered(&engine);
        told(&flujo).await;
        let original = flujo.inspect("r").await.unwrap();
        let before = calls.len();
        let began = flujo::clock::Clock::now(&clock);
        let view = fork(&flujo, "tells/write", "same", None).await.unwrap();
        assert_eq!(calls.all()[before..], [("tells/write".to_owned(), 1)]);
        assert_eq!(flujo::clock::Clock::now(&clock), began, "what was waited for is not waited for again");
        let result = flujo.run(tells("x".into())).id("same").await;
        assert_eq!(result.usage, flujo::Usage::default(), "what is kept costs nothing again");
        assert_eq!(result.hitl_history[0].reply.by.as_deref(), Some("Ada"));
        assert_eq!(result.context, flujo.run(tells("x".into())).id("r").await.context);
        assert_eq!(result.into_output().unwrap(), "x: x yes calm 2 xaxb");
        assert_eq!(finished(&view), finished(&original));
        assert_eq!(view.run.seed.origin, Some(RunId::from("r")));

        // Another input: what is kept stands as it is.
        drop(fork(&flujo, "tells/write", "other", Some("y")).await.unwrap());
        let result = flujo.run(tells("y".into())).id("other").await;
        assert_eq!(result.into_output().unwrap(), "y: x yes calm 2 xaxb");
        assert_eq!(calls.len(), before + 2);

        // One of the arms anew, with what comes after the join; the one beside it is kept.
        let view = fork(&flujo, "tells/label", "arm", Some("y")).await.unwrap();
        assert_eq!(view.usage, one_call());
        assert_eq!(calls.of("tells/flaky"), 2, "the arm beside it is kept, the failed attempt too");
        assert_eq!(calls.of("tells/all[0]/item"), 2);
        let result = flujo.run(tells("y".into())).id("arm").await;
        assert_eq!(result.into_output().unwrap(), "y: x yes calm 2 xaxb");

        // One item anew.
        drop(fork(&flujo, "tells/all[1]", "item", None).await.unwrap());
        assert_eq!((calls.of("tells/all[0]/item"), calls.of("tells/all[1]/item")), (2, 3));

        // The original is what it was.
        let now = flujo.inspect("r").await.unwrap();
        assert_eq!((now.status, now.records, now.usage), (original.status, original.records, original.usage));
    });
}

#[test]
fn a_fork_from_a_question_asks_again() {
    on_all(async |engine, _| {
        let (flujo, calls) = registered(&engine);
        told(&flujo).await;
        let before = calls.len();
        let view = fork(&flujo, "tells/reply", "again", None).await.unwrap();
        assert_eq!(view.status, Status::Paused);
        assert_eq!((calls.len(), view.questions[0].message.as_str()), (before, "x?"));
        let result = flujo.resume::<tells>("again").reply("no").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "x: x no calm 2 xaxb");
        // From the first node on: nothing is kept, and everything sees the new input.
        let view = fork(&flujo, "tells/add", "all", Some("z")).await.unwrap();
        assert_eq!((view.status, view.records.len()), (Status::Paused, 1));
        assert_eq!(view.questions[0].message, "z?");
        let result = flujo.resume::<tells>("all").reply("no").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "z: z no calm 2 zazb");
    });
}

#[test]
fn a_fork_of_a_failed_run_has_fresh_attempts() {
    on_all(async |engine, _| {
        let (flujo, calls) = registered(&engine);
        drop(flujo.run(failure("x".into())).id("r").await);
        // Tried again once: four attempts, of which two no longer count.
        drop(flujo.resume::<failure>("r").await.unwrap());
        let of_r = calls.of("failure/flaky");
        assert_eq!(of_r, 4);
        let view = fork(&flujo, "failure/flaky", "anew", None).await.unwrap();
        assert_eq!(RunState::from(&view.status), RunState::Failed);
        assert_eq!(calls.of("failure/flaky"), of_r + 2);
        assert_eq!(calls.of("failure/add"), 1);
        let attempts: Vec<_> = view.records.iter().map(|r| (r.key.path.to_string(), r.key.n)).collect();
        let expected = [("failure/add", 1), ("failure/flaky", 1), ("failure/flaky", 2)];
        assert_eq!(attempts, expected.map(|(path, n)| (path.to_owned(), n)));
    });
}

#[test]
fn what_cannot_be_forked_is_refused_and_nothing_begins() {
    on_all(async |engine, _| {
        let (flujo, calls) = registered(&engine);
        assert_eq!(flujo.run(asks("x".into())).id("r").await.questions().len(), 1);
        let said = async |from: &str, new: &str, input: Option<&str>| {
            fork(&flujo, from, new, input).await.map(drop).unwrap_err().to_string()
        };
        let open = "run `r` has not ended: only an ended run can be forked";
        assert_eq!(said("asks/first", "n", None).await, open);
        assert_eq!(flujo.resume::<asks>("r").reply("f").await.unwrap().questions().len(), 1);
        flujo.cancel("r").await.unwrap();
        let nowhere = "run `r` has nothing recorded at `asks/ad`: fork it at one of its nodes";
        assert_eq!(said("asks/ad", "n", None).await, nowhere);
        let wrong = Json::encode(&(7,)).unwrap();
        let fork_wrongly = ForkRun::new("r", "asks/first", "n").input(wrong);
        let error = Control::fork(&flujo, &fork_wrongly).await.unwrap_err();
        let unfit = "asks: this input does not fit the pipeline: in `text: String`, the value must be of the type string";
        assert_eq!(error.to_string(), unfit);
        assert!(matches!(error.kind(), ErrorKind::Input(_)));
        assert!(matches!(flujo.inspect("n").await.unwrap_err().kind(), ErrorKind::UnknownRun(_)));
        // The same again changes nothing; something else under the same id is refused.
        let view = fork(&flujo, "asks/first", "n", None).await.unwrap();
        assert_eq!(view.status, Status::Paused);
        let again = Control::fork(&flujo, &ForkRun::new("r", "asks/first", "n")).await.unwrap();
        assert_eq!(again, RunState::Paused);
        let taken = "run `n` exists with another input: use another id, or the same input to attach";
        assert_eq!(said("asks/first", "n", Some("y")).await, taken);
        let taken = "run `r` exists with another origin: use another id";
        assert_eq!(said("asks/first", "r", None).await, taken);
        assert_eq!(calls.len(), 1);
    });
}

/// The same pipeline, as somebody has changed it.
mod changed {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        pub fn tells(text: String, ctx: &mut State, world: &World) -> String {
            let one = add(format!("{text}!"));
            let reply: String = ask(format!("{one}?"));
            write(format!("{text}: {one} {reply}"))
        }
    }
}

#[test]
fn a_record_that_does_not_fit_the_code_is_not_forked() {
    on_all(async |engine, _| {
        let (flujo, _) = registered(&engine);
        told(&flujo).await;
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() }).pipeline::<changed::tells>();
        let changed = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let error = fork(&changed, "tells/write", "n", None).await.unwrap_err();
        assert!(matches!(error.signal(), Some(Signal::JournalMismatch(_))), "{error}");
        assert_eq!(error.path().map(ToString::to_string).as_deref(), Some("tells/add"));
        // With another input it is said that what is kept stands as it is.
        drop(fork(&changed, "tells/write", "n", Some("y")).await.unwrap());
        let result = changed.run(changed::tells("y".into())).id("n").await;
        assert_eq!(result.into_output().unwrap(), "y: x yes");
        assert_eq!(calls.all(), [("tells/write".to_owned(), 1)]);
    });
}

#[test]
fn a_fork_that_is_killed_anywhere_comes_to_the_same_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (which, name) in flujo_tests::engines::NAMES.iter().enumerate() {
        let mut kills = 0;
        for (at, moment) in (1..).flat_map(|at| [(at, Moment::Before), (at, Moment::After)]) {
            let (engine, _) = flujo_tests::engines::fresh(which);
            let (flujo, calls) = registered(&engine);
            let struck = runtime.block_on(async {
                told(&flujo).await;
                let builder = Flujo::builder().resources(World { calls: calls.clone() });
                let builder = builder.models(Scripted::default()).prices(Prices).pipeline::<tells>();
                let (dying, struck): (_, Box<dyn Fn() -> Option<String>>) = with_engine!(&engine, e => {
                    let crash = Arc::new(Crash::new(e.clone(), at, moment));
                    (builder.engine(crash.clone()).build().unwrap(), Box::new(move || crash.struck()))
                });
                drop(fork(&dying, "tells/label", "n", Some("y")).await.unwrap());
                let result = flujo.resume::<tells>("n").await.unwrap();
                assert_eq!(result.into_output().unwrap(), "y: x yes calm 2 xaxb");
                let kept = ["tells/add", "tells/flaky"].map(|path| calls.of(path));
                assert_eq!(kept, [1, 2], "what is kept is not run again");
                struck()
            });
            let Some(key) = struck else { break };
            println!("{name}: killed {moment:?} {key}");
            kills += 1;
        }
        assert!(kills >= 8, "{kills} kills on {name}");
    }
}
