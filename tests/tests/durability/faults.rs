//! What goes wrong with the file, and what is then said: clear errors, nothing lost, other runs go on.

use flujo::codec::Json;
use flujo::engine::{Engine, RunId, RunState, RunView, Status};
use flujo::prelude::*;
use flujo::question::Reply;
use flujo_sqlite::{Sqlite, SqliteBuilder, Synchronous};
use flujo_testing::PausedClock;
use flujo_tests::files::File;
use flujo_tests::stories::{asks, steps};
use flujo_tests::world::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Text that cannot be made much shorter.
fn letters(seed: u64, n: usize) -> String {
    let mut state = seed;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + u8::try_from(state >> 57).unwrap() % 75)
    };
    (0..n).map(letter).collect()
}

fn builder(path: &Path, clock: &PausedClock) -> SqliteBuilder {
    Sqlite::builder(path).synchronous(Synchronous::Off).clock(Arc::new(clock.clone()))
}

fn open(path: &Path) -> Result<Sqlite, flujo::Error> {
    builder(path, &PausedClock::default()).open()
}

fn with(sqlite: Sqlite) -> (Flujo<World>, Calls) {
    let calls = Calls::default();
    let builder = Flujo::builder().resources(World { calls: calls.clone() }).models(Scripted::default());
    (builder.prices(Prices).engine(sqlite).build().unwrap(), calls)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// A file with a run that is done and one that is paused, and what is in them.
fn filled() -> (File, String) {
    let file = File::new();
    let (flujo, _) = with(open(file.path()).unwrap());
    block_on(async {
        drop(flujo.run(steps(letters(1, 60_000))).id("done").await.into_output().unwrap());
        assert_eq!(flujo.run(asks("x".repeat(9000))).id("paused").await.questions().len(), 1);
    });
    drop(flujo);
    let inside = block_on(inside(&open(file.path()).unwrap()));
    (file, inside.unwrap())
}

async fn inside(sqlite: &Sqlite) -> Result<String, flujo::Error> {
    let mut all = Vec::new();
    for id in ["done", "paused"] {
        let view: Option<RunView> = sqlite.view(&RunId::from(id)).await?;
        all.push(format!("{view:?}"));
    }
    Ok(all.join("\n"))
}

/// The error of opening the file, which must be as it was afterwards.
fn refused(file: &File) -> String {
    let before = std::fs::read(file.path()).unwrap();
    let error = open(file.path()).map(drop).unwrap_err().to_string();
    assert!(std::fs::read(file.path()).unwrap() == before, "the file was changed");
    let path = file.path().display().to_string();
    error.strip_prefix(&path).expect("it says which file").trim_start_matches(": ").to_owned()
}

fn patch(file: &File, at: usize, bytes: &[u8]) {
    let mut all = std::fs::read(file.path()).unwrap();
    all[at..at + bytes.len()].copy_from_slice(bytes);
    std::fs::write(file.path(), all).unwrap();
}

#[test]
fn files_of_others_newer_and_damaged_ones_are_refused_and_not_changed() {
    let (file, inside) = filled();
    let sound = std::fs::read(file.path()).unwrap();

    patch(&file, 60, &99_u32.to_be_bytes());
    assert_eq!(
        refused(&file),
        "the file was written by a newer flujo: it has version 99, this one knows 4; nothing was changed, update flujo"
    );
    std::fs::write(file.path(), &sound).unwrap();
    patch(&file, 68, &[0; 4]);
    assert_eq!(
        refused(&file),
        "not a flujo database: it belongs to another application; nothing was changed, give another path"
    );
    std::fs::write(file.path(), "name,age\nAda,36\n").unwrap();
    let text = "not a flujo database: it is no SQLite file, or its header is damaged; nothing was changed, give another path";
    assert_eq!(refused(&file), text);
    for length in [1, 99, 100, 4096, 5000, sound.len() / 2, sound.len() - 1] {
        std::fs::write(file.path(), &sound[..length]).unwrap();
        let said = refused(&file);
        let cut = format!("file is truncated: {} of {} bytes", grouped(length), grouped(sound.len()));
        assert!(said.contains(&cut) || said == text, "{length}: {said}");
    }
    // As it was, it is what it was.
    std::fs::write(file.path(), &sound).unwrap();
    assert_eq!(block_on(self::inside(&open(file.path()).unwrap())).unwrap(), inside);

    let nowhere = File::new();
    let error = open(&nowhere.path().join("folder.db")).map(drop).unwrap_err().to_string();
    assert!(error.contains("the database cannot be opened"), "{error}");
}

/// As people write it: `12,288`.
fn grouped(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", grouped(n / 1000), n % 1000) }
}

/// Numbers below a bound, the same every time; `FLUJO_FLIPS` of them, if it says how many.
fn numbers(below: usize, rounds: usize) -> impl Iterator<Item = usize> {
    let rounds = std::env::var("FLUJO_FLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(rounds);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    (0..rounds).map(next)
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused_and_not_changed() {
    let (file, inside) = filled();
    let sound = std::fs::read(file.path()).unwrap();
    for length in numbers(sound.len() - 1, 100).map(|n| n + 1) {
        std::fs::write(file.path(), &sound[..length]).unwrap();
        let said = refused(&file);
        let cut =
            said.contains(&format!("file is truncated: {} of {}", grouped(length), grouped(sound.len())));
        assert!(
            cut || length < 100 && said.contains("no SQLite file, or its header is damaged"),
            "{length}: {said}"
        );
    }
    std::fs::write(file.path(), &sound).unwrap();
    assert_eq!(block_on(self::inside(&open(file.path()).unwrap())).unwrap(), inside);
}

#[test]
fn a_log_that_is_cut_off_or_flipped_anywhere_leaves_what_was_committed_before() {
    let file = File::new();
    let (flujo, _) = with(open(file.path()).unwrap());
    let log = |file: &File| file.path().with_extension("db-wal");
    let whole = block_on(async {
        drop(flujo.run(steps("x".into())).id("r").await.into_output().unwrap());
        flujo.inspect("r").await.unwrap().records
    });
    // As a process leaves it that is killed now.
    let (database, written) = (std::fs::read(file.path()).unwrap(), std::fs::read(log(&file)).unwrap());
    let mut seen = BTreeSet::new();
    for (round, n) in numbers(written.len(), 120).enumerate() {
        let mut left = written.clone();
        if round % 2 == 0 {
            left.truncate(n);
        } else {
            left[n] ^= 1 << (round % 8);
        }
        let cut = File::new();
        std::fs::write(cut.path(), &database).unwrap();
        std::fs::write(log(&cut), left).unwrap();
        let sqlite = open(cut.path()).unwrap();
        block_on(async {
            sqlite.verify().await.unwrap();
            let records = sqlite.view(&RunId::from("r")).await.unwrap().map(|view| view.records);
            let records = records.unwrap_or_default();
            assert!(whole.starts_with(&records), "round {round}: {records:?}");
            seen.insert(records.len());
        });
    }
    assert!(seen.len() > whole.len() / 2 && seen.contains(&whole.len()), "{seen:?}");
}

#[test]
fn a_flipped_bit_is_found_or_changes_nothing() {
    let (file, expected) = filled();
    let sound = std::fs::read(file.path()).unwrap();
    let (mut found, mut rounds) = (0, 0);
    for (round, bit) in numbers(sound.len() * 8, 250).enumerate() {
        rounds += 1;
        let flipped = File::new();
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(flipped.path(), bytes).unwrap();
        let read = open(flipped.path()).and_then(|sqlite| {
            block_on(async {
                sqlite.verify().await?;
                inside(&sqlite).await
            })
        });
        match read {
            Ok(inside) => assert!(inside == expected, "round {round}: bit {bit} changed what is read"),
            Err(error) => {
                found += 1;
                assert!(matches!(error.kind(), flujo::ErrorKind::Engine(_)), "{error:?}");
            }
        }
    }
    println!("{found} of {rounds} flipped bits were found, the others are nowhere that counts");
    assert!(found > rounds / 3, "{found} of {rounds}");
}

#[step]
async fn grow(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    // Nothing that could be compressed.
    Ok(letters(text.len() as u64, 400_000))
}
pipeline! {
    fn grows(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let long = grow(text);
        long.len().to_string()
    }
}

#[test]
fn a_full_disk_stops_what_wants_to_write_and_loses_nothing() {
    let file = File::new();
    let clock = PausedClock::default();
    let (flujo, calls) = with(builder(file.path(), &clock).max_pages(60).open().unwrap());
    block_on(async {
        let error = flujo.run(grows("x".into())).id("big").await.into_output().unwrap_err();
        let source =
            std::error::Error::source(&error).and_then(|source| source.downcast_ref::<rusqlite::Error>());
        assert_eq!(source.and_then(rusqlite::Error::sqlite_error_code), Some(rusqlite::ErrorCode::DiskFull));
        let error = error.to_string();
        assert!(error.contains("the database cannot grow"), "{error}");
        assert!(error.contains("make room on the disk and go on"), "{error}");
        // Others go on, and so does this one as far as it came.
        let (small, again) =
            tokio::join!(flujo.run(steps("y".into())).id("small"), flujo.resume::<grows>("big"));
        assert_eq!(small.into_output().unwrap(), "y3");
        assert!(again.is_err() || again.is_ok_and(|result| result.into_output().is_err()));
        assert_eq!(calls.of("grows/add"), 1);
        assert_eq!(flujo.inspect("big").await.unwrap().status, Status::Interrupted);
    });
    drop(flujo);
    let (flujo, calls) = with(builder(file.path(), &clock).open().unwrap());
    block_on(async {
        let result = flujo.resume::<grows>("big").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "400000");
        assert_eq!(calls.all(), [("grows/grow".to_owned(), 1)]);
    });
}

#[test]
fn of_two_who_reply_at_the_same_time_one_is_told_who_was_faster() {
    for round in 0..20 {
        let file = File::new();
        let (flujo, _) = with(open(file.path()).unwrap());
        block_on(async {
            assert_eq!(flujo.run(asks("x".into())).id("r").await.questions().len(), 1);
            let clients = ["Ada", "Ben"].map(|who| (who, open(file.path()).unwrap()));
            let reply = async |(who, sqlite): &(&str, Sqlite)| {
                let value = Json::encode(who).unwrap();
                let reply = Reply { value, by: Some((*who).to_owned()), at: sqlite.clock().now() };
                sqlite.reply(&RunId::from("r"), &"asks/first".into(), reply).await
            };
            let (ada, ben) = tokio::join!(reply(&clients[0]), reply(&clients[1]));
            let (first, error) = match (ada, ben) {
                (Ok(()), Err(error)) => ("Ada", error),
                (Err(error), Ok(())) => ("Ben", error),
                both => panic!("round {round}: {both:?}"),
            };
            assert!(
                error.to_string().starts_with(&format!("asks/first: already answered by {first}")),
                "{error}"
            );
            let view = flujo.inspect("r").await.unwrap();
            assert_eq!(view.answered[0].reply.by.as_deref(), Some(first));
        });
    }
}

#[test]
fn a_wall_clock_that_jumps_harms_no_run() {
    use flujo::clock::Timestamp;
    let file = File::new();
    let late = PausedClock::at(Timestamp(9_000_000_000_000));
    let early = PausedClock::at(Timestamp(1_000));
    let (flujo, _) = with(builder(file.path(), &late).open().unwrap());
    block_on(async {
        assert_eq!(flujo.run(asks("x".into())).id("r").await.questions().len(), 1);
        // Another process, whose clock says that all this is in the future.
        let (other, _) = with(builder(file.path(), &early).open().unwrap());
        let result = other.resume::<asks>("r").reply("f").await.unwrap();
        assert_eq!(result.questions().len(), 1);
        let result = flujo.resume::<asks>("r").reply(7).await.unwrap();
        assert_eq!(result.into_output().unwrap(), "xf7");
    });
}

#[test]
fn a_live_run_hears_of_a_reply_and_of_a_cancellation_through_another_process() {
    pipeline! {
        fn waits_beside(text: String, ctx: &mut State, world: &World) -> String {
            let (a, b) = join({ let a: String = ask("a?"); echo(a) }, { wait("1min"); add(text) });
            format!("{a}{b}")
        }
    }
    let file = File::new();
    // A timer of the first one keeps the run alive: its clock is held.
    let clock = PausedClock::default();
    clock.hold();
    let (flujo, _) = with(builder(file.path(), &clock).open().unwrap());
    let (other, _) = with(open(file.path()).unwrap());
    block_on(async {
        for (id, cancel) in [("replied", false), ("cancelled", true)] {
            let run = flujo.run(waits_beside("x".into())).id(id);
            let (result, ()) = tokio::join!(run, async {
                while !other.inspect(id).await.is_ok_and(|view| !view.questions.is_empty()) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                assert_eq!(other.inspect(id).await.unwrap().status, Status::Running);
                if cancel {
                    return other.cancel(id).await.unwrap();
                }
                // It replies, and waits for whoever works on the run.
                let resumed = other.resume::<waits_beside>(id).reply("yes ");
                let (done, ()) = tokio::join!(resumed, async {
                    while flujo.inspect(id).await.unwrap().records.is_empty() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    clock.advance(Duration::from_secs(60));
                });
                assert_eq!(done.unwrap().into_output().unwrap(), "yes x");
            });
            match result.outcome {
                Outcome::Cancelled if cancel => {}
                Outcome::Done(text) if !cancel => assert_eq!(text, "yes x"),
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn runs_that_ended_long_ago_are_pruned_and_nothing_else() {
    let file = File::new();
    let clock = PausedClock::default();
    let sqlite = builder(file.path(), &clock).open().unwrap();
    let (flujo, _) = with(sqlite.clone());
    block_on(async {
        let run = async |id: &str| drop(flujo.run(steps("x".into())).id(id).await.into_output().unwrap());
        for n in 0..250 {
            run(&format!("old{n}")).await;
        }
        assert_eq!(flujo.run(asks("x".into())).id("old and paused").await.questions().len(), 1);
        clock.advance(Duration::from_secs(3600));
        run("new").await;
        assert_eq!(sqlite.prune_older(Duration::from_secs(7200), None).await.unwrap(), 0);
        assert_eq!(sqlite.prune_older(Duration::from_secs(1800), None).await.unwrap(), 250);
        let left = flujo.list(&flujo::engine::RunFilter::default()).await.unwrap();
        let left: Vec<_> = left.iter().map(|run| (run.id.as_str(), run.state)).collect();
        assert_eq!(left, [("new", RunState::Done), ("old and paused", RunState::Paused)]);
        sqlite.verify().await.unwrap();
        let result = flujo.resume::<asks>("old and paused").reply("f").await.unwrap();
        assert_eq!(result.questions().len(), 1);
        // The room is used again, and so is the name.
        run("old0").await;
    });
}

#[test]
fn long_values_take_less_room_than_they_are() {
    let file = File::new();
    let (flujo, _) = with(open(file.path()).unwrap());
    let text = "all work and no play makes this text longer than it has to be. ".repeat(1000);
    block_on(async {
        assert_eq!(flujo.run(steps(text.clone())).id("r").await.context.log[0], text);
        let view = flujo.inspect("r").await.unwrap();
        assert_eq!(view.run.input.decode::<(String,)>().unwrap().0, text);
    });
    drop(flujo);
    // Input, two outputs, the draft and the log: once each would be five times as much.
    let size = std::fs::metadata(file.path()).unwrap().len();
    assert!(size < 2 * text.len() as u64 + 100_000, "{size}");
}
