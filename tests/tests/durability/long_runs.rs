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
    use flujo_tests::files::File;
    use std::sync::Arc;

    fn open(file: &File) -> (Flujo<World>, Calls) {
        let clock = Arc::new(flujo_testing::PausedClock::default());
        let sqlite = Sqlite::builder(file.path()).clock(clock).synchronous(flujo::sqlite::Synchronous::Off);
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
            assert!(error.contains("a row of `records` is not what was written"), "{n}: {error}");
            assert_eq!(calls.len(), 0, "nothing ran");
        }
        std::fs::write(file.path(), sound).unwrap();
        let (flujo, _) = open(&file);
        let result = block_on(async { flujo.resume::<long>("r").reply(3).await.unwrap() });
        assert_eq!(result.into_output().unwrap(), expected());
    }
}
