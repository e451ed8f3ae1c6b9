//! Snippets of the book are compiled: as doc tests, or as lines of a file that is.

use crate::markdown::{Block, Checked, blocks, holds, read, root};
use std::error::Error;
use std::fs;
use std::path::Path;

type Found<T> = Result<T, Box<dyn Error>>;

/// The folder of pages that are made of files: their maker compares them.
const MADE: &str = "docs/book/compiler/";

/// The address under which a page of the book links to a file of the repository.
const FILES: &str = "https://github.com/flujo-rs/flujo/blob/main/";

fn files(dir: &Path, end: &str, found: &mut Vec<String>) -> Found<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "node_modules" && !name.starts_with('.') {
            files(&path, end, found)?;
        } else if name.ends_with(end) {
            found.push(path.strip_prefix(root())?.to_string_lossy().replace('\\', "/"));
        }
    }
    found.sort();
    Ok(())
}

fn pages() -> Found<Vec<String>> {
    let mut pages = Vec::new();
    files(&root().join("docs/book"), ".md", &mut pages)?;
    pages.retain(|page| !page.starts_with(MADE));
    Ok(pages)
}

/// The pages whose snippets are doc tests of a crate.
fn tested() -> Found<Vec<String>> {
    let (mut sources, mut tested) = (Vec::new(), Vec::new());
    files(&root(), ".rs", &mut sources)?;
    for source in sources {
        for line in read(&source)?.lines().filter(|line| line.contains("doc = include_str!(")) {
            tested.extend(
                line.split_once("docs/book/").and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned),
            );
        }
    }
    Ok(tested.into_iter().map(|page| format!("docs/book/{page}")).collect())
}

/// Why nothing compiles this snippet.
fn not_compiled(block: &Block, doc_tests: bool) -> Found<Option<String>> {
    let attributes: Vec<_> = block.language.split(',').map(str::trim).collect();
    if let Some(source) = &block.source {
        let there = holds(&read(source)?, &block.text);
        return Ok((!there).then(|| format!("this is not in {source} as it stands:\n{}", block.text)));
    }
    if attributes.first() != Some(&"rust") {
        return Ok(None);
    }
    Ok(match doc_tests {
        true if attributes.contains(&"ignore") => {
            Some("a doc test that is ignored compiles nothing".to_owned())
        }
        true => None,
        false => {
            Some("no comment above it names a file, and no crate includes the page as doc tests".to_owned())
        }
    })
}

#[test]
fn snippets_of_the_book_are_compiled() -> Checked {
    let tested = tested()?;
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages()? {
        let doc_tests = tested.contains(&page);
        for block in blocks(&read(&page)?) {
            seen += usize::from(block.language.starts_with("rust"));
            if let Some(why) = not_compiled(&block, doc_tests)? {
                wrong.push(format!("{page}:{}: {why}", block.line));
            }
        }
    }
    assert!(seen >= 40, "{seen} snippets");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn links_from_the_book_to_files_have_their_files() -> Checked {
    let mut wrong = Vec::new();
    for page in pages()? {
        let text = read(&page)?;
        for rest in text.split(FILES).skip(1) {
            let path = rest.split([')', '#', '>', ' ', '\n']).next().unwrap_or_default();
            if !root().join(path).exists() {
                wrong.push(format!("{page}: {path} does not exist"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn what_nothing_compiles_is_found() -> Checked {
    let of = |text: &str| blocks(text).pop().ok_or("a block");
    let bare = of("```rust\nlet x = 1;\n```\n")?;
    assert!(not_compiled(&bare, false)?.is_some());
    assert_eq!(not_compiled(&bare, true)?, None);
    assert!(not_compiled(&of("```rust,ignore\nlet x = 1;\n```\n")?, true)?.is_some());
    assert!(
        not_compiled(&of("<!-- README.md -->\n```rust\nlet nothing_like_it = 1;\n```\n")?, false)?.is_some()
    );
    assert_eq!(not_compiled(&of("```sh\ncargo test\n```\n")?, false)?, None);
    Ok(())
}
