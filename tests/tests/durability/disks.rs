//! Disks that are too small, and files that cannot be written: with a file system of the test's own, where the
//! machine lets it mount one.

use flujo::engine::{RunFilter, RunState, Status};
use flujo::prelude::*;
use flujo_sqlite::Sqlite;
use flujo_tests::files::File;
use flujo_tests::stories::{asks, steps};
use flujo_tests::world::*;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Mounts a small disk, and runs this test binary on it, part by part.
const SCRIPT: &str = r#"
    mount -t tmpfs -o size=3m none "$1" || exit 99
    part() { FLUJO_DISK_PART=$3 "$1" --exact "$2" --nocapture --test-threads=1 || exit 1; }
    part "$2" "$3" full
    mount --bind "$1/runs.db" "$1/runs.db" && mount -o remount,ro,bind "$1/runs.db" || exit 99
    part "$2" "$3" read-only
    umount "$1/runs.db" || exit 99
    mount -o remount,ro "$1" || exit 99
    part "$2" "$3" read-only
    mount -o remount,rw "$1" || exit 99
    part "$2" "$3" again
"#;

const NAME: &str = "disks::a_small_disk_and_a_read_only_one_lose_nothing";

#[test]
fn a_small_disk_and_a_read_only_one_lose_nothing() {
    if let Some(folder) = std::env::var_os("FLUJO_DISK") {
        let part = std::env::var("FLUJO_DISK_PART").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        return runtime.block_on(on_the_disk(Path::new(&folder), &part));
    }
    let folder = File::new().path().with_extension("disk");
    std::fs::create_dir_all(&folder).unwrap();
    let done = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"])
        .args([&folder, &std::env::current_exe().unwrap()])
        .arg(NAME)
        .env("FLUJO_DISK", &folder)
        .output();
    let _ = std::fs::remove_dir(&folder);
    let why = match done {
        Ok(done) if done.status.success() => {
            let said = String::from_utf8_lossy(&done.stdout).into_owned();
            return assert_eq!(said.matches("PART OF A DISK").count(), 4, "{said}");
        }
        Ok(done) if matches!(done.status.code(), Some(1)) && !done.stdout.is_empty() => {
            panic!("{}\n{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
        }
        Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    assert!(std::env::var_os("FLUJO_DISKS").is_none(), "no small disk: {why}");
    // Past the harness, which keeps what a test prints to itself.
    let skipped = "SKIPPED: no small disk can be mounted here, so none was filled";
    writeln!(std::io::stderr(), "{skipped} ({why})").unwrap();
}

#[step]
async fn grow(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(letters(text.len() as u64, 400_000))
}

/// Text that cannot be made much shorter.
fn letters(seed: u64, n: usize) -> String {
    let mut state = seed;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + u8::try_from(state >> 57).unwrap() % 75)
    };
    (0..n).map(letter).collect()
}

pipeline! {
    fn grows(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let long = grow(text);
        long.len().to_string()
    }
}

fn open(folder: &Path) -> std::result::Result<(Flujo<World>, Calls), flujo::Error> {
    let calls = Calls::default();
    let builder = Flujo::builder().resources(World { calls: calls.clone() });
    Ok((builder.engine(Sqlite::open(folder.join("runs.db"))?).build()?, calls))
}

/// What each file holds.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect();
    files.sort();
    files
}

async fn on_the_disk(folder: &Path, part: &str) {
    println!("PART OF A DISK: {part}");
    match part {
        "full" => {
            let (flujo, calls) = open(folder).unwrap();
            assert_eq!(flujo.run(asks("x".into())).id("paused").await.questions().len(), 1);
            drop(flujo.run(steps("before".into())).id("done").await.into_output().unwrap());
            // Somebody else's file leaves room for short records only.
            let filler = folder.join("filler");
            let mut other = std::fs::File::create(&filler).unwrap();
            while other.write_all(&[7; 4096]).is_ok() {}
            let full = other.metadata().unwrap().len();
            other.set_len(full - 200 * 1024).unwrap();
            let error = flujo.run(grows("x".into())).id("big").await.into_output().unwrap_err().to_string();
            assert!(error.contains("runs.db: the database cannot grow"), "{error}");
            assert!(error.contains("make room on the disk and go on"), "{error}");
            // Others go on.
            let small = flujo.run(steps("y".into())).id("small").await;
            assert_eq!(small.into_output().unwrap(), "y3");
            assert_eq!(flujo.inspect("big").await.unwrap().status, Status::Interrupted);
            // With room, so does this one, in the same process.
            drop(other);
            std::fs::remove_file(&filler).unwrap();
            let result = flujo.resume::<grows>("big").await.unwrap();
            assert_eq!(result.into_output().unwrap(), "400000");
            assert_eq!((calls.of("grows/add"), calls.of("grows/grow")), (1, 2));
        }
        "read-only" => {
            let before = files(folder);
            let error = open(folder).map(drop).unwrap_err().to_string();
            assert!(error.contains("runs.db: the database cannot be written"), "{error}");
            assert!(error.contains("make the file and its folder writable"), "{error}");
            assert!(files(folder) == before, "nothing was changed");
        }
        _ => {
            let (flujo, _) = open(folder).unwrap();
            Sqlite::open(folder.join("runs.db")).unwrap().verify().await.unwrap();
            let runs = flujo.list(&RunFilter::default()).await.unwrap();
            let runs: Vec<_> = runs.iter().map(|run| (run.id.as_str(), run.state)).collect();
            let done = RunState::Done;
            assert_eq!(runs, [("big", done), ("done", done), ("paused", RunState::Paused), ("small", done)]);
            let result = flujo.resume::<asks>("paused").reply("f").await.unwrap();
            assert_eq!(result.questions().len(), 1);
        }
    }
}
