//! Every public item has an example, is reached by one, or has a reason; and a function that fails says with which kinds. What
//! is public is read from rustdoc's JSON, which `.ci/run docs` makes; without it only the readers are tested.
#![allow(unreachable_pub, reason = "modules of one test binary show each other what they like")]
#![allow(clippy::indexing_slicing, reason = "a key that JSON does not have is `null`")]

mod code;
mod errors;
mod examples;
mod items;
mod reach;
mod reasons;

use examples::Example;
use items::{Item, Reader};
use reach::Lookup;
use std::collections::{BTreeSet, HashSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// All crates that users see. `flujo-macros` is part of the pages of `flujo`.
const CRATES: [&str; 9] = [
    "flujo",
    "flujo_macros",
    "flujo_testing",
    "flujo_models",
    "flujo_mcp",
    "flujo_sqlite",
    "flujo_restate",
    "flujo_server",
    "flujo_cli",
];

const REASONS: &str = include_str!("reasons.txt");

/// A crate with the examples on its own pages.
struct Documented {
    name: &'static str,
    items: Vec<Item>,
    examples: Vec<Example>,
}

/// The folder of rustdoc's JSON.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FLUJO_RUSTDOC_JSON").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: the public items are read by `.ci/run docs`");
    }
    folder
}

fn read(folder: &Path) -> Result<Vec<Documented>, Box<dyn Error>> {
    let mut found = Vec::new();
    for name in CRATES {
        let json =
            fs::read(folder.join(format!("{name}.json"))).map_err(|error| format!("{name}.json: {error}"))?;
        let json = serde_json::from_slice(&json)?;
        let items = Reader::new(&json).ok_or("rustdoc's JSON has another form now")?.items();
        let examples = items.iter().flat_map(|item| {
            std::iter::once(&item.docs)
                .chain(&item.member_docs)
                .flat_map(|docs| examples::of_item(&item.path, docs))
        });
        found.push(Documented { name, examples: examples.collect(), items });
    }
    Ok(found)
}

#[test]
fn every_public_item_has_an_example_or_is_reached_by_one_or_has_a_reason() -> Result<(), Box<dyn Error>> {
    let Some(folder) = folder() else { return Ok(()) };
    let crates = read(&folder)?;
    let book = examples::of_book(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?;
    let reasons = reasons::read(REASONS)?;
    let (mut missing, mut used, mut all, mut excused) = (Vec::new(), HashSet::new(), 0, 0);
    for krate in &crates {
        // The macros are on the pages of `flujo`, and their examples too.
        let beside = if krate.name == "flujo" { "flujo_macros" } else { "flujo" };
        let of_others =
            crates.iter().filter(|other| other.name == beside && krate.name.starts_with("flujo_m"));
        let of_macros = crates.iter().filter(|other| krate.name == "flujo" && other.name == "flujo_macros");
        let others = of_others.chain(of_macros).flat_map(|other| &other.examples);
        let examples: Vec<_> = krate.examples.iter().chain(others).chain(&book).collect();
        let reached = Lookup::new(&krate.items).reached(&examples);
        let (mut own, mut by_others, mut with_reason) = (0, 0, 0);
        for (i, item) in krate.items.iter().enumerate() {
            if !examples::blocks(&item.docs, true).is_empty() {
                own += 1;
            } else if reached.contains(&i) {
                by_others += 1;
            } else if let Some(n) = reasons.iter().position(|reason| reason.covers(&item.path)) {
                with_reason += 1;
                used.insert(n);
            } else {
                missing.push(format!("{}: {}", item.place, item.path));
            }
        }
        println!(
            "{}: {} public items, {own} with an example, {by_others} reached by one, {with_reason} with a reason",
            krate.name,
            krate.items.len()
        );
        all += krate.items.len();
        excused += with_reason;
    }
    missing.sort();
    assert!(
        missing.is_empty(),
        "{} public items that no example reaches. Add one to the item, to its type or its module, that runs and uses it; or, if \
         readers never write it, a line to tests/tests/public_items/reasons.txt:\n{}",
        missing.len(),
        missing.join("\n")
    );
    let idle: Vec<_> =
        reasons.iter().enumerate().filter(|(n, _)| !used.contains(n)).map(|(_, r)| r.path).collect();
    assert!(idle.is_empty(), "reasons for what is not there, or has an example: {}", idle.join(", "));
    assert!(
        excused * 20 <= all,
        "{excused} of {all} items have a reason in place of an example: more than one in twenty"
    );
    Ok(())
}

/// True if a source file in the folder has an item that is there with a feature alone.
fn has_optional_items(folder: &Path) -> Result<bool, Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let found = if path.is_dir() {
            has_optional_items(&path)?
        } else {
            fs::read_to_string(&path)?.contains("#[cfg(feature")
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
fn what_needs_a_feature_is_marked_on_docs_rs() -> Result<(), Box<dyn Error>> {
    let Some(folder) = folder() else { return Ok(()) };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let crates = read(&folder)?;
    let places = crates.iter().filter_map(|krate| krate.items.first()).map(|item| &item.place);
    let folders: BTreeSet<_> =
        places.filter_map(|place| place.split_once("/src/")).map(|(folder, _)| folder).collect();
    assert_eq!(folders.len(), CRATES.len());
    let mut marked = Vec::new();
    for krate in folders {
        let src = root.join(krate).join("src");
        let page = fs::read_to_string(src.join("lib.rs"))?;
        if has_optional_items(&src)? {
            assert!(
                page.contains("#![cfg_attr(docsrs, feature(doc_cfg))]"),
                "{krate}: docs.rs marks nothing without it"
            );
            marked.push(krate);
        }
    }
    assert_eq!(marked, ["flujo", "flujo-models", "tools/cli"]);
    Ok(())
}

#[test]
fn what_fails_says_with_which_kinds() -> Result<(), Box<dyn Error>> {
    let Some(folder) = folder() else { return Ok(()) };
    let mut wrong = Vec::new();
    for item in read(&folder)?.iter().flat_map(|krate| &krate.items) {
        wrong.extend(errors::unsaid(item).map(|what| format!("{}: {}: {what}", item.place, item.path)));
    }
    assert!(wrong.is_empty(), "{} functions whose errors are unclear:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}
