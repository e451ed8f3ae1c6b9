//! A crate may call flujo what it likes: `wf = { package = "flujo", .. }`.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Every macro, and what each of them names in generated code.
const SOURCE: &str = r#"//! Workflows.
#![deny(warnings, unused_qualifications)]

use wf::prelude::*;

/// State.
#[wf::context]
#[derive(Debug, Default)]
pub struct State {
    /// Notes.
    #[context(part, merge = append)]
    pub notes: Vec<String>,
    /// Posts.
    pub posts: u64,
}

/// A service.
#[derive(Debug)]
pub struct Db;

/// Services.
#[wf::resources]
#[derive(Debug)]
pub struct App {
    db: Db,
}

#[wf::step(retries = 2, timeout = "20s", fallback = shorter, validate = Short, limits = UsageLimits::usd("0.10"))]
async fn shout(text: String, notes: &mut Vec<String>, db: &Db) -> Result<String> {
    let _ = db;
    notes.push(text.clone());
    Ok(text.to_uppercase())
}

#[wf::step]
async fn shorter(text: String) -> Result<String> {
    Ok(text.chars().take(3).collect())
}

#[wf::step(model = "openai:gpt-4o-mini", tools = [look_up])]
fn headline(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

/// Looks a word up.
#[wf::step]
async fn look_up(word: String) -> Result<String> {
    Ok(word)
}

#[wf::step]
async fn critic(text: String) -> Result<Critique> {
    let _ = text;
    Ok(Critique::Accept)
}

struct Short;

impl Validator<String> for Short {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() < 100 { ValidationResult::Valid } else { ValidationResult::invalid("too long") }
    }
}

fn loud(text: &str) -> bool {
    text == text.to_uppercase()
}

wf::pipeline! {
    /// Every form.
    pub fn all(text: String, texts: Vec<String>, ctx: &mut State, app: &App) -> String {
        let text = shout(text).cached("1h").backoff("1s");
        let (one, other) = join(headline(text.clone()), text >> look_up).timeout("20s");
        let texts = map(texts, |text| shorter(text).named("each")).concurrency(2).max(9);
        let text = repeat(one, |text| shorter(text).named("again")).until(|text| loud(text)).max(3).or_last();
        let draft = refine(|feedback| { let _ = feedback; look_up(text.clone()).named("draft") }, critic).max(2);
        let draft = gate(draft, Short).strict(false);
        let answer: String = ask("fine?").showing(&draft).timeout("2h", String::new());
        wait("1s");
        if ctx.posts > 3 && !loud(&answer) { fail("no") } else { value(format!("{other}{}", texts.len())) }
    }
}
"#;

fn project(folder: &str, files: &[(&str, String)]) -> Command {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, root.join("Cargo.lock")).unwrap();
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["check", "--workspace", "--quiet"])
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", root.join("target"));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    command
}

/// One crate renames flujo in its manifest, one has the name from its workspace, one has a name with a hyphen.
#[test]
fn a_crate_may_rename_flujo() {
    let flujo = format!("package = \"flujo\", path = \"{}/../flujo\"", env!("CARGO_MANIFEST_DIR"));
    let head = |name: &str| format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\n");
    let hyphenated = SOURCE.replace("use wf::prelude::*;", "extern crate my_wf as wf;\nuse wf::prelude::*;");
    let mut check = project(
        "renamed",
        &[
            (
                "Cargo.toml",
                format!(
                    "[workspace]\nresolver = \"3\"\nmembers = [\"own\", \"inherited\", \"hyphen\"]\n\
                     [workspace.dependencies]\nwf = {{ {flujo} }}\n"
                ),
            ),
            ("own/Cargo.toml", format!("{}wf = {{ {flujo} }}\n", head("own"))),
            ("own/src/lib.rs", SOURCE.to_owned()),
            ("inherited/Cargo.toml", format!("{}wf.workspace = true\n", head("inherited"))),
            ("inherited/src/lib.rs", SOURCE.to_owned()),
            ("hyphen/Cargo.toml", format!("{}my-wf = {{ {flujo} }}\n", head("hyphen"))),
            ("hyphen/src/lib.rs", hyphenated),
        ],
    );
    let done = check.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
