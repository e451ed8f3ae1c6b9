//! Pages that explain: the tests that they name exist, and the page of measurements is made of what was measured.

use crate::markdown::{Checked, read, root};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

fn sources(dir: &Path, all: &mut String) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "node_modules", "ui"].contains(&name.as_str()) {
            sources(&path, all)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Names of tests are sentences: four words or more between backticks.
fn named(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2).filter(|word| {
        word.matches('_').count() >= 3 && word.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
    })
}

#[test]
fn tests_that_the_explanations_name_exist() -> Checked {
    let mut all = String::new();
    for folder in ["tests/tests", "engines/restate/tests", "engines/sqlite/src"] {
        sources(&root().join(folder), &mut all)?;
    }
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in ["guarantees", "cost-model", "limits", "how-a-run-goes-on", "stability"] {
        // Code has no names of tests, and its fences would be taken for backticks.
        let text = read(&format!("docs/book/explanation/{page}.md"))?;
        let prose: String = text.split("```").step_by(2).collect();
        for name in named(&prose) {
            seen += 1;
            if !all.contains(&format!("fn {name}(")) {
                wrong.push(format!("{page}.md names `{name}`, which is no test"));
            }
        }
    }
    assert!(seen >= 25, "{seen} names");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn the_page_of_measurements_is_made_of_what_was_measured() -> Checked {
    if !Command::new("bash")
        .arg("-c")
        .arg("[ \"${BASH_VERSINFO[0]}\" -ge 4 ]")
        .status()
        .is_ok_and(|status| status.success())
    {
        println!("SKIPPED: bash 4 is not there, which makes the page");
        return Ok(());
    }
    let done =
        Command::new("bash").arg("bench/compare/run.sh").arg("--check").current_dir(root()).output()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    Ok(())
}
