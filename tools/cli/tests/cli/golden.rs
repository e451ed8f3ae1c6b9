//! Whole sessions, compared with files: commands, what they print, and their exit codes.
//!
//! `FLUJO_CLI=overwrite cargo test -p flujo-cli golden` writes the files anew; then the difference is read.

use crate::support::{Folder, Said, flujo, letters};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The words of a command, and what stands in its environment.
type Line<'a> = (&'a str, &'a [&'a str]);

const SESSION: &[Line<'_>] = &[
    ("letters", &["pipelines"]),
    (
        "letters",
        &["start", "letter", "--input", "\"Ada\"", "--id", "l-1", "--label", "tenant=acme", "--wait"],
    ),
    (
        "letters",
        &["start", "letter", "--input", "{\"name\":\"nobody\"}", "--id", "l-2", "--by", "eve", "--wait"],
    ),
    ("letters", &["start", "note", "--input", "[\"Bob\",2]", "--id", "n-1", "--wait"]),
    ("closed letters", &["start", "note", "--input", "[\"Eve\",1]", "--id", "n-2", "--wait"]),
    ("flujo", &["list"]),
    ("flujo", &["list", "--order", "id", "--state", "failed,done", "--limit", "2"]),
    ("flujo", &["list", "--label", "tenant=acme", "--text", "L-"]),
    ("flujo", &["list", "--created-until", "2026-11-29"]),
    ("flujo", &["list", "--count", "--pipeline", "note"]),
    ("flujo", &["show", "l-1"]),
    ("flujo", &["show", "l-1", "--node", "letter/write", "--messages"]),
    ("letters", &["show", "n-1", "--inputs"]),
    ("flujo", &["show", "n-2", "--node", "note/post"]),
    ("flujo", &["questions"]),
    ("flujo", &["reply", "l-1", "letter/agreed", "\"yes\""]),
    ("letters", &["reply", "l-1", "letter/agreed", "true", "--by", "bob"]),
    ("flujo", &["list", "--pipeline", "letter"]),
    ("flujo", &["watch", "n-2"]),
    ("letters", &["retry", "n-2"]),
    ("letters", &["fork", "n-1", "--from", "note/sign", "--id", "n-3", "--input", "[\"Bob\",1]", "--wait"]),
    ("flujo", &["compare", "n-1", "n-3"]),
    ("letters", &["replay", "n-1"]),
    ("flujo", &["show", "n-2"]),
    ("flujo", &["usage"]),
    ("flujo", &["usage", "--by", "label=tenant"]),
    ("letters", &["validate"]),
    ("letters", &["validate", "note"]),
    ("letters", &["graph", "note"]),
    ("letters", &["cancel", "l-1"]),
    ("flujo", &["show", "l-1"]),
];

/// Plays the session in a new folder, and returns the transcript.
fn session(more: &[&str], columns: Option<&str>) -> String {
    let folder = Folder::new();
    let mut transcript = String::new();
    for (program, words) in SESSION {
        let mut command = match *program {
            "flujo" => {
                let mut command = folder.command(flujo());
                command.args(["--db", "runs.db"]);
                command
            }
            _ => folder.command(&letters()),
        };
        if program.starts_with("closed") {
            command.env("LETTERS_CLOSED", "1");
        }
        if let Some(columns) = columns {
            command.env("COLUMNS", columns);
        }
        let said = Said::of(&command.args(*words).args(more).output().unwrap());
        writeln!(transcript, "$ {program} {}", [*words, more].concat().join(" ")).unwrap();
        transcript.push_str(&said.out);
        transcript.extend(said.err.lines().map(|line| format!("! {line}\n")));
        match said.code {
            Some(0) => {}
            code => writeln!(transcript, "[{}]", code.unwrap()).unwrap(),
        }
    }
    transcript
}

fn compare(name: &str, transcript: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/golden").join(name);
    if std::env::var("FLUJO_CLI").is_ok_and(|word| word == "overwrite") {
        fs::write(&path, transcript).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let mut lines = expected.lines().zip(transcript.lines()).enumerate();
    if let Some((n, (was, is))) = lines.find(|(_, (was, is))| was != is) {
        let around: Vec<_> = transcript.lines().skip(n.saturating_sub(12)).take(24).collect();
        let (path, around) = (path.display(), around.join("\n"));
        panic!("{path}:{}\n was: {was}\n now: {is}\n\n{around}", n + 1);
    }
    assert_eq!(expected.lines().count(), transcript.lines().count(), "{name}\n{transcript}");
}

#[test]
fn without_a_terminal_nothing_is_cut() {
    compare("plain.txt", &session(&[], None));
}

#[test]
fn at_80_columns() {
    compare("80.txt", &session(&[], Some("80")));
}

#[test]
fn at_40_columns() {
    compare("40.txt", &session(&[], Some("40")));
}

#[test]
fn as_json() {
    let transcript = session(&["--json"], None);
    compare("json.txt", &transcript);
    // A drawing is many lines, and the events of a run are a line each.
    for answer in transcript.lines().filter(|line| line.starts_with('{') && line.len() > 1) {
        let value: serde_json::Value = serde_json::from_str(answer).unwrap();
        assert!(value.is_object(), "{answer}");
    }
}

/// Only commands, which people copy, paths and ids are longer than a narrow terminal.
#[test]
fn lines_fit() {
    for columns in [80, 40] {
        let transcript = session(&[], Some(&columns.to_string()));
        let too_long = transcript.lines().filter(|line| line.chars().count() > columns);
        let is_free = |line: &&str| {
            !["$ ", "! ", "  flujo --db", "warning[", "    n"].iter().any(|at| line.starts_with(at))
        };
        let wrong: Vec<_> = too_long.filter(is_free).collect();
        assert_eq!(wrong, Vec::<&str>::new(), "{columns}");
    }
}
