//! The parts of the context that nodes may write, as constants, and the checks on them.

use super::callee::Callee;
use super::model::{Node, Pipeline, What};
use crate::names;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

/// All that the pipeline may write, as a constant expression.
pub(crate) fn own(pipeline: &Pipeline) -> TokenStream {
    let Some(context) = &pipeline.header.context else { return quote!(0) };
    let mut known: Vec<Writer<'_>> = Vec::new();
    for (_, writer) in pipeline.nodes.iter().flat_map(writers) {
        if !known.iter().any(|other| other.is(&writer)) {
            known.push(writer);
        }
    }
    let masks = known.iter().map(|writer| writer.mask(&context.ty));
    // as statements: an expression of hundreds of operators would be as deep as it is long
    quote!({ let __w: u64 = 0; #(let __w = __w | #masks;)* __w })
}

/// What must hold of the writes: arms of a join or route do not meet, a
/// `map` does not meet itself, and what is only read is not written.
pub(crate) fn checks(pipeline: &Pipeline) -> TokenStream {
    let Some(context) = &pipeline.header.context else { return TokenStream::new() };
    let ty = &context.ty;
    let listed = |nodes: &[Node]| {
        let each = nodes.iter().flat_map(writers);
        let each = each.map(|(name, writer)| writer.listed(&name, ty));
        quote!(&[#(#each),*])
    };
    let joins = pipeline.nodes.iter().filter_map(|node| {
        let (What::Join { arms } | What::Route { arms }) = &node.what else { return None };
        let arms = arms.iter().map(|arm| listed(pipeline.nodes.get(arm.clone()).unwrap_or_default()));
        let at = node.at;
        let check = quote_spanned!(at=> __flujo::assert_disjoint::<#ty>);
        Some(quote_spanned!(at=> const _: () = #check(&[#(#arms),*]);))
    });
    let maps = pipeline.nodes.iter().filter_map(|node| {
        let What::Map { body, word } = &node.what else { return None };
        let (at, nodes) = (*word, listed(pipeline.nodes.get(body.clone()).unwrap_or_default()));
        let check = quote_spanned!(at=> __flujo::assert_mergeable::<#ty>);
        Some(quote_spanned!(at=> const _: () = #check(#nodes);))
    });
    let reads = pipeline.nodes.iter().filter(|_| !context.write).flat_map(|node| {
        writers(node).into_iter().map(|(name, writer)| {
            let (at, listed) = (node.at, writer.listed(&name, ty));
            let check = quote_spanned!(at=> __flujo::assert_reads);
            quote_spanned!(at=> const _: () = #check(#listed);)
        })
    });
    quote!(#(#joins)* #(#maps)* #(#reads)*)
}

/// Something that writes the context.
enum Writer<'a> {
    /// A step or pipeline, and the fallback and redirect of its attribute: one named at the call
    /// takes its place, but to count both is only careful.
    Callee(&'a Callee),
    /// Findings that are kept.
    Findings,
}

impl Writer<'_> {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Callee(one), Self::Callee(other)) => one.is(other),
            (Self::Findings, Self::Findings) => true,
            _ => false,
        }
    }

    /// Its own mask, and the list of those of its fallback and redirect.
    fn masks(&self, context: &Type) -> (TokenStream, TokenStream) {
        let ty = match self {
            Self::Callee(callee) => callee.ty(),
            Self::Findings => quote!(__flujo::KeepsFindings),
        };
        let probe = quote!(__flujo::Probe::<#context, #ty>);
        (quote!(#probe::MASK), quote!(#probe::FALLBACKS))
    }

    /// All that it may write.
    fn mask(&self, context: &Type) -> TokenStream {
        let (own, stand_ins) = self.masks(context);
        quote!(__flujo::all_of(#own, #stand_ins))
    }

    /// With its name, and those of its fallback and redirect, for messages.
    fn listed(&self, name: &str, context: &Type) -> TokenStream {
        let (own, stand_ins) = self.masks(context);
        quote!((#name, #own, #stand_ins))
    }
}

/// The writers at a node: the callee, its fallback and redirect under names of their own, and the record that keeps
/// findings.
fn writers(node: &Node) -> Vec<(String, Writer<'_>)> {
    let id = |word: &str| {
        let name = node.options.iter().find(|(other, _)| other == word).map_or("", |(_, name)| name);
        format!("{}!{}", node.id, name.rsplit("::").next().unwrap_or(name))
    };
    let mut all = Vec::new();
    let mut add = |id: String, callee| all.push((id, Writer::Callee(callee)));
    let keeps = match &node.what {
        What::Call { callee: called, stand_ins, tools, keeps, .. } => {
            add(node.id.clone(), called);
            if let Some(fallback) = &stand_ins.fallback {
                add(id("fallback"), fallback);
            }
            if let Some(redirect) = &stand_ins.redirect {
                add(id("redirect"), redirect);
            }
            for (tool, step) in &tools.list {
                let Some(step) = step else { continue };
                let name = tool.path.segments.last().map(|last| names::text(&last.ident));
                add(format!("{}~{}", node.id, name.unwrap_or_default()), step);
            }
            *keeps
        }
        What::Gate { keeps } => *keeps,
        _ => false,
    };
    if keeps {
        all.push((node.id.clone(), Writer::Findings));
    }
    all
}
