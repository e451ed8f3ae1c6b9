//! The entry of every macro: a panic becomes a located error, and the expansion is printed on request.

use crate::{debug, diag::Sink, names};
use proc_macro2::{Span, TokenStream};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs an attribute macro on an item. Whatever happens, the item is still there afterwards.
pub(crate) fn attribute(
    options: &TokenStream,
    item: &TokenStream,
    expand: fn(&TokenStream, &TokenStream) -> TokenStream,
) -> TokenStream {
    caught(item, item.clone(), || expand(options, item))
}

/// Runs a function-like macro.
pub(crate) fn function(input: TokenStream, expand: fn(TokenStream) -> TokenStream) -> TokenStream {
    caught(&input.clone(), TokenStream::new(), || expand(input))
}

fn caught(input: &TokenStream, mut kept: TokenStream, expand: impl FnOnce() -> TokenStream) -> TokenStream {
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
            sink.bug(
                name.map_or_else(Span::call_site, |n| n.span()),
                format!("bug in flujo: {reason}, while expanding `{text}`\nplease report it with the code"),
            );
            kept.extend(sink.into_tokens());
            kept
        }
    }
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
}
