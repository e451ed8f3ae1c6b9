//! Every form has one file in the runtime and one of the same name in the macro, and its documentation quotes the
//! compiler word by word.

use crate::markdown::linked;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

type Checked = Result<(), Box<dyn Error>>;

const FORMS: [&str; 10] =
    ["ask", "fail", "gate", "join", "map", "refine", "repeat", "route", "value", "wait"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documentation of the function of this name.
fn page(form: &str) -> Result<String, Box<dyn Error>> {
    let source = fs::read_to_string(root().join(format!("flujo/src/flow/{form}.rs")))?;
    let at = source.find(&format!("\npub fn {form}")).ok_or_else(|| format!("{form}.rs has no `{form}`"))?;
    let above: Vec<_> = source[..at].lines().rev().skip_while(|line| line.starts_with("#[")).collect();
    let docs = above.into_iter().map_while(|line| line.strip_prefix("///"));
    let mut docs: Vec<_> = docs.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    docs.reverse();
    Ok(docs.join("\n"))
}

#[test]
fn every_form_has_its_file_in_the_macro_too() {
    for form in FORMS {
        let parse = root().join(format!("flujo-macros/src/pipeline/parse/{form}.rs"));
        assert!(parse.exists(), "{}", parse.display());
        let lower = root().join(format!("flujo-macros/src/pipeline/lower/{form}.rs"));
        assert_eq!(lower.exists(), form != "value", "{}; a value is the user's own code", lower.display());
    }
}

#[test]
fn every_form_shows_an_example_what_is_recorded_and_three_messages() -> Checked {
    for form in FORMS {
        let page = page(form)?;
        assert!(page.contains("```\n# use flujo::prelude::*;"), "{form} has no example that runs");
        assert!(page.contains("\n# What is recorded"), "{form} does not say what is recorded");
        let options = !matches!(form, "fail" | "value");
        assert_eq!(page.contains("\n# Options\n"), options, "the options of {form}");
        assert_eq!(page.matches("```text\n").count(), 3, "the messages of {form}");
    }
    Ok(())
}

#[test]
fn the_messages_that_forms_quote_are_those_of_the_compiler() -> Checked {
    for form in FORMS {
        let page = page(form)?;
        let mut quoted = page.split("```text\n");
        let mut before = quoted.next().unwrap_or_default();
        for block in quoted {
            let name = before.trim_end().lines().last().and_then(|line| line.strip_prefix('`'));
            let name = name.and_then(|line| line.strip_suffix("`:"));
            let name = name.ok_or_else(|| format!("{form}: no line names the file of:\n{block}"))?;
            let (message, rest) = block.split_once("```").ok_or("a block has no end")?;
            let file = fs::read_to_string(root().join(name)).map_err(|e| format!("{form}: {name}: {e}"))?;
            assert!(file.contains(message), "{form}: {name} does not say:\n{message}");
            before = rest;
        }
    }
    Ok(())
}

#[test]
fn every_form_has_a_page_in_the_reference_of_the_book() -> Checked {
    let names = crate::messages::names()?;
    for form in FORMS.into_iter().chain(["calls", "branches"]) {
        let page = fs::read_to_string(root().join(format!("docs/book/reference/forms/{form}.md")))?;
        for heading in [
            "Example",
            "Options",
            "What is recorded",
            "Failure, pause, crash, cancel",
            "Cost",
            "Graph",
            "Read on",
        ] {
            assert!(page.contains(&format!("\n## {heading}\n")), "the page of {form} has no `## {heading}`");
        }
        let (_, messages) =
            page.rsplit_once("\nMessages: ").ok_or_else(|| format!("{form} names no messages"))?;
        let links = linked(messages);
        assert!(links.len() >= 3, "{form} links to {links:?}");
        for (text, to) in links {
            assert!(to.starts_with("../../compiler/"), "{form}: {to} is no page of the messages");
            if let Some(name) = text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
                assert!(names.contains(name), "{form}: no message of the compiler has the name `{name}`");
            }
        }
    }
    Ok(())
}
