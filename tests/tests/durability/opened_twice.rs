//! A process that opens a file twice.

use flujo::prelude::*;
use flujo_sqlite::Sqlite;
use flujo_tests::files::File;
use std::os::unix::fs::MetadataExt;

#[step]
async fn same(n: u64) -> Result<u64> {
    Ok(n)
}

pipeline! {
    fn kept(n: u64) -> u64 {
        same(n)
    }
}

fn open(file: &File) -> Flujo {
    Flujo::builder().engine(Sqlite::open(file.path()).unwrap()).build().unwrap()
}

/// Whether this process has the lock that keeps others from deleting the log.
fn is_locked(file: &File) -> bool {
    let (pid, file) =
        (std::process::id().to_string(), format!(":{}", std::fs::metadata(file.path()).unwrap().ino()));
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|lock| {
        let lock: Vec<&str> = lock.split_whitespace().collect();
        matches!(lock[..], [_, _, _, "READ", owner, on, ..] if owner == pid && on.ends_with(&file))
    })
}

#[test]
fn a_process_that_opens_a_file_twice_keeps_its_locks() {
    let file = File::new();
    let first = open(&file);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for round in 0..3 {
        assert_eq!(runtime.block_on(async { first.run(kept(7)).await.into_output().unwrap() }), 7);
        assert!(is_locked(&file), "round {round}: before");
        let second = open(&file);
        assert!(is_locked(&file), "round {round}: opened twice");
        drop(second);
        assert!(is_locked(&file), "round {round}: one of two closed");
    }
    drop(first);
    assert!(!is_locked(&file));
}
