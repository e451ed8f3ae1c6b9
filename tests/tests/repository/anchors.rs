//! Every row of the book's semantics has an anchor, and the links of the reference lead somewhere.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes the anchors.

use crate::markdown::{Checked, read, root};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

const SEMANTICS: &str = "docs/book/reference/semantics.md";

/// Letters and digits in lower case, with `-` between words.
fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// A row with its anchor, whether it has one or not.
fn anchored(line: &str) -> String {
    let Some(rest) = line.strip_prefix("| ").filter(|rest| !rest.starts_with("row |")) else {
        return line.to_owned();
    };
    let rest = match rest.split_once("</a>") {
        Some((anchor, rest)) if anchor.starts_with("<a id=") => rest,
        _ => rest,
    };
    let name = rest.split(" | ").next().unwrap_or_default();
    format!("| <a id=\"row-{}\"></a>{rest}", slug(name))
}

#[test]
fn every_row_of_the_semantics_has_an_anchor_of_its_own() -> Checked {
    let text = read(SEMANTICS)?;
    let wanted: String = text.lines().map(|line| anchored(line) + "\n").collect();
    if env::var("FLUJO_BOOK").is_ok_and(|how| how == "overwrite") {
        fs::write(root().join(SEMANTICS), &wanted)?;
    } else {
        let differs = text.lines().zip(wanted.lines()).find(|(line, wanted)| line != wanted);
        assert_eq!(differs, None, "write the anchors: FLUJO_BOOK=overwrite");
    }
    let mut seen = BTreeSet::new();
    for id in wanted.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(seen.insert(id), "two rows have the anchor `{id}`: their names have to differ");
    }
    assert!(seen.len() > 150, "{} rows", seen.len());
    Ok(())
}

/// The pages below `dir`, as paths from the root of the repository.
pub(crate) fn pages(dir: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(dir))? {
        let path = entry?.path();
        let name = format!("{dir}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            found.extend(pages(&name)?);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// The id that mdBook gives a heading.
fn heading(text: &str) -> String {
    let kept = text.chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

/// The text outside of fenced blocks.
fn prose(page: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in page.lines() {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        if !inside && !fence {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn anchors(page: &str) -> BTreeSet<String> {
    let text = prose(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let mut found: BTreeSet<_> = headings.map(|line| heading(line.trim_start_matches('#').trim())).collect();
    found.extend(text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    found
}

/// `a/b/../c` as `a/c`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

#[test]
fn links_of_the_reference_lead_to_pages_and_anchors() -> Checked {
    let (mut wrong, mut seen, mut known) = (Vec::new(), 0, BTreeMap::new());
    for page in pages("docs/book/reference")? {
        let text = prose(&read(&page)?);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            seen += 1;
            if target.contains("README.md") {
                wrong.push(format!("{page}: mdBook does not follow `{target}`: its page is index.html"));
            }
            let (file, anchor) = target.split_once('#').map_or((target, None), |(file, id)| (file, Some(id)));
            let at = if file.is_empty() {
                PathBuf::from(&page)
            } else {
                plain(&Path::new(&page).parent().unwrap_or(Path::new("")).join(file))
            };
            let Ok(there) = fs::read_to_string(root().join(&at)) else {
                wrong.push(format!("{page}: there is no {}", at.display()));
                continue;
            };
            let there = known.entry(at).or_insert_with(|| anchors(&there));
            if let Some(id) = anchor.filter(|id| !there.contains(*id)) {
                wrong.push(format!("{page}: `{file}` has no anchor `{id}`"));
            }
        }
    }
    assert!(seen > 100, "{seen} links");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn every_page_of_the_reference_is_in_its_index_and_in_the_summary() -> Checked {
    let (index, summary) = (read("docs/book/reference/index.md")?, read("docs/book/SUMMARY.md")?);
    for page in pages("docs/book/reference")? {
        let name = page.trim_start_matches("docs/book/reference/");
        assert!(summary.contains(&format!("(reference/{name})")), "SUMMARY.md has no line for {page}");
        assert!(name == "index.md" || index.contains(&format!("({name}")), "the index has no link to {page}");
    }
    Ok(())
}

#[test]
fn anchors_are_made_of_names_and_headings() {
    assert_eq!(slug("`Retry-After`"), "retry-after");
    let row = "| the same, nested | nothing | `a` |";
    assert_eq!(anchored(row), "| <a id=\"row-the-same-nested\"></a>the same, nested | nothing | `a` |");
    assert_eq!(anchored(&anchored(row)), anchored(row));
    assert_eq!(anchored("| row | rule | shown by |"), "| row | rule | shown by |");
    assert_eq!(heading("`keep_findings`, in words"), "keep_findings-in-words");
    assert_eq!(plain(Path::new("a/b/../c/./d")), Path::new("a/c/d"));
}
