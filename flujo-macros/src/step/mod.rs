//! `#[step]`: parse, judge, expand.
//!
//! A mistake in the options still gives the whole step, with defaults. A mistake in the signature gives a
//! stand-in of the same name and inputs that runs anywhere, so that calls of the step are no errors too.

mod check;
mod expand;
mod generics;
mod model;
mod params;
mod parse;
mod recover;

use crate::diag::Sink;
use crate::guard;
use proc_macro2::TokenStream;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    if parse::without_body(&item) {
        return item;
    }
    let mut sink = Sink::default();
    if let Err(error) = guard::depth(&parse::head(&item)) {
        // rustc would stumble over the item as well.
        return error.to_compile_error();
    }
    let parsed = match syn::parse2::<parse::StepFn>(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            sink.push(parse::explain(&item, error));
            let errors = sink.into_tokens();
            return quote::quote!(#item #errors);
        }
    };
    let step = model::Step::new(options, parsed, &mut sink);
    let code = if step.broken { recover::expand(&step) } else { expand::expand(&step) };
    let errors = sink.into_tokens();
    quote::quote!(#code #errors)
}
