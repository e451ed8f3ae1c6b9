//! How a model step gets its answer.

use super::facts;
use super::model::Step;
use crate::names::{self, inner};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The body of an attempt: what the prompt that `call` builds is answered with.
pub(super) fn body(step: &Step, call: &TokenStream, awaited: bool) -> TokenStream {
    let pr = inner();
    let awaited = awaited.then(|| quote!(.await));
    let output = &step.output;
    let answer = names::local("__answer", output.span());
    // rustc reports a missing schema under the whole call: all of it stands at the type.
    let known = quote_spanned!(output.span()=> #answer.known());
    let ask = if facts::tools(step).is_empty() {
        quote!(#answer.ask(#pr::prompt_result(#call #awaited), __run).await)
    } else {
        quote! {
            match #answer.said(__run) {
                #pr::Some(said) => said,
                #pr::None => #answer.open(#pr::prompt_result(#call #awaited), __run),
            }
        }
    };
    quote! {
        #[allow(unused_imports, reason = "it is used where the answer is a mistake")]
        use #pr::NoAnswer as _;
        let #answer = #pr::Answer::<#output>::NEW;
        #known;
        async move { #ask }
    }
}
