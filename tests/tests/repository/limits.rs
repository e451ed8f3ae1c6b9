//! The page of limits repeats numbers of the code: each with the line that has it.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes it.

use crate::markdown::{Checked, read};
use flujo_tests::made;
use std::fmt::Write as _;

/// What is limited, the limit, what happens beyond it, the file and the text in it that has the number.
type Limit = (&'static str, &'static str, &'static str, &'static str, &'static str);

const LANGUAGE: &[Limit] = &[
    (
        "inputs of a step",
        "8",
        "does not compile",
        "tests/ui/step/too_many_inputs.stderr",
        "a step takes at most 8 inputs",
    ),
    (
        "arms of a `join`",
        "2 to 8",
        "does not compile",
        "tests/ui/flow/join_nine_arms.stderr",
        "`join` takes 2 to 8 arms",
    ),
    (
        "validators in one tuple",
        "8",
        "does not compile",
        "flujo/src/step/validate.rs",
        "A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;",
    ),
    (
        "parts of a context",
        "63",
        "does not compile",
        "flujo-macros/src/context/model.rs",
        "const MOST_PARTS: usize = 63;",
    ),
    (
        "depth of a recorded value",
        "127 levels",
        "the attempt fails for good",
        "flujo/src/codec/mod.rs",
        "pub const MAX_DEPTH: usize = 127;",
    ),
    (
        "items of a `map` under way",
        "8, or `.concurrency(n)`",
        "others wait",
        "flujo/src/exec/items.rs",
        "pub const CONCURRENCY: usize = 8;",
    ),
    (
        "rounds of tool calls in one attempt",
        "8, or `tool_rounds`",
        "the step fails for good",
        "flujo/src/graph/bounds.rs",
        "Self { models: 1, tool_rounds: 8 }",
    ),
    (
        "wait between attempts",
        "100 ms, doubled each time up to 30 s",
        "",
        "flujo/src/step/backoff.rs",
        "Self { first: Duration::from_millis(100), factor: 2, cap: Duration::from_secs(30) }",
    ),
    (
        "errors in a chain of causes",
        "16",
        "the rest is left out of the record",
        "flujo/src/error/failure.rs",
        "if chain.len() == 16",
    ),
    (
        "nesting of code in a macro",
        "96 levels",
        "does not compile",
        "flujo-macros/src/nesting.rs",
        "const MAX_DEPTH: usize = 96;",
    ),
    (
        "decimals of an amount in dollars",
        "9",
        "does not compile, or is an error",
        "flujo/src/usage/limits.rs",
        "at most nine decimals",
    ),
];

const RUNS: &[Limit] = &[
    (
        "labels of a run",
        "16",
        "the run is refused",
        "flujo/src/engine/labels.rs",
        "pub const MOST: usize = 16;",
    ),
    (
        "name of a label",
        "1 to 64 bytes",
        "the run is refused",
        "flujo/src/engine/labels.rs",
        "pub const NAME: usize = 64;",
    ),
    (
        "value of a label",
        "256 bytes",
        "the run is refused",
        "flujo/src/engine/labels.rs",
        "pub const VALUE: usize = 256;",
    ),
    (
        "takeovers of a run without a new record",
        "5",
        "the run ends as crashed",
        "flujo/src/engine/kit/lifecycle.rs",
        "const TAKEOVERS: u32 = 5;",
    ),
    (
        "runs that a worker has under way",
        "64, or `.together(n)`",
        "others wait",
        "flujo/src/run/recover.rs",
        "const TOGETHER: usize = 64;",
    ),
    (
        "ended runs in `Memory`",
        "1,000 of the last 24 hours, or `.retention(..)`",
        "the oldest that was read is forgotten",
        "flujo/src/engine/retention.rs",
        "Self { runs: 1_000, age: Duration::from_secs(24 * 60 * 60) }",
    ),
    (
        "outputs in the cache",
        "1,024, or `.cache(MemoryCache::new(n))`",
        "the oldest is dropped",
        "flujo/src/cache/memory.rs",
        "Self::new(1024)",
    ),
    (
        "events that wait for an observer",
        "4,096",
        "further ones are dropped and counted by `Missed`",
        "flujo/src/events/observer_queue.rs",
        "const LINE: usize = 4096;",
    ),
    (
        "tokens of an attachment, in an estimate",
        "2,000,000",
        "",
        "flujo/src/model/mod.rs",
        "pub const ATTACHMENT: u64 = 2_000_000;",
    ),
    (
        "tokens for each message, in an estimate",
        "16",
        "",
        "flujo/src/model/estimate.rs",
        "const PER_MESSAGE: u64 = 16;",
    ),
];

const SQLITE: &[Limit] = &[
    (
        "time without a heartbeat after which a process is gone",
        "15 s, or `.lease(..)`",
        "its runs are taken over",
        "engines/sqlite/src/builder.rs",
        "Duration::from_secs(15)",
    ),
    (
        "wait for the lock of the file",
        "20 s",
        "an error that names the process with the lock",
        "engines/sqlite/src/open.rs",
        "const PATIENCE: Duration = Duration::from_secs(20);",
    ),
    (
        "JSON that is stored as text",
        "4 KiB",
        "it is compressed",
        "engines/sqlite/src/row.rs",
        "const LONG: usize = 4096;",
    ),
];

const SERVER: &[Limit] = &[
    (
        "body of a request",
        "1 MiB, or `.body_limit(..)`",
        "413 `too-large`",
        "tools/server/src/settings.rs",
        "body: 1 << 20,",
    ),
    (
        "time for the head of an answer",
        "30 s, or `.request_time(..)`",
        "503 `out-of-time`",
        "tools/server/src/settings.rs",
        "request_time: Duration::from_secs(30),",
    ),
    (
        "time for which a caller may take nothing",
        "30 s, or `.write_time(..)`",
        "the connection is closed",
        "tools/server/src/settings.rs",
        "write_time: Duration::from_secs(30),",
    ),
    (
        "connections",
        "1,024, or `.connections(n)`",
        "they wait to be accepted",
        "tools/server/src/settings.rs",
        "connections: 1024,",
    ),
    (
        "streams of events",
        "256, or `.viewers(n)`",
        "503 `too-many`",
        "tools/server/src/settings.rs",
        "viewers: 256,",
    ),
];

fn table(limits: &[Limit]) -> Result<String, Box<dyn std::error::Error>> {
    let mut out = "| what | limit | beyond it |\n|---|---|---|\n".to_owned();
    for (what, limit, beyond, file, text) in limits {
        assert!(read(file)?.contains(text), "{what}: {file} does not have `{text}`");
        writeln!(out, "| {what} | {limit} | {beyond} |")?;
    }
    Ok(out)
}

#[test]
fn the_numbers_of_the_page_are_those_of_the_code() -> Checked {
    let parts = [
        ("language", table(LANGUAGE)?),
        ("runs", table(RUNS)?),
        ("sqlite", table(SQLITE)?),
        ("server", table(SERVER)?),
    ];
    made::compare("reference/limits.md", &parts)?;
    Ok(())
}
