//! `pipeline!`: parse, check, lower.
//!
//! `parse` turns tokens into a [`model::Pipeline`], reporting what is no flow; `check` looks at the nodes;
//! `lower` makes code of the tree, `bounds`, `graph` and `writes` make constants of it, and `item` puts
//! everything together. A form is one file in `lower`, one variant of [`model::Flow`], and its lines in
//! `parse::forms`, `bounds` and `graph`.

mod bounds;
mod callee;
mod check;
mod graph;
mod ide;
mod impure;
mod item;
mod lower;
mod model;
mod nesting;
mod noted;
mod parse;
mod sink;
#[cfg(test)]
mod tests;
mod writes;

use crate::guard;
pub(crate) use callee::{Callee, Callees, around, lint_levels};
use proc_macro2::TokenStream;
use quote::quote;
use sink::Errors;

/// Expands `pipeline! { .. }`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    if let Some((at, message)) = nesting::too_deep(&input) {
        return syn::Error::new(at, message).to_compile_error();
    }
    if let Err(error) = guard::depth(&input) {
        return error.to_compile_error();
    }
    let raw = match parse::raw(input) {
        Ok(raw) => raw,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let body = raw.body.clone();
    let mut pipeline = parse::pipeline(raw, &mut errors);
    check::ids(&mut pipeline.nodes, &mut errors);
    let twin = item::twin(&pipeline.header, &ide::body(&pipeline.header, &body));
    let items = item::items(&pipeline, errors);
    // The twin comes first: an editor looks for the cursor where it stands in the expansion of a finished
    // body, so nothing that depends on the body may stand before it.
    quote!(#twin #items)
}
