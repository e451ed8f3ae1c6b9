//! Output that nobody reads to its end.

use crate::support::{Folder, flujo, letters};
use std::io::Write;
use std::process::Stdio;

/// A reader that is gone before anything is written.
#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::with_runs();
    let commands: &[&[&str]] = &[
        &["list"],
        &["list", "--json"],
        &["show", "l-1"],
        &["questions"],
        &["export", "n-1"],
        &["usage"],
        &["watch", "n-1"],
        &["watch", "l-1", "--every", "10"],
        &["completions", "bash"],
        &["--help"],
    ];
    for words in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = folder.command(flujo());
        let command = command.args(["--db", "runs.db"]).args(*words).stdout(writer).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains("error"), "{words:?}: {err}");
    }
}

/// As `flujo list | head -1` does it.
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = Folder::new();
    for n in 0..20 {
        let id = format!("n-{n}");
        folder.letters(&["start", "note", "--input", "[\"Bob\",9]", "--id", &id, "--wait"]);
    }
    let shell = "set -o pipefail; \"$FLUJO\" --db runs.db export n-1 | head -c 10 > /dev/null; \
                 \"$FLUJO\" --db runs.db list | head -1";
    let mut command = folder.command(std::path::Path::new("bash"));
    let command = command.env("PATH", "/usr/bin:/bin").env("FLUJO", flujo()).args(["-c", shell]);
    let Ok(output) = command.output() else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: bash is not installed, so nothing is piped into head");
        return;
    };
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), out.lines().count()), (Some(0), 1), "{out}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// Errors that nobody can read are no panic either.
#[test]
fn a_closed_stream_of_errors_is_no_panic() {
    let folder = Folder::with_runs();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = folder.command(&letters());
    let status = command.args(["show", "missing"]).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(3));
}
