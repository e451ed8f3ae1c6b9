//! Crates that a bench writes and hands to cargo: what a user's crate costs, from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct Crate {
    pub(crate) name: &'static str,
    /// `lib.rs` or `main.rs`.
    pub(crate) file: &'static str,
    pub(crate) source: String,
    /// Lines of its `[dependencies]`.
    pub(crate) dependencies: String,
}

impl Crate {
    pub(crate) fn library(name: &'static str, source: String) -> Self {
        Self { name, file: "lib.rs", source, dependencies: this_library() }
    }

    /// With `flujo`, or without and by hand; beside it what both use.
    pub(crate) fn program(name: &'static str, source: String, flujo: bool) -> Self {
        let library = if flujo { this_library() } else { String::new() };
        let dependencies = format!(
            "{library}serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n\
            tokio = {{ version = \"1\", features = [\"rt\", \"macros\", \"time\"] }}\n"
        );
        Self { name, file: "main.rs", source, dependencies }
    }
}

/// The dependency on the checkout that the bench was compiled from.
fn this_library() -> String {
    format!("flujo = {{ path = \"{}\" }}\n", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Under cargo's folder for such things, with the versions that this repository is locked to.
    pub(crate) fn new(folder: &str, crates: &[Crate]) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        let this = Self { root };
        for Crate { name, file, source, dependencies } in crates {
            fs::create_dir_all(this.root.join(name).join("src")).expect("a folder");
            this.write(name, file, source);
            let manifest =
                format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\n{dependencies}");
            fs::write(this.root.join(name).join("Cargo.toml"), manifest).expect("a manifest");
        }
        let members: Vec<_> = crates.iter().map(|one| format!("\"{}\"", one.name)).collect();
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", "));
        fs::write(this.root.join("Cargo.toml"), manifest).expect("a manifest");
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|top| top.join("Cargo.lock"));
        if let Some(lock) = lock.filter(|lock| lock.exists()) {
            fs::copy(lock, this.root.join("Cargo.lock")).expect("the lock file");
        }
        this
    }

    /// Writes a file of a crate, so that it counts as changed.
    pub(crate) fn write(&self, name: &str, file: &str, source: &str) {
        fs::write(self.root.join(name).join("src").join(file), source).expect("a source file");
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// A program that works on these crates alone, whatever the caller's environment says about cargo.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", self.target());
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_INCREMENTAL", "CARGO_BUILD_TARGET"] {
            command.env_remove(name);
        }
        command
    }
}

/// Its standard output and its errors, as text.
pub(crate) fn succeed(mut command: Command) -> (String, String) {
    let done = command.output().expect("the command starts");
    let [out, err] = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(done.status.success(), "{command:?}: {err}");
    (out, err)
}
