//! The book's page of options has every word, with what is known of it here.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-macros` writes its table.

use super::{Place, WORDS, Word};
use crate::made;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The methods of calls, with their arguments and their bounds.
fn calls() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flujo/src/step/call.rs");
    fs::read_to_string(path).unwrap()
}

/// Which calls have an option: the bound of its method in the runtime.
fn called_by(word: &Word, source: &str) -> &'static str {
    let method = source.split_once(&format!("    pub fn {}", word.name)).map(|(_, rest)| rest);
    let head = method.and_then(|rest| rest.split_once('{')).map_or("", |(head, _)| head);
    match word.name {
        "settle" | "named" => "steps and pipelines",
        "fallback" | "redirect" => "steps",
        "tools" => "model steps",
        _ if head.contains("S: ModelLeaf") => "model steps",
        _ if head.contains("S: Leaf") => "steps",
        _ => {
            assert!(head.contains("self"), "`{}` is no method of calls", word.name);
            "steps and pipelines"
        }
    }
}

/// As the option is written at a call.
fn at_call(word: &Word) -> String {
    let Word { name, example, .. } = word;
    match *name {
        "extra" => ".extra(\"top_k\", 40)".to_owned(),
        _ if example.is_empty() => format!(".{name}()"),
        _ => format!(".{name}({example})"),
    }
}

fn table() -> String {
    let source = calls();
    let mut out = "| option | in `#[step(..)]` | at a call | calls that take it | what it is |\n|---|---|---|---|---|\n".to_owned();
    for word in WORDS {
        let attribute = match (word.applies(Place::Step), word.applies(Place::ModelStep)) {
            (true, _) => format!("`{} = {}`", word.name, word.example),
            (false, true) => format!("`{} = {}`, model steps", word.name, word.example),
            (false, false) => "no".to_owned(),
        };
        let (call, by) = if word.applies(Place::Call) {
            (format!("`{}`", at_call(word)), called_by(word, &source))
        } else {
            ("no".to_owned(), "none")
        };
        writeln!(out, "| [`{0}`](#{0}) | {attribute} | {call} | {by} | {1} |", word.name, word.doc).unwrap();
    }
    out
}

#[test]
fn the_page_of_options_has_every_word() {
    made::compare("reference/options.md", &[("words", table())]).unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/book/reference/options.md");
    let page = fs::read_to_string(page).unwrap();
    let rustdoc = include_str!("../lib.rs");
    let snippets: String =
        page.split("```rust").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    for Word { name, .. } in WORDS {
        let section = page.split_once(&format!("\n### `{name}`\n"));
        let section = section.and_then(|(_, rest)| rest.split("\n### ").next());
        let section = section.unwrap_or_else(|| panic!("the page has no section for `{name}`"));
        for has in ["\n- Type: ", "\n- Default: ", "\n- Rows: ["] {
            assert!(section.contains(has), "the section of `{name}` has no `{}`", has.trim());
        }
        // Types and defaults are those of the table in the rustdoc of `#[step]`.
        if let Some((_, row)) = rustdoc.split_once(&format!("\n/// | `{name} = ")) {
            let cells: Vec<_> = row.lines().next().unwrap_or_default().split("` | ").collect();
            let rest = cells.get(1..).unwrap_or_default().join("` | ");
            let mut cells = rest.split(" | ");
            for is in [
                format!("\n- Type: {}\n", cells.next().unwrap()),
                format!("\n- Default: {}\n", cells.next().unwrap()),
            ] {
                assert!(section.contains(&is), "the section of `{name}` does not say {is}");
            }
        }
        let used = [format!("{name} = "), format!(".{name}(")];
        assert!(used.iter().any(|used| snippets.contains(used)), "no snippet of the page uses `{name}`");
    }
}
