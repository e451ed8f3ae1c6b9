//! Fenced blocks of Markdown, and the files that the comments above them name.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) type Checked = Result<(), Box<dyn Error>>;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn read(path: &str) -> Result<String, Box<dyn Error>> {
    fs::read_to_string(root().join(path)).map_err(|e| format!("{path}: {e}").into())
}

/// A fenced block: its language with its attributes, its text, and the file that the comment right above it names.
#[derive(Debug)]
pub(crate) struct Block {
    pub language: String,
    pub text: String,
    pub source: Option<String>,
    pub line: usize,
}

pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut above = "";
    let mut lines = markdown.lines().enumerate();
    while let Some((i, line)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim_start() != "```");
            let text = inside.flat_map(|line| [line.get(indent..).unwrap_or_default(), "\n"]).collect();
            let source = above.trim().strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
            let source = source.map(str::to_owned);
            blocks.push(Block { language: language.to_owned(), text, source, line: i + 1 });
        }
        above = line;
    }
    blocks
}

/// Whether the lines of `text` stand in `file` one after the other, however deep they are indented there.
pub(crate) fn holds(file: &str, text: &str) -> bool {
    let lines: Vec<_> = file.lines().collect();
    let wanted: Vec<_> = text.lines().collect();
    lines.windows(wanted.len()).any(|found| {
        let indent = found.first().map_or(0, |line| line.len() - line.trim_start().len());
        found.iter().zip(&wanted).all(|(found, wanted)| found.get(indent..).unwrap_or_default() == *wanted)
    })
}

/// The inline links of a paragraph: the text and where it leads.
pub(crate) fn linked(paragraph: &str) -> Vec<(&str, &str)> {
    let pieces: Vec<_> = paragraph.split("](").collect();
    pieces
        .windows(2)
        .filter_map(|pair| {
            let [before, behind] = pair else { return None };
            Some((before.rsplit_once('[')?.1, behind.split_once(')')?.0))
        })
        .collect()
}
