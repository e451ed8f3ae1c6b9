//! The book's page of the file has every table and every column.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-sqlite --lib migrations` writes them.

use super::{APPLICATION, migrate};
use crate::file_version::NEWEST;
use rusqlite::Connection;
use std::fmt::Write as _;

#[path = "../../../../tests/src/made.rs"]
mod made;

fn rows(db: &Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..columns).map(|i| Ok(row.get::<_, Option<String>>(i)?.unwrap_or_default())).collect()
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_table_and_every_column_is_in_the_book() {
    let db = Connection::open_in_memory().unwrap();
    migrate(&db).unwrap();
    let tables = rows(
        &db,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    let mut out = "| table | columns |\n|---|---|\n".to_owned();
    for table in tables.iter().flatten() {
        let columns =
            rows(&db, &format!("SELECT name, lower(type) FROM pragma_table_info('{table}') ORDER BY cid"));
        let columns: Vec<_> = columns
            .iter()
            .map(|column| match column.as_slice() {
                [name, ty] if ty.is_empty() => format!("`{name}`"),
                [name, ty] => format!("`{name}` {ty}"),
                other => panic!("{other:?}"),
            })
            .collect();
        writeln!(out, "| `{table}` | {} |", columns.join(", ")).unwrap();
    }
    let indexes = rows(
        &db,
        "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name",
    );
    let indexes: Vec<_> = indexes.iter().map(|index| format!("`{}`", index.join("` on `"))).collect();
    let version = format!(
        "This is version {NEWEST}, which `PRAGMA user_version` says. `PRAGMA application_id` is {APPLICATION} (`flju`)."
    );
    let indexes = format!("Indexes: {}.", indexes.join(", "));
    made::compare(
        "reference/file-format.md",
        &[("version", version), ("columns", out), ("indexes", indexes)],
    )
    .unwrap();

    let page =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/reference/file-format.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (described, _) = page.split_once("<!-- made: columns -->").unwrap();
    for table in tables.iter().flatten() {
        assert!(described.contains(&format!("| `{table}` |")), "the page does not say what is in `{table}`");
    }
    let queries = page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let queries: Vec<_> =
        queries.flat_map(|block| block.split(";\n")).filter(|sql| !sql.trim().is_empty()).collect();
    assert_eq!(queries.len(), 2);
    for sql in queries {
        assert_eq!(rows(&db, sql).len(), 0, "an empty file has no rows");
    }
}
