//! The items that a pipeline becomes: a function, a type of the same name, and its impls.

mod facts;
mod run;

pub(crate) use run::twin;

use super::errors::Errors;
use super::lower::Lower;
use super::model::{Header, Pipeline};
use crate::names;
use crate::tokens::{braced, parenthesized};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, Meta, Pat, PatIdent};

/// The whole expansion.
pub(crate) fn items(pipeline: &Pipeline, errors: Errors) -> TokenStream {
    let (function, marker) = (function(pipeline), marker(&pipeline.header));
    let facts = facts::facts(pipeline);
    let errors = errors.into_tokens(pipeline.body.is_some());
    let (inside, beside) = match &pipeline.body {
        // In a body with errors rustc does not look for things that are unused, and a mistake may have left some.
        Some(body) => {
            let code = Lower::new(pipeline).body(body, &pipeline.header.output);
            (Some(quote!(#errors #code)), None)
        }
        None => (None, Some(errors)),
    };
    let run = run::run(pipeline, inside);
    quote!(#beside #function #marker #facts #run)
}

/// The function that people call. It comes first, keeps the user's spans, and takes the inputs only.
fn function(pipeline: &Pipeline) -> TokenStream {
    let pr = names::private();
    let Header { attrs, vis, fn_token, ident, paren, .. } = &pipeline.header;
    let attrs = attrs.iter().map(expectation_as_allowance);
    let names = inputs(&pipeline.header);
    let types = pipeline.header.inputs.iter().map(|input| &input.ty);
    let params = parenthesized(quote!(#(#names: #types),*), paren.span.join());
    quote! {
        #(#attrs)*
        #[allow(
            clippy::too_many_arguments,
            clippy::used_underscore_binding,
            reason = "the inputs are those of the pipeline"
        )]
        #vis #fn_token #ident #params -> #pr::StepCall<#ident> {
            #pr::StepCall::new((#(#names,)*))
        }
    }
}

/// The names of the inputs, without `mut`.
fn inputs(header: &Header) -> Vec<Ident> {
    let name = |(i, input): (usize, &syn::PatType)| match &*input.pat {
        Pat::Ident(PatIdent { ident, .. }) => ident.clone(),
        _ => format_ident!("__input{i}"),
    };
    header.inputs.iter().enumerate().map(name).collect()
}

/// An `#[expect]` would not be fulfilled by both of the functions that it is copied to.
fn expectation_as_allowance(attr: &Attribute) -> Attribute {
    let mut attr = attr.clone();
    if attr.path().is_ident("expect")
        && let Meta::List(list) = &mut attr.meta
        && let Some(word) = list.path.segments.last_mut()
    {
        word.ident = Ident::new("allow", word.ident.span());
    }
    attr
}

/// Lint levels hold for the body, where the user's code ends up.
fn lint_levels(header: &Header) -> impl Iterator<Item = Attribute> {
    let levels = ["allow", "expect", "warn", "deny", "forbid"];
    let is_level = move |attr: &&Attribute| levels.iter().any(|level| attr.path().is_ident(level));
    header.attrs.iter().filter(is_level).map(expectation_as_allowance)
}

/// An impl for the pipeline's type. Notes of messages point at its head: from the user's `fn` to the name,
/// since all of it is located there, its braces too.
fn impl_(header: &Header, generics: &TokenStream, of: &TokenStream, items: &TokenStream) -> TokenStream {
    let (at, name) = (header.fn_token.span, &header.ident);
    let (begin, of, items) = (quote_spanned!(at=> impl), names::respan(of, at), braced(items.clone(), at));
    quote! {
        #[automatically_derived]
        #begin #generics #of for #name #items
    }
}

/// The type of the same name, which carries the impls.
fn marker(header: &Header) -> TokenStream {
    let Header { vis, fn_token, ident, .. } = header;
    let at = fn_token.span;
    let mut marker = ident.clone();
    // An editor should find the function under the name, and a message that points here should not point
    // at the whole macro.
    marker.set_span(at.resolved_at(ident.span()));
    let marker = quote_spanned!(at=> struct #marker {});
    quote! {
        #[doc(hidden)]
        #[allow(
            non_camel_case_types,
            dead_code,
            unreachable_pub,
            missing_debug_implementations,
            missing_copy_implementations,
            reason = "the type behind the name of a pipeline; it has no values"
        )]
        #vis #marker
    }
}
