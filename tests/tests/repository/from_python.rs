//! The pages on the Python predecessor name messages of the compiler, so that `flujo explain` knows each name.

use crate::markdown::{Checked, linked, read, root};
use crate::messages;
use std::fs;

const FOLDER: &str = "docs/book/from-python";

/// The paragraphs that begin with `Compiler:`.
fn paragraphs(page: &str) -> impl Iterator<Item = &str> {
    page.split("\nCompiler: ")
        .skip(1)
        .map(|rest| rest.split_once("\n\n").map_or(rest, |(paragraph, _)| paragraph))
}

#[test]
fn mistakes_that_are_now_impossible_link_to_their_messages() -> Checked {
    let names = messages::names()?;
    let (mut links, mut with_name) = (0, 0);
    for page in fs::read_dir(root().join(FOLDER))? {
        let file = page?.file_name().to_string_lossy().into_owned();
        for (text, to) in paragraphs(&read(&format!("{FOLDER}/{file}"))?).flat_map(linked) {
            links += 1;
            assert!(to.starts_with("../compiler/"), "{file}: {to} is no page of the messages");
            if let Some(name) = text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
                with_name += 1;
                assert!(names.contains(name), "{file}: no message of the compiler has the name `{name}`");
            }
        }
    }
    assert!(links >= 80 && with_name >= 40, "{links} links, {with_name} names");
    Ok(())
}

#[test]
fn links_are_read_up_to_the_end_of_their_paragraph() {
    let page = "[`not_this`](a)\nCompiler: [`one`](b#one), [two\nwords](c),\n`three`.\n\n[`nor_this`](d)\n";
    let all: Vec<_> = paragraphs(page).flat_map(linked).collect();
    assert_eq!(all, [("`one`", "b#one"), ("two\nwords", "c")]);
    assert_eq!(paragraphs("[`none`](a)\n").count(), 0);
}
