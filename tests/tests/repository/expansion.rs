//! `FLUJO_MACRO_DEBUG=name` prints what a macro made of one item, and of no other.
#![allow(clippy::expect_used, reason = "a test that goes wrong panics")]

use std::fs;
use std::path::Path;
use std::process::Command;

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

fn check(root: &Path, wanted: &str) -> String {
    // Changed, so that it is checked, and expanded, again.
    fs::write(root.join("src/lib.rs"), format!("{SOURCE}// {wanted}\n")).expect("a source");
    let done = Command::new(env!("CARGO"))
        .args(["check", "--quiet"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .env("FLUJO_MACRO_DEBUG", wanted)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    said
}

#[test]
fn one_expansion_is_printed() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("expansion");
    fs::create_dir_all(root.join("src")).expect("a folder");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = format!(
        "[package]\nname = \"expansion\"\nedition = \"2024\"\n[dependencies]\nflujo = {{ path = \"{}\" }}\n[workspace]\n",
        here.join("flujo").display()
    );
    fs::write(root.join("Cargo.toml"), manifest).expect("a manifest");
    fs::copy(here.join("Cargo.lock"), root.join("Cargo.lock")).expect("the lock file");

    let said = check(&root, "shout");
    assert!(said.contains("impl") && said.contains("StepInfo for shout"), "{said}");
    assert!(!said.contains("StepInfo for whisper") && !said.contains("StepInfo for both"), "{said}");
    let said = check(&root, "both");
    assert!(said.contains("Pipeline for both") && !said.contains("StepInfo for shout"), "{said}");
    assert_eq!(check(&root, "nobody"), "");
}
