//! How the macros report mistakes: all that are independent, at once, in one voice.
//!
//! A headline names what is wrong in the user's nouns, without a full stop; a second line, where there is
//! one, is the next step. Proc macros on stable can give neither labels nor suggestions, so both lines are
//! the message.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::fmt::Display;

/// A collection of errors; its owner decides what can still be expanded.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    errors: Option<syn::Error>,
}

impl Sink {
    /// An error under all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// An error at one span.
    pub(crate) fn span(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// An error made elsewhere.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(all) => all.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// The value, or `None` after keeping the error.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(error);
                None
            }
        }
    }

    /// Everything that another sink holds.
    pub(crate) fn take(&mut self, other: Self) {
        if let Some(errors) = other.errors {
            self.push(errors);
        }
    }

    /// Whether anything was reported.
    pub(crate) fn failed(&self) -> bool {
        self.errors.is_some()
    }

    /// The `compile_error!`s, next to the expansion.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.errors.map(|e| e.to_compile_error()).unwrap_or_default()
    }
}

/// The candidate that was probably meant, if one is close enough.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One edit in short words, a third of the letters in long ones: `max_token`, but not `role` for `name`.
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (distance(&word.to_lowercase(), c), c))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// `` `a`, `b` and `c` ``
pub(crate) fn list(words: impl IntoIterator<Item = &'static str>) -> String {
    let words: Vec<String> = words.into_iter().map(|w| format!("`{w}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

/// Damerau-Levenshtein with adjacent swaps, so that `tiemout` is one edit away from `timeout`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut a_before = None;
    for (i, &ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut b_before = None;
        for (j, &cb) in b.iter().enumerate() {
            let at = |line: &[usize], k: usize| line.get(k).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&above, j) + usize::from(ca != cb);
            let mut best = replaced.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if a_before == Some(cb) && b_before == Some(ca) && j > 0 {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
            b_before = Some(cb);
        }
        before = std::mem::replace(&mut above, row);
        a_before = Some(ca);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, d) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("retires", "retries", 1),
            ("tiemout", "timeout", 1),
        ] {
            assert_eq!(distance(a, b), d, "{a} {b}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn means_only_what_is_close() {
        let words = ["retries", "timeout", "max_tokens", "model"];
        assert_eq!(did_you_mean("retires", words), Some("retries"));
        assert_eq!(did_you_mean("Timeout", words), Some("timeout"));
        assert_eq!(did_you_mean("max_token", words), Some("max_tokens"));
        assert_eq!(did_you_mean("name", words), None);
        assert_eq!(did_you_mean("x", words), None);
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list([]), "");
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b"]), "`a` and `b`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn errors_come_together() {
        let mut sink = Sink::default();
        assert!(!sink.failed() && sink.ok(Ok(1)) == Some(1));
        sink.span(Span::call_site(), "one");
        sink.at(quote::quote!(x), "two");
        assert!(sink.failed());
        let text = sink.into_tokens().to_string();
        assert_eq!(text.matches("compile_error").count(), 2, "{text}");
    }
}
