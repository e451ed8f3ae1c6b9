//! `#[step]` on a method, or on another function in an `impl` or a trait: a step declares a type, which cannot be declared there.

use super::params;
use super::parse::StepFn;
use crate::diag::Sink;
use crate::mistake;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use std::fs;
use syn::{FnArg, Signature, TraitItemFn};

/// The function as it is, with the error, if it belongs to an `impl` or a trait.
pub(super) fn expand(item: &TokenStream) -> Option<TokenStream> {
    if let Ok(mut function) = syn::parse2::<StepFn>(item.clone()) {
        let errors = refused(&function.sig)?.into_tokens();
        params::strip(&mut function.sig);
        return Some(quote!(#function #errors));
    }
    let mut function = syn::parse2::<TraitItemFn>(item.clone()).ok()?;
    let errors = refused(&function.sig)?.into_tokens();
    params::strip(&mut function.sig);
    let function = function.into_token_stream();
    Some(quote!(#function #errors))
}

fn refused(sig: &Signature) -> Option<Sink> {
    let receiver = sig.inputs.iter().find_map(|arg| match arg {
        FnArg::Receiver(receiver) => Some(receiver),
        FnArg::Typed(_) => None,
    });
    let mut sink = Sink::default();
    match receiver {
        Some(receiver) => sink.span(
            receiver.self_token.span, mistake::not_a_free_function,
            "a step is a free function: it cannot take `self`\n\
             move it out of the `impl` or `trait`, and take what it needs as inputs or as a resource, `db: &Db`",
        ),
        None if is_in_impl(sig.ident.span()) => sink.at(
            &sig.ident, mistake::not_a_free_function,
            "a step is a free function: it cannot belong to a type or a trait\nmove it out of the `impl` or `trait`",
        ),
        None => return None,
    }
    Some(sink)
}

/// Whether the function at `span` is an item of an `impl` or a trait, by the indentation of the source: a macro is not
/// told the place of its tokens. Where this is wrong, rustc refuses the types that the step declares.
fn is_in_impl(span: Span) -> bool {
    if !::proc_macro::is_available() {
        return false;
    }
    // An attribute at the margin belongs to an item of the file's module, whose source need not be read.
    if Span::call_site().unwrap().column() == 1 {
        return false;
    }
    let span = span.unwrap();
    let source = span.local_file().and_then(|file| fs::read_to_string(file).ok());
    source.is_some_and(|source| encloses(&source, span.line()))
}

/// Whether the block around a line begins with `impl` or `trait`.
fn encloses(source: &str, line: usize) -> bool {
    let lines: Vec<&str> = source.lines().take(line).collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let Some((function, before)) = lines.split_last() else { return false };
    let own = indentation(function);
    let above = before.iter().rev().filter(|line| !line.trim().is_empty());
    let mut outside = above.skip_while(|line| indentation(line) >= own);
    let Some(first) = outside.next() else { return false };
    // The brace of a long head is on a line of its own, after a `where` clause.
    let margin = indentation(first);
    std::iter::once(first)
        .chain(outside.take_while(|line| indentation(line) >= margin))
        .find_map(head)
        .unwrap_or(false)
}

/// Whether a line is the head of an `impl` or a trait; `None` if it is the end of a longer head.
fn head(line: &&str) -> Option<bool> {
    let line = line.trim_start();
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let first = words.find(|word| !["pub", "crate", "super", "unsafe", "default"].contains(word));
    match first {
        Some("impl" | "trait") => Some(true),
        None | Some("where") => None,
        Some(_) if is_bound(line) => None,
        Some(_) => Some(false),
    }
}

/// `T: Bound,` of a `where` clause.
fn is_bound(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, rest)| {
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !rest.starts_with(':') && line.ends_with(',')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_around_a_line_is_found_by_its_indentation() {
        let at = |source: &str| {
            let line = source.lines().position(|line| line.contains("fn here")).map_or(0, |i| i + 1);
            encloses(source, line)
        };
        assert!(at("impl Desk {\n    /// Doc.\n    #[step]\n    async fn here() {}\n}"));
        assert!(at("impl<T> Desk<T> {\n    fn a() {\n        x();\n    }\n\n    async fn here() {}\n}"));
        assert!(at("pub(crate) trait Desk {\n    async fn here();\n}"));
        assert!(at("impl<T> Desk<T>\nwhere\n    T: Clone,\n{\n    async fn here() {}\n}"));
        assert!(at("mod a {\n    impl Desk {\n        async fn here() {}\n    }\n}"));
        assert!(!at("async fn here() {}"));
        assert!(!at("mod tests {\n    async fn here() {}\n}"));
        assert!(!at("impl Desk {}\n\nmod tests {\n    async fn here() {}\n}"));
        assert!(!at("impl Desk {\n    fn outer() {\n        async fn here() {}\n    }\n}"));
        assert!(!at("fn main() {\n    #[step]\n    async fn here() {}\n}"));
    }
}
