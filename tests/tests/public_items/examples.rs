//! The examples in Markdown: blocks of Rust that compile, without the lines that readers do not see.

use crate::code::Code;
use std::error::Error;
use std::fs;
use std::path::Path;

/// One example, and the page that it is on: the path of an item, or of a file.
#[derive(Debug)]
pub struct Example {
    pub page: String,
    pub code: Code,
}

/// Words after the fence of a block that compiles and that people read as Rust.
const COMPILES: [&str; 5] = ["rust", "no_run", "should_panic", "editable", "edition2024"];

/// The blocks of a page. In documentation a block without a word is Rust; in a file it is none.
pub fn blocks(markdown: &str, bare_is_rust: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(String, bool, Vec<&str>)> = None;
    for line in markdown.lines() {
        let text = line.trim();
        match &mut open {
            None => {
                let fence: String = text.chars().take_while(|&c| c == '`').collect();
                if fence.len() >= 3 {
                    let tags: Vec<_> = text
                        .trim_start_matches('`')
                        .split([',', ' '])
                        .filter(|tag| !tag.is_empty())
                        .collect();
                    let is_rust = tags.iter().all(|tag| COMPILES.contains(tag))
                        && (bare_is_rust || tags.contains(&"rust"));
                    open = Some((fence, is_rust, Vec::new()));
                }
            }
            Some((fence, is_rust, lines)) => {
                if text == fence.as_str() {
                    if *is_rust {
                        found.push(lines.join("\n"));
                    }
                    open = None;
                } else if text != "#" && !text.starts_with("# ") {
                    lines.push(line);
                }
            }
        }
    }
    found
}

/// The examples in the docs of one item.
pub fn of_item(path: &str, docs: &str) -> Vec<Example> {
    let example = |block: String| Example { page: path.to_owned(), code: Code::read(&block) };
    blocks(docs, true).into_iter().map(example).collect()
}

/// Those of the book and of the README, of which `tests/tests/repository/snippets.rs` says that each compiles.
pub fn of_book(root: &Path) -> Result<Vec<Example>, Box<dyn Error>> {
    let mut pages = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs/book")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for page in pages {
        let name = page.strip_prefix(root)?.to_string_lossy().into_owned();
        for block in blocks(&fs::read_to_string(&page)?, false) {
            found.push(Example { page: name.clone(), code: Code::read(&block) });
        }
    }
    Ok(found)
}

#[test]
fn an_example_compiles_and_readers_see_it() {
    let page = "Text.\n```\nlet a = 1;\n# let hidden = 2;\n```\n```text\nno code\n```\n```compile_fail\nlet wrong;\n```\n\
                ```no_run\nlet b = 2;\n```\n```rust,ignore\nlet c;\n```\n";
    assert_eq!(blocks(page, true), ["let a = 1;", "let b = 2;"]);
    assert_eq!(blocks("```\nno code\n```\n```rust\nlet a;\n```\n", false), ["let a;"]);
}
