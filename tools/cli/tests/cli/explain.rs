//! `explain`: messages of the compiler by their names.

use crate::support::{Folder, Said, flujo};
use std::fs;
use std::path::Path;

/// In a folder without a database.
fn bare(words: &[&str], columns: &str) -> Said {
    let folder = Folder::new();
    Said::of(&folder.command(flujo()).env("COLUMNS", columns).arg("explain").args(words).output().unwrap())
}

/// The fixture that the explanation is made of.
fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/ui/flow").join(name);
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_name_is_explained_by_a_program_and_its_message() {
    let said = bare(&["join_conflict"], "80");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let source = fixture("join_conflict.rs");
    let caption = source.lines().next().unwrap().trim_start_matches("// ").trim_end_matches('.');
    assert_eq!(said.out.lines().next(), Some(caption));
    for line in ["    let (a, b) = join(web(text.clone()), papers(text));", "    #[context]"] {
        assert!(said.out.contains(line) && source.contains(line.trim()), "{line}\n{}", said.out);
    }
    // As a whole, however narrow the terminal is: it is compared with what was seen.
    assert!(said.out.contains(&fixture("join_conflict.stderr")), "{}", said.out);
    let address = "https://github.com/flujo-rs/flujo/blob/main/docs/book/compiler/parallel.md#join_conflict";
    assert_eq!(said.out.lines().last(), Some(address));
    assert_eq!(bare(&["[join_conflict]"], "80"), said);
}

#[test]
fn a_binary_with_pipelines_explains_as_the_installed_one_does() {
    let folder = Folder::new();
    assert_eq!(folder.letters(&["explain", "join_conflict"]), bare(&["join_conflict"], "100"));
}

#[test]
fn a_name_that_does_not_exist_gets_those_that_may_be_meant() {
    for (name, next) in [
        ("join_conflit", "did you mean `join_conflict`?"),
        ("conflict", "did you mean `join_conflict` or `map_conflict`?"),
        ("E0308", "it is a code of rustc's: `rustc --explain E0308`"),
        ("weather", "`flujo explain` lists the names"),
    ] {
        let err = format!("error: there is no message `{name}`\n{next}\n");
        assert_eq!(bare(&[name], "80"), Said { code: Some(3), out: String::new(), err });
    }
}

#[test]
fn all_names_are_listed_with_their_rules() {
    for columns in [40, 80, 200] {
        let said = bare(&[], &columns.to_string());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        assert!(said.out.lines().any(|line| line.starts_with("join_conflict  ")), "{}", said.out);
        assert!(
            said.out.lines().count() > 100 && said.out.lines().all(|line| line.chars().count() <= columns)
        );
    }
}

#[test]
fn other_programs_get_json() {
    let one = bare(&["join_conflict", "--json"], "80").json();
    let fields: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["caption", "message", "name", "page", "program"]);
    assert_eq!(one["message"].as_str().unwrap(), fixture("join_conflict.stderr").trim_end());
    let all = bare(&["--json"], "80").json();
    let listed = all["messages"].as_array().unwrap();
    let same =
        |entry: &&serde_json::Value| entry["name"] == one["name"] && entry["caption"] == one["caption"];
    assert_eq!(listed.iter().filter(same).count(), 1);
}
