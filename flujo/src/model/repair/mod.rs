//! JSON as models write it, made JSON: in code fences, with prose around it, trailing commas, comments, single
//! quotes, bare keys, line breaks in texts, and without the last brackets.
//!
//! Nothing is guessed. What could mean two things is left alone, so that the parser's error goes back to the
//! model: a text or a number that may have been cut short, two values beside each other, a missing comma or
//! value.

mod reader;

use reader::Reader;
use std::fmt;

/// Something that was mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Repair {
    /// It stood between ` ``` `.
    CodeFence,
    /// There was text around it.
    Prose,
    /// A comma before a closing bracket.
    TrailingComma,
    /// A comment.
    Comment,
    /// Texts between `'`.
    SingleQuotes,
    /// Keys without quotes.
    BareKey,
    /// Line breaks or tabs in a text, as they are.
    RawControl,
    /// `True`, `False` or `None`.
    PythonWord,
    /// Brackets that were open at the end.
    OpenEnd,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeFence => "it stood in a code fence",
            Self::Prose => "there was text around it",
            Self::TrailingComma => "a trailing comma",
            Self::Comment => "a comment",
            Self::SingleQuotes => "single quotes",
            Self::BareKey => "a key without quotes",
            Self::RawControl => "a line break in a text",
            Self::PythonWord => "a word of Python",
            Self::OpenEnd => "brackets left open at the end",
        })
    }
}

/// Text that is JSON now, and what was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The JSON.
    pub json: String,
    /// What was mended, each once; empty if there was nothing to mend.
    pub repairs: Vec<Repair>,
}

/// How many places are tried where a value might begin.
const MOST_TRIES: usize = 64;

/// Makes JSON of what a model wrote, or nothing if it is not certain what is meant. The same text always gives
/// the same.
///
/// ```
/// # use flujo::model::{Repair, repair};
/// let mended = repair("Here you are:\n```json\n{name: 'Ada', tags: [1, 2,],}\n```").unwrap();
/// assert_eq!(mended.json, r#"{"name":"Ada","tags":[1,2]}"#);
/// assert!(mended.repairs.contains(&Repair::CodeFence));
/// // Nobody knows how this text went on.
/// assert_eq!(repair(r#"{"name": "Ad"#), None);
/// ```
pub fn repair(text: &str) -> Option<Repaired> {
    let text = text.trim_start_matches('\u{feff}');
    if let Some(found) = whole(text) {
        return Some(found);
    }
    if let Some(inner) = fenced(text) {
        return whole(inner).map(|found| found.and(Repair::CodeFence));
    }
    within_prose(text)
}

impl Repaired {
    fn and(mut self, repair: Repair) -> Self {
        self.repairs.push(repair);
        self.repairs.sort_unstable();
        self.repairs.dedup();
        self
    }
}

/// The text is one value, and nothing else but comments.
fn whole(text: &str) -> Option<Repaired> {
    let mut reader = Reader::new(text);
    reader.value(true)?;
    reader.space()?;
    reader.rest().is_empty().then(|| reader.done())
}

/// What stands in the only code fence, if that is not part of something else.
fn fenced(text: &str) -> Option<&str> {
    let (before, after) = text.split_once("```")?;
    if before.contains(['{', '[', '"']) {
        return None;
    }
    // The language, on the line of the fence.
    let (language, after) = after.split_once('\n')?;
    if !language.trim().chars().all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c)) {
        return None;
    }
    match after.split_once("```") {
        Some((inner, rest)) => (!rest.contains("```")).then_some(inner),
        // The fence was left open, as brackets may be.
        None => Some(after),
    }
}

/// The only object or list in a text. Brackets of the text itself come in pairs, with nothing in them that
/// could be part of a value: else the value may be a part of a broken one.
fn within_prose(text: &str) -> Option<Repaired> {
    let mut found: Option<Repaired> = None;
    let (mut rest, mut open, mut tries) = (text, 0_usize, 0);
    while let Some(at) = rest.find(['{', '[', '}', ']']) {
        let candidate = rest.get(at..)?;
        if candidate.starts_with(['}', ']']) {
            open = open.checked_sub(1)?;
            rest = candidate.get(1..)?;
            continue;
        }
        tries += 1;
        if tries > MOST_TRIES {
            return None;
        }
        let mut reader = Reader::new(candidate);
        if reader.value(false).is_some() {
            rest = reader.rest();
            let before = text.len().checked_sub(candidate.len()).and_then(|end| text.get(..end))?;
            // A comment that is not closed, or a second value.
            if before.contains("/*") || found.replace(reader.done()).is_some() {
                return None;
            }
        } else if reader.has_begun() {
            return None;
        } else {
            open += 1;
            rest = candidate.get(1..)?;
        }
    }
    found.filter(|_| open == 0).map(|found| found.and(Repair::Prose))
}

#[cfg(test)]
mod tests;
