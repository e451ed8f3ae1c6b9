//! `#[context]`: the state of a run, its parts, and how parallel branches merge.

mod expand;
mod model;
mod parse;
mod recorded;
mod recover;

use crate::diag::Sink;
use crate::guard;
use crate::item;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    if !options.is_empty() {
        sink.at(&options, "`#[context]` on a struct takes nothing\n`part` and `merge` belong to its fields: `#[context(part)]`");
    }
    let shape = item::Shape { attribute: "context", what: "a context" };
    let parsed = match guard::depth(&item).and_then(|()| syn::parse2::<syn::Item>(item.clone())) {
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
            if context.broken { recover::expand(&context) } else { expand::expand(&context) }
        }
        None => {
            let stand_in = item::name_without_generics(&parsed).map(|name| recover::stand_in(name, &[]));
            quote!(#item #stand_in)
        }
    };
    let errors = sink.into_tokens();
    quote!(#code #errors)
}
