//! `FLUJO_MACRO_DEBUG=name` prints what a macro made of one item, and of no other. The book's page on expansions quotes what it
//! prints of `tests/fixtures/expansion/hello.rs`.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes the expansions beside it.
#![allow(clippy::expect_used, reason = "a test that goes wrong panics")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

const SOURCE: &str = r"use flujo::prelude::*;

#[step]
pub async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

#[step]
pub async fn whisper(text: String) -> Result<String> {
    Ok(text.to_lowercase())
}

pipeline! {
    pub fn both(text: String) -> String {
        text >> shout >> whisper
    }
}
";

/// Makes a crate that depends on `flujo`.
fn package(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(root.join("src")).expect("a folder");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\nflujo = {{ path = \"{}\" }}\n[workspace]\n",
        here.join("flujo").display()
    );
    fs::write(root.join("Cargo.toml"), manifest).expect("a manifest");
    fs::copy(here.join("Cargo.lock"), root.join("Cargo.lock")).expect("the lock file");
    root
}

fn check(root: &Path, source: &str, wanted: &str) -> String {
    // Changed, so that it is checked, and expanded, again.
    fs::write(root.join("src/lib.rs"), format!("{source}// {wanted}\n")).expect("a source");
    let done = Command::new(env!("CARGO"))
        .args(["check", "--quiet"])
        .current_dir(root)
        // One for all: what is below the crate is checked once.
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("expansion/target"))
        .env("FLUJO_MACRO_DEBUG", wanted)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    said
}

#[test]
fn one_expansion_is_printed() {
    let root = package("expansion");
    let said = check(&root, SOURCE, "shout");
    assert!(said.contains("impl") && said.contains("StepInfo for shout"), "{said}");
    assert!(!said.contains("StepInfo for whisper") && !said.contains("StepInfo for both"), "{said}");
    let said = check(&root, SOURCE, "both");
    assert!(said.contains("Pipeline for both") && !said.contains("StepInfo for shout"), "{said}");
    assert_eq!(check(&root, SOURCE, "nobody"), "");
}

/// As `cargo fmt` formats the files of this repository.
fn formatted(text: &str) -> String {
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rustfmt.toml");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--quiet", "--edition", "2024", "--config-path"])
        .arg(settings)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt runs");
    rustfmt.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("rustfmt reads");
    let done = rustfmt.wait_with_output().expect("rustfmt ends");
    assert!(done.status.success());
    String::from_utf8(done.stdout).expect("text")
}

#[test]
fn the_expansions_that_the_book_quotes_are_those_of_the_macros() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/expansion");
    let source = fs::read_to_string(fixtures.join("hello.rs")).expect("the fixture");
    let root = package("hello");
    for item in ["translate", "shout", "hello"] {
        let now = formatted(&check(&root, &source, item));
        let file = fixtures.join(format!("{item}.expanded.rs"));
        if env::var_os("FLUJO_BOOK").is_some_and(|value| value == "overwrite") {
            fs::write(&file, &now).expect("the expansion is written");
        }
        let then = fs::read_to_string(&file).expect("the expansion");
        assert!(
            then.replace("\r\n", "\n") == now,
            "{} is not what the macros write: FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository\n{now}",
            file.display()
        );
    }
}
