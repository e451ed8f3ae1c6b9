//! Outputs of older versions, carried over by the functions that the attribute names.

use super::model::Step;
use crate::names::{self, private};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The oldest version whose records the step takes.
pub(super) fn from(step: &Step) -> u32 {
    let version = step.options.version.unwrap_or(1);
    let known = if step.broken { 0 } else { step.options.migrate.len() };
    version.saturating_sub(u32::try_from(known).unwrap_or(u32::MAX))
}

/// Reads what an older version gave, and hands it from function to function. Each is called in one place, so that one
/// that does not fit is one error, at its name.
pub(super) fn migrated(step: &Step) -> Option<TokenStream> {
    // Absolute: lints look at tokens that are located at the user's, and a path from here would be too long.
    let pr = private();
    let functions = &step.options.migrate;
    if step.broken || functions.is_empty() {
        return None;
    }
    let (first, version) = (from(step), step.options.version.unwrap_or(1));
    // Ours, wherever the names of the functions come from.
    let ours = |text: &str| names::local(text, Span::call_site());
    let (json, was) = (ours("__json"), ours("__was"));
    let mut before: Option<TokenStream> = None;
    for (path, from) in functions.iter().zip(first..) {
        let span = path.span();
        let local = names::local("__older", span);
        let read = names::respan(quote!(#pr::Older::older), span);
        let (ok, err) = (names::respan(quote!(#pr::Ok), span), names::respan(quote!(#pr::Err), span));
        let read = quote_spanned! {span=>
            match #read(#json) { #ok(#local) => #local, #err(#local) => return #err(#local) }
        };
        // Only the first reads at once: the others may get what the one before them has made.
        let taken = match before {
            None => read,
            Some(made) => quote_spanned!(span=> if #was < #from { #made } else { #read }),
        };
        before = Some(quote_spanned!(span=> #path(#taken)));
    }
    let made = before?;
    let last = functions.last().map_or_else(Span::call_site, Spanned::span);
    let (value, ok) = (names::local("__value", last), names::respan(quote!(#pr::Ok), last));
    let output = &step.output;
    Some(quote! {
        #[allow(clippy::question_mark, reason = "a `?` would say what does not fit in other words")]
        fn migrated(#was: u32, #json: &#pr::Json) -> #pr::Result<Self::Output, #pr::CodecError> {
            if #was < #first {
                return #pr::Err(#pr::untaken(#was, #version));
            }
            let #value: #output = #made;
            #ok(#value)
        }
    })
}
