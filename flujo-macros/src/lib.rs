//! The macros of flujo: `#[step]`, `#[context]`, `#[resources]` and `pipeline!`.

mod context;
mod debug;
mod diag;
mod guard;
mod item;
mod names;
mod options;
mod pipeline;
mod resources;
mod step;
mod types;

use proc_macro::TokenStream;

/// step
#[proc_macro_attribute]
pub fn step(options: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(options.into(), item.into(), step::expand).into()
}

/// context
#[proc_macro_attribute]
pub fn context(options: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(options.into(), item.into(), context::expand).into()
}

/// resources
#[proc_macro_attribute]
pub fn resources(options: TokenStream, item: TokenStream) -> TokenStream {
    guard::attribute(options.into(), item.into(), resources::expand).into()
}

/// pipeline
#[proc_macro]
pub fn pipeline(input: TokenStream) -> TokenStream {
    guard::function(input.into(), pipeline::expand).into()
}
