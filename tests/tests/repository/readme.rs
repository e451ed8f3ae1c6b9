//! Holds the README and CONTRIBUTING.md to the truth.

use crate::markdown::{Block, Checked, blocks, holds, read, root};
use std::fs;

#[test]
fn what_the_readme_shows_is_what_the_files_hold() -> Checked {
    let mut messages = 0;
    let mut pipelines = 0;
    for block in blocks(&read("README.md")?) {
        if block.language == "sh" || block.language == "console" {
            continue;
        }
        let name = block.source.ok_or_else(|| format!("no comment names the file of:\n{}", block.text))?;
        let file = read(&name)?;
        if name.ends_with(".stderr") {
            messages += 1;
            assert_eq!(block.text, file, "the message must be {name}, word by word");
        } else {
            pipelines += 1;
            assert!(holds(&file, &block.text), "this is not in {name} as it stands:\n{}", block.text);
        }
    }
    assert!(messages >= 1 && pipelines >= 1, "the README shows a pipeline and a message");
    Ok(())
}

/// A message in running text could not be compared with a file.
#[test]
fn messages_stand_in_blocks_only() -> Checked {
    let readme = read("README.md")?;
    let shown: String = blocks(&readme).into_iter().map(|block| block.text).collect();
    let all = readme.matches("error[").count() + readme.matches("error: ").count();
    assert_eq!(all, shown.matches("error[").count() + shown.matches("error: ").count());
    Ok(())
}

#[test]
fn ci_runs_the_commands_of_the_readme() -> Checked {
    let commands: Vec<_> =
        blocks(&read("README.md")?).into_iter().filter(|block| block.language == "sh").collect();
    assert_eq!(commands.len(), 1, "{commands:?}");
    for Block { text, .. } in &commands {
        assert_eq!(text, "cargo run --example moderation -- serve\ncargo test\n");
    }

    let typed: Vec<_> =
        blocks(&read("README.md")?).into_iter().filter(|block| block.language == "console").collect();
    assert_eq!(typed.len(), 1, "{typed:?}");

    let mut ci = read(".ci/run")?;
    for part in fs::read_dir(root().join(".ci/checks"))? {
        ci += &fs::read_to_string(part?.path())?;
    }
    assert!(ci.contains("\n    .ci/book\n"), ".ci/run types what the README begins with");
    for command in ["run", "test"] {
        assert!(ci.contains(&format!("$(readme_command {command})")), ".ci/run takes it from the README");
        assert!(!ci.contains(&format!("\n    cargo {command}")), ".ci/run does not repeat it");
    }
    Ok(())
}

#[test]
fn every_dependency_has_its_reason() -> Checked {
    let mut declared = Vec::new();
    for member in [
        "flujo",
        "flujo-macros",
        "flujo-mcp",
        "flujo-models",
        "flujo-testing",
        "engines/restate",
        "engines/sqlite",
        "tools/cli",
        "tools/server",
        "examples",
        "examples/tutorial",
        "tests",
    ] {
        let mut inside = false;
        for line in read(&format!("{member}/Cargo.toml"))?.lines() {
            if line.starts_with('[') {
                inside = line.ends_with("dependencies]");
            } else if let Some((name, _)) = line.split_once(['.', ' ', '=']).filter(|_| inside) {
                declared.push(name.to_owned());
            }
        }
    }
    declared.retain(|name| !name.starts_with("flujo") && !name.starts_with('#'));
    declared.sort();
    declared.dedup();

    let table = read("CONTRIBUTING.md")?;
    let mut listed: Vec<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.ends_with('/'))
        .collect();
    listed.sort();
    assert_eq!(declared, listed, "the manifests, and the table in CONTRIBUTING.md");
    Ok(())
}
