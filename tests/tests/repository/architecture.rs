//! Holds ARCHITECTURE.md to the truth: every file and folder that it names is there, and every crate and module is named.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The words between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_file_of_the_page_is_there() -> std::io::Result<()> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let is_path = |word: &&str| word.contains('/') && !word.contains(' ') && !word.contains('(');
    let paths: Vec<_> = quoted(&text).into_iter().filter(is_path).collect();
    assert!(paths.len() > 60, "{}", paths.len());
    let gone: Vec<_> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names what is not there: {gone:?}");
    Ok(())
}

#[test]
fn the_page_has_four_walks_and_every_crate() -> std::io::Result<()> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    assert_eq!(text.matches("\n## Walk ").count(), 4);
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let members = manifest.lines().find(|line| line.starts_with("members")).unwrap_or_default();
    let members: Vec<_> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 6, "{members:?}");
    for member in members {
        assert!(text.contains(&format!("`{member}/`")), "ARCHITECTURE.md does not name `{member}/`");
    }
    Ok(())
}
