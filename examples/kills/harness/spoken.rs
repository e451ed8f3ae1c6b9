//! A process of its own: this very test binary, started once more, and what it says.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A process that was started, with what it says.
pub(crate) struct Process {
    pub(crate) child: Child,
    said: BufReader<ChildStdout>,
}

impl Process {
    /// Starts one, which runs this test and finds there what it is told.
    pub(crate) fn start<const N: usize>(test: &str, orders: [(&str, OsString); N]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .envs(orders)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    /// The next thing it says, without what the test harness says.
    pub(crate) fn says(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.said.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some((_, said)) = line.split_once("SAYS ") {
                return Some(said.trim_end().to_owned());
            }
        }
    }

    /// The end of it, as `kill -9` does it; `false` if it had ended by itself.
    pub(crate) fn kill(&mut self) -> bool {
        if self.child.try_wait().unwrap().is_some() {
            return false;
        }
        self.child.kill().unwrap();
        // It may have ended in this very moment, in good order.
        !self.child.wait().unwrap().success()
    }

    /// What it says last, when it has ended by itself.
    pub(crate) fn ends(mut self) -> String {
        let mut last = None;
        while let Some(said) = self.says() {
            last = Some(said);
        }
        assert!(self.child.wait().unwrap().success(), "{last:?}");
        last.expect("a process says how it ends")
    }
}

/// None outlives a test that goes wrong, not even one that was stopped.
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "SAYS {what}").unwrap();
    out.flush().unwrap();
}
