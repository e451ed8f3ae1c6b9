//! The tools of calls: what has to hold of them.

use super::callee::Callees;
use super::model::{Pipeline, What};
use crate::pipeline::offered;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// The checks on the tools that calls name, as items that know no callee.
pub(crate) fn checks(pipeline: &Pipeline) -> TokenStream {
    let lists = pipeline.nodes.iter().filter_map(|node| match &node.what {
        What::Call { tools, .. } => Some(&tools.list),
        _ => None,
    });
    let checks = lists.map(|list| {
        // Under aliases of their own: around a check, a name that does not exist has no replacement.
        let mut callees = Callees::default();
        let known: Vec<_> = list.iter().map(|(tool, _)| tool.callee(&mut callees)).collect();
        let listed: Vec<_> = list.iter().map(|(tool, _)| tool).zip(&known).collect();
        let (stand_ins, imports) = (callees.stand_ins(), callees.imports());
        offered::checks(&listed, |code| quote!(#stand_ins { #imports #code }))
    });
    checks.collect()
}

/// The checks on calls that bound the rounds of tools which they do not name, as items that know the callees.
pub(crate) fn checks_of_rounds(pipeline: &Pipeline) -> TokenStream {
    let calls = pipeline.nodes.iter().filter_map(|node| match &node.what {
        What::Call { callee, tools, .. } => Some((callee, tools.bounded.as_ref()?)),
        _ => None,
    });
    let checks = calls.map(|(callee, word)| {
        let (facts, at) = (callee.facts(), word.span());
        let check = quote_spanned!(at=> __flujo::assert_has_tools);
        quote_spanned!(at=> const _: () = #check(#facts);)
    });
    checks.collect()
}
