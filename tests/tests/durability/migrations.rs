//! Files that older versions wrote.

use crate::grown::grown;
use crate::kept::{Answers, Costs, Kept, kept};
use flujo::engine::{ActionKind, PartChange, RunFilter, RunOrder, RunState};
use flujo::prelude::*;
use flujo::run::{Control, ForkRun};
use flujo::{Cost, ErrorKind, Usage};
use flujo_sqlite::Sqlite;
use flujo_tests::files::File;
use std::path::Path;
use std::time::Duration;

/// A copy of the file that version 1 wrote, with runs in every state: two processes of another machine died in the
/// middle of a call, and one has left a note.
fn version_1() -> File {
    fixture("version1.db")
}

fn fixture(name: &str) -> File {
    let file = File::new();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name), file.path()).unwrap();
    file
}

/// The version in the header of the file.
fn version(file: &File) -> u8 {
    std::fs::read(file.path()).unwrap()[63]
}

fn open(file: &File) -> (Sqlite, Flujo) {
    let sqlite = Sqlite::builder(file.path()).lease(Duration::from_millis(100)).open().unwrap();
    let builder = Flujo::builder().models(Answers).prices(Costs).pipeline::<kept>();
    (sqlite.clone(), builder.engine(sqlite).build().unwrap())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// Goes on as soon as its owner is known to be gone: its heart must not have beaten for a lease.
async fn resume(flujo: &Flujo, id: &str) -> PipelineResult<String, Kept> {
    for _ in 0..1000 {
        match flujo.resume::<kept>(id).await {
            Err(error) if matches!(error.kind(), ErrorKind::Busy(_)) => {}
            done => return done.unwrap(),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{id} is never free")
}

fn calls(n: u64) -> Usage {
    Usage::of_cost(Cost(200 * n)).model_calls(n).input_tokens(100 * n).output_tokens(10 * n)
}

#[test]
fn every_run_of_version_1_goes_on_in_the_newest() {
    let file = version_1();
    assert_eq!(version(&file), 1);
    let (sqlite, flujo) = open(&file);
    block_on(async {
        sqlite.verify().await.unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
        let list = flujo.list(&RunFilter::default()).await.unwrap();
        let list: Vec<_> = list.iter().map(|run| (run.id.as_str(), run.state)).collect();
        assert_eq!(
            list,
            [
                ("answered", RunState::Paused),
                ("asking", RunState::Paused),
                ("begun", RunState::Running),
                ("cancelled", RunState::Cancelled),
                ("crashed", RunState::Crashed),
                ("created", RunState::Created),
                ("done", RunState::Done),
                ("failed", RunState::Failed),
                ("given up", RunState::Interrupted),
                ("paused", RunState::Paused),
                ("seeded", RunState::Created),
            ]
        );
        // What has ended is what it was.
        let result = flujo.run(kept("done".to_owned())).id("done").await;
        assert_eq!((result.usage, result.context.log.len()), (calls(1), 2));
        assert_eq!(result.hitl_history.len(), 2);
        assert_eq!(result.hitl_history[0].reply.by.as_deref(), Some("Ada"));
        assert_eq!(result.into_output().unwrap(), "done calm a b");
        let crashed = flujo.inspect("crashed").await.unwrap();
        let charged = Cost(5 * 703);
        assert_eq!((crashed.usage.cost, crashed.usage.estimated_calls), (charged, 5));
        // What waits goes on with its reply, the one that was there and the one that comes now.
        let result = resume(&flujo, "answered").await;
        assert_eq!(result.questions().len(), 1, "{:?}", result.outcome);
        assert_eq!(result.questions()[0].path, "kept/last");
        for (id, end) in [("answered", "answered calm a z"), ("paused", "paused calm a z")] {
            let result = flujo.resume::<kept>(id).reply("z").await.unwrap();
            assert_eq!((result.usage, result.context.log.len()), (calls(1), 2));
            assert_eq!(result.into_output().unwrap(), end);
        }
        // What was under way is charged, and called again; what was given up had been charged.
        for (id, charged) in [("begun", 701), ("given up", 705)] {
            let result = resume(&flujo, id).await;
            let expected = Cost(200 + charged);
            assert_eq!((result.usage.cost, result.usage.estimated_calls), (expected, 1), "{id}");
            assert_eq!(result.questions().len(), 1);
            assert_eq!(result.context.log.len(), 1, "what was recorded before is not run again");
        }
        // A failed one is tried again where it failed.
        let failed = flujo.resume::<kept>("failed").await.unwrap();
        assert_eq!(failed.usage, calls(1));
        let error = failed.into_output().unwrap_err().to_string();
        assert!(error.starts_with("kept/breaks: broken by failed (attempt "), "{error}");
        // What nobody had begun begins, with what it was given.
        for (id, records) in [("created", 2), ("seeded", 2)] {
            let result = resume(&flujo, id).await;
            assert_eq!(result.questions().len(), 1);
            assert_eq!(flujo.inspect(id).await.unwrap().records.len(), records);
        }
        sqlite.verify().await.unwrap();
    });
    drop((sqlite, flujo));
    assert_eq!(version(&file), 4);
    // Once more: nothing is left to be done, and everything is there.
    let (sqlite, flujo) = open(&file);
    block_on(async {
        sqlite.verify().await.unwrap();
        let result = flujo.run(kept("paused".to_owned())).id("paused").await;
        assert_eq!(result.into_output().unwrap(), "paused calm a z");
    });
}

/// In files of version 2, every record of a list has the whole list.
#[test]
fn every_run_of_version_2_goes_on_in_the_newest() {
    let file = fixture("version2.db");
    assert_eq!(version(&file), 2);
    let sqlite = Sqlite::open(file.path()).unwrap();
    let builder = Flujo::builder().pipeline::<grown>();
    let flujo = builder.engine(sqlite.clone()).build().unwrap();
    let log = |id: &str| ["1", "2", "left", "right", "3"].map(|text| format!("{id} {text}")).to_vec();
    block_on(async {
        sqlite.verify().await.unwrap();
        // What has ended is what it was.
        let result = flujo.run(grown("done".to_owned())).id("done").await;
        assert_eq!(result.context.log, [log("done"), vec!["go 4".to_owned()]].concat());
        let whole = flujo.inspect("done").await.unwrap();
        assert!(whole.records.iter().all(|r| matches!(r.parts[0].1, PartChange::Whole(_))));
        // What waits goes on: its records are replayed, and the next one is of the new form.
        let result = flujo.resume::<grown>("asking").reply("on").await.unwrap();
        assert_eq!(result.context.log, [log("asking"), vec!["on 4".to_owned()]].concat());
        assert!(result.into_output().unwrap().ends_with("on 4: 6"));
        let records = flujo.inspect("asking").await.unwrap().records;
        let forms: Vec<_> = records.iter().map(|r| matches!(r.parts[0].1, PartChange::Whole(_))).collect();
        assert_eq!(forms, [true, true, true, true, true, false]);
        // A fork of an old run keeps its records, in front of others.
        Control::fork(&flujo, &ForkRun::new("forked", "grown/three", "fork")).await.unwrap();
        let forked = flujo.resume::<grown>("fork").await.unwrap();
        assert_eq!(forked.context.log, log("forked"));
        let forms: Vec<_> = flujo.inspect("fork").await.unwrap().records;
        let forms: Vec<_> = forms.iter().map(|r| matches!(r.parts[0].1, PartChange::Whole(_))).collect();
        assert_eq!(forms, [true, true, true, true, false]);
        sqlite.verify().await.unwrap();
    });
    drop((sqlite, flujo));
    assert_eq!(version(&file), 4);
}

/// In files of version 3, a run has no times but that of its creation, no usage and no labels.
#[test]
fn every_run_of_version_3_goes_on_in_the_newest() {
    let file = fixture("version3.db");
    assert_eq!(version(&file), 3);
    let (sqlite, flujo) = open(&file);
    block_on(async {
        sqlite.verify().await.unwrap();
        let list = flujo.list(&RunFilter::default()).await.unwrap();
        let shown: Vec<_> = list
            .iter()
            .map(|run| (run.id.as_str(), run.state, run.usage, run.questions, run.ended.is_some()))
            .collect();
        assert_eq!(
            shown,
            [
                ("answered", RunState::Paused, calls(1), 0, false),
                ("asking", RunState::Paused, calls(1), 1, false),
                ("cancelled", RunState::Cancelled, calls(1), 0, true),
                ("done", RunState::Done, calls(1), 0, true),
                ("failed", RunState::Failed, calls(1), 0, true),
                ("forked", RunState::Done, Usage::default(), 0, true),
            ]
        );
        for run in &list {
            let view = flujo.inspect(&run.id).await.unwrap();
            assert_eq!(
                (run.usage, run.changed, run.ended),
                (view.usage, view.changed, view.ended),
                "{}",
                run.id
            );
            assert!(run.started >= Some(run.created) || run.id.as_str() == "forked", "{run:?}");
            assert!(run.labels.is_empty() && run.created <= run.changed, "{run:?}");
        }
        let failed = list[4].failure.as_deref();
        assert_eq!(failed, Some("kept/breaks: broken by failed"));
        assert_eq!(list[5].origin, Some("done".into()));
        let changed =
            RunFilter::default().order(RunOrder::Changed).state(RunState::Done).state(RunState::Failed);
        let newest: Vec<_> = flujo.list(&changed).await.unwrap().into_iter().map(|run| run.id).collect();
        assert_eq!(newest.first(), Some(&"forked".into()));
        // What was paused goes on, and what failed is tried again.
        let result = resume(&flujo, "answered").await;
        assert_eq!(result.questions()[0].path, "kept/last");
        let done = flujo.resume::<kept>("answered").reply("z").await.unwrap();
        assert_eq!(done.into_output().unwrap(), "answered calm a z");
        drop(flujo.resume::<kept>("failed").by("ops").await.unwrap());
        let actions = flujo.inspect("failed").await.unwrap().actions();
        let retried = actions.iter().find(|action| action.what == ActionKind::Retried).unwrap();
        assert_eq!(retried.by.as_deref(), Some("ops"));
        sqlite.verify().await.unwrap();
    });
    drop((sqlite, flujo));
    assert_eq!(version(&file), 4);
}
