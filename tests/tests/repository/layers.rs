//! Imports point down: in the runtime by the order of `LAYERS`, in every crate without a circle of modules.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong panics"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the runtime, from the bottom to the top. A module imports those before it; modules of one line import
/// each other. `ARCHITECTURE.md` says what each is for.
const LAYERS: &[&[&str]] = &[
    &["future"],
    &["panic"],
    &["const_text"],
    &["path"],
    &["codec"],
    &["clock"],
    &["secret"],
    &["redact"],
    &["resources"],
    &["durable"],
    &["usage"],
    &["error"],
    &["question"],
    &["context"],
    &["model"],
    &["cache"],
    &["graph"],
    &["engine"],
    &["events"],
    // The only pair: the traits of a step name the driver, and the driver drives steps.
    &["exec", "step"],
    &["agent"],
    &["flow"],
    &["settings"],
    &["run"],
    &["telemetry"],
    &["rate_limits"],
    &["prelude"],
    &["recipes"],
];

/// One import of another top-level module.
#[derive(Debug, PartialEq)]
struct Import {
    from: String,
    to: String,
    place: String,
}

/// The sources of a crate, by their paths below `src`.
fn sources(src: &Path) -> Vec<(String, String)> {
    let (mut found, mut left) = (Vec::new(), vec![src.to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                left.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                let name = entry.strip_prefix(src).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The module of a file: `run/replay/fork.rs` is `run`, `replay`, `fork`.
fn module(file: &str) -> Vec<&str> {
    let mut parts: Vec<_> = file.trim_end_matches(".rs").split('/').collect();
    if matches!(parts.last(), Some(&("mod" | "lib"))) {
        parts.pop();
    }
    parts
}

/// Text without comments and unit tests, line by line.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    let lines = text[..end].lines().map(|line| match line.find("//") {
        Some(at) if !line[..at].contains('"') => &line[..at],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The first words of a path, or of a list of them: `{a::b, c}` has two.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(list) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut items, mut item) = (0_usize, Vec::new(), String::new());
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ => {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                item.push(c);
            }
        }
    }
    items.push(item);
    items.iter().map(|item| word(item)).filter(|word| !word.is_empty()).collect()
}

/// The names that a crate exports at its root, with the modules that they come from.
fn exported(lib: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in code(lib).replace(['\n', ' '], "").split(';') {
        let Some((_, rest)) = line.split_once("pubuse") else { continue };
        let Some((from, names)) = rest.trim_start_matches("crate::").split_once("::") else { continue };
        for name in heads(names) {
            found.insert(name, from.to_owned());
        }
    }
    found
}

fn imports(sources: &[(String, String)]) -> Vec<Import> {
    let modules: BTreeSet<&str> =
        sources.iter().filter_map(|(file, _)| module(file).first().copied()).collect();
    let lib = sources.iter().find(|(file, _)| file == "lib.rs").map_or("", |(_, text)| text);
    let exported = exported(lib);
    let mut found = Vec::new();
    for (file, text) in sources {
        let own = module(file);
        let Some(from) = own.first().filter(|from| !from.starts_with("__") && **from != "tests") else {
            continue;
        };
        if own.last() == Some(&"tests") {
            continue;
        }
        let text = code(text);
        let to_root = "super::".repeat(own.len());
        let starts = text.match_indices("crate::").map(|(at, word)| (at, at + word.len()));
        let ups = text.match_indices(to_root.as_str()).map(|(at, word)| (at, at + word.len()));
        let ups =
            ups.filter(|(at, end)| !text[..*at].ends_with("super::") && !text[*end..].starts_with("super::"));
        let mut at_line = Vec::new();
        for (at, end) in starts.chain(ups) {
            // `$crate` is the crate that expands a macro, and `my_crate::` another one.
            if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == ':') {
                continue;
            }
            for head in heads(&text[end..]) {
                let to = exported.get(&head).cloned().unwrap_or(head);
                if to != *from && (modules.contains(to.as_str()) || to == "prelude") {
                    let line = text[..at].matches('\n').count() + 1;
                    at_line.push((line, to));
                }
            }
        }
        at_line.sort();
        at_line.dedup();
        let told = |(line, to)| Import { from: (*from).to_owned(), to, place: format!("{file}:{line}") };
        found.extend(at_line.into_iter().map(told));
    }
    found.sort_by(|a: &Import, b| a.place.cmp(&b.place));
    found
}

/// Imports that do not point down, each in words.
fn upward(imports: &[Import], layers: &[&[&str]]) -> Vec<String> {
    let layer = |name: &str| layers.iter().position(|line| line.contains(&name));
    let mut wrong = Vec::new();
    for Import { from, to, place } in imports {
        let words = match (layer(from), layer(to)) {
            (Some(from), Some(to)) if from >= to => continue,
            (Some(_), Some(_)) => format!("{place}: `{from}` imports `{to}`, which is above it"),
            (None, _) => format!("{place}: the module `{from}` has no place in LAYERS"),
            (_, None) => format!("{place}: the module `{to}` has no place in LAYERS"),
        };
        wrong.push(words);
    }
    wrong
}

/// The circles of modules, each with an import for every step around it.
fn circles(imports: &[Import], pairs: &[&[&str]]) -> Vec<String> {
    let known = |a: &str, b: &str| pairs.iter().any(|pair| pair.contains(&a) && pair.contains(&b));
    let edges: Vec<_> = imports.iter().filter(|import| !known(&import.from, &import.to)).collect();
    let mut told = BTreeMap::new();
    for first in &edges {
        // The shortest way back.
        let (mut ways, mut seen) = (vec![vec![*first]], BTreeSet::from([first.to.as_str()]));
        while let Some(way) = (!ways.is_empty()).then(|| ways.remove(0)) {
            let Some(last) = way.last() else { break };
            if last.to == first.from {
                let mut rooms: Vec<_> = way.iter().map(|import| import.from.clone()).collect();
                rooms.sort();
                let steps = way.iter().map(|i| format!("`{}` imports `{}` ({})", i.from, i.to, i.place));
                told.entry(rooms).or_insert_with(|| steps.collect::<Vec<_>>().join(", "));
                break;
            }
            for next in edges.iter().filter(|next| next.from == last.to && seen.insert(next.to.as_str())) {
                ways.push(way.iter().copied().chain([*next]).collect());
            }
        }
    }
    told.into_values().collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folders of all crates that users depend on.
fn crates() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let members = members.split(',').map(|member| member.trim().trim_matches('"').to_owned());
    members
        .filter(|member| !matches!(member.as_str(), "" | "examples" | "examples/tutorial" | "tests"))
        .collect()
}

#[test]
fn imports_of_the_runtime_point_down() {
    let wrong = upward(&imports(&sources(&root().join("flujo/src"))), LAYERS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let pairs: Vec<_> = LAYERS.iter().copied().filter(|line| line.len() > 1).collect();
    assert_eq!(pairs, [["exec", "step"].as_slice()]);
    let crates = crates();
    assert!(crates.len() >= 4 && crates.contains(&"engines/sqlite".to_owned()), "{crates:?}");
    for name in crates {
        let sources = sources(&root().join(&name).join("src"));
        assert!(sources.len() > 3, "{name}: {}", sources.len());
        let found = circles(&imports(&sources), if name == "flujo" { &pairs } else { &[] });
        assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
    }
}

/// The grammar of paths has one reader.
#[test]
fn paths_are_taken_apart_in_one_file() {
    let reading = [
        "split('/')",
        "split(['#'",
        "contains('!')",
        "contains('~')",
        "rsplit('/')",
        "find('#')",
        "rsplit_once('/')",
    ];
    for (file, text) in sources(&root().join("flujo/src")) {
        // Addresses and file names have slashes too.
        let others = ["path/grammar.rs", "settings/", "telemetry/"];
        if others.iter().any(|other| file.starts_with(other)) {
            continue;
        }
        for (n, line) in code(&text).lines().enumerate() {
            let found = reading.iter().find(|word| line.contains(**word));
            assert!(found.is_none(), "{file}:{}: `{}` reads a path: use `path::grammar`", n + 1, line.trim());
        }
    }
}

#[test]
fn an_import_that_points_up_is_named_with_its_line() {
    let files = [
        ("lib.rs", "pub mod a;\npub mod b;\npub use b::{Thing, Other};\n"),
        ("a/mod.rs", "mod deep;\n// use crate::b::Thing;\nuse std::fmt;\nuse crate::{\n    b::Other,\n};\n"),
        ("a/deep.rs", "use super::Own;\nfn f() -> crate::Thing { my_crate::b() }\nuse super::super::c::X;\n"),
        ("b.rs", "use super::a::A;\n#[cfg(test)]\nmod tests {\n    use crate::c::C;\n}\n"),
        ("c.rs", "//! Nothing.\n"),
    ];
    let files: Vec<_> = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let found = imports(&files);
    let short: Vec<_> = found.iter().map(|i| (&*i.place, &*i.from, &*i.to)).collect();
    let expected = [
        ("a/deep.rs:2", "a", "b"),
        ("a/deep.rs:3", "a", "c"),
        ("a/mod.rs:4", "a", "b"),
        ("b.rs:1", "b", "a"),
    ];
    assert_eq!(short, expected);
    let wrong = upward(&found, &[&["c"], &["a"], &["b"]]);
    assert_eq!(
        wrong,
        ["a/deep.rs:2: `a` imports `b`, which is above it", "a/mod.rs:4: `a` imports `b`, which is above it"]
    );
    assert_eq!(upward(&found, &[&["a", "b"]]), ["a/deep.rs:3: the module `c` has no place in LAYERS"]);
    assert_eq!(circles(&found, &[]), ["`a` imports `b` (a/deep.rs:2), `b` imports `a` (b.rs:1)"]);
    assert_eq!(circles(&found, &[&["a", "b"]]), Vec::<String>::new());
}
