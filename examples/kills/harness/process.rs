//! What a process of a story is told to do, by its environment.

use super::spoken::Process;
use flujo_testing::Moment;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
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
        let orders = [
            ("FLUJO_DATABASE", self.database.as_os_str().to_owned()),
            ("FLUJO_STORY", self.story.clone().into()),
            ("FLUJO_REPLIES", self.replies.to_string().into()),
            ("FLUJO_AT", self.at.to_string().into()),
            ("FLUJO_MOMENT", format!("{:?}", self.moment).into()),
            ("FLUJO_SLOW", self.slow.to_string().into()),
        ];
        Process::start(test, orders)
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
