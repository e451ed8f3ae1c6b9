//! `pipeline!`: parse, check, lower.
//!
//! `parse` turns tokens into a [`model::Pipeline`], reporting what is no flow; `check` looks at the nodes;
//! `lower` makes code of the tree, `bounds`, `graph` and `writes` make constants of it, and `item` puts
//! everything together. A form is one file in `lower`, one variant of [`model::Flow`], and its lines in
//! `parse::forms`, `bounds` and `graph`.

mod bindings;
mod bounds;
mod callee;
mod check;
mod errors;
mod graph;
mod ide;
mod impure;
mod item;
mod lower;
mod model;
pub(crate) mod offered;
mod parse;
#[cfg(test)]
mod tests;
mod tools;
mod unused;
mod writes;

use crate::nesting::{self, Advice};
pub(crate) use callee::{Callee, Callees, around, ends, lint_levels};
use errors::Errors;
use proc_macro2::TokenStream;
use quote::quote;

/// Expands `pipeline! { .. }`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    if let Err(error) = nesting::check(&input, Advice::FLOW) {
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
    // The twin comes first: an editor looks for the cursor at its place in the expansion of a finished
    // body, so nothing that depends on the body may precede it.
    quote!(#twin #items)
}
