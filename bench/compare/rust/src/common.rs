//! What the programs share: the work of a step, the clock, and what they print.
#![allow(dead_code, reason = "each program uses a part of it")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub const STEPS: u64 = 10;
pub const ITEMS: u64 = 50;
/// How long a step of the workload `crash` takes, so that the process can be killed inside of one.
pub const SLOW: Duration = Duration::from_millis(100);

/// The words of the command line: a variant, a workload, a folder, a count.
pub struct Words {
    pub variant: String,
    pub workload: String,
    pub folder: PathBuf,
    pub count: u64,
}

pub fn words() -> Words {
    let mut words = std::env::args().skip(1);
    let mut next = || words.next().unwrap_or_default();
    let (variant, workload) = (next(), next());
    Words { variant, workload, folder: next().into(), count: next().parse().unwrap_or(1) }
}

/// One line to the script, at once.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the script reads");
}

/// Nanoseconds for each of `count` runs since `start`.
pub fn say_each(start: Instant, count: u64) {
    say(&format!("{}", start.elapsed().as_nanos() / u128::from(count.max(1))));
}

/// Nanoseconds of the processor that this process has used, all threads together, as Linux counts them.
pub fn processor() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux");
    let used = threads.filter_map(|thread| {
        let line = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        line.split(' ').next()?.parse::<u64>().ok()
    });
    used.sum()
}

/// Nanoseconds of the processor for each of `count` runs since `before`.
pub fn say_each_used(before: u64, count: u64) {
    say(&format!("{}", (processor() - before) / count.max(1)));
}

/// Resident memory of this process in bytes, as Linux counts it.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Leaves a line for each step that has begun: what ran twice is in the file twice.
pub fn note(folder: &Path, step: u64) {
    let mut file =
        OpenOptions::new().create(true).append(true).open(folder.join("steps.log")).expect("a file");
    writeln!(file, "{step}").expect("a line");
}
