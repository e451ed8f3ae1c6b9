//! The crates that are published, and what their packages say of themselves.
#![allow(clippy::indexing_slicing, reason = "a JSON value without the key is `null`")]

use crate::dependencies::manifests;
use crate::markdown::{Checked, read, root};
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const PUBLISHED: [&str; 9] = [
    "flujo",
    "flujo-cli",
    "flujo-macros",
    "flujo-mcp",
    "flujo-models",
    "flujo-restate",
    "flujo-server",
    "flujo-sqlite",
    "flujo-testing",
];

/// Slugs of crates.io, which refuses others only when a crate is published.
const CATEGORIES: [&str; 8] = [
    "api-bindings",
    "asynchronous",
    "command-line-utilities",
    "concurrency",
    "database",
    "development-tools::testing",
    "rust-patterns",
    "web-programming::http-server",
];

const REPOSITORY: &str = "https://github.com/flujo-rs/flujo";

/// The manifests of what is published, by name.
fn published() -> Result<BTreeMap<String, Value>, Box<dyn Error>> {
    let manifests = manifests()?;
    let packages = manifests["packages"].as_array().ok_or("no packages")?;
    // Cargo says `null` of what may go to any registry, and `[]` of what may go to none.
    let packages = packages.iter().filter(|package| package["publish"].is_null());
    Ok(packages.map(|package| (text(package, "name").to_owned(), package.clone())).collect())
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_default()
}

fn list<'a>(package: &'a Value, field: &str) -> Vec<&'a str> {
    package[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn folder(package: &Value) -> PathBuf {
    Path::new(text(package, "manifest_path")).parent().map(Path::to_owned).unwrap_or_default()
}

#[test]
fn these_crates_are_published_and_no_other() -> Checked {
    assert_eq!(published()?.into_keys().collect::<Vec<_>>(), PUBLISHED);
    Ok(())
}

/// What crates.io and docs.rs show of the package, or refuse in it.
fn wrong_in(name: &str, package: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{name}: {what}"));
        }
    };
    let about = text(package, "description");
    expect(about.ends_with('.') && (40..=150).contains(&about.len()), "a description of one sentence");
    expect(about.matches(". ").count() == 0, "one sentence, not two");
    expect(text(package, "repository") == REPOSITORY, "the repository");
    expect(text(package, "homepage") == "https://flujo-rs.github.io/flujo/", "the homepage");
    expect(text(package, "documentation") == format!("https://docs.rs/{name}"), "the documentation");
    expect(text(package, "license") == "MIT OR Apache-2.0", "the licence");
    expect(text(package, "readme") == "README.md", "the README");
    let keywords = list(package, "keywords");
    expect((3..=5).contains(&keywords.len()), "three to five keywords");
    let valid = |word: &&str| {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=20).contains(&word.len())
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(letter)
    };
    expect(keywords.iter().all(valid), "keywords of at most 20 letters");
    expect(keywords.is_sorted(), "sorted keywords");
    let categories = list(package, "categories");
    expect((1..=5).contains(&categories.len()), "a category");
    expect(categories.iter().all(|slug| CATEGORIES.contains(slug)), "categories that crates.io has");
    let docs = &package["metadata"]["docs"]["rs"];
    expect(docs["all-features"] == true, "docs.rs shows every feature");
    expect(list(docs, "rustdoc-args") == ["--cfg", "docsrs"], "docs.rs is told that it is docs.rs");
    wrong
}

#[test]
fn every_package_says_what_it_is() -> Checked {
    let wrong: Vec<_> = published()?.iter().flat_map(|(name, package)| wrong_in(name, package)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn a_package_that_says_nothing_is_found() {
    let wrong =
        wrong_in("bare", &serde_json::json!({"name": "bare", "description": "Text", "keywords": ["A"]}));
    assert_eq!(wrong.len(), 11, "{wrong:#?}");
}

/// The README is the page of the crate on crates.io, so its links are whole and its examples are doc tests.
#[test]
fn every_package_has_a_readme_that_compiles_and_the_licences() -> Checked {
    for (name, package) in published()? {
        let folder = folder(&package);
        let readme = fs::read_to_string(folder.join("README.md"))?;
        let lines = readme.lines().count();
        assert!(
            readme.starts_with(&format!("# {name}\n")) && (15..=60).contains(&lines),
            "{name}: {lines} lines"
        );
        assert!(readme.contains("\n```rust"), "{name}: the README has an example");
        let library = fs::read_to_string(folder.join("src/lib.rs"))?;
        assert!(
            library.contains("#[doc = include_str!(\"../README.md\")]"),
            "{name}: nothing compiles its README"
        );
        for target in readme.split("](").skip(1) {
            let target = target.split(')').next().unwrap_or_default();
            assert!(target.starts_with("https://"), "{name}: `{target}` leads nowhere on crates.io");
            if let Some(path) =
                target.strip_prefix(REPOSITORY).and_then(|rest| rest.strip_prefix("/blob/main/"))
            {
                assert!(root().join(path).exists(), "{name}: there is no {path}");
            }
        }
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert!(fs::read_to_string(folder.join(licence))? == read(licence)?, "{name}: {licence}");
        }
    }
    Ok(())
}

#[test]
fn packages_hold_sources_a_readme_and_licences() -> Checked {
    for (name, package) in published()? {
        let manifest = fs::read_to_string(folder(&package).join("Cargo.toml"))?;
        let assets = if name == "flujo-server" { "\"/assets\", " } else { "" };
        let expected =
            format!("include = [\"/src\", {assets}\"/README.md\", \"/LICENSE-APACHE\", \"/LICENSE-MIT\"]");
        assert!(manifest.lines().any(|line| line == expected), "{name} has no line: {expected}");
    }
    Ok(())
}

/// A crate must not be published with another version of its neighbour than the one it was tested with.
#[test]
fn crates_need_each_other_in_the_version_of_the_workspace() -> Checked {
    let version = env!("CARGO_PKG_VERSION");
    let mut seen = 0;
    for (name, package) in published()? {
        assert_eq!(text(&package, "version"), version, "{name}");
        for dependency in package["dependencies"].as_array().ok_or("no dependencies")? {
            let (need, bound) = (text(dependency, "name"), text(dependency, "req"));
            if !need.starts_with("flujo") {
                continue;
            }
            seen += 1;
            // Without a version it is no part of the package: the macros show examples with what needs them.
            let example = (name.as_str(), need, text(dependency, "kind"), bound)
                == ("flujo-macros", "flujo", "dev", "*");
            assert!(
                example || bound == format!("^{version}") || bound == format!("={version}"),
                "{name} needs {need} {bound}"
            );
        }
    }
    assert!(seen >= 15, "{seen} dependencies between crates");
    Ok(())
}

/// The prices say of when they are: an update of the crate that has them comes with a new date.
#[test]
fn the_date_of_the_prices_is_that_of_their_version() -> Checked {
    let lock = read("Cargo.lock")?;
    let (_, after) = lock.split_once("name = \"genai-prices\"\nversion = \"").ok_or("no genai-prices")?;
    let version = after.split('"').next().unwrap_or_default();
    let prices = read("flujo-models/src/prices.rs")?;
    let bundled = format!("const BUNDLED: &str = \"genai-prices {version}, checked up to ");
    assert!(prices.contains(&bundled), "flujo-models/src/prices.rs has no line: {bundled}..");
    Ok(())
}
