//! One SQLite for two: a run that `flujo-sqlite` keeps, and what `sqlx` reads of the same file.
#![cfg(test)]

use flujo::prelude::*;
use flujo_sqlite::Sqlite;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

#[step]
async fn double(n: u64) -> Result<u64> {
    Ok(2 * n)
}

pipeline! {
    fn doubled(n: u64) -> u64 { double(n) }
}

#[tokio::test]
async fn sqlx_reads_what_flujo_sqlite_has_written() {
    let path = std::env::temp_dir().join(format!("flujo-beside-sqlx-{}.db", std::process::id()));
    let flujo = Flujo::builder().engine(Sqlite::open(&path).unwrap()).build().unwrap();
    assert_eq!(flujo.run(doubled(21)).id("r").await.into_output().unwrap(), 42);

    let mut db = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let read = "SELECT s.output FROM standings s JOIN runs r USING (run) WHERE r.id = 'r'";
    let output: String = sqlx::query_scalar(read).fetch_one(&mut db).await.unwrap();
    assert_eq!(output, "42");
    db.close().await.unwrap();
    drop(flujo);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}
