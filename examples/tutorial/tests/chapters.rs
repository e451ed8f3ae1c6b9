//! Each chapter's program is run, and its page is held to it: what it prints, and the crates that it needs.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Checked = Result<(), Box<dyn Error>>;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of a chapter's code, and the page of the book, by number.
fn chapter(number: usize) -> Result<(PathBuf, PathBuf), Box<dyn Error>> {
    let begins = |folder: &Path| -> Result<PathBuf, Box<dyn Error>> {
        let found = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()).find(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{number:02}")))
        });
        found.ok_or_else(|| format!("chapter {number} is not in {}", folder.display()).into())
    };
    Ok((begins(&folder().join("chapters"))?, begins(&folder().join("../../docs/book/tutorial"))?))
}

/// Compares what was printed with `expected.txt`. With FLUJO_RECORD=overwrite the file is written instead.
fn prints(folder: &Path, printed: &str) -> Checked {
    let file = folder.join("expected.txt");
    if std::env::var("FLUJO_RECORD").is_ok_and(|word| word == "overwrite") {
        fs::write(&file, printed)?;
    }
    assert_eq!(printed, fs::read_to_string(&file).unwrap_or_default(), "{}", file.display());
    Ok(())
}

#[test]
fn every_chapter_prints_what_its_page_shows() -> Checked {
    let programs = [
        env!("CARGO_BIN_EXE_chapter-01"),
        env!("CARGO_BIN_EXE_chapter-02"),
        env!("CARGO_BIN_EXE_chapter-03"),
        env!("CARGO_BIN_EXE_chapter-04"),
        env!("CARGO_BIN_EXE_chapter-05"),
        env!("CARGO_BIN_EXE_chapter-06"),
        env!("CARGO_BIN_EXE_chapter-07"),
    ];
    for (i, program) in programs.into_iter().enumerate() {
        let (code, page) = chapter(i + 1)?;
        let output = Command::new(program).output()?;
        let errors = String::from_utf8(output.stderr)?;
        assert!(output.status.success() && errors.is_empty(), "{program}: {errors}");
        prints(&code, &String::from_utf8(output.stdout)?)?;
        let shown =
            format!("chapters/{}/expected.txt -->", code.file_name().unwrap_or_default().to_string_lossy());
        assert!(fs::read_to_string(&page)?.contains(&shown), "{} shows its output", page.display());
    }
    Ok(())
}

/// Lines of the book that are dependencies, `name = ..`.
fn dependencies(page: &str) -> Vec<(String, String)> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.lines() {
        match line {
            "```toml" => inside = true,
            "```" => inside = false,
            _ if inside => {
                found.extend(line.split_once(" = ").map(|(name, rest)| (name.to_owned(), rest.to_owned())))
            }
            _ => {}
        }
    }
    found
}

/// The code of a chapter, with the files of earlier chapters that it has by `#[path = ".."]`.
fn code(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut all = String::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path)?;
            for rest in text.split("#[path = \"").skip(1) {
                all += &fs::read_to_string(folder.join(rest.split('"').next().unwrap_or_default()))?;
            }
            all += &text;
        }
    }
    Ok(all)
}

#[test]
fn a_reader_has_added_exactly_the_crates_that_the_code_uses() -> Checked {
    let manifest = fs::read_to_string(folder().join("Cargo.toml"))?;
    let workspace = fs::read_to_string(folder().join("../../Cargo.toml"))? + &manifest;
    let mut inside = false;
    let mut ours = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside {
            ours.extend(line.split(['.', ' ']).next().filter(|name| !name.is_empty()));
        }
    }
    assert!(ours.contains("flujo") && ours.contains("flujo-restate"), "{ours:?}");

    let mut added: BTreeSet<String> = BTreeSet::new();
    for number in 1..=10 {
        let (chapter, page) = chapter(number)?;
        let page_text = fs::read_to_string(&page)?;
        for (name, rest) in dependencies(&page_text) {
            let version = rest.split('"').nth(1).unwrap_or_default();
            let line = workspace.lines().find(|line| line.starts_with(&format!("{name} = ")));
            let line =
                line.ok_or_else(|| format!("{}: {name} is no dependency of the workspace", page.display()))?;
            let known = line.split('"').filter(|part| part.starts_with(|c: char| c.is_ascii_digit()));
            let fits = |known: &str| known == version || known.starts_with(&format!("{version}."));
            assert!(known.clone().any(fits), "{}: {name} {version}, and not {known:?}", page.display());
            added.insert(name);
        }
        let code = code(&chapter)?;
        let used: BTreeSet<_> = ours
            .iter()
            .copied()
            .filter(|name| code.contains(&format!("{}::", name.replace('-', "_"))))
            .collect();
        let missing: Vec<_> = used.iter().filter(|name| !added.contains(**name)).collect();
        assert!(missing.is_empty(), "chapter {number} uses {missing:?}, which no page up to it adds");
        let idle: Vec<_> =
            dependencies(&page_text).into_iter().filter(|(name, _)| !used.contains(name.as_str())).collect();
        assert!(idle.is_empty(), "chapter {number} adds {idle:?}, and uses none of them");
    }
    Ok(())
}

/// A reader who types what the pages show, up to the one of the chapter, has the whole program.
#[test]
fn each_line_of_code_is_on_a_page() -> Checked {
    // Chapter 7 makes a library of the code that earlier pages show.
    let typed = |line: &str| line.trim().replace("pub ", "");
    let mut shown = BTreeSet::new();
    for number in 1..=10 {
        let (code, page) = chapter(number)?;
        let page = fs::read_to_string(page)?;
        let blocks = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
        shown.extend(blocks.flat_map(str::lines).map(typed));
        for entry in fs::read_dir(&code)? {
            let path = entry?.path();
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let lines = text.lines().map(typed).filter(|line| !line.is_empty() && !line.starts_with("//!"));
            let hidden: Vec<_> = lines.filter(|line| !shown.contains(line)).collect();
            let file = path.display();
            assert!(
                hidden.is_empty(),
                "the page of chapter {number} shows no such lines of {file}: {hidden:#?}"
            );
        }
    }
    Ok(())
}

/// What `cargo test` prints of chapter 8, out of the names of its tests, which are run by it.
#[test]
fn the_tests_of_chapter_8_are_those_of_its_page() -> Checked {
    let (code, _) = chapter(8)?;
    let source = fs::read_to_string(code.join("desk.rs"))?;
    let names = source.split("#[tokio::test]\nasync fn ").skip(1).filter_map(|rest| rest.split('(').next());
    let mut lines: Vec<_> = names.map(|name| format!("test {name} ... ok\n")).collect();
    lines.sort();
    prints(&code, &lines.concat())
}
