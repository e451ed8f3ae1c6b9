//! A process of its own: this very test binary, started once more and told by its environment what to do.

use flujo_testing::Moment;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// What a process is told to do.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) database: PathBuf,
    /// Which of the stories of the test it works on.
    pub(crate) story: String,
    /// Whether it answers what the run asks, in place of working on it.
    pub(crate) replies: bool,
    /// Stops at this command, from 1, and says so; 0 for never.
    pub(crate) at: usize,
    pub(crate) moment: Moment,
    /// How many microseconds each attempt takes longer than it would.
    pub(crate) slow: u64,
}

impl Task {
    pub(crate) fn work(database: &Path, story: &str) -> Self {
        let (database, story) = (database.to_owned(), story.to_owned());
        Self { database, story, replies: false, at: 0, moment: Moment::Before, slow: 0 }
    }

    /// What this process is told to do, if it was started by a test.
    pub(crate) fn of_this_process() -> Option<Self> {
        let database = std::env::var_os("FLUJO_DATABASE")?.into();
        let word = |name: &str| std::env::var(name).unwrap();
        Some(Self {
            database,
            story: word("FLUJO_STORY"),
            replies: word("FLUJO_REPLIES") == "true",
            at: word("FLUJO_AT").parse().unwrap(),
            moment: if word("FLUJO_MOMENT") == "Before" { Moment::Before } else { Moment::After },
            slow: word("FLUJO_SLOW").parse().unwrap(),
        })
    }

    /// Starts a process that does it; `test` is the name of the test that it runs.
    pub(crate) fn start(&self, test: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env("FLUJO_DATABASE", &self.database)
            .env("FLUJO_STORY", &self.story)
            .env("FLUJO_REPLIES", self.replies.to_string())
            .env("FLUJO_AT", self.at.to_string())
            .env("FLUJO_MOMENT", format!("{:?}", self.moment))
            .env("FLUJO_SLOW", self.slow.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Process { child, said }
    }

    /// The log of what was started, which outlives the process.
    pub(crate) fn log(&self) -> Log {
        let file = OpenOptions::new().create(true).append(true).open(log_of(&self.database)).unwrap();
        Log { file, slow: Duration::from_micros(self.slow) }
    }
}

/// Where the log of a database is.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    database.with_extension("log")
}

pub(crate) struct Log {
    file: File,
    slow: Duration,
}

impl Log {
    /// Notes that something begins: in the file, before it does.
    pub(crate) fn starts(&self, what: &dyn std::fmt::Display) {
        (&self.file).write_all(format!("{what}\n").as_bytes()).unwrap();
        std::thread::sleep(self.slow);
    }
}

/// A process that was started, with what it says.
pub(crate) struct Process {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Process {
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

/// None outlives a test that goes wrong.
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
