//! `#[context]`: the state of a run, its parts, and how parallel branches merge.

mod expand;
mod model;
mod parse;
mod recorded;
mod recover;

use crate::diag::Sink;
use crate::guard;
use crate::item;
use model::Broken;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    if let Err(error) = guard::depth(&item) {
        return error.to_compile_error();
    }
    if !options.is_empty() {
        sink.at(&options, "`#[context]` on a struct takes nothing\n`part` and `merge` belong to its fields: `#[context(part)]`");
    }
    let shape = item::Shape { attribute: "context", what: "a context", is: "a context is" };
    let parsed = match syn::parse2::<syn::Item>(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            sink.push(error);
            let errors = sink.into_tokens();
            return quote!(#item #errors);
        }
    };
    let code = match item::named_struct(&parsed, &shape, &mut sink) {
        Some(parsed) => {
            let context = model::Context::new(parsed, &mut sink);
            match context.broken {
                None => expand::expand(&context),
                Some(Broken::Field) => recover::expand(&context),
                Some(Broken::Endless) => recover::bare(&context),
            }
        }
        None => {
            let stand_in = item::name_without_generics(&parsed).map(|name| recover::stand_in(name, &[]));
            quote!(#item #stand_in)
        }
    };
    let errors = sink.into_tokens();
    quote!(#code #errors)
}
