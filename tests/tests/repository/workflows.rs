//! The workflows run the scripts of `.ci` and nothing else, with no more rights than they need.

use crate::markdown::{Checked, read, root};
use std::error::Error;
use std::fs;

/// Each workflow and what it runs. Logic is in scripts, which run anywhere.
const WORKFLOWS: [(&str, &[&str]); 5] = [
    ("book.yml", &[".ci/run book"]),
    ("ci.yml", &[".ci/run"]),
    ("extra.yml", &[".ci/extra"]),
    ("platforms.yml", &[".ci/portable"]),
    (
        "release.yml",
        &[
            ".ci/release check \"$GITHUB_REF_NAME\"",
            ".ci/run package",
            ".ci/extra semver deny",
            ".ci/release publish",
            ".ci/release-notes \"${GITHUB_REF_NAME#v}\" > notes.md",
            "gh release create \"$GITHUB_REF_NAME\" --verify-tag --title \"$GITHUB_REF_NAME\" --notes-file notes.md \
             --draft=\"$DRAFT\"",
        ],
    ),
];

/// Rights beyond reading the repository, and the workflow that needs each.
const RIGHTS: [(&str, &str); 3] =
    [("book.yml", "id-token: write"), ("book.yml", "pages: write"), ("release.yml", "contents: write")];

fn workflows() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(".github/workflows"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let text = read(&format!(".github/workflows/{name}"))?;
        found.push((name, text));
    }
    found.sort();
    Ok(found)
}

/// The values of a key, wherever it is.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).collect()
}

#[test]
fn workflows_run_the_scripts_and_nothing_else() -> Checked {
    let found = workflows()?;
    let runs: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), values(text, "run"))).collect();
    let expected: Vec<_> = WORKFLOWS.iter().map(|(name, runs)| (*name, runs.to_vec())).collect();
    assert_eq!(runs, expected);
    for script in ["run", "extra", "portable", "release", "release-notes"] {
        assert!(root().join(".ci").join(script).exists(), ".ci/{script}");
    }
    Ok(())
}

#[test]
fn workflows_have_few_rights_and_an_end() -> Checked {
    for (name, text) in workflows()? {
        assert!(text.contains("\npermissions:\n  contents: read\n"), "{name} begins with the right to read");
        let writes: Vec<_> = text.lines().map(str::trim).filter(|line| line.ends_with(": write")).collect();
        let mut allowed: Vec<_> =
            RIGHTS.iter().filter(|(workflow, _)| *workflow == name).map(|(_, right)| *right).collect();
        allowed.sort_by_key(|right| writes.iter().position(|write| write == right));
        assert_eq!(writes, allowed, "{name}");
        let jobs = text.matches("runs-on:").count();
        assert_eq!(text.matches("timeout-minutes:").count(), jobs, "{name}: every job ends");
        for action in values(&text, "uses") {
            let version = action.split_once("@v").map(|(_, version)| version);
            let pinned = version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()));
            assert!(pinned && action.starts_with("actions/"), "{name}: {action}");
        }
        let kept = text.matches("persist-credentials: false").count();
        assert_eq!(
            text.matches("actions/checkout@").count(),
            kept,
            "{name}: the token stays out of the tree"
        );
    }
    Ok(())
}
