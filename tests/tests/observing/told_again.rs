//! What is told of a run that goes on: of what was recorded before, and of what was not.

use crate::events::seen;
use flujo::prelude::*;
use flujo_testing::{Crash, EventLog, Moment};
use flujo_tests::lines::lines;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;

pipeline! {
    fn asked(text: String, ctx: &mut State, world: &World) -> String {
        let n = flaky(1);
        let (_, reply) = join(add(text).named("a"), {
            let reply: String = ask("What?");
            add(reply).named("b")
        });
        add(format!("{reply}{n}"))
    }
}

#[test]
fn a_resumed_run_tells_what_was_recorded_as_replayed() {
    on_all(async |engine, _| {
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(asked("x".to_owned())).id("r").observer(log.clone()).await);
        let first = lines(&log);
        let paused = "0 asked run Paused { questions: 1 } $0.00";
        assert_eq!(first[0], "0 asked run asked resumed=false");
        assert_eq!(first.iter().filter(|l| *l == "1 asked/reply asks What?").count(), 1, "{first:?}");
        assert_eq!(first.last().unwrap(), paused);

        // Nobody has replied: the question is not asked again, and nothing runs.
        drop(flujo.resume::<asked>("r").observer(log.clone()).await.unwrap());
        let again = [
            "0 asked run asked resumed=true",
            "0 asked pipeline",
            "1 asked/flaky replayed 1 failed: not yet (1)",
            "1 asked/flaky replayed 2 ok",
            "1 asked/join:a forks 2",
            "1 asked/a replayed 1 ok",
        ];
        let mut expected = again.to_vec();
        expected.push(paused);
        assert_eq!(lines(&log), expected);

        drop(flujo.resume::<asked>("r").reply("y").observer(log.clone()).await.unwrap());
        let mut expected = again.to_vec();
        expected.extend([
            "1 asked/reply answered \"y\" replayed=false",
            "1 asked/b step",
            "1 asked/b attempt 1",
            "1 asked/b attempt 1 ok",
            "1 asked/b step done",
            "1 asked/join:a merges 2",
            "1 asked/add step",
            "1 asked/add attempt 1",
            "1 asked/add attempt 1 ok",
            "1 asked/add step done",
            "0 asked pipeline done",
            "0 asked run done $0.00",
        ]);
        assert_eq!(lines(&log), expected);
    });
}

#[test]
fn killed_anywhere_every_finished_attempt_is_told_once_over_all_executions() {
    let attempts = |lines: &[String]| {
        let ended = |l: &&String| l.contains(" attempt ") && (l.ends_with(" ok") || l.contains(" failed"));
        let mut all: Vec<String> = lines.iter().filter(ended).cloned().collect();
        all.sort();
        all
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for i in 0..flujo_tests::engines::NAMES.len() {
        let whole = EventLog::new();
        let (engine, _) = flujo_tests::engines::fresh(i);
        let (flujo, _) = flujo(&engine);
        drop(runtime.block_on(async { flujo.run(seen("x".to_owned())).observer(whole.clone()).await }));
        let whole = attempts(&lines(&whole));
        let mut kills = 0;
        for moment in [Moment::Before, Moment::After] {
            for at in 1.. {
                let (engine, _) = flujo_tests::engines::fresh(i);
                let log = EventLog::new();
                let struck = with_engine!(&engine, e => {
                    let crash = Arc::new(Crash::new(e.clone(), at, moment));
                    let flujo = Flujo::builder()
                        .resources(World { calls: Calls::default() })
                        .engine(crash.clone())
                        .observer(log.clone());
                    let flujo = flujo.build().unwrap();
                    drop(runtime.block_on(async { flujo.run(seen("x".to_owned())).id("r").await }));
                    crash.struck()
                });
                if struck.is_none() {
                    break;
                }
                kills += 1;
                let mut told = attempts(&lines(&log));
                let (flujo, _) = flujo_tests::world::flujo(&engine);
                let resumed =
                    runtime.block_on(async { flujo.resume::<seen>("r").observer(log.clone()).await });
                assert!(matches!(resumed.unwrap().outcome, Outcome::Done(_)));
                let after = lines(&log);
                let replayed = after.iter().filter(|l| l.contains(" replayed ")).count();
                told.extend(attempts(&after));
                told.sort();
                // What is recorded when the process dies may not have been told by it any more.
                let missing = whole.len() - told.len();
                assert!(missing <= 1 && whole.iter().filter(|l| !told.contains(l)).count() == missing);
                // On an ordered log arms that have come together are one record.
                let in_arms = |l: &str| i == 1 && ["/a ", "/count ", "/each "].iter().any(|n| l.contains(n));
                let left = whole.iter().filter(|l| !in_arms(l)).count();
                let seen = after.iter().filter(|l| l.contains(" replayed ") && !in_arms(l)).count();
                let ran = attempts(&after).iter().filter(|l| !in_arms(l)).count();
                assert_eq!(seen + ran, left, "{struck:?}: {after:#?}");
                assert!(replayed >= seen);
            }
        }
        assert!(kills > 20, "{kills}");
    }
}

pipeline! {
    fn unanswered(text: String, ctx: &mut State, world: &World) -> String {
        let first: String = ask(text).timeout("1h", "nobody".to_owned());
        let second: String = ask("And now?");
        add(format!("{first} {second}"))
    }
}

#[test]
fn a_default_is_told_as_an_answer_by_the_deadline() {
    on_all(async |engine, clock| {
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(unanswered("Well?".to_owned())).id("r").observer(log.clone()).await);
        assert_eq!(
            lines(&log)[2..],
            ["1 unanswered/first asks Well?", "0 unanswered run Paused { questions: 1 } $0.00"]
        );

        // The deadline passes while nobody works on the run: whoever goes on applies the default, and tells it.
        clock.advance(std::time::Duration::from_secs(3601));
        drop(flujo.resume::<unanswered>("r").observer(log.clone()).await.unwrap());
        let by: Vec<_> = log.events().iter().filter_map(by).collect();
        assert_eq!(by, ["deadline"]);
        assert_eq!(
            lines(&log)[2..],
            [
                "1 unanswered/first answered \"nobody\" replayed=false",
                "1 unanswered/second asks And now?",
                "0 unanswered run Paused { questions: 1 } $0.00"
            ]
        );

        // From then on it is what an earlier execution knew.
        let resume = flujo.resume::<unanswered>("r").reply("me").by("ada").observer(log.clone());
        assert_eq!(resume.await.unwrap().into_output().unwrap(), "nobody me");
        assert_eq!(
            lines(&log)[2..4],
            [
                "1 unanswered/first answered \"nobody\" replayed=true",
                "1 unanswered/second answered \"me\" replayed=false",
            ]
        );
    });
}

#[test]
fn a_default_is_told_to_whoever_looks_when_its_deadline_passes() {
    pipeline! {
        fn outwaited(text: String, ctx: &mut State, world: &World) -> String {
            let (first, _) = join({
                let first: String = ask(text).timeout("1h", "nobody".to_owned());
                echo(first)
            }, {
                wait("2h");
                add("waited".to_owned())
            });
            value(first)
        }
    }
    on_all(async |engine, _| {
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        let run = flujo.run(outwaited("Well?".to_owned())).observer(log.clone());
        assert_eq!(run.await.into_output().unwrap(), "nobody");
        let told = log.events();
        let at = told.iter().position(|event| by(event).is_some()).unwrap();
        assert_eq!(by(&told[at]).as_deref(), Some("deadline"));
        assert_eq!(
            flujo_tests::lines::line(&told[at]),
            "1 outwaited/first answered \"nobody\" replayed=false"
        );
    });
}

/// Who answered, if it is an answer.
fn by(event: &flujo::events::Event) -> Option<String> {
    match &event.kind {
        flujo::events::EventKind::QuestionAnswered { answered, .. } => answered.reply.by.clone(),
        _ => None,
    }
}
