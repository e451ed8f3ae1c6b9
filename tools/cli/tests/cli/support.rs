//! Processes, each in a folder of its own and with an environment of its own.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// 2026-11-29 23:31:06 UTC, the time of every run of these tests.
pub(crate) const NOW: &str = "1795995066";

/// A folder with the file of the runs, `runs.db`.
pub(crate) struct Folder(PathBuf);

/// What a process said, and its exit code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The one JSON value that was answered.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.out.matches('\n').count(), 1, "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A folder with a run that asks, one that is done and one that has failed.
    pub(crate) fn with_runs() -> Self {
        let folder = Self::new();
        let start = |words: &[&str], code| assert_eq!(folder.letters(words).code, Some(code), "{words:?}");
        start(
            &["start", "letter", "--input", "\"Ada\"", "--id", "l-1", "--label", "tenant=acme", "--wait"],
            0,
        );
        start(&["start", "letter", "--input", "\"nobody\"", "--id", "l-2", "--wait"], 1);
        start(&["start", "note", "--input", "[\"Bob\",2]", "--id", "n-1", "--wait"], 0);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.0.join("runs.db")
    }

    /// A process in this folder that knows nothing of the terminal of these tests.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.0).env_clear().env("USER", "ada").env("TERM", "xterm-256color");
        command.env("LETTERS_DB", "runs.db").env("LETTERS_NOW", NOW).stdin(Stdio::null());
        command
    }

    /// The example `letters`, which has pipelines.
    pub(crate) fn letters<S: AsRef<OsStr>>(&self, words: &[S]) -> Said {
        Said::of(&self.command(&letters()).args(words).output().unwrap())
    }

    /// The binary `flujo` on this database.
    pub(crate) fn flujo<S: AsRef<OsStr>>(&self, words: &[S]) -> Said {
        Said::of(&self.command(flujo()).args(["--db", "runs.db"]).args(words).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            _ = fs::remove_dir_all(&self.0);
        }
    }
}

pub(crate) fn flujo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_flujo"))
}

/// The example, which `cargo test` builds beside the tests.
pub(crate) fn letters() -> PathBuf {
    let built =
        flujo().with_file_name("examples").join("letters").with_extension(std::env::consts::EXE_EXTENSION);
    assert!(built.exists(), "`cargo build -p flujo-cli --example letters` makes {}", built.display());
    built
}
