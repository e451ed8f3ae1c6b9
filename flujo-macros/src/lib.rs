//! The macros of flujo: `#[step]`, `#[context]`, `#[resources]` and `pipeline!`.

extern crate proc_macro;

mod debug;
mod diag;
mod guard;
mod names;
mod options;
mod pipeline;

use proc_macro::TokenStream;

/// pipeline
#[proc_macro]
pub fn pipeline(input: TokenStream) -> TokenStream {
    guard::function(input.into(), pipeline::expand).into()
}
