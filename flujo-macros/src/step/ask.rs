//! The methods of a model step: the prompt that its function builds, and the parser of its answer.

use super::model::Step;
use crate::names::{self, inner};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The body of `prompt`: the messages of what `call` returns. The call stands inside of a future, so that its panics are
/// caught with those of the future.
pub(super) fn prompt(step: &Step, call: &TokenStream, awaited: bool) -> TokenStream {
    let pr = inner();
    let awaited = awaited.then(|| quote!(.await));
    // A future that is not `Send` is reported at the step's name.
    let (at, local) = (step.name.span(), names::local("__prompt", step.name.span()));
    let boxed = quote_spanned!(at=> __flujo::boxed(#local));
    quote! {
        let #local = async move { #pr::messages(#call #awaited) };
        #boxed
    }
}

/// `parse`: a type without a schema is reported here, once.
pub(super) fn parse(step: &Step) -> TokenStream {
    let pr = inner();
    let output = &step.output;
    let answer = names::local("__answer", output.span());
    // rustc reports a missing schema under the whole call: all of it is located at the type.
    let known = quote_spanned!(output.span()=> #answer.known());
    quote! {
        fn parse(__reply: &#pr::ModelReply) -> #pr::Result<#pr::Parsed<#output>, #pr::StepError> {
            #[allow(unused_imports, reason = "it is used where the answer is a mistake")]
            use #pr::NoAnswer as _;
            let #answer = #pr::Answer::<#output>::NEW;
            #known;
            #answer.parse(__reply)
        }
    }
}
