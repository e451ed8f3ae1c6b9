//! The pages on the Python predecessor name programs that do not compile: each name is a fixture in `ui/`.

use crate::markdown::{Checked, read, root};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

const FOLDER: &str = "docs/book/from-python";

/// The code spans of each line that begins with `Compiler:`, and of those up to its full stop.
fn named(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in page.split("\nCompiler: ").skip(1) {
        let sentence = rest.split_once("\n\n").map_or(rest, |(sentence, _)| sentence);
        let is_name = |text: &&str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        names.extend(sentence.split('`').skip(1).step_by(2).filter(is_name).map(str::to_owned));
    }
    names
}

/// The names of all programs that the compiler refuses.
fn fixtures() -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut names = BTreeSet::new();
    for topic in fs::read_dir(root().join("tests/ui"))? {
        let topic = topic?.path();
        if !topic.is_dir() {
            continue;
        }
        for file in fs::read_dir(topic)? {
            let file = file?.path();
            if file.extension().is_some_and(|end| end == "stderr") {
                names.extend(file.file_stem().map(|name| name.to_string_lossy().into_owned()));
            }
        }
    }
    Ok(names)
}

#[test]
fn mistakes_that_are_now_impossible_have_their_fixtures() -> Checked {
    let fixtures = fixtures()?;
    let mut seen = 0;
    for page in fs::read_dir(root().join(FOLDER))? {
        let name = page?.file_name().to_string_lossy().into_owned();
        for fixture in named(&read(&format!("{FOLDER}/{name}"))?) {
            seen += 1;
            assert!(fixtures.contains(&fixture), "{name}: there is no tests/ui/*/{fixture}.stderr");
        }
    }
    assert!(seen >= 80, "{seen} names");
    Ok(())
}

#[test]
fn names_are_read_up_to_the_end_of_their_paragraph() {
    let page = "Text `not_this`.\nCompiler: `one`, `two`,\n`three_four`, `GRAPH.validate()`.\n\n`nor_this`\n";
    assert_eq!(named(page), ["one", "two", "three_four"]);
    assert!(named("`none`\n").is_empty());
}
