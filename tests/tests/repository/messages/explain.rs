//! What `flujo explain` prints: a file for each name, inside the crate, which is built of its own files alone.

use super::fixtures::{self, Made};
use super::pages::{self, FOLDER};
use super::written;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const EXPLAIN: &str = "tools/cli/src/explain";

/// The caption, the page, the program, and what the compiler prints.
fn made() -> Made<BTreeMap<String, String>> {
    let all = fixtures::all()?;
    let shown = fixtures::shown(&all);
    let mut files = BTreeMap::new();
    let mut list = "\
//! Made of tests/ui by `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository`: change it there.

/// Each mistake by its name: the caption, the page of the book, the program, and what the compiler prints.
pub(super) const ALL: &[(&str, &str)] = &[
"
    .to_owned();
    for (name, fixture) in shown {
        let (caption, code, printed) = (&fixture.caption, &fixture.code, fixture.printed.trim_end());
        let page = format!("{FOLDER}/{}.md", pages::of(fixture)?.slug);
        assert!(!code.lines().any(|line| line == "--"), "{name}: a line that ends the program");
        files.insert(format!("{name}.txt"), format!("{caption}\n{page}\n\n{code}\n--\n{printed}\n"));
        writeln!(list, "    (\"{name}\", include_str!(\"{name}.txt\")),")?;
    }
    list.push_str("];\n");
    files.insert("all.rs".to_owned(), list);
    Ok(files)
}

#[test]
fn each_name_is_explained() -> Made<()> {
    written::compare(EXPLAIN, &made()?, &[".txt", "all.rs"])
}
