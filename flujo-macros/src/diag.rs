//! How the macros report mistakes: all that are independent, at once, in one voice.
//!
//! A headline names what is wrong in the user's nouns, without a full stop; a second line, where there is
//! one, is the next step. Proc macros on stable can give neither labels nor suggestions, so both lines are
//! the message. The name of the mistake ends the headline: no error is made without one.

use crate::mistake::Mistake;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::fmt::Display;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;

/// An error at one span.
#[allow(clippy::disallowed_methods, reason = "the message is named")]
pub(crate) fn error(span: Span, mistake: Mistake, message: impl Display) -> syn::Error {
    syn::Error::new(span, mistake.named(message))
}

/// An error under all of `tokens`.
#[allow(clippy::disallowed_methods, reason = "the message is named")]
pub(crate) fn error_at(tokens: impl ToTokens, mistake: Mistake, message: impl Display) -> syn::Error {
    syn::Error::new_spanned(tokens, mistake.named(message))
}

/// An error at the next token, or at the end.
#[allow(clippy::disallowed_methods, reason = "the message is named")]
pub(crate) fn unexpected(input: ParseStream<'_>, mistake: Mistake, message: impl Display) -> syn::Error {
    input.error(mistake.named(message))
}

/// An error at an entry of an attribute.
#[allow(clippy::disallowed_methods, reason = "the message is named")]
pub(crate) fn in_meta(meta: &ParseNestedMeta<'_>, mistake: Mistake, message: impl Display) -> syn::Error {
    meta.error(mistake.named(message))
}

/// A collection of errors; its owner decides what can still be expanded.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    errors: Option<syn::Error>,
}

impl Sink {
    /// An error under all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, mistake: Mistake, message: impl Display) {
        self.push(error_at(tokens, mistake, message));
    }

    /// An error at one span.
    pub(crate) fn span(&mut self, span: Span, mistake: Mistake, message: impl Display) {
        self.push(error(span, mistake, message));
    }

    /// A mistake of ours: it has no name, since there is nothing to look up.
    #[allow(clippy::disallowed_methods, reason = "the only error without a name")]
    pub(crate) fn bug(&mut self, span: Span, message: impl Display) {
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
    use crate::mistake;

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
        sink.span(Span::call_site(), mistake::given_twice, "one");
        sink.at(quote::quote!(x), mistake::given_twice, "two");
        assert!(sink.failed());
        let text = sink.into_tokens().to_string();
        assert_eq!(text.matches("compile_error").count(), 2, "{text}");
    }
}
