//! Drafts: text in which a model thinks, before its answer and between tags of its own. Some servers leave it in the
//! content of the reply.

use super::reader::Reader;

/// How a draft begins, without the end of the tag, and how it ends; in any case.
const TAGS: &[(&str, &str)] = &[
    ("<think", "</think>"),
    ("<thinking", "</thinking>"),
    ("<thought", "</thought>"),
    ("<reasoning", "</reasoning>"),
    ("<reflection", "</reflection>"),
    ("<scratchpad", "</scratchpad>"),
    ("<seed:think", "</seed:think>"),
    ("[THINK", "[/THINK]"),
    ("◁think", "◁/think▷"),
    ("<|channel|>analysis", "<|channel|>final<|message|>"),
];

/// How many times the length of a text is read at most, in values that break off.
const MOST_WORK: usize = 8;

/// A tag at the beginning of a text.
#[derive(Clone, Copy)]
struct Tag {
    /// The tag that ends the draft.
    close: &'static str,
    opens: bool,
    length: usize,
}

/// The draft that a text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Draft<'t> {
    /// There is none, or it is not certain where it ends.
    Absent,
    /// It never ends: the missing tag.
    Open(&'static str),
    /// The tag that ends it, and the text behind that.
    Closed(&'static str, &'t str),
}

/// Looks for a draft. Text up to a closing tag is one, with or without the tag that opens it.
pub(in crate::model) fn draft(text: &str) -> Draft<'_> {
    let Some((tag, rest)) = next_tag(text, None) else { return Draft::Absent };
    if !tag.opens {
        return Draft::Closed(tag.close, rest);
    }
    match next_tag(rest, Some(tag.close)) {
        Some((_, behind)) => Draft::Closed(tag.close, behind),
        None => Draft::Open(tag.close),
    }
}

/// True if the text begins with a draft that is opened.
pub(in crate::model) fn opens(text: &str) -> bool {
    tag_at(text.trim_start()).is_some_and(|tag| tag.opens)
}

/// True if there is a tag anywhere in the text, strings of values included.
pub(in crate::model) fn has_tag(text: &str) -> bool {
    text.char_indices().any(|(at, c)| begins(c) && text.get(at..).and_then(tag_at).is_some())
}

/// The characters that tags begin with.
fn begins(c: char) -> bool {
    matches!(c, '<' | '[' | '◁')
}

fn tag_at(text: &str) -> Option<Tag> {
    let after = |tag: &str| {
        let (start, rest) = text.split_at_checked(tag.len())?;
        start.eq_ignore_ascii_case(tag).then_some(rest)
    };
    TAGS.iter().find_map(|(open, close)| {
        if after(close).is_some() {
            return Some(Tag { close, opens: false, length: close.len() });
        }
        // `<think>` and `<think depth="2">`, not `<thinker>`.
        let is_whole = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        after(open).filter(|rest| is_whole(rest)).map(|_| Tag { close, opens: true, length: open.len() })
    })
}

/// Finds the first tag outside of values, with the text behind it: any, or the closing one. `None` also if it may
/// stand in a string of a value that is broken.
fn next_tag<'t>(text: &'t str, close: Option<&str>) -> Option<(Tag, &'t str)> {
    let mut rest = text;
    // The least that was left of the text by a value that could not be read to its end.
    let mut unread = text.len();
    // Values that break off may each be read far: in the end that is quadratic.
    let mut work = 0_usize;
    while work <= MOST_WORK * text.len() {
        rest = rest.get(rest.find(|c| begins(c) || c == '{')?..)?;
        let tag = tag_at(rest).filter(|tag| close.is_none_or(|close| !tag.opens && tag.close == close));
        if let Some(tag) = tag {
            let behind = rest.get(tag.length..)?;
            // In a string, all of the tag was read.
            return (unread > behind.len()).then_some((tag, behind));
        }
        let mut reader = Reader::new(rest);
        if rest.starts_with(['{', '[']) {
            if reader.value(false).is_some() {
                rest = reader.rest();
                continue;
            }
            unread = unread.min(reader.rest().len());
            work += rest.len() - reader.rest().len();
        }
        let mut chars = rest.chars();
        chars.next();
        rest = chars.as_str();
    }
    None
}
