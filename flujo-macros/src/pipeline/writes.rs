//! What nodes may write of the context, as constants, and the checks on them.

use super::callee::Callee;
use super::model::{Node, Pipeline, What};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

/// All that the pipeline may write, as a constant expression.
pub(crate) fn own(pipeline: &Pipeline) -> TokenStream {
    let Some(context) = &pipeline.header.context else { return quote!(0) };
    let mut callees: Vec<&Callee> = Vec::new();
    for (_, callee) in pipeline.nodes.iter().flat_map(writers) {
        if !callees.iter().any(|known| known.is(callee)) {
            callees.push(callee);
        }
    }
    let masks = callees.iter().map(|callee| mask(&context.ty, callee));
    // as statements: an expression of hundreds of operators would be as deep as it is long
    quote!({ let __w: u64 = 0; #(let __w = __w | #masks;)* __w })
}

/// What must hold of the writes: arms of a join or route do not meet, a
/// `map` does not meet itself, and what is only read is not written.
pub(crate) fn checks(pipeline: &Pipeline) -> TokenStream {
    let Some(context) = &pipeline.header.context else { return TokenStream::new() };
    let joins = pipeline.nodes.iter().filter_map(|node| {
        let (What::Join { arms } | What::Route { arms }) = &node.what else { return None };
        let arms = arms.iter().map(|arm| {
            let nodes = pipeline.nodes.get(arm.clone()).unwrap_or_default();
            let (names, masks): (Vec<_>, Vec<_>) = nodes
                .iter()
                .flat_map(writers)
                .map(|(name, callee)| (name, mask(&context.ty, callee)))
                .unzip();
            quote!(&[#((#names, #masks)),*])
        });
        let (at, ty) = (node.at, &context.ty);
        let check = quote_spanned!(at=> ::flujo::__private::assert_disjoint::<#ty>);
        Some(quote_spanned!(at=> const _: () = #check(&[#(#arms),*]);))
    });
    let maps = pipeline.nodes.iter().filter_map(|node| {
        let What::Map { body, word } = &node.what else { return None };
        let nodes = pipeline.nodes.get(body.clone()).unwrap_or_default();
        let (names, masks): (Vec<_>, Vec<_>) =
            nodes.iter().flat_map(writers).map(|(name, callee)| (name, mask(&context.ty, callee))).unzip();
        let (at, ty) = (*word, &context.ty);
        let check = quote_spanned!(at=> ::flujo::__private::assert_mergeable::<#ty>);
        Some(quote_spanned!(at=> const _: () = #check(&[#((#names, #masks)),*]);))
    });
    let reads = pipeline.nodes.iter().filter(|_| !context.write).flat_map(|node| {
        writers(node).map(|(name, callee)| {
            let (at, mask) = (node.at, mask(&context.ty, callee));
            let check = quote_spanned!(at=> ::flujo::__private::assert_reads);
            quote_spanned!(at=> const _: () = #check(#name, #mask);)
        })
    });
    quote!(#(#joins)* #(#maps)* #(#reads)*)
}

/// Who writes at a node: the callee, and what stands in for it under a name of its own.
fn writers(node: &Node) -> impl Iterator<Item = (String, &Callee)> {
    let (callee, stand_ins) = match &node.what {
        What::Call { callee, stand_ins, .. } => (Some(callee), Some(stand_ins)),
        _ => (None, None),
    };
    let callee = callee.map(|callee| (node.id.clone(), callee));
    let id = |word: &str| {
        let name = node.options.iter().find(|(other, _)| other == word).map_or("", |(_, name)| name);
        format!("{}!{}", node.id, name.rsplit("::").next().unwrap_or(name))
    };
    let fallback = stand_ins.and_then(|named| named.fallback.as_ref()).map(|step| (id("fallback"), step));
    let redirect = stand_ins.and_then(|named| named.redirect.as_ref()).map(|step| (id("redirect"), step));
    callee.into_iter().chain(fallback).chain(redirect)
}

/// What it may write, and the steps that its attribute names to stand in for it: one named at the call takes
/// its place, but to count both is only careful.
fn mask(context: &Type, callee: &Callee) -> TokenStream {
    let ty = callee.ty();
    quote!(
        ::flujo::__private::Probe::<#context, #ty>::MASK
            | ::flujo::__private::Probe::<#context, #ty>::FALLBACK
    )
}
