//! What the compiler tells you: every fixture in `ui/` is one mistake, its `.stderr` is what rustc prints.
//!
//! The first line of a fixture is its caption in the docs, the second how many errors it has to give. Write
//! new `.stderr` files with `just bless`, and read them: the text is part of the product.

#![allow(clippy::expect_used, reason = "a test that cannot read its fixtures fails")]

mod counted;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process::Command};

/// The compiler whose words the fixtures keep; `rust-toolchain.toml` pins the same.
const RUSTC: &str = "rustc 1.95.";

fn pinned() -> bool {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs").stdout;
    String::from_utf8_lossy(&version).starts_with(RUSTC)
}

/// The folders of `ui/` with mistakes, one for each topic.
fn topics() -> Vec<PathBuf> {
    sorted(Path::new("ui")).into_iter().filter(|p| p.is_dir() && !p.ends_with("pass")).collect()
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        fs::read_dir(dir).expect("ui/ is there").map(|e| e.expect("readable").path()).collect();
    all.sort();
    all
}

fn fixtures(topic: &Path) -> Vec<PathBuf> {
    sorted(topic).into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs")).collect()
}

// No program that passes is given to trybuild: where none has to pass, it checks all fixtures by one call of cargo; else
// it builds each by a call of its own, and before that everything below them, which here is built already.
#[test]
fn mistakes_read_as_they_should() {
    if !pinned() {
        println!("skipped: the fixtures keep the words of {RUSTC}x");
        return;
    }
    let tests = trybuild::TestCases::new();
    for fixture in topics().iter().flat_map(|topic| fixtures(topic)).filter(|path| wanted(path)) {
        tests.compile_fail(fixture);
    }
}

/// `FLUJO_UI=step/not_async` runs one of them, `FLUJO_UI=step` a topic.
fn wanted(fixture: &Path) -> bool {
    fixture.to_string_lossy().contains(&env::var("FLUJO_UI").unwrap_or_default())
}

/// One error as rustc prints it.
struct Printed<'a> {
    headline: &'a str,
    lines: Vec<&'a str>,
}

fn errors(stderr: &str) -> Vec<Printed<'_>> {
    let mut found: Vec<Printed<'_>> = Vec::new();
    for line in stderr.lines() {
        if line.starts_with("error") {
            found.push(Printed { headline: line, lines: Vec::new() });
        } else if let Some(last) = found.last_mut() {
            last.lines.push(line);
        }
    }
    found.retain(|e| {
        !e.headline.starts_with("error: could not compile") && !e.headline.starts_with("error: aborting")
    });
    found
}

/// The source text under the first caret.
fn pointed_at<'a>(error: &Printed<'_>, source: &'a str) -> Option<&'a str> {
    let place = error.lines.first()?.trim().strip_prefix("--> ")?;
    let mut parts = place.rsplit(':');
    let column: usize = parts.next()?.parse().ok()?;
    let line: usize = parts.next()?.parse().ok()?;
    source.lines().nth(line.checked_sub(1)?)?.get(column.checked_sub(1)?..)
}

/// A name in a line that only generated code uses: one that begins with `__`, or in the compiler's own words the type
/// behind a call. `__triage` stands for `triage`, close to what was written.
fn own_name<'a>(line: &'a str, source: &str) -> Option<&'a str> {
    let words = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let written =
        |name: &str| source.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    let generated = words(line).find(|word| {
        let name = word.trim_start_matches('_');
        word.starts_with("__") && !name.is_empty() && !written(name)
    });
    let is_code =
        line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|');
    let is_code = is_code && !line.contains('^');
    generated.or_else(|| (!is_code && line.contains("StepCall<")).then_some("StepCall<"))
}

/// What is wrong with a fixture, besides what trybuild says.
fn complaints(fixture: &Path) -> Vec<String> {
    let source = fs::read_to_string(fixture).expect("a fixture is text");
    let mut out = Vec::new();
    let mut lines = source.lines();
    let caption = lines.next().and_then(|l| l.strip_prefix("// ")).unwrap_or_default();
    if !caption.ends_with('.') || !caption.starts_with(|c: char| c.is_uppercase() || c == '`') {
        out.push("its first line is no caption: `// A sentence.`".to_owned());
    }
    let expected =
        lines.next().and_then(|l| l.strip_prefix("// errors: ")).and_then(|n| n.parse::<usize>().ok());
    let Some(expected) = expected else {
        out.push("its second line does not say `// errors: N`".to_owned());
        return out;
    };
    let Ok(stderr) = fs::read_to_string(fixture.with_extension("stderr")) else {
        out.push("it has no .stderr".to_owned());
        return out;
    };
    let found = errors(&stderr);
    if found.len() != expected {
        out.push(format!("it gives {} errors and says {expected}", found.len()));
    }
    if stderr.contains("E0271") {
        out.push("E0271: a type mismatch of associated types, which tells nobody anything".to_owned());
    }
    if stderr.lines().any(|l| l.contains("| / pipeline!") || l.contains("|/ pipeline!")) {
        out.push("a caret covers the whole `pipeline!`".to_owned());
    }
    if stderr.contains("warning:") {
        out.push("it warns".to_owned());
    }
    for error in &found {
        for line in std::iter::once(error.headline).chain(error.lines.iter().copied()) {
            if let Some(name) = own_name(line, &source) {
                out.push(format!("`{name}`, a name of ours, is in `{}`", line.trim()));
            }
        }
        let at = pointed_at(error, &source).unwrap_or_default();
        if ["#[step", "#[context", "#[resources", "pipeline!"].iter().any(|ours| at.starts_with(ours)) {
            out.push(format!("`{}` points at the macro, not at what the user wrote", error.headline));
        }
    }
    out
}

#[test]
fn every_fixture_keeps_the_rules() {
    let mut report = String::new();
    let mut count = 0;
    for topic in topics() {
        for fixture in fixtures(&topic) {
            count += 1;
            for complaint in complaints(&fixture) {
                let _ = writeln!(report, "{}: {complaint}", fixture.display());
            }
        }
        for stderr in sorted(&topic).iter().filter(|p| p.extension().is_some_and(|e| e == "stderr")) {
            if !stderr.with_extension("rs").exists() {
                let _ = writeln!(report, "{}: its fixture is gone", stderr.display());
            }
        }
    }
    assert!(count > 0, "there are no fixtures");
    assert!(report.is_empty(), "\n{report}");
}

/// The programs of `ui/pass`, which show how it is done: each compiles, as a module of this test, and runs.
macro_rules! programs {
    ($($name:ident)*) => {
        $(mod $name {
            #![allow(
                dead_code,
                unreachable_pub,
                clippy::all,
                clippy::pedantic,
                clippy::indexing_slicing,
                clippy::unwrap_used,
                reason = "written as short as a user may"
            )]
            include!(concat!("../../ui/pass/", stringify!($name), ".rs"));

            #[test]
            fn runs() {
                main();
            }
        })*

        const PROGRAMS: &[&str] = &[$(stringify!($name)),*];
    };
}

programs! {
    arms_write_one_part
    bounded_by_a_constant
    context_value_kept
    contexts
    functions_in_plain_expressions
    migrations
    output_bound_first
    pipeline_with_its_own_context
    plain_calls_coerce_and_infer
    step_in_a_module_of_its_name
    steps
}

#[test]
fn every_program_is_listed_and_has_a_caption() {
    let found = fixtures(Path::new("ui/pass"));
    assert_eq!(PROGRAMS, found.iter().filter_map(|p| p.file_stem()?.to_str()).collect::<Vec<_>>());
    for fixture in found {
        let source = fs::read_to_string(&fixture).expect("a fixture is text");
        assert!(source.starts_with("// "), "{}: no caption", fixture.display());
    }
}
