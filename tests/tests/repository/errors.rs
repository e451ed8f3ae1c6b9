//! The page of errors has every kind that the code has, with what is known of each.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes it.

use crate::markdown::{Checked, read};
use crate::source::{Variant, variants};
use flujo_tests::made;
use std::error::Error;
use std::fmt::Write as _;

/// A kind of error: whether the options `retries` of calls and runs try it again, and what to do about it.
type Advice = (&'static str, &'static str, &'static str);

const KINDS: &[Advice] = &[
    (
        "Failed",
        "if the step's error is retryable; `fail(..)` is not",
        "read the message and the source; mend the cause, then `resume`",
    ),
    ("TimedOut", "yes", "raise the `timeout`, or make the work smaller"),
    (
        "Rejected",
        "yes, with the reasons as feedback; a `gate` has no retries of its own",
        "read `feedback()` and `last_output()`; mend the prompt, the step or the validator",
    ),
    ("Exhausted", "no", "raise `max`, take the last value with `.or_last()`, or settle the loop"),
    ("Panicked", "no", "mend the step, then `resume`"),
    ("Codec", "no", "make the value one that JSON can hold; see [limits](limits.md)"),
    ("MergeConflict", "no", "give the part another merge rule, or run the branches one after the other"),
    ("Unconfigured", "no", "give the builder what the message names, such as `.models(..)`"),
    (
        "LimitExceeded",
        "no; a fallback is tried",
        "of a node: raise it, or choose a cheaper model or fallback; of the run or a budget: as [`RunLimit`](#signals)",
    ),
    ("Signal", "no, and nothing catches it", "see [signals](#signals)"),
    ("Interrupted", "no", "`recover`, a worker, or `resume` continues the run"),
    ("Crashed", "no", "find out why the named steps end their process; then `resume`"),
    ("UnknownRun", "no", "check the id, and the engine that has the run"),
    ("UnknownNode", "no", "give the path of a node that `show` or `inspect` lists"),
    ("RunConflict", "no", "use another id, or start with the same pipeline and input"),
    ("Busy", "no", "wait for the run, attach to it with the same input, or cancel it"),
    ("Reply", "no", "send a reply that fits the schema, to a question that is open"),
    ("Input", "no", "send the list of the inputs, each as its type in the pipeline says, and the context"),
    ("Setup", "no", "correct the configuration that the message names; nothing ran"),
    ("Engine", "no", "mend the storage; the run stays resumable"),
    ("Internal", "no", "report it"),
];

const SIGNALS: &[Advice] = &[
    ("Suspended", "`Outcome::Paused`", "reply, then `resume`"),
    ("Cancelled", "`Outcome::Cancelled`", "nothing: a cancelled run stays so"),
    ("OwnershipLost", "`Outcome::Failed`", "let the process that has the run finish it; attach with its id"),
    (
        "JournalMismatch",
        "`Outcome::Failed`",
        "resume it with the code that it began with, or migrate the step's output",
    ),
    (
        "RunLimit",
        "`Outcome::Failed`",
        "of the run: it is recorded, so fork the run with a [larger limit](../how-to/cost.md#a-run-that-ended-at-its-limit); \
         of the budget: give it room, then `resume`",
    ),
    ("Engine", "`Outcome::Failed`", "mend the storage, then `resume`"),
    ("Internal", "`Outcome::Failed`", "report it; the run stays resumable"),
    (
        "OutOfTime",
        "not seen: it becomes `TimedOut` at the border of the scope",
        "raise the `timeout` of the call or form",
    ),
    ("ArmEnded", "not seen: used between an engine and the executor", "nothing"),
];

/// A table of the variants of an enum, in their order. Each has to have its advice, and no other has.
fn table(source: &str, of: &str, head: &str, advice: &[Advice]) -> Result<String, Box<dyn Error>> {
    let mut out = format!("{head}\n|---|---|---|---|\n");
    let all = variants(source, of);
    let names: Vec<_> = all.iter().map(|variant| variant.name.as_str()).collect();
    let known: Vec<_> = advice.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, known, "the variants of `{of}`, and those that the page has advice for");
    for (Variant { name, doc, .. }, (_, second, next)) in all.iter().zip(advice) {
        writeln!(out, "| `{name}` | {} | {second} | {next} |", made::cell(doc))?;
    }
    Ok(out)
}

fn failures(source: &str) -> Result<String, Box<dyn Error>> {
    let mut out = "| kind | word | meaning |\n|---|---|---|\n".to_owned();
    for Variant { name, doc, .. } in variants(source, "FailureKind") {
        let arm = format!("Self::{name} => \"");
        let word = source.split_once(&arm).and_then(|(_, rest)| rest.split('"').next());
        let word = word.ok_or_else(|| format!("`{name}` has no word"))?;
        writeln!(out, "| `{name}` | `{word}` | {} |", made::cell(&doc))?;
    }
    Ok(out)
}

#[test]
fn the_page_of_errors_has_every_kind() -> Checked {
    let errors = read("flujo/src/error/mod.rs")?;
    let kinds = table(&errors, "ErrorKind", "| kind | meaning | tried again | what to do |", KINDS)?;
    let signals = read("flujo/src/error/signal.rs")?;
    let signals =
        table(&signals, "Signal", "| signal | meaning | outcome of the run | what to do |", SIGNALS)?;
    let failures = failures(&read("flujo/src/error/failure.rs")?)?;
    made::compare("reference/errors.md", &[("kinds", kinds), ("signals", signals), ("failures", failures)])?;
    let page = read("docs/book/reference/errors.md")?;
    let answers = page.split_once("<!-- made: http -->").map_or("", |(_, rest)| rest);
    for (name, ..) in KINDS {
        assert!(answers.contains(&format!("| `{name}`")), "the table of statuses has no row for `{name}`");
    }
    Ok(())
}
