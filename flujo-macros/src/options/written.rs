//! How an option is written where it stands, for examples in messages.

use super::duration;
use super::value::{literal, string};
use crate::diag;
use crate::mistake;
use syn::{Expr, Lit};

/// How an option is written: in the attribute of a step, or after a call.
pub(super) type Written = fn(&str, &str) -> String;

pub(super) fn in_attribute(word: &str, value: &str) -> String {
    format!("{word} = {value}")
}

pub(super) fn after_a_call(word: &str, value: &str) -> String {
    format!(".{word}({value})")
}

/// A duration in quotes.
pub(super) fn time(word: &str, value: &Expr, written: Written) -> syn::Result<u64> {
    if let Some(text) = string(value) {
        return duration(text);
    }
    let example = written(word, &seconds(value));
    let message = format!("`{word}` takes a duration in quotes\nfor instance `{example}`");
    Err(diag::error_at(value, mistake::duration_in_quotes, message))
}

/// A duration for an example: so many seconds, where a whole number stands in its place.
pub(crate) fn seconds(value: &Expr) -> String {
    match literal(value) {
        Some(Lit::Int(n)) if n.suffix().is_empty() && n.base10_parse::<u32>().is_ok_and(|n| n > 0) => {
            format!("\"{}s\"", n.base10_digits())
        }
        _ => "\"20s\"".to_owned(),
    }
}
