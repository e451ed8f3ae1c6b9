//! The name by which a user's crate knows flujo: `flujo`, or what its manifest calls it.
//!
//! `wf = { package = "flujo", version = ".." }` makes it `::wf`. A macro is not told the path that it was called by, so
//! the manifest is read, once in each process. Where there is none, or it cannot be read, the name is `flujo`; then
//! `extern crate wf as flujo;` at the root of the crate does the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const PACKAGE: &str = "flujo";

/// One process expands the macros of many crates in an editor, and of one in a compiler.
static KNOWN: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());

/// The name of flujo in the crate that is being compiled.
pub(crate) fn of_flujo() -> String {
    let Some(folder) = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return PACKAGE.to_owned();
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(folder)
        .or_insert_with_key(|folder| read(folder).unwrap_or_else(|| PACKAGE.to_owned()))
        .clone()
}

fn read(folder: &Path) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let own = dependencies(&manifest);
    // A dependency of the workspace is renamed where the workspace lists it, which may be in the same manifest.
    let inherited = own.iter().any(|dependency| dependency.package == Package::OfWorkspace);
    let of_workspace = if inherited { workspace(folder, &manifest) } else { Vec::new() };
    let is_flujo = |dependency: &Dependency| match dependency.package {
        Package::Named => true,
        Package::Other => false,
        Package::OfWorkspace => {
            of_workspace.iter().any(|of| of.name == dependency.name && of.package == Package::Named)
        }
    };
    own.into_iter()
        .filter(|dependency| !dependency.workspace)
        .find(is_flujo)
        .map(|found| found.name.replace('-', "_"))
}

/// What the manifest of the workspace around a folder lists.
fn workspace(folder: &Path, manifest: &str) -> Vec<Dependency> {
    let is_root = |manifest: &str| manifest.lines().any(|line| line.trim().starts_with("[workspace"));
    let above =
        folder.ancestors().skip(1).filter_map(|above| fs::read_to_string(above.join("Cargo.toml")).ok());
    let root = std::iter::once(manifest.to_owned()).chain(above).find(|manifest| is_root(manifest));
    let all = root.map(|root| dependencies(&root)).unwrap_or_default();
    all.into_iter().filter(|dependency| dependency.workspace).collect()
}

/// Which package a dependency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Package {
    /// flujo, by its own name or by `package = "flujo"`.
    Named,
    /// Another one.
    Other,
    /// What the workspace says.
    OfWorkspace,
}

#[derive(Debug, PartialEq, Eq)]
struct Dependency {
    name: String,
    package: Package,
    /// Whether the workspace lists it, for its members.
    workspace: bool,
}

/// The dependencies that a manifest lists. Of TOML it knows tables, dotted keys and inline tables on one line, which is
/// how manifests list dependencies.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut table: Vec<String> = Vec::new();
    for line in manifest.lines().map(without_comment) {
        if let Some(head) = line.strip_prefix('[').and_then(|head| head.strip_suffix(']')) {
            table = keys(head);
            // `[dependencies.wf]`
            if let Some((name, rest)) = table.split_last()
                && is_list(rest)
            {
                add(&mut found, name, Package::of_name(name), rest);
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let path: Vec<String> = table.iter().cloned().chain(keys(key)).collect();
        match &path[..] {
            [rest @ .., name] if is_list(rest) => add(&mut found, name, Package::of_value(name, value), rest),
            [rest @ .., name, key] if is_list(rest) => {
                let package = Package::of_key(key, value).unwrap_or_else(|| Package::of_name(name));
                add(&mut found, name, package, rest);
            }
            _ => {}
        }
    }
    found
}

/// A dependency, or more about it.
fn add(found: &mut Vec<Dependency>, name: &str, package: Package, list: &[String]) {
    let workspace = list.first().is_some_and(|first| first == "workspace");
    match found.iter_mut().find(|known| known.name == name && known.workspace == workspace) {
        Some(known) if package != Package::of_name(name) => known.package = package,
        Some(_) => {}
        None => found.push(Dependency { name: name.to_owned(), package, workspace }),
    }
}

/// `dependencies`, `dev-dependencies`, `target.'cfg(..)'.dependencies` and their like.
fn is_list(table: &[String]) -> bool {
    table.last().is_some_and(|last| {
        ["dependencies", "dev-dependencies", "build-dependencies"].contains(&last.as_str())
    })
}

impl Package {
    /// Of a dependency that says no more than its name.
    fn of_name(name: &str) -> Self {
        if name == PACKAGE { Self::Named } else { Self::Other }
    }

    /// `"1.0"` or `{ .. }`.
    fn of_value(name: &str, value: &str) -> Self {
        let inside = value.trim().trim_start_matches('{').trim_end_matches('}');
        let mut entries = inside.split(',').filter_map(|entry| entry.split_once('='));
        entries
            .find_map(|(key, value)| Self::of_key(key.trim(), value))
            .unwrap_or_else(|| Self::of_name(name))
    }

    /// `package = ".."` or `workspace = true`.
    fn of_key(key: &str, value: &str) -> Option<Self> {
        match key {
            "package" => Some(Self::of_name(unquoted(value))),
            "workspace" if value.trim() == "true" => Some(Self::OfWorkspace),
            _ => None,
        }
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// `a."b.c".d` as its parts.
fn keys(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for c in path.trim().chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('.', None) => parts.push(String::new()),
            (c, None) if c.is_whitespace() => {}
            (c, _) => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    parts
}

fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (i, c) in line.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('#', None) => return line.get(..i).unwrap_or_default().trim(),
            _ => {}
        }
    }
    line.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(manifest: &str) -> Vec<String> {
        let found = dependencies(manifest);
        found.into_iter().filter(|one| one.package == Package::Named).map(|one| one.name).collect()
    }

    #[test]
    fn a_renamed_dependency_is_found_however_it_is_written() {
        for manifest in [
            "[dependencies]\nserde = \"1\"\nwf = { version = \"0.1\", package = \"flujo\" } # the workflows\n",
            "[dependencies]\nwf={package='flujo',path='../flujo'}\n",
            "[dependencies.wf]\npackage = \"flujo\"\nversion = \"0.1\"\n",
            "[dependencies]\nwf.package = \"flujo\"\nwf.version = \"0.1\"\n",
            "[dev-dependencies]\n\"wf\" = { package = \"flujo\", version = \"0.1\" }\n",
            "[target.'cfg(unix)'.dependencies]\nwf = { package = \"flujo\", version = \"0.1\" }\n",
        ] {
            assert_eq!(named(manifest), ["wf"], "{manifest}");
        }
        assert_eq!(named("[dependencies]\nflujo = \"0.1\"\n"), ["flujo"]);
        assert_eq!(named("[dependencies.flujo]\nversion = \"0.1\"\n"), ["flujo"]);
        let other = "[package]\nname = \"flujo\"\n[dependencies]\nflujo = { package = \"other\" }\n# wf = { package = \"flujo\" }\n";
        assert_eq!(named(other), [""; 0]);
    }

    #[test]
    fn a_dependency_of_the_workspace_is_what_the_workspace_says() {
        let member =
            dependencies("[dependencies]\nwf.workspace = true\n[dependencies.other]\nworkspace = true\n");
        assert!(member.iter().all(|one| one.package == Package::OfWorkspace && !one.workspace));
        let root =
            dependencies("[workspace.dependencies]\nwf = { package = \"flujo\", version = \"0.1\" }\n");
        assert_eq!(root, [Dependency { name: "wf".to_owned(), package: Package::Named, workspace: true }]);
    }
}
