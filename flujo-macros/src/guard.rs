//! What stands around every macro: a limit on nesting, and a bug of ours as a located error.

use crate::{debug, diag::Sink, names};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Deeper nesting than this is generated, or an attack on the parser's stack.
const DEPTH: usize = 128;

/// Runs an attribute macro on an item. Whatever happens, the item is still there afterwards.
pub(crate) fn attribute(
    options: &TokenStream,
    item: &TokenStream,
    expand: fn(&TokenStream, &TokenStream) -> TokenStream,
) -> TokenStream {
    guarded(item, item.clone(), || expand(options, item))
}

/// Runs a function-like macro.
pub(crate) fn function(input: TokenStream, expand: fn(TokenStream) -> TokenStream) -> TokenStream {
    guarded(&input.clone(), TokenStream::new(), || expand(input))
}

fn guarded(input: &TokenStream, mut kept: TokenStream, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    let name = names::item_name(input);
    let text = name.as_ref().map_or_else(|| "this item".to_owned(), names::text);
    match catch_unwind(AssertUnwindSafe(expand)) {
        Ok(expansion) => {
            debug::show(&text, &expansion);
            expansion
        }
        Err(panic) => {
            let reason = panic
                .downcast_ref::<&str>()
                .map(|s| (*s).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "panic".to_owned());
            let mut sink = Sink::default();
            sink.span(
                name.map_or_else(Span::call_site, |n| n.span()),
                format!("bug in flujo: {reason}, while expanding `{text}`\nplease report it with the code"),
            );
            kept.extend(sink.into_tokens());
            kept
        }
    }
}

/// Refuses tokens nested so deep that parsing them would end the compiler: brackets, generics, prefixes.
pub(crate) fn depth(tokens: &TokenStream) -> syn::Result<()> {
    below(tokens, DEPTH)
}

fn below(tokens: &TokenStream, left: usize) -> syn::Result<()> {
    let mut angles = 0_usize;
    let mut prefixes = 0_usize;
    let mut before = ' ';
    for tree in tokens.clone() {
        let too_deep = |depth: usize| {
            let message = format!(
                "this is nested more than {DEPTH} levels deep\ngive the inner part a name of its own"
            );
            if depth > left { Err(syn::Error::new(tree.span(), message)) } else { Ok(()) }
        };
        match &tree {
            TokenTree::Group(g) => {
                // Groups without delimiters come from `macro_rules!` variables and nest just as well.
                let step = if g.delimiter() == Delimiter::None { 0 } else { prefixes.min(1) };
                too_deep(angles + step + 1)?;
                below(&g.stream(), left.saturating_sub(1 + angles))?;
                prefixes = 0;
                before = ')';
            }
            TokenTree::Punct(p) => {
                let c = p.as_char();
                match c {
                    '<' => angles += 1,
                    '>' if !matches!(before, '-' | '=') => angles = angles.saturating_sub(1),
                    // A comparison looks like an opening bracket; it ends here at the latest.
                    ';' | '|' => angles = 0,
                    _ => {}
                }
                prefixes = if matches!(c, '&' | '*' | '!' | '-') { prefixes + 1 } else { 0 };
                too_deep(angles + prefixes)?;
                before = c;
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                prefixes = 0;
                before = 'a';
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    #[allow(clippy::panic, reason = "the bug that is caught")]
    fn a_bug_is_an_error_and_keeps_the_item() {
        let out = attribute(
            &quote!(),
            &quote!(
                async fn triage() {}
            ),
            |_, _| panic!("lost {}", 1),
        );
        let text = out.to_string();
        assert!(text.starts_with("async fn triage () { }"), "{text}");
        assert!(text.contains("bug in flujo: lost 1, while expanding `triage`"), "{text}");
    }

    #[test]
    fn nesting_has_a_limit() {
        let nest = |open: &str, close: &str, n: usize| -> TokenStream {
            format!("{}x{}", open.repeat(n), close.repeat(n)).parse().unwrap()
        };
        for (open, close) in [("(", ")"), ("[", "]"), ("Vec<", ">"), ("&", ""), ("!", ""), ("(Vec<", ">)")] {
            assert!(depth(&nest(open, close, 20)).is_ok(), "{open}");
            assert!(depth(&nest(open, close, 1000)).is_err(), "{open}");
        }
        let arrows: TokenStream = "fn(u8) -> u8,".repeat(500).parse().unwrap();
        assert!(depth(&arrows).is_ok());
        let less: TokenStream = "a < b;".repeat(500).parse().unwrap();
        assert!(depth(&less).is_ok());
    }
}
