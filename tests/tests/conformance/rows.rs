//! Holds `docs/book/reference/semantics.md` and the tests together.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// `(row, what shows it)` of every table.
fn rows() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/book/reference/semantics.md");
    let text = fs::read_to_string(page).unwrap();
    let cells = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row "));
    cells
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 3, "a row has three cells: {line}");
            (cells[0].to_owned(), cells[2].to_owned())
        })
        .collect()
}

/// What is read: every test of these is named by a row.
const SUITES: [&str; 7] =
    ["conformance", "conversations", "durability", "generated", "kills", "money", "observing"];

/// The tests of all suites.
fn tests() -> BTreeSet<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = BTreeSet::new();
    let mut paths: Vec<_> = SUITES.iter().map(|suite| here.join(suite)).collect();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path.ends_with("rows.rs") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for block in text.split("#[test]\n").skip(1) {
            // One that is ignored is a part of another, which runs it.
            let Some(name) = block.trim_start().strip_prefix("fn ") else {
                assert!(block.starts_with("#[ignore = \"run by "), "{block}");
                continue;
            };
            found.insert(name.split('(').next().unwrap().to_owned());
        }
    }
    found
}

#[test]
fn every_row_names_a_test_or_says_why_it_is_open() {
    let tests = tests();
    let rows = rows();
    assert!(rows.len() > 60, "the page was not read: {} rows", rows.len());
    for (row, shown) in &rows {
        if let Some(reason) = shown.strip_prefix("open: ") {
            assert!(reason.len() > 10, "row `{row}` does not say why it is open");
            continue;
        }
        let names: Vec<_> = shown.split(", ").map(|name| name.trim_matches('`')).collect();
        for name in names {
            assert!(tests.contains(name), "row `{row}` names `{name}`, which is no test");
        }
    }
    let open = rows.iter().filter(|(_, shown)| shown.starts_with("open: ")).count();
    println!("{} rows, {open} open", rows.len());
}

#[test]
fn every_test_is_named_by_a_row() {
    let rows = rows();
    for test in tests() {
        let named = rows.iter().any(|(_, shown)| shown.contains(&format!("`{test}`")));
        assert!(named, "no row of docs/book/reference/semantics.md names `{test}`");
    }
}
