//! `docs/book/llms.txt` lists the pages of the book for language models; it is made of `SUMMARY.md` and the pages.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes it.

use crate::markdown::{Checked, read, root};
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

type Made<T> = Result<T, Box<dyn Error>>;

const FILE: &str = "docs/book/llms.txt";
const PAGES: &str = "https://github.com/flujo-rs/flujo/blob/main/docs/book/";

/// The format is that of llmstxt.org: a title, a summary, notes, and lists of links.
const HEAD: &str = "\
# flujo

> A Rust library for AI workflows. Steps are async functions, a `pipeline!` calls them, rustc checks the whole, and a
> small runtime records every step, so that a run goes on after a crash or a pause and nothing finished runs twice.

To write flujo, read the page for coding assistants first: it has the rules, the forms, the options, and the usual
mistakes beside the right way.
";

/// A part of the book: its title, and the title and file of each of its pages.
#[derive(Debug, PartialEq)]
struct Part {
    title: String,
    pages: Vec<(String, String)>,
}

/// The first link of a line.
fn link(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.split_once('[')?;
    let (title, rest) = rest.split_once("](")?;
    let (file, _) = rest.split_once(')')?;
    Some((title.to_owned(), file.to_owned()))
}

/// The parts that have pages. Chapters outside of a list, before and after the parts, are the first one.
fn parts(summary: &str) -> Vec<Part> {
    let mut parts = vec![Part { title: "Start here".to_owned(), pages: Vec::new() }];
    let mut current = 0;
    for line in summary.lines().skip(1) {
        if let Some(title) = line.strip_prefix("# ") {
            parts.push(Part { title: title.to_owned(), pages: Vec::new() });
            current = parts.len() - 1;
        } else if let Some(page) = link(line) {
            let part = if line.trim_start().starts_with("- ") { current } else { 0 };
            if let Some(part) = parts.get_mut(part) {
                part.pages.push(page);
            }
        }
    }
    parts.retain(|part| !part.pages.is_empty());
    parts
}

/// Without links, emphasis and line breaks.
fn plain(paragraph: &str) -> String {
    let mut text = paragraph.replace("**", "").replace('\n', " ");
    while let Some((start, end)) = text.find("](").and_then(|end| Some((text[..end].rfind('[')?, end))) {
        let Some(closed) = text[end..].find(')') else { break };
        text = format!("{}{}{}", &text[..start], &text[start + 1..end], &text[end + closed + 1..]);
    }
    text
}

/// How lines begin that are no running text: headings, tables, comments, lists, quotes and pictures.
const NO_TEXT: [char; 6] = ['#', '|', '<', '-', '>', '!'];

/// The first sentence of a page: of its first paragraph that is no heading, list, table, comment or code.
fn first_sentence(page: &str) -> Option<String> {
    let mut is_code = false;
    let mut paragraph = String::new();
    for line in page.lines() {
        is_code ^= line.starts_with("```");
        let is_text =
            !is_code && !line.trim().is_empty() && !line.starts_with("```") && !line.starts_with(NO_TEXT);
        if is_text {
            paragraph.push_str(line.trim());
            paragraph.push('\n');
        } else if !paragraph.is_empty() {
            break;
        }
    }
    let text = plain(paragraph.trim());
    let mut ends = text.match_indices(['.', '!', '?']).map(|(at, _)| at + 1);
    let end = ends.find(|end| text[*end..].is_empty() || text[*end..].starts_with(' '));
    let sentence = end.map_or(text.as_str(), |end| &text[..end]);
    (!sentence.is_empty()).then(|| sentence.trim_end_matches(':').to_owned())
}

fn made() -> Made<String> {
    let mut out = HEAD.to_owned();
    for Part { title, pages } in parts(&read("docs/book/SUMMARY.md")?) {
        writeln!(out, "\n## {title}\n")?;
        for (title, file) in pages {
            let page = read(&format!("docs/book/{file}"))?;
            let sentence = first_sentence(&page).ok_or(format!("docs/book/{file} has no sentence"))?;
            writeln!(out, "- [{title}]({PAGES}{file}): {sentence}")?;
        }
    }
    Ok(out)
}

fn markdown_below(dir: &Path, found: &mut BTreeSet<String>) -> Checked {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            markdown_below(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "md") && !path.ends_with("SUMMARY.md") {
            let path = path.strip_prefix(root().join("docs/book"))?;
            found.insert(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

#[test]
fn the_list_for_language_models_is_that_of_the_pages() -> Checked {
    let made = made()?;
    if env::var("FLUJO_BOOK").is_ok_and(|what| what == "overwrite") {
        fs::write(root().join(FILE), made)?;
        return Ok(());
    }
    let there = read(FILE)?;
    let differs = there.lines().zip(made.lines()).find(|(there, made)| there != made);
    let differs = differs.or_else(|| (there != made).then_some(("(its length)", "(another one)")));
    if let Some((there, made)) = differs {
        return Err(format!(
            "{FILE} says `{there}`, the pages say `{made}`\nwrite it again: FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository"
        )
        .into());
    }
    Ok(())
}

#[test]
fn every_page_of_the_book_is_in_its_summary() -> Checked {
    let mut pages = BTreeSet::new();
    markdown_below(&root().join("docs/book"), &mut pages)?;
    let parts = parts(&read("docs/book/SUMMARY.md")?);
    let listed: BTreeSet<_> = parts.into_iter().flat_map(|part| part.pages).map(|(_, file)| file).collect();
    assert_eq!(pages, listed);
    Ok(())
}

#[test]
fn parts_are_read_with_the_chapters_around_them() {
    let summary = "# Summary\n\n[In](in.md)\n\n# None\n\n# How-to\n\n- [One](a/one.md)\n  - [Two](a/two.md)\n\n[Out](out.md)\n";
    let page = |title: &str, file: &str| (title.to_owned(), file.to_owned());
    assert_eq!(
        parts(summary),
        [
            Part { title: "Start here".to_owned(), pages: vec![page("In", "in.md"), page("Out", "out.md")] },
            Part {
                title: "How-to".to_owned(),
                pages: vec![page("One", "a/one.md"), page("Two", "a/two.md")]
            },
        ]
    );
}

#[test]
fn the_first_sentence_is_plain_text() {
    let of = |page: &str| first_sentence(page);
    assert_eq!(of("<!-- made -->\n\n# A\n\n```rust\nlet x = 1;\n```\n\n| a |\n"), None);
    assert_eq!(
        of("# A\n\nSee **[b](c.md)** of `d.e`\nand f. Then g.\n").as_deref(),
        Some("See b of `d.e` and f.")
    );
    assert_eq!(of("# A\n\n`b` has: one. Two.\n").as_deref(), Some("`b` has: one."));
    assert_eq!(of("# A\n\nThese are here:\n\n- x\n").as_deref(), Some("These are here"));
    assert_eq!(of("# A\n\nWithout an end\n").as_deref(), Some("Without an end"));
}
