//! The names of mistakes: each message that flujo words ends in one, and each name has a fixture.

use super::fixtures::{self, Made, headlines};
use crate::markdown::{read, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Those of messages that are literals in `flujo/src`: attributes of traits, and panics in constants. A name that the
/// macros report too is in both lists.
const OF_THE_RUNTIME: &[&str] = &[
    "bound_exceeded",
    "bound_unknown",
    "concurrency_zero",
    "context_not_given",
    "context_only_read",
    "fallback_does_not_fit",
    "join_conflict",
    "map_conflict",
    "max_zero",
    "merge_rule_does_not_fit",
    "merge_rule_of_another_shape",
    "not_a_context",
    "not_a_pipeline",
    "not_a_plugin",
    "not_a_reply",
    "not_a_step",
    "not_a_tool_argument",
    "not_a_tool_server",
    "not_a_validator",
    "not_an_amount",
    "not_an_error",
    "not_an_observer",
    "not_recordable",
    "older_output_not_readable",
    "option_of_model_steps",
    "option_of_steps",
    "option_without_tools",
    "output_not_available",
    "part_missing",
    "part_within_its_context",
    "redirect_does_not_fit",
    "reply_not_serializable",
    "resource_missing",
    "step_in_a_closure",
];

/// How messages begin that rustc words alone, or its grammar in `syn`.
const OF_RUSTC: &[&str] = &[
    "error[E0004]: non-exhaustive patterns",
    "error[E0061]: this ",
    "error[E0072]: recursive type",
    "error[E0119]: conflicting implementations of trait",
    "error[E0255]: the name",
    "error[E0277]: `u32` is not an iterator",
    "error[E0277]: the trait bound",
    "error[E0283]: type annotations needed",
    "error[E0308]: ",
    "error[E0382]: use of moved value",
    "error[E0425]: cannot find",
    "error[E0432]: unresolved import",
    "error[E0446]: private type",
    "error[E0502]: cannot borrow",
    "error[E0507]: cannot move out of",
    "error[E0573]: expected type",
    "error[E0593]: closure is expected to take",
    "error[E0596]: cannot borrow",
    "error[E0603]: ",
    "error[E0631]: type mismatch",
    "error[E0747]: constant provided",
    "error: expected `;`",
    "error: expected expression",
    "error: free function without a body",
    "error: future cannot be sent between threads safely",
];

/// The name at the end of a headline.
pub(crate) fn of(headline: &str) -> Option<&str> {
    let (_, name) = headline.strip_suffix(']')?.rsplit_once(" [")?;
    is_name(name).then_some(name)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Those that the macros report.
fn of_the_macros() -> Made<Vec<String>> {
    let file = read("flujo-macros/src/mistake.rs")?;
    let (_, rest) = file.split_once("\nmistakes! {\n").ok_or("the list of names")?;
    let (list, _) = rest.split_once("\n}").ok_or("the end of the list")?;
    Ok(list.split_whitespace().map(str::to_owned).collect())
}

/// All of them.
pub(crate) fn all() -> Made<BTreeSet<String>> {
    let mut all: BTreeSet<String> = of_the_macros()?.into_iter().collect();
    all.extend(OF_THE_RUNTIME.iter().map(|name| (*name).to_owned()));
    Ok(all)
}

fn sources(dir: &Path, found: &mut Vec<String>) -> Made<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}

#[test]
fn the_lists_are_in_order() -> Made<()> {
    for list in [of_the_macros()?, OF_THE_RUNTIME.iter().map(|name| (*name).to_owned()).collect()] {
        assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        assert!(list.iter().all(|name| is_name(name) && name.len() <= 32), "{list:?}");
    }
    Ok(())
}

#[test]
fn literals_of_the_runtime_have_the_names_of_the_list() -> Made<()> {
    let mut files = Vec::new();
    sources(&root().join("flujo/src"), &mut files)?;
    let mut found = BTreeSet::new();
    for file in &files {
        let code = file.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for (i, _) in line.match_indices("]\"") {
                let before = line.get(..i).unwrap_or_default();
                let name = before.rsplit_once(" [").map_or("", |(_, name)| name);
                if is_name(name) {
                    found.insert(name.to_owned());
                }
            }
        }
        for attribute in file.split("#[diagnostic::on_unimplemented(").skip(1) {
            let message = attribute.lines().find_map(|line| line.trim().strip_prefix("message = \""));
            let message =
                message.and_then(|rest| rest.strip_suffix("\",")).ok_or("a message on a line of its own")?;
            assert!(of(message).is_some(), "this message has no name: {message}");
        }
    }
    assert_eq!(found, OF_THE_RUNTIME.iter().map(|name| (*name).to_owned()).collect());
    Ok(())
}

#[test]
fn each_message_of_ours_ends_in_its_name() -> Made<()> {
    let all = all()?;
    let mut wrong = Vec::new();
    for fixture in fixtures::all()? {
        for headline in headlines(&fixture.printed) {
            let rustc = OF_RUSTC.iter().any(|beginning| headline.starts_with(beginning));
            match of(headline) {
                Some(name) if !rustc && all.contains(name) => {}
                None if rustc => {}
                _ => wrong.push(format!("{}: {headline}", fixture.id())),
            }
        }
        let ours = |line: &&str| {
            of(line).is_some() && !headlines(&fixture.printed).any(|headline| headline == *line)
        };
        wrong.extend(fixture.printed.lines().filter(ours).map(|line| format!("{}: {line}", fixture.id())));
    }
    assert!(wrong.is_empty(), "{} messages:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[test]
fn each_name_has_a_fixture() -> Made<()> {
    let fixtures = fixtures::all()?;
    let shown: BTreeSet<String> = fixtures::shown(&fixtures).into_keys().map(str::to_owned).collect();
    let all = all()?;
    assert_eq!(shown.difference(&all).collect::<Vec<_>>(), Vec::<&String>::new(), "in no list");
    assert_eq!(all.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new(), "in no `.stderr`");
    Ok(())
}

#[test]
fn a_name_is_found_at_the_end() {
    assert_eq!(of("error[E0080]: both write `a` [join_conflict]"), Some("join_conflict"));
    assert_eq!(of("error[E0308]: mismatched types"), None);
    assert_eq!(of("error: expected `[u8]"), None);
}
