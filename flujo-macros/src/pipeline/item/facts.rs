//! The facts of a pipeline that are known at compile time.

use super::impl_;
use crate::names;
use crate::pipeline::model::{Header, Pipeline, What};
use crate::pipeline::{Callee, around, bounds, callee, graph, tools, writes};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// `StepInfo`, `WritesIn`, the public constants, and the checks on what parallel arms write.
pub(super) fn facts(pipeline: &Pipeline) -> TokenStream {
    let pr = names::private();
    let header = &pipeline.header;
    let Header { vis, ident, doc, durable_name, context, resources, output, .. } = header;
    let file = names::file(pipeline.header.ident.span());
    let (stand_ins, imports) = (pipeline.callees.stand_ins(), pipeline.callees.imports());
    let (bounds, nodes, edges) = (bounds::of(pipeline), graph::nodes(pipeline), graph::edges(pipeline));
    let own = writes::own(pipeline);
    let checks = [writes::checks(pipeline), bounds::checks(pipeline), tools::checks_of_rounds(pipeline)];

    let inputs = header.inputs.iter().map(|input| {
        let (name, ty) = (names::source(&input.pat), names::source(&input.ty));
        quote!((#name, #ty))
    });
    let schemas = schemas(header);
    let (output, line, impure) = (names::source(output), names::line(ident.span()), graph::impure(pipeline));
    let text = |ty: Option<&syn::Type>| ty.map(names::source);
    let context_ty = text(context.as_ref().map(|context| &context.ty));
    let resources_ty = text(resources.as_ref().map(|resources| &resources.ty));
    let written = context_ty.iter().filter(|_| context.as_ref().is_some_and(|context| context.write));
    let read = context_ty.iter().filter(|_| context.as_ref().is_some_and(|context| !context.write));
    let lists = [
        ("reads", read.collect()),
        ("writes", written.collect()),
        ("resources", resources_ty.iter().collect()),
    ];
    let lists =
        lists.into_iter().filter(|(_, types): &(_, Vec<_>)| !types.is_empty()).map(|(name, types)| {
            let name = Ident::new(name, Span::call_site());
            quote!(#name: &[#(#types),*],)
        });
    let lists: TokenStream = lists.collect();
    let facts = quote!(__flujo::Facts::pipeline::<Self>());
    let facts = if lists.is_empty() { facts } else { quote!(__flujo::Facts { #lists ..#facts }) };
    let ends = ends(pipeline);
    let (context_text, resources_text) =
        (context_ty.as_deref().unwrap_or("()"), resources_ty.as_deref().unwrap_or("()"));
    let writes_in = match context.as_ref().map(|context| &context.ty) {
        Some(ty) => impl_(
            header,
            &quote!(<__C: __flujo::Contains<#ty>>),
            &quote!(#pr::WritesIn<__C>),
            &quote! {
                const MASK: u64 = __flujo::project(<__C as __flujo::Contains<#ty>>::BIT, #own);
            },
        ),
        None => impl_(header, &quote!(<__C>), &quote!(#pr::WritesIn<__C>), &quote!()),
    };
    let step_info = impl_(
        header,
        &quote!(),
        &quote!(#pr::StepInfo),
        &quote! {
            const FACTS: __flujo::Facts = #facts;
            #ends
        },
    );
    let data = impl_(
        header,
        &quote!(<__X>),
        &quote!(#pr::PipelineData<__X>),
        &quote! {
            const GRAPH: &'static __flujo::Graph = &__flujo::Graph {
                name: #durable_name,
                doc: #doc,
                inputs: &[#(#inputs),*],
                output: #output,
                context: #context_text, resources: #resources_text,
                schemas: #schemas,
                nodes: #nodes,
                edges: &__flujo::Edge::list([#edges]),
                impure: &[#impure],
                file: #file,
                line: #line,
            };
            #[allow(clippy::default_numeric_fallback, reason = "a bound is written as in code, where it has a type")]
            const BOUNDS: __flujo::Bounds = {
                let __nodes = __flujo::graph::<Self>().nodes;
                #bounds
            };
        },
    );
    // Evaluated at once.
    let ends = ends.map(|_| quote!(const _: () = <#ident as __flujo::StepInfo>::ENDS;));
    let of_tools = tools::checks(pipeline);
    let facts = around(&quote! {
            #stand_ins
            {
                #imports
                use __flujo::{NoAnswer as _, NoDefault as _, NoFit as _, NoReply as _};
                #[allow(dead_code, unreachable_pub, reason = "not every pipeline is asked for its constants")]
                impl #ident {
                    /// The worst case of one run.
                    #vis const BOUNDS: __flujo::Bounds = __flujo::bounds::<Self>();
                    /// The pipeline as data.
                    #vis const GRAPH: &'static __flujo::Graph = __flujo::graph::<Self>();
                    /// Of ids, kinds, types, versions and edges: what has to stay the same for a recorded run.
                    #vis const FINGERPRINT: u128 = __flujo::fingerprint(__flujo::graph::<Self>());
                }
                #data
                #step_info
                #ends
                #writes_in
                #(#checks)*
            }
    });
    quote!(#facts #of_tools)
}

/// The schemas of what goes in and out, for those types that have some.
fn schemas(header: &Header) -> TokenStream {
    let of = |ty: &syn::Type| quote!(__flujo::Answer::<#ty>::VALUE);
    let (inputs, output) = (header.inputs.iter().map(|input| of(&input.ty)), of(&header.output));
    let values = quote!(__flujo::ValueSchemas::new(&[#(#inputs),*], #output));
    match header.context.as_ref().map(|context| &context.ty) {
        Some(ty) => {
            let context = of(ty);
            quote!(#values.context(#context, __flujo::Fresh::<#ty>::DEFAULT))
        }
        None => values,
    }
}

/// The constant `ENDS`, which names each callee once.
fn ends(pipeline: &Pipeline) -> Option<TokenStream> {
    let mut known: Vec<&Callee> = Vec::new();
    for node in &pipeline.nodes {
        let What::Call { callee, stand_ins, tools, .. } = &node.what else { continue };
        let tools = tools.list.iter().filter_map(|(_, callee)| callee.as_ref());
        for callee in [callee].into_iter().chain(&stand_ins.fallback).chain(&stand_ins.redirect).chain(tools)
        {
            if !known.iter().any(|other| other.is(callee)) {
                known.push(callee);
            }
        }
    }
    callee::ends(known.into_iter().map(Callee::ty))
}
