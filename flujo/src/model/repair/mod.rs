//! Repair of almost-JSON: drafts before it, code fences, surrounding prose, trailing commas, comments, single quotes, bare
//! keys, raw line breaks in strings, and missing closing brackets.
//!
//! Repair never guesses. Ambiguous text is left alone, so that the parser's error goes back to the model: a
//! string or a number that may have been cut off, two values in a row, a missing comma or value.

mod draft;
mod reader;

pub(super) use draft::{Draft, draft, has_tag, opens};

use reader::Reader;
use std::fmt;

/// One kind of repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Repair {
    /// Removed a draft, such as `<think> .. </think>`.
    Draft,
    /// Removed a code fence, ` ``` `.
    CodeFence,
    /// Removed text around the value.
    Prose,
    /// Removed a comma before a closing bracket.
    TrailingComma,
    /// Removed a comment.
    Comment,
    /// Replaced single quotes around a string.
    SingleQuotes,
    /// Quoted a bare key.
    BareKey,
    /// Escaped a line break or a tab in a string.
    RawControl,
    /// `True`, `False` or `None`.
    PythonWord,
    /// Closed the brackets that were open at the end.
    OpenEnd,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "it stood behind a draft",
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

/// Repaired JSON, with the repairs that were made.
///
/// ```
/// use flujo::model::{Repair, Repaired, repair};
/// let Repaired { json, repairs } = repair("[1, 2,]").expect("it means one thing");
/// assert_eq!((json.as_str(), repairs.as_slice()), ("[1,2]", &[Repair::TrailingComma][..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The repaired JSON.
    pub json: String,
    /// The kinds of repairs, each once; empty if none was needed.
    pub repairs: Vec<Repair>,
}

/// The maximum number of positions that are tried as the beginning of a value.
const MOST_TRIES: usize = 64;
/// The maximum number of drafts before an answer.
pub(super) const MOST_DRAFTS: usize = 64;

/// Repairs the JSON of a model; `None` if its meaning is ambiguous. Deterministic: equal texts give equal
/// results.
///
/// ```
/// # use flujo::model::{Repair, repair};
/// let mended = repair("Here you are:\n```json\n{name: 'Ada', tags: [1, 2,],}\n```").unwrap();
/// assert_eq!(mended.json, r#"{"name":"Ada","tags":[1,2]}"#);
/// assert!(mended.repairs.contains(&Repair::CodeFence));
/// // The string was cut off: its end is unknown.
/// assert_eq!(repair(r#"{"name": "Ad"#), None);
/// ```
pub fn repair(text: &str) -> Option<Repaired> {
    let mut text = text;
    for drafts in 0..=MOST_DRAFTS {
        if let Some(found) = without_draft(text) {
            return Some(if drafts == 0 { found } else { found.and(Repair::Draft) });
        }
        let Draft::Closed(_, behind) = draft(text) else { return None };
        text = behind;
    }
    None
}

/// Repairs text that begins with no draft.
pub(super) fn without_draft(text: &str) -> Option<Repaired> {
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
    pub(super) fn and(mut self, repair: Repair) -> Self {
        self.repairs.push(repair);
        self.repairs.sort_unstable();
        self.repairs.dedup();
        self
    }
}

/// Reads text that is one value, with nothing but comments around it.
fn whole(text: &str) -> Option<Repaired> {
    let mut reader = Reader::new(text);
    reader.value(true)?;
    reader.space()?;
    reader.rest().is_empty().then(|| reader.done())
}

/// Returns the content of the only code fence, unless the fence may be inside a value.
fn fenced(text: &str) -> Option<&str> {
    let (before, after) = text.split_once("```")?;
    if before.contains(['{', '[', '"']) || has_tag(before) {
        return None;
    }
    // The fence may name a language on its line.
    let (language, after) = after.split_once('\n')?;
    if !language.trim().chars().all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c)) {
        return None;
    }
    match after.split_once("```") {
        Some((inner, rest)) => (!rest.contains("```") && !has_tag(rest)).then_some(inner),
        // A missing closing fence, as with missing brackets.
        None => Some(after),
    }
}

/// Reads the only object or list in prose. Other brackets must come in pairs, with nothing in them that may
/// be part of a value: else the object may be a fragment of a broken one.
fn within_prose(text: &str) -> Option<Repaired> {
    let mut found: Option<Repaired> = None;
    let mut after = "";
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
            after = rest;
            let before = text.len().checked_sub(candidate.len()).and_then(|end| text.get(..end))?;
            // An unclosed comment, a value in a draft, or a second value.
            if before.contains("/*") || has_tag(before) || found.replace(reader.done()).is_some() {
                return None;
            }
        } else if reader.has_begun() {
            return None;
        } else {
            open += 1;
            rest = candidate.get(1..)?;
        }
    }
    found.filter(|_| open == 0 && !has_tag(after)).map(|found| found.and(Repair::Prose))
}

#[cfg(test)]
mod tests;
