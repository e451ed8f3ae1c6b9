//! Public documentation is read in rustdoc's sorted index, one line at a time: a summary is a noun phrase or a
//! third-person verb that stands by itself.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The sources of all crates that users see.
const CRATES: [&str; 6] =
    ["flujo/src", "flujo-macros/src", "flujo-mcp/src", "flujo-models/src", "flujo-testing/src", "engines"];

/// Words that refer to something outside of the line.
const PRONOUNS: [&str; 15] = [
    "They", "What", "Whatever", "It", "Its", "This", "That", "These", "Those", "Who", "Whoever", "Whose",
    "Somebody", "Nobody", "Anybody",
];

/// Whether a summary means nothing without the lines around it.
fn refers_elsewhere(summary: &str) -> bool {
    let first = summary.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    summary.starts_with("The same")
        || PRONOUNS.contains(&first)
        || first == "Whether" && summary.contains(" or not")
}

/// The first paragraph of the doc comment that begins at `lines[0]`, and how many lines the comment has.
fn summary(lines: &[&str], marker: &str) -> (String, usize) {
    let text: Vec<_> = lines.iter().map_while(|line| line.trim_start().strip_prefix(marker)).collect();
    let first: Vec<_> = text.iter().map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
    (first.join(" "), text.len())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// `(line, summary)` of every public item, and of the module itself. The sources are formatted, so that the items
/// around one are known by their indentation.
fn summaries(source: &str) -> Vec<(usize, String)> {
    let lines: Vec<_> = source.lines().collect();
    let mut found = Vec::new();
    let mut around: Vec<(usize, &str)> = Vec::new();
    let mut i = 0;
    while let Some(line) = lines.get(i) {
        let (depth, text) = (indent(line), line.trim_start());
        if i == 0 && text.starts_with("//!") {
            found.push((1, summary(&lines, "//!").0));
        }
        if !text.starts_with("///") {
            if !text.is_empty() && !text.starts_with("//") {
                around.retain(|(other, _)| *other < depth);
                if text.ends_with('{') {
                    around.push((depth, text));
                }
            }
            i += 1;
            continue;
        }
        let (said, n) = summary(lines.get(i..).unwrap_or_default(), "///");
        let begin = i + 1;
        i += n;
        // The attributes between the comment and its item, some of several lines.
        let is_attribute = |line: &&&str| {
            let text = line.trim_start();
            text.starts_with("#[") || text.starts_with("//") || text == ")]" || indent(line) > depth
        };
        i += lines.iter().skip(i).take_while(is_attribute).count();
        let item = lines.get(i).map_or("", |line| line.trim_start());
        around.retain(|(other, _)| *other < depth);
        let opened =
            |(_, text): &(usize, &str)| text.starts_with("pub enum") || text.starts_with("pub trait");
        if item.starts_with("pub ") || around.iter().rev().take(2).any(opened) {
            found.push((begin, said));
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

#[test]
fn summaries_of_public_items_stand_by_themselves() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in CRATES {
        sources(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
        for (line, summary) in summaries(&fs::read_to_string(file)?) {
            if refers_elsewhere(&summary) {
                wrong.push(format!("{name}:{line}: {summary}"));
            }
        }
    }
    assert!(wrong.is_empty(), "summaries that need the lines around them:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn the_reader_of_summaries_sees_what_rustdoc_shows() {
    let source = "//! It is a module.\n\n/// A type.\n#[derive(Debug)]\npub struct A {\n    /// Its field.\n    pub a: u8,\n    \
                  /// That is private.\n    b: u8,\n}\n\n/// One.\npub enum B {\n    /// They.\n    C,\n}\n\n\
                  /// Whether it is one or not.\n///\n/// This is no summary.\n#[allow(\n    dead_code\n)]\npub fn d() {}\n";
    let found: Vec<_> = summaries(source).into_iter().filter(|(_, s)| refers_elsewhere(s)).collect();
    let expected =
        [(1, "It is a module."), (6, "Its field."), (14, "They."), (18, "Whether it is one or not.")];
    assert_eq!(found, expected.map(|(line, summary)| (line, summary.to_owned())));
}
