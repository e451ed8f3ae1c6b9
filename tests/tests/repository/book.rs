//! The book's page of what the compiler tells users is made of the fixtures in `ui/`.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Made<T> = Result<T, Box<dyn Error>>;

const PAGE: &str = "../docs/book/what-the-compiler-tells-you.md";

/// The folders of `ui/` in the order of the page, each with its title and what it is about.
const TOPICS: [(&str, &str, &str); 7] = [
    ("flow", "The body of a pipeline", "Calls, branches, forms and their options."),
    ("pipeline", "The head of a pipeline", "Inputs, context, resources, output, and what it is bounded by."),
    ("step", "Steps", "The attribute, the signature, and what may cross a step's border."),
    ("context", "Contexts", "Parts and merge rules."),
    ("resources", "Resources", "Services that steps ask for."),
    ("run", "Running", "What an application gives to a run, and what it gets back."),
    ("pass", "How it is done", "Programs that compile."),
];

fn sorted(dir: &Path) -> Made<Vec<PathBuf>> {
    let mut all = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Made<Vec<_>>>()?;
    all.sort();
    Ok(all)
}

fn fixtures(topic: &str) -> Made<Vec<PathBuf>> {
    let all = sorted(&Path::new("ui").join(topic))?;
    Ok(all.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs")).collect())
}

/// The caption, and the program without what every fixture has.
fn told(source: &str) -> Made<(&str, String)> {
    let (first, rest) = source.split_once('\n').ok_or("an empty fixture")?;
    let caption = first.strip_prefix("// ").ok_or("a fixture begins with its caption")?;
    let common = |line: &&str| !line.starts_with("// errors: ") && *line != "fn main() {}";
    let code: Vec<&str> = rest.lines().filter(common).collect();
    Ok((caption.trim_end_matches('.'), code.join("\n").trim().to_owned()))
}

/// Of a heading, as a link to it is written.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn page() -> Made<String> {
    let mut out = "\
<!-- Made of tests/ui by `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository`: change it there. -->

# What the compiler tells you

Most mistakes in a workflow are found before it runs. Here is each of them with the words of the compiler, as the
tests pin them: one mistake gives one error, at the place where you made it, with what to do next. The lines are those
of the file that is named, in the folder `tests`.

"
    .to_owned();
    for (topic, title, about) in TOPICS {
        let n = fixtures(topic)?.len();
        writeln!(out, "- [{title}](#{}), {n}: {about}", anchor(title))?;
    }
    for (topic, title, about) in TOPICS {
        writeln!(out, "\n## {title}\n\n{about}")?;
        for fixture in fixtures(topic)? {
            let source = fs::read_to_string(&fixture)?;
            let (caption, code) = told(&source).map_err(|why| format!("{}: {why}", fixture.display()))?;
            writeln!(out, "\n### {caption}\n\n```rust\n{code}\n```")?;
            if topic != "pass" {
                let printed = fs::read_to_string(fixture.with_extension("stderr"))?;
                writeln!(out, "\n```text\n{}\n```", printed.trim_end())?;
            }
        }
    }
    Ok(out)
}

#[test]
fn every_topic_is_in_the_book() -> Made<()> {
    let topics = sorted(Path::new("ui"))?.into_iter().filter(|path| path.is_dir());
    let mut found: Vec<String> =
        topics.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    found.sort();
    let mut told: Vec<&str> = TOPICS.iter().map(|(topic, ..)| *topic).collect();
    told.sort_unstable();
    assert_eq!(found, told);
    Ok(())
}

#[test]
fn the_page_is_what_the_fixtures_say() -> Made<()> {
    let made = page()?;
    if env::var("FLUJO_BOOK").is_ok_and(|what| what == "overwrite") {
        fs::create_dir_all(Path::new(PAGE).parent().ok_or("a folder")?)?;
        fs::write(PAGE, made)?;
        return Ok(());
    }
    let there = fs::read_to_string(PAGE).map_err(|e| format!("{PAGE}: {e}"))?;
    // line by line, so that what differs is shown, and not two whole pages
    let differs = there.lines().zip(made.lines()).position(|(there, made)| there != made);
    let differs =
        differs.or_else(|| (there != made).then(|| there.lines().count().min(made.lines().count())));
    if let Some(i) = differs {
        let line = |text: &str| text.lines().nth(i).unwrap_or("(the end)").to_owned();
        return Err(format!(
            "{PAGE}:{}: it says `{}`, the fixtures say `{}`\nwrite it again: FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository",
            i + 1,
            line(&there),
            line(&made)
        )
        .into());
    }
    Ok(())
}

#[test]
fn a_program_is_shown_without_what_every_fixture_has() -> Made<()> {
    let source = "// Nothing runs.\n// errors: 1\n\nuse a::*;\n\nfn f() {}\n\nfn main() {}\n";
    assert_eq!(told(source)?, ("Nothing runs", "use a::*;\n\nfn f() {}".to_owned()));
    assert!(told("fn main() {}\n").is_err());
    Ok(())
}
