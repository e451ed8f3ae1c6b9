//! Answers that are not whole yet: what of them is valid so far.

use super::repair::{Draft, draft};
use super::schema::{Form, Shape, unwrapped};
use crate::codec::Json;
use crate::durable::Reply;
use serde_json::Value;
use std::marker::PhantomData;
use std::sync::Arc;

/// An answer while it arrives.
pub(crate) struct Arriving<T> {
    shape: Option<Arc<Shape>>,
    text: String,
    /// The length of the text when it was last looked at.
    seen: usize,
    last: Option<Json>,
    of: PhantomData<fn() -> T>,
}

impl<T: Reply> Arriving<T> {
    /// Returns an answer of which nothing has arrived.
    pub(crate) fn new() -> Self {
        // A type without a schema has no answers either.
        Self { shape: Shape::of::<T>().ok(), text: String::new(), seen: 0, last: None, of: PhantomData }
    }

    /// Adds a chunk; returns the value so far, if it is another one than before.
    pub(crate) fn push(&mut self, chunk: &str) -> Option<T> {
        self.text.push_str(chunk);
        // A long text is looked at less often, so that all looks together take time in proportion to it.
        if self.text.len() < self.seen + self.seen / 64 {
            return None;
        }
        self.seen = self.text.len();
        let value = partial::<T>(&self.text, self.shape.as_deref()?)?;
        let json = Json::encode(&value).ok()?;
        if self.last.as_ref() == Some(&json) {
            return None;
        }
        self.last = Some(json);
        Some(value)
    }
}

/// Returns the value of an answer of which this much has arrived; `None` if nothing in it is a `T` yet.
///
/// Texts are as long as they are so far. Numbers, words and keys count once they have ended; lists and objects have what has
/// arrived of them.
fn partial<T: Reply>(text: &str, shape: &Shape) -> Option<T> {
    if shape.form == Form::Text {
        return Json::encode(text).and_then(|text| text.decode()).ok();
    }
    let mut text = text;
    while let Draft::Closed(_, behind) = draft(text) {
        text = behind;
    }
    if matches!(draft(text), Draft::Open(_)) {
        return None;
    }
    // Where a value begins, behind a fence or prose.
    let begins = text.find(['{', '['])?;
    let value: Value = serde_json::from_str(&closed(text.get(begins..)?)?).ok()?;
    let inner = unwrapped(&value).filter(|_| shape.form == Form::Wrapped);
    inner.and_then(|inner| T::deserialize(inner).ok()).or_else(|| T::deserialize(&value).ok())
}

/// Where a reader of JSON is in an object or a list.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    List,
    /// A key comes next.
    Key,
    /// A value comes next, or has come.
    Value,
}

/// Closes JSON that breaks off: what has not ended is cut off, but texts are ended where they are.
fn closed(text: &str) -> Option<String> {
    let mut open: Vec<Open> = Vec::new();
    // The text up to the last place where a value had ended, and the brackets that were open there.
    let mut sound: Option<(usize, Vec<Open>)> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '{' => open.push(Open::Key),
            '[' => open.push(Open::List),
            '}' | ']' => {
                open.pop();
                if open.is_empty() {
                    return Some(text.get(..=at)?.to_owned());
                }
            }
            ',' => {
                if let Some(last @ Open::Value) = open.last_mut() {
                    *last = Open::Key;
                }
                continue;
            }
            ':' => {
                if let Some(last) = open.last_mut() {
                    *last = Open::Value;
                }
                continue;
            }
            '"' => {
                let is_key = open.last() == Some(&Open::Key);
                // Where the text can be ended: not within an escape.
                let mut good = at + 1;
                let ended = loop {
                    match chars.next() {
                        None => break false,
                        Some((_, '"')) => break true,
                        Some((at, '\\')) => match escape(text.get(at..)?) {
                            None => break false,
                            Some(length) => {
                                while chars.peek().is_some_and(|(next, _)| *next < at + length) {
                                    chars.next();
                                }
                                good = at + length;
                            }
                        },
                        Some((at, c)) => good = at + c.len_utf8(),
                    }
                };
                if !ended {
                    if is_key {
                        break;
                    }
                    return Some(format!("{}\"{}", text.get(..good)?, brackets(&open)));
                }
                if is_key {
                    continue;
                }
            }
            c if c.is_whitespace() => continue,
            _ => {
                // A number or a word: whole once something follows.
                while chars.next_if(|(_, c)| !c.is_whitespace() && !",]}:".contains(*c)).is_some() {}
                if chars.peek().is_none() {
                    break;
                }
            }
        }
        let end = chars.peek().map_or(text.len(), |(next, _)| *next);
        sound = Some((end, open.clone()));
    }
    let (end, open) = sound?;
    Some(format!("{}{}", text.get(..end)?, brackets(&open)))
}

/// The length of the escape that a text begins with, if it is whole. Half of a pair of surrogates is not.
fn escape(text: &str) -> Option<usize> {
    let unit = |at: usize| u32::from_str_radix(text.get(at..at + 4)?, 16).ok();
    if text.as_bytes().get(1)? != &b'u' {
        return Some(1 + text.get(1..)?.chars().next()?.len_utf8());
    }
    match unit(2)? {
        0xd800..=0xdbff => {
            unit(8)?;
            Some(12)
        }
        _ => Some(6),
    }
}

/// What closes the brackets that are open.
fn brackets(open: &[Open]) -> String {
    open.iter().rev().map(|open| if *open == Open::List { ']' } else { '}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Report {
        title: String,
        score: Option<u32>,
        tags: Vec<String>,
        is_good: bool,
        inner: Option<Box<Report>>,
    }

    fn at<T: Reply>(text: &str) -> Option<T> {
        partial(text, &Shape::of::<T>().unwrap())
    }

    fn report(title: &str) -> Report {
        Report { title: title.to_owned(), ..Report::default() }
    }

    #[test]
    fn what_has_arrived_is_there_and_what_has_not_ended_is_not() {
        for (text, expected) in [
            ("", None),
            ("{", Some(Report::default())),
            ("{\"ti", Some(Report::default())),
            ("{\"title\"", Some(Report::default())),
            ("{\"title\":", Some(Report::default())),
            ("{\"title\": \"", Some(report(""))),
            ("{\"title\": \"Ca", Some(report("Ca"))),
            ("{\"title\": \"Ca\\", Some(report("Ca"))),
            ("{\"title\": \"Ca\\n", Some(report("Ca\n"))),
            ("{\"title\": \"Ca\\u00e", Some(report("Ca"))),
            ("{\"title\": \"Ca\\u00e9", Some(report("Caé"))),
            ("{\"title\": \"\\ud83d\\ude0", Some(report(""))),
            ("{\"title\": \"\\ud83d\\ude00", Some(report("😀"))),
            ("{\"title\": \"Calm\", \"score\": 1", Some(report("Calm"))),
            ("{\"title\": \"Calm\", \"score\": 12,", Some(Report { score: Some(12), ..report("Calm") })),
            (
                "{\"title\": \"Calm\", \"tags\": [\"a\", \"b",
                Some(Report { tags: vec!["a".into(), "b".into()], ..report("Calm") }),
            ),
            (
                "{\"title\": \"Calm\", \"tags\": [\"a\",",
                Some(Report { tags: vec!["a".into()], ..report("Calm") }),
            ),
            ("{\"is_good\": tru", Some(Report::default())),
            ("{\"is_good\": true}", Some(Report { is_good: true, ..Report::default() })),
            (
                "{\"inner\": {\"title\": \"x",
                Some(Report { inner: Some(Box::new(report("x"))), ..Report::default() }),
            ),
            ("```json\n{\"title\": \"Calm", Some(report("Calm"))),
            ("<think>{\"title\": \"no", None),
            ("<think>{\"title\": \"no\"}</think>{\"title\": \"yes", Some(report("yes"))),
            ("{\"title\": 7", Some(Report::default())),
            ("{\"title\": 7,", None),
            ("{\"title\": \"Calm\"} and more", Some(report("Calm"))),
        ] {
            assert_eq!(at::<Report>(text), expected, "{text}");
        }
    }

    #[test]
    fn values_that_are_no_objects_are_in_their_wrapper() {
        assert_eq!(at::<Vec<u32>>("{\"answer\": [1, 2"), Some(vec![1]));
        assert_eq!(at::<Vec<u32>>("{\"answer\": [1, 2]"), Some(vec![1, 2]));
        assert_eq!(at::<u32>("{\"answer\": 12"), None);
        assert_eq!(at::<u32>("{\"answer\": 12}"), Some(12));
        assert_eq!(at::<String>("so fa"), Some("so fa".to_owned()));
    }

    /// Cut at each byte, a whole answer never gives anything but a part of it, and never less than before.
    #[test]
    fn every_beginning_of_an_answer_is_a_part_of_it() {
        let whole = Report {
            title: "Über \"calm\" \\ 😀\n".to_owned(),
            score: Some(1234),
            tags: vec!["a,]}".to_owned(), String::new(), "{\"".to_owned()],
            is_good: true,
            inner: Some(Box::new(report("x"))),
        };
        let pretty = serde_json::to_string_pretty(&whole).unwrap();
        let mut before = Report::default();
        for (end, _) in pretty.char_indices().chain([(pretty.len(), ' ')]) {
            let Some(now) = at::<Report>(&pretty[..end]) else {
                assert_eq!(end, 0);
                continue;
            };
            assert!(whole.title.starts_with(&now.title) && now.title.starts_with(&before.title), "{end}");
            assert!(now.tags.len() >= before.tags.len() && now.tags.len() <= 3, "{end}");
            assert!(now.score.is_none() || now.score == whole.score, "{end}");
            before = now;
        }
        assert_eq!(before, whole);
    }

    #[test]
    fn any_text_gives_a_value_or_none() {
        for text in [
            "{]",
            "}{",
            "[[[[",
            "\\",
            "{\"a\\",
            "{\"\\ud800",
            "{,:",
            "[\"\\u12",
            "{\"a\":\"\\q",
            "null",
            "[1e",
        ] {
            let _ = at::<Report>(text);
            let _ = at::<Vec<u32>>(text);
        }
    }
}
