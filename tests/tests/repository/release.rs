//! The scripts that make a release: what they take from the changelog, what they refuse, and what is published.
#![cfg(unix)]

use crate::markdown::{Checked, root};
use std::error::Error;
use std::fs;
use std::process::Command;

/// What a script prints, or what it says when it fails.
fn script(name: &str, words: &[&str]) -> Result<Result<String, String>, Box<dyn Error>> {
    let output = Command::new(root().join(".ci").join(name)).args(words).output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).trim_end().to_owned();
    Ok(if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) })
}

const CHANGELOG: &str = "\
# Changelog

## [Unreleased]

## [0.10.0] - 2026-12-01

### Added
- The second.

## [0.1.0] - 2026-11-01

The first.

### Added
- Something, with a [link](README.md).

[Unreleased]: https://github.com/flujo-rs/flujo/compare/v0.10.0...HEAD
";

#[test]
fn notes_of_a_release_are_its_section_of_the_changelog() -> Checked {
    let file = std::env::temp_dir().join(format!("flujo-changelog-{}.md", std::process::id()));
    fs::write(&file, CHANGELOG)?;
    let path = file.to_string_lossy().into_owned();
    let notes = |version| script("release-notes", &[version, &path]);
    let (second, first) = (notes("0.10.0")?, notes("0.1.0")?);
    // A dot is no pattern, and neither is the begin of another version.
    let refused = [notes("Unreleased")?, notes("0x1.0")?, notes("0.1")?, notes("0.2.0")?];
    fs::remove_file(&file)?;
    assert_eq!(second?, "### Added\n- The second.");
    assert_eq!(first?, "The first.\n\n### Added\n- Something, with a [link](README.md).");
    for (refused, version) in refused.into_iter().zip(["Unreleased", "0x1.0", "0.1", "0.2.0"]) {
        let why = refused.err().ok_or("a version without notes")?;
        assert!(why.contains(&format!("says nothing of version {version}: ")), "{why}");
    }
    Ok(())
}

#[test]
fn a_tag_is_refused_that_is_not_the_version() -> Checked {
    let version = env!("CARGO_PKG_VERSION");
    for tag in ["v9.9.9", version, "v0"] {
        let why = script("release", &["check", tag])?.err().ok_or("a wrong tag")?;
        assert_eq!(why, format!("the tag is {tag} and the version in Cargo.toml is {version}"));
    }
    Ok(())
}

#[test]
fn the_scripts_know_every_published_crate() -> Checked {
    let crates = script("crates", &[])??;
    let mut names: Vec<_> = crates.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    assert_eq!(names, crate::packages::PUBLISHED);
    assert!(crates.contains("flujo-restate engines/restate 1.90"), "{crates}");
    assert!(crates.contains("flujo-cli tools/cli 1.88"), "{crates}");
    Ok(())
}
