//! A reader of JSON that is more tolerant than the standard, and writes standard JSON.

use super::{Repair, Repaired};
use crate::codec::MAX_DEPTH;
use std::fmt::Write;

pub(super) struct Reader<'t> {
    rest: &'t str,
    out: String,
    repairs: Vec<Repair>,
    depth: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text, out: String::with_capacity(text.len()), repairs: Vec::new(), depth: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    /// True if the reader got past the first bracket of a list or an object.
    pub(super) fn has_begun(&self) -> bool {
        self.out.len() > 1
    }

    pub(super) fn done(mut self) -> Repaired {
        self.repairs.sort_unstable();
        self.repairs.dedup();
        Repaired { json: self.out, repairs: self.repairs }
    }

    fn note(&mut self, repair: Repair) {
        if self.repairs.last() != Some(&repair) {
            self.repairs.push(repair);
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn eat(&mut self, c: char) -> bool {
        let eaten = self.rest.strip_prefix(c);
        self.rest = eaten.unwrap_or(self.rest);
        eaten.is_some()
    }

    /// Gives up: a string or a comment has no end, so it goes on to that of the text.
    fn skip_all(&mut self) -> Option<()> {
        self.rest = "";
        None
    }

    /// Skips white space and comments; `None` if a comment is not closed.
    pub(super) fn space(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
            if let Some(after) = self.rest.strip_prefix("//") {
                self.rest = after.find('\n').and_then(|at| after.get(at..)).unwrap_or_default();
            } else if let Some(after) = self.rest.strip_prefix("/*") {
                let Some((_, rest)) = after.split_once("*/") else { return self.skip_all() };
                self.rest = rest;
            } else {
                return Some(());
            }
            self.note(Repair::Comment);
        }
    }

    /// Reads one value. `alone` is true if the text ends with the value: only then may its brackets be
    /// unclosed, since otherwise the rest of the text is not part of it.
    pub(super) fn value(&mut self, alone: bool) -> Option<()> {
        self.space()?;
        match self.peek()? {
            '{' | '[' => {
                self.depth += 1;
                let done = if self.depth > MAX_DEPTH { None } else { self.list(alone) };
                self.depth -= 1;
                done
            }
            quote @ ('"' | '\'') => self.text(quote),
            '-' | '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    /// Reads the items of a list, or the fields of an object.
    fn list(&mut self, alone: bool) -> Option<()> {
        let open = self.take()?;
        let close = if open == '{' { '}' } else { ']' };
        self.out.push(open);
        let mut first = true;
        loop {
            self.space()?;
            if self.eat(close) {
                break;
            }
            if self.rest.is_empty() && alone {
                self.note(Repair::OpenEnd);
                break;
            }
            if !first {
                self.out.push(',');
            }
            first = false;
            if open == '{' {
                self.key()?;
            }
            self.value(alone)?;
            self.space()?;
            if self.eat(',') {
                self.space()?;
                // A comma at the end of the text is not a trailing comma: the next item was cut off.
                if self.peek() == Some(close) {
                    self.note(Repair::TrailingComma);
                }
            } else if self.peek().is_some_and(|c| c != close) {
                return None;
            }
        }
        self.out.push(close);
        Some(())
    }

    fn key(&mut self) -> Option<()> {
        match self.peek()? {
            quote @ ('"' | '\'') => self.text(quote)?,
            c if c.is_ascii_alphabetic() || c == '_' || c == '$' => {
                let more = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$' || c == '-');
                let end = self.rest.find(more)?;
                let (key, rest) = self.rest.split_at_checked(end)?;
                self.note(Repair::BareKey);
                self.rest = rest;
                self.out.push('"');
                self.out.push_str(key);
                self.out.push('"');
            }
            _ => return None,
        }
        self.space()?;
        self.out.push(':');
        self.eat(':').then_some(())
    }

    /// Reads a string up to its closing quote; without one it may have been cut off.
    fn text(&mut self, quote: char) -> Option<()> {
        self.take()?;
        if quote == '\'' {
            self.note(Repair::SingleQuotes);
        }
        self.out.push('"');
        loop {
            // Fast path: most characters are copied unchanged.
            let special = |b| b == b'"' || b == b'\'' || b == b'\\' || b < b' ';
            let Some(plain) = self.rest.bytes().position(special) else { return self.skip_all() };
            let (copied, rest) = self.rest.split_at_checked(plain)?;
            self.out.push_str(copied);
            self.rest = rest;
            match self.take()? {
                c if c == quote => break,
                '"' => self.out.push_str("\\\""),
                '\\' => self.escape()?,
                c if c < ' ' => {
                    self.note(Repair::RawControl);
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        match self.take()? {
            '\'' => {
                self.note(Repair::SingleQuotes);
                self.out.push('\'');
            }
            'u' => {
                let (digits, rest) = self.rest.split_at_checked(4)?;
                if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                self.rest = rest;
                self.out.push_str("\\u");
                self.out.push_str(digits);
            }
            c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {
                self.out.push('\\');
                self.out.push(c);
            }
            _ => return None,
        }
        Some(())
    }

    /// Reads a number. One at the end of the text may have been cut off, unless it is the whole text.
    fn number(&mut self) -> Option<()> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c));
        if end.is_none() && self.depth > 0 {
            return None;
        }
        let (number, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        self.rest = rest;
        self.out.push_str(number);
        serde_json::from_str::<serde::de::IgnoredAny>(number).ok().map(|_| ())
    }

    fn word(&mut self) -> Option<()> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        let (word, python) = match word {
            "true" | "false" | "null" => (word, false),
            "True" => ("true", true),
            "False" => ("false", true),
            "None" => ("null", true),
            _ => return None,
        };
        if python {
            self.note(Repair::PythonWord);
        }
        self.rest = rest;
        self.out.push_str(word);
        Some(())
    }
}
