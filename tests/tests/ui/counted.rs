//! What tools count: cargo prints two equal errors once, but says "2 previous errors", and an editor shows both.

use super::{fixtures, pinned, topics, wanted};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// rustc checks the type of a parameter in the signature of a function and again in its body. It recognises the second
/// error as the first, but not in this one, where the type is a projection that cannot be normalized.
const CHECKED_TWICE: &str = "ui/pipeline/not_a_context.rs";

/// What the compiler said of one fixture.
#[derive(Default)]
struct Said {
    errors: Vec<String>,
    /// The number in "aborting due to 2 previous errors".
    counted: Option<usize>,
}

/// A crate whose programs are the fixtures, with the versions that this repository is locked to.
fn project(fixtures: &[PathBuf]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counted");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = here.join("..");
    fs::create_dir_all(&root).expect("a folder");
    let mut manifest = format!(
        "[package]\nname = \"counted\"\nedition = \"2024\"\nautobins = false\n[workspace]\n[dependencies]\n\
         flujo = {{ path = \"{0}/flujo\" }}\nflujo-testing = {{ path = \"{0}/flujo-testing\" }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\nschemars = \"1\"\n\
         tokio = {{ version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }}\n",
        top.display()
    );
    for fixture in fixtures {
        let path = here.join(fixture);
        let _ = write!(manifest, "[[bin]]\nname = \"{}\"\npath = \"{}\"\n", target(fixture), path.display());
    }
    fs::write(root.join("Cargo.toml"), manifest).expect("a manifest");
    fs::copy(top.join("Cargo.lock"), root.join("Cargo.lock")).expect("the lock file");
    root
}

/// `flow_await` of `ui/flow/await.rs`.
fn target(fixture: &Path) -> String {
    fixture.with_extension("").iter().skip(1).map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("_")
}

fn check(root: &Path) -> BTreeMap<String, Said> {
    let done = Command::new(env!("CARGO"))
        .args(["check", "--bins", "--keep-going", "--quiet", "--message-format=json"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", root.join("target"))
        // As cargo does by default: only then does rustc not recognise two equal errors.
        .env("CARGO_INCREMENTAL", "1")
        .output()
        .expect("cargo runs");
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    for line in String::from_utf8_lossy(&done.stdout).lines() {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let text = |path: &str| line.pointer(path).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        if text("/reason") != "compiler-message" || text("/message/level") != "error" {
            continue;
        }
        let of = said.entry(text("/target/name")).or_default();
        match text("/message/message").strip_prefix("aborting due to ") {
            Some(rest) => of.counted = rest.split(' ').next().and_then(|n| n.parse().ok()),
            None => of.errors.push(text("/message/rendered")),
        }
    }
    assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    said
}

#[test]
fn as_many_errors_are_counted_as_are_printed() {
    if !pinned() {
        return;
    }
    let all: Vec<PathBuf> =
        topics().iter().flat_map(|topic| fixtures(topic)).filter(|path| wanted(path)).collect();
    // One topic may have programs that compile and nothing else.
    if all.is_empty() {
        return;
    }
    let said = check(&project(&all));
    let mut report = String::new();
    for fixture in &all {
        let Some(Said { errors, counted }) = said.get(&target(fixture)) else {
            let _ = writeln!(report, "{}: no errors", fixture.display());
            continue;
        };
        // A parser that gives up counts nothing.
        let printed = counted.is_none_or(|counted| counted == errors.len());
        let mut distinct = errors.clone();
        distinct.sort();
        distinct.dedup();
        if fixture.ends_with(CHECKED_TWICE) {
            continue;
        }
        if !printed || distinct.len() != errors.len() {
            let (n, of) = (errors.len(), distinct.len());
            let _ = writeln!(report, "{}: {of} errors, {n} times, counted {counted:?}", fixture.display());
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
