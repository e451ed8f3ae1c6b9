//! Files that are made, and compared with what is in the repository.

use super::fixtures::Made;
use crate::markdown::root;
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

/// How the files are written again.
const AGAIN: &str = "write it again: FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository";

/// Compares the files of a folder with those that were made, or writes them. It holds no others of this ending.
pub(crate) fn compare(folder: &str, made: &BTreeMap<String, String>, ends: &[&str]) -> Made<()> {
    let dir = root().join(folder);
    if env::var("FLUJO_BOOK").is_ok_and(|what| what == "overwrite") {
        fs::create_dir_all(&dir)?;
        for name in strangers(&dir, made, ends)? {
            fs::remove_file(dir.join(name))?;
        }
        for (name, text) in made {
            fs::write(dir.join(name), text)?;
        }
        return Ok(());
    }
    for (name, text) in made {
        let there = fs::read_to_string(dir.join(name))
            .map_err(|error| format!("{folder}/{name}: {error}\n{AGAIN}"))?;
        if let Some((line, there, made)) = difference(&there, text) {
            return Err(format!(
                "{folder}/{name}:{line}: it says `{there}`, the fixtures say `{made}`\n{AGAIN}"
            )
            .into());
        }
    }
    let strangers = strangers(&dir, made, ends)?;
    if strangers.is_empty() {
        Ok(())
    } else {
        Err(format!("{folder}: {strangers:?} is made of nothing\n{AGAIN}").into())
    }
}

fn strangers(dir: &Path, made: &BTreeMap<String, String>, ends: &[&str]) -> Made<Vec<String>> {
    let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<Made<Vec<_>>>()?;
    let strange = |name: &String| ends.iter().any(|end| name.ends_with(end)) && !made.contains_key(name);
    Ok(names.into_iter().filter(strange).collect())
}

/// The first line that differs, so that what is wrong is shown, and not two whole pages.
fn difference(there: &str, made: &str) -> Option<(usize, String, String)> {
    let differs = there.lines().zip(made.lines()).position(|(there, made)| there != made);
    let i = differs.or_else(|| (there != made).then(|| there.lines().count().min(made.lines().count())))?;
    let line = |text: &str| text.lines().nth(i).unwrap_or("(the end)").to_owned();
    Some((i + 1, line(there), line(made)))
}

#[test]
fn the_first_difference_is_shown() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(difference("a\nb\n", "a\nc\n"), Some((2, "b".to_owned(), "c".to_owned())));
    assert_eq!(difference("a\n", "a\nc\n"), Some((2, "(the end)".to_owned(), "c".to_owned())));
}
