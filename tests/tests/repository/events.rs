//! The page of events is made of the enums of events and of the places that open spans.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes it.

use crate::markdown::{Checked, read};
use crate::source::{Variant, variants};
use flujo_tests::made;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;

const KINDS: &str = "flujo/src/events/kind.rs";

/// The word of every variant, as `word()` has it.
fn words(source: &str) -> BTreeMap<&str, &str> {
    let arms = source.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => \""));
    arms.filter_map(|(variant, word)| Some((variant.split([' ', '(']).next()?, word.split('"').next()?)))
        .collect()
}

fn kinds(source: &str) -> Result<String, Box<dyn Error>> {
    let words = words(source);
    let mut out = String::new();
    for Variant { name, doc, fields } in variants(source, "EventKind") {
        let word = words.get(name.as_str()).ok_or_else(|| format!("`{name}` has no word"))?;
        writeln!(out, "### `{word}`\n\n`EventKind::{name}`. {}\n", made::cell(&doc))?;
        if fields.is_empty() {
            writeln!(out, "It has no fields.\n")?;
            continue;
        }
        out.push_str("| field | type | meaning |\n|---|---|---|\n");
        for (name, ty, doc) in fields {
            writeln!(out, "| `{name}` | `{ty}` | {} |", made::cell(&doc))?;
        }
        out.push('\n');
    }
    Ok(out)
}

fn outcomes(source: &str) -> Result<String, Box<dyn Error>> {
    let mut out = "| outcome | fields | meaning |\n|---|---|---|\n".to_owned();
    for of in ["Ended", "AttemptOutcome"] {
        for Variant { name, doc, fields } in variants(source, of) {
            let fields: Vec<_> =
                fields.iter().map(|(name, ty, doc)| format!("`{name}: {ty}`: {}", made::cell(doc))).collect();
            writeln!(out, "| `{of}::{name}` | {} | {} |", fields.join("<br>"), made::cell(&doc))?;
        }
    }
    Ok(out)
}

/// The text in the parentheses that `rest` begins behind.
fn balanced(rest: &str) -> &str {
    let mut depth = 1;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return rest.get(..at).unwrap_or_default();
        }
    }
    rest
}

/// The spans that a source file opens, each with the names of its attributes.
fn opened(source: &str, names: &BTreeMap<&str, &str>) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for rest in source.split("tracing::info_span!(").skip(1) {
        let (mut span, mut fields) = (String::new(), Vec::new());
        for line in balanced(rest).lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('"').and_then(|line| line.strip_suffix("\",")) {
                name.clone_into(&mut span);
            } else if let Some((name, _)) =
                line.strip_prefix("{ semconv::").and_then(|line| line.split_once(" }"))
            {
                fields.push((*names.get(name).unwrap_or(&name)).to_owned());
            } else {
                let end = line.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(line.len());
                let (name, rest) = line.split_at(end);
                let is_field = rest.is_empty() || rest == "," || rest.starts_with(" = ");
                if is_field && !name.is_empty() {
                    fields.push(name.to_owned());
                }
            }
        }
        found.push((span, fields));
    }
    found
}

/// The names of OpenTelemetry's conventions, by the constants that have them.
fn conventions(source: &str) -> BTreeMap<&str, &str> {
    let constants = source.lines().filter_map(|line| line.strip_prefix("pub(crate) const "));
    constants
        .filter_map(|line| {
            let (name, rest) = line.split_once(": &str = \"")?;
            Some((name, rest.trim_end_matches("\";")))
        })
        .collect()
}

fn spans() -> Result<String, Box<dyn Error>> {
    let semconv = read("flujo/src/events/semconv.rs")?;
    let names = conventions(&semconv);
    let mut all = opened(&read("flujo/src/events/spans.rs")?, &names);
    all.extend(opened(&read("flujo/src/exec/chat_span.rs")?, &names));
    for name in names.values() {
        assert!(all.iter().any(|(_, fields)| fields.iter().any(|field| field == name)), "no span has {name}");
    }
    let mut out = "| span | attributes |\n|---|---|\n".to_owned();
    for (span, fields) in all {
        let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
        writeln!(out, "| `{span}` | {} |", fields.join(", "))?;
    }
    Ok(out)
}

#[test]
fn the_page_of_events_is_what_the_code_says() -> Checked {
    let source = read(KINDS)?;
    assert_eq!(variants(&source, "EventKind").len(), words(&source).len(), "every kind has a word");
    let parts = [("kinds", kinds(&source)?), ("outcomes", outcomes(&source)?), ("spans", spans()?)];
    made::compare("reference/events.md", &parts)?;
    Ok(())
}

#[test]
fn spans_are_read_with_their_attributes() {
    let source = "tracing::info_span!(\n target: \"flujo\",\n parent: &x(1),\n \"step\",\n path = p(),\n attempt,\n { semconv::TOOL } = t(),\n outcome = Empty\n)";
    let names = BTreeMap::from([("TOOL", "gen_ai.tool.name")]);
    let fields = ["path", "attempt", "gen_ai.tool.name", "outcome"].map(str::to_owned).to_vec();
    assert_eq!(opened(source, &names), [("step".to_owned(), fields)]);
}
