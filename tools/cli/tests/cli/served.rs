//! Servers, each in a process of its own.

use crate::support::{Folder, Said, flujo, letters};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server, which is killed when it is dropped.
pub(crate) struct Served {
    process: Option<Child>,
    pub(crate) url: String,
}

impl Served {
    /// The example with these words behind `serve`, on a port that the system chose.
    pub(crate) fn letters(folder: &Folder, words: &[&str]) -> Self {
        Self::of(folder.command(&letters()), words)
    }

    /// The server of a command that was begun.
    pub(crate) fn of(command: Command, words: &[&str]) -> Self {
        Self::at("127.0.0.1:0", command, words)
    }

    pub(crate) fn at(address: &str, mut command: Command, words: &[&str]) -> Self {
        command.args(["serve", "--address", address]).args(words);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.strip_prefix("serving at ").map(|url| url.trim_end().to_owned());
        let url = url.unwrap_or_else(|| {
            let mut err = String::new();
            process.stderr.take().unwrap().read_to_string(&mut err).unwrap();
            panic!("{line:?} {err}")
        });
        Self { process: Some(process), url }
    }

    /// The binary `flujo` on this server.
    pub(crate) fn flujo(&self, folder: &Folder, words: &[&str]) -> Said {
        Said::of(&self.command(folder).args(words).output().unwrap())
    }

    pub(crate) fn command(&self, folder: &Folder) -> Command {
        let mut command = folder.command(flujo());
        command.args(["--server", &self.url]);
        command
    }

    /// Sends a signal, and waits for the end.
    #[cfg(unix)]
    pub(crate) fn end(mut self, signal: &str) -> Said {
        let process = self.process.take().unwrap();
        let status = Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap();
        assert!(status.success());
        Said::of(&process.wait_with_output().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            _ = process.kill();
            _ = process.wait();
        }
    }
}

/// A file in the folder.
pub(crate) fn file(folder: &Folder, name: &str, text: &str) {
    std::fs::write(Path::join(folder.path(), name), text).unwrap();
}
