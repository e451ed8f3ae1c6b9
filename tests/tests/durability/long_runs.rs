//! Runs of many records.

use flujo::prelude::*;
use flujo_tests::world::*;

/// More than a reader reads in one go.
const ITEMS: u64 = 700;

#[step]
async fn item(n: u64, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(text(n))
}

fn text(n: u64) -> String {
    format!("item number {n:05}")
}

pipeline! {
    fn long(items: u64, world: &World) -> String {
        let all = map(0..items, |n| item(n)).concurrency(1);
        let more: u64 = ask("how many more?");
        let rest = map(0..more, |n| item(n + items).named("later"));
        format!("{} {} {}", all.len() + rest.len(), all.concat(), rest.concat())
    }
}

fn expected() -> String {
    let some = |from: u64, to: u64| (from..to).map(text).collect::<Vec<_>>().concat();
    format!("{} {} {}", ITEMS + 3, some(0, ITEMS), some(ITEMS, ITEMS + 3))
}

#[test]
fn a_run_of_many_records_goes_on_where_it_was() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(long(ITEMS)).id("r").await.questions().len(), 1);
        assert_eq!(calls.len() as u64, ITEMS);
        let result = flujo.resume::<long>("r").reply(3).await.unwrap();
        assert_eq!(calls.len() as u64, ITEMS + 3, "nothing ran again");
        let steps = result.steps.iter().map(|step| step.path().to_string()).collect::<Vec<_>>();
        assert_eq!(steps.first().map(String::as_str), Some("long/all[0]/item"));
        assert_eq!(result.into_output().unwrap(), expected());
    });
}

/// Another process has none of it in memory: it reads what is written, with several threads.
#[cfg(feature = "sqlite")]
mod in_a_file {
    use super::*;
    use flujo::engine::{Engine, RunFilter, RunId, RunRecord, RunState, RunSummary};
    use flujo_sqlite::{Sqlite, Synchronous};
    use flujo_tests::files::File;
    use std::sync::Arc;
    use std::time::Duration;

    fn open(file: &File) -> (Flujo<World>, Calls) {
        let clock = Arc::new(flujo_testing::PausedClock::default());
        let sqlite = Sqlite::builder(file.path()).clock(clock).synchronous(Synchronous::Off);
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() });
        (builder.engine(sqlite.open().unwrap()).build().unwrap(), calls)
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    fn asked(file: &File) {
        let (flujo, calls) = open(file);
        assert_eq!(block_on(flujo.run(long(ITEMS)).id("r").into_future()).questions().len(), 1);
        assert_eq!(calls.len() as u64, ITEMS);
    }

    #[test]
    fn another_process_goes_on_with_a_run_of_many_records() {
        let file = File::new();
        asked(&file);
        let (flujo, calls) = open(&file);
        let result = block_on(async { flujo.resume::<long>("r").reply(3).await.unwrap() });
        assert_eq!(result.into_output().unwrap(), expected());
        assert_eq!(calls.len(), 3, "nothing ran again");
    }

    #[test]
    fn one_damaged_record_of_many_is_found_wherever_it_stands() {
        let file = File::new();
        asked(&file);
        let sound = std::fs::read(file.path()).unwrap();
        for n in [0, 1, ITEMS / 2 - 1, ITEMS / 2, ITEMS - 1] {
            let text = text(n);
            let at = sound.windows(text.len()).position(|found| found == text.as_bytes()).unwrap();
            let mut damaged = sound.clone();
            damaged[at] = b'I';
            std::fs::write(file.path(), damaged).unwrap();
            let (flujo, calls) = open(&file);
            let error = block_on(async { flujo.resume::<long>("r").reply(3).await.unwrap_err() }).to_string();
            let row = format!("checksum mismatch in table `records`, row {} of run 1;", n + 1);
            assert!(error.contains(&row), "{n}: {error}");
            assert_eq!(calls.len(), 0, "nothing ran");
        }
        std::fs::write(file.path(), sound).unwrap();
        let (flujo, _) = open(&file);
        let result = block_on(async { flujo.resume::<long>("r").reply(3).await.unwrap() });
        assert_eq!(result.into_output().unwrap(), expected());
    }

    pipeline! {
        fn one(n: u64, world: &World) -> String {
            item(n)
        }
    }

    /// As many as a busy service has after a while; all but ten of them were cancelled.
    #[test]
    fn a_database_of_100_000_runs_is_listed_recovered_and_pruned() {
        const TASKS: usize = 200;
        const EACH: usize = 500;
        let file = File::new();
        let clock = flujo_testing::PausedClock::default();
        let sqlite = Sqlite::builder(file.path()).clock(Arc::new(clock.clone()));
        let sqlite = Arc::new(sqlite.synchronous(Synchronous::Off).open().unwrap());
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() }).engine(Arc::clone(&sqlite));
        let flujo = builder.pipeline::<long>().pipeline::<one>().build().unwrap();
        let id = |n: usize| RunId::from(format!("r{n:06}"));
        let ids = |runs: Vec<RunSummary>| runs.into_iter().map(|run| run.id).collect::<Vec<_>>();
        let left: Vec<_> = (0..10).map(|n| id(n * 10_000)).collect();
        block_on(async {
            assert_eq!(flujo.run(long(2)).id("asks").await.questions().len(), 1);
            drop(flujo.run(one(7)).id("model").await.into_output().unwrap());
            let model = flujo.inspect("model").await.unwrap().run;
            let written = |task: usize| {
                let (sqlite, model) = (Arc::clone(&sqlite), Arc::clone(&model));
                tokio::spawn(async move {
                    for n in task * EACH..(task + 1) * EACH {
                        let run = RunRecord { id: id(n), ..RunRecord::clone(&model) };
                        assert!(sqlite.create(run).await.unwrap().is_none());
                        if n % 10_000 != 0 {
                            sqlite.cancel(&id(n), None).await.unwrap();
                        }
                    }
                })
            };
            for task in (0..TASKS).map(written).collect::<Vec<_>>() {
                task.await.unwrap();
            }
            let all = RunFilter::default();
            assert_eq!(flujo.list(&all).await.unwrap().len(), TASKS * EACH + 2);
            assert_eq!(ids(flujo.list(&all.clone().state(RunState::Created)).await.unwrap()), left);
            let page = flujo.list(&all.clone().after(id(59_998)).limit(3)).await.unwrap();
            assert_eq!(ids(page), [59_999, 60_000, 60_001].map(id));

            // Those that are left go on, and so does a new one, and the one that waits.
            let recovered = flujo.recover().await.unwrap().runs;
            assert_eq!(recovered, left.iter().map(|id| (id.clone(), RunState::Done)).collect::<Vec<_>>());
            assert_eq!(flujo.run(one(8)).id("new").await.into_output().unwrap(), text(8));
            let result = flujo.resume::<long>("asks").reply(1).await.unwrap();
            assert_eq!(result.into_output().unwrap(), format!("3 {}{} {}", text(0), text(1), text(2)));
            assert_eq!(calls.len(), 2 + 1 + left.len() + 1 + 1);

            clock.advance(Duration::from_secs(60));
            drop(flujo.run(one(9)).id("newest").await.into_output().unwrap());
            let pruned = sqlite.prune_older(Duration::from_secs(30), None).await.unwrap();
            assert_eq!(usize::try_from(pruned).unwrap(), TASKS * EACH + 3);
            assert_eq!(ids(flujo.list(&all).await.unwrap()), [RunId::from("newest")]);
        });
    }
}
