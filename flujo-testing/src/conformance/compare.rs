//! Comparisons whose text says what is broken.

use super::catalog::Checked;
use super::report::Breach;
use flujo::Usage;
use flujo::question::Question;
use std::fmt::Debug;

/// Returns the breach of a sentence.
pub(super) fn breach(expected: &str, seen: impl Into<String>) -> Breach {
    Breach { expected: expected.to_owned(), seen: seen.into() }
}

/// Compares two values of something that has a name.
pub(super) fn same<T: Debug + PartialEq>(what: &str, expected: &T, seen: &T) -> Checked {
    if expected == seen {
        return Ok(());
    }
    Err(breach(&format!("{what}: {expected:?}"), format!("{seen:?}")))
}

/// Returns the paths of questions, in order.
pub(super) fn paths(questions: &[Question]) -> Vec<String> {
    questions.iter().map(|question| question.path.to_string()).collect()
}

/// Compares two lists of notes. Of long lists only the differences are shown.
pub(super) fn lines(what: &str, expected: &[&str], seen: &[String]) -> Checked {
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let without = |lines: &[&str], others: &[&str]| -> Vec<String> {
        lines.iter().filter(|line| !others.contains(line)).map(|line| (*line).to_owned()).collect()
    };
    let (missing, extra) = (without(expected, &seen), without(&seen, expected));
    if length(expected) > SHOWN && missing.len() + extra.len() > 0 {
        return same(what, &missing, &extra);
    }
    same(what, &expected.to_vec(), &seen)
}

/// The size in bytes up to which lists are shown in full.
const SHOWN: usize = 300;

/// Describes the fields of a usage that are not zero.
pub(super) fn used(usage: Usage) -> String {
    let fields = [
        (usage.input_tokens, "input tokens"),
        (usage.output_tokens, "output tokens"),
        (usage.cached_tokens, "cached tokens"),
        (usage.reasoning_tokens, "reasoning tokens"),
        (usage.cache_write_tokens, "cache write tokens"),
        (usage.model_calls, "calls"),
        (usage.cost.0, "nano-dollars"),
        (usage.unpriced_calls, "unpriced"),
        (usage.estimated_calls, "estimated"),
    ];
    let some: Vec<_> = fields.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    if some.is_empty() { "nothing".to_owned() } else { some.join(", ") }
}

/// Compares used and reserved usage.
pub(super) fn ledger(when: &str, expected: (Usage, Usage), seen: (Usage, Usage)) -> Checked {
    let text =
        |(usage, reserved): (Usage, Usage)| format!("{} used, {} reserved", used(usage), used(reserved));
    same(&format!("the ledger {when}"), &text(expected), &text(seen))?;
    // A field that the text does not have yet.
    same(&format!("the ledger {when}"), &expected, &seen)
}
