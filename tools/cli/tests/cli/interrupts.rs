//! Ctrl-C.
#![cfg(unix)]

use crate::support::{Folder, Said, flujo, letters};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

fn interrupt(process: &Child) {
    let status = Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Starts the command, waits for a line that it says, and interrupts it.
fn interrupted(mut command: Command, line: &str) -> Said {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(process.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains(line) {
        assert_ne!(err.read_line(&mut said).unwrap(), 0, "{said}");
    }
    interrupt(&process);
    std::io::Read::read_to_string(&mut err, &mut said).unwrap();
    let output = process.wait_with_output().unwrap();
    Said { err: said, ..Said::of(&output) }
}

#[test]
fn watching_ends_with_130() {
    let folder = Folder::with_runs();
    let mut command = folder.command(flujo());
    command.args(["--db", "runs.db", "watch", "l-1", "--every", "10"]);
    let said = interrupted(command, "it waits for a reply");
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.err.ends_with("interrupted; what is recorded stays\n"), "{said:?}");
    assert!(said.out.ends_with("the run is paused\n"), "{said:?}");
}

#[test]
fn a_worker_ends_with_0() {
    let folder = Folder::with_runs();
    folder.flujo(&["reply", "l-1", "letter/agreed", "true"]);
    let mut command = folder.command(&letters());
    command.arg("worker");
    let said = interrupted(command, "working on runs; Ctrl-C ends it\n");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with("went on with "), "{said:?}");
}

#[test]
fn all_runs_are_watched_at_once() {
    let folder = Folder::with_runs();
    for more in [&[][..], &["--json"]] {
        let mut command = folder.command(flujo());
        command.args(["--db", "runs.db", "watch", "--every", "10"]).args(more);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut err = String::new();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        said.read_line(&mut err).unwrap();
        assert_eq!(err, "watching all runs; Ctrl-C ends it\n");
        let id = if more.is_empty() { "n-7" } else { "n-8" };
        let start = ["start", "note", "--input", "[\"Bob\",1]", "--id", id, "--wait"];
        assert_eq!(folder.letters(&start).code, Some(0));
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let is_last = |line: &str| match more {
            [] => line.contains("n-7 is done"),
            _ => line.contains("\"id\":\"n-8\"") && line.contains("\"state\":\"done\""),
        };
        let mut line = String::new();
        while !is_last(&line) {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0);
            // What was there before is not told.
            assert!(line.contains(id), "{line}");
        }
        interrupt(&process);
        assert_eq!(process.wait().unwrap().code(), Some(130));
    }
}
