//! The pages of the book, and their index.

use super::fixtures::{self, Fixture, Made, headlines};
use super::names;
use super::pages::{self, FOLDER, PAGES};
use super::written;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const MADE: &str = "<!-- Made of tests/ui by `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository`: change it there. -->";

const INTRODUCTION: &str = "\
# What the compiler tells you

Most mistakes in a workflow are found before it runs. Here is each of them with the words of the compiler, as the tests
pin them: one mistake gives one error, at the place where you made it.
";

const READING: &str = "\
- The first line says what is wrong, and the next step is in it or below it: a second line, `= note:` or `= help:`.
- `[join_conflict]` is the name of the mistake. It ends the first line of each message that flujo words, and it stays: look
  it up here, or with `flujo explain join_conflict`.
- `-->` is your file, and the caret is below the token that is wrong. In these pages it is a file in the folder
  [`tests`](https://github.com/flujo-rs/flujo/tree/main/tests/ui) of the repository.
- `error[E0080]: evaluation panicked` is how rustc says that a check of flujo has failed which needs types: what follows is
  the message.
- A message without a name is rustc's alone, such as `mismatched types`. Those that are typical of workflows are here too.
";

/// A fixture as the pages show it.
struct Shown<'a> {
    fixture: &'a Fixture,
    /// The names of the mistakes that this fixture is the example of.
    example_of: Vec<&'a str>,
    slug: &'static str,
}

impl Shown<'_> {
    fn anchors(&self) -> Vec<&str> {
        if self.example_of.is_empty() { vec![&self.fixture.stem] } else { self.example_of.clone() }
    }

    fn link(&self) -> String {
        format!("{}.md#{}", self.slug, self.anchors().first().unwrap_or(&""))
    }

    /// Fixtures of one mistake follow each other: behind the example, by their names.
    fn place(&self) -> (&str, bool, &str) {
        let mistake = self.fixture.names.first().map_or("", String::as_str);
        let first = if self.fixture.names.len() == 1 { mistake } else { self.fixture.stem.as_str() };
        (first, self.example_of.is_empty(), &self.fixture.stem)
    }
}

fn shown<'a>(all: &'a [Fixture], examples: &BTreeMap<&'a str, &'a Fixture>) -> Made<Vec<Shown<'a>>> {
    let of = |fixture: &'a Fixture| {
        let is_example =
            |(name, example): (&&'a str, &&Fixture)| (example.id() == fixture.id()).then_some(*name);
        let example_of = examples.iter().filter_map(is_example).collect();
        Ok(Shown { fixture, example_of, slug: pages::of(fixture)?.slug })
    };
    all.iter().map(of).collect()
}

fn section(out: &mut String, shown: &Shown<'_>, examples: &BTreeMap<&str, Shown<'_>>) -> Made<()> {
    for anchor in shown.anchors() {
        write!(out, "\n<a id=\"{anchor}\"></a>\n")?;
    }
    let Fixture { caption, code, printed, names, .. } = shown.fixture;
    write!(out, "\n## {caption}\n\n```rust\n{code}\n```\n")?;
    if !printed.is_empty() {
        write!(out, "\n```text\n{}\n```\n", printed.trim_end())?;
    }
    let elsewhere: Vec<String> = names
        .iter()
        .filter(|name| !shown.example_of.contains(&name.as_str()))
        .filter_map(|name| Some(format!("[`{name}`]({})", examples.get(name.as_str())?.link())))
        .collect();
    if !elsewhere.is_empty() {
        write!(out, "\nSee also {}.\n", elsewhere.join(", "))?;
    }
    Ok(())
}

fn index(all: &[Shown<'_>], examples: &BTreeMap<&str, Shown<'_>>) -> Made<String> {
    let mut out = format!("{MADE}\n\n{INTRODUCTION}\n## How to read a message\n\n");
    let example = examples.get("join_conflict").ok_or("a message to begin with")?;
    write!(out, "```text\n{}\n```\n\n{READING}", example.fixture.printed.trim_end())?;
    write!(out, "\n## Topics\n\n| page | what it is about | programs |\n|---|---|---|\n")?;
    for page in &PAGES {
        let n = all.iter().filter(|shown| shown.slug == page.slug).count();
        writeln!(out, "| [{}]({}.md) | {} | {n} |", page.title, page.slug, page.about)?;
    }
    write!(out, "\n## Names\n\n| name | rule |\n|---|---|\n")?;
    for (name, shown) in examples {
        let page = shown.slug;
        writeln!(out, "| [`{name}`]({page}.md#{name}) | {} |", shown.fixture.caption.replace('|', "\\|"))?;
    }
    write!(
        out,
        "\n## Messages of rustc alone\n\nBy their codes; `rustc --explain E0308` says what a code means.\n\n\
         | message | rules |\n|---|---|\n"
    )?;
    let mut unnamed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for shown in all {
        let own = headlines(&shown.fixture.printed).find(|headline| names::of(headline).is_none());
        if let Some(headline) = own {
            let link = format!("[{}]({})", shown.fixture.caption.replace('|', "\\|"), shown.link());
            unnamed.entry(headline).or_default().push(link);
        }
    }
    for (headline, links) in unnamed {
        writeln!(out, "| `` {} `` | {} |", headline.replace('|', "\\|"), links.join("<br>"))?;
    }
    Ok(out)
}

fn made() -> Made<BTreeMap<String, String>> {
    let all = fixtures::all()?;
    let examples = fixtures::shown(&all);
    let mut all = shown(&all, &examples)?;
    let examples: BTreeMap<&str, Shown<'_>> = examples
        .iter()
        .map(|(name, fixture)| {
            Ok((*name, Shown { fixture, example_of: vec![*name], slug: pages::of(fixture)?.slug }))
        })
        .collect::<Made<_>>()?;
    let mut files = BTreeMap::from([("index.md".to_owned(), index(&all, &examples)?)]);
    all.sort_by(|one, other| one.place().cmp(&other.place()));
    for page in &PAGES {
        let mut out = format!("{MADE}\n\n# {}\n\n{}\n", page.title, page.about);
        for shown in all.iter().filter(|shown| shown.slug == page.slug) {
            section(&mut out, shown, &examples)?;
        }
        files.insert(format!("{}.md", page.slug), out);
    }
    Ok(files)
}

#[test]
fn the_pages_are_what_the_fixtures_say() -> Made<()> {
    written::compare(FOLDER, &made()?, &[".md"])
}

#[test]
fn every_anchor_is_there_once() -> Made<()> {
    let all = fixtures::all()?;
    let examples = fixtures::shown(&all);
    let shown = shown(&all, &examples)?;
    for page in &PAGES {
        let mut seen = BTreeSet::new();
        for shown in shown.iter().filter(|shown| shown.slug == page.slug) {
            for anchor in shown.anchors() {
                assert!(seen.insert(anchor.to_owned()), "{}.md has two `{anchor}`", page.slug);
            }
        }
    }
    Ok(())
}
