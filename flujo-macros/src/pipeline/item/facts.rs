//! The facts of a pipeline that are known at compile time.

use super::impl_;
use crate::names;
use crate::pipeline::model::{Header, Pipeline};
use crate::pipeline::{around, bounds, graph, writes};
use proc_macro2::TokenStream;
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
    let checks = [writes::checks(pipeline), bounds::checks(pipeline)];

    let inputs = header.inputs.iter().map(|input| {
        let (name, ty) = (names::source(&input.pat), names::source(&input.ty));
        quote!((#name, #ty))
    });
    let (inputs, output, line, impure) =
        (quote!(&[#(#inputs),*]), names::source(output), names::line(ident.span()), graph::impure(pipeline));
    let text = |ty: Option<&syn::Type>| ty.map(names::source);
    let context_ty = text(context.as_ref().map(|context| &context.ty));
    let resources_ty = text(resources.as_ref().map(|resources| &resources.ty));
    let written = context_ty.iter().filter(|_| context.as_ref().is_some_and(|context| context.write));
    let read = context_ty.iter().filter(|_| context.as_ref().is_some_and(|context| !context.write));
    let (reads, writes, uses) = (quote!(&[#(#read),*]), quote!(&[#(#written),*]), resources_ty.iter());
    let (context_text, resources_text) =
        (context_ty.as_deref().unwrap_or("()"), resources_ty.as_deref().unwrap_or("()"));
    let writes_in = match context.as_ref().map(|context| &context.ty) {
        Some(ty) => impl_(
            header,
            &quote!(<__C: __flujo::Contains<#ty>>),
            &quote!(#pr::WritesIn<__C>),
            &quote! {
                const MASK: u64 =
                    __flujo::project(<__C as __flujo::Contains<#ty>>::BIT, __WRITES);
            },
        ),
        None => impl_(
            header,
            &quote!(<__C>),
            &quote!(#pr::WritesIn<__C>),
            &quote!(
                const MASK: u64 = __WRITES;
            ),
        ),
    };
    let step_info = impl_(
        header,
        &quote!(),
        &quote!(#pr::StepInfo),
        &quote! {
            const FACTS: __flujo::Facts = __flujo::Facts {
                name: #durable_name,
                kind: __flujo::NodeKind::Pipeline,
                inputs: #inputs,
                output: #output,
                reads: #reads,
                writes: #writes,
                resources: &[#(#uses),*],
                doc: #doc,
                file: #file,
                line: #line,
                bounds: __BOUNDS,
                answer: __flujo::None,
                graph: __flujo::Some(__GRAPH),
                ..__flujo::Facts::NONE
            };
        },
    );
    around(&quote! {
            #stand_ins
            {
                #imports
                use __flujo::{NoFit as _, NoReply as _};
                #[allow(clippy::default_numeric_fallback, reason = "a bound is written as in code, where it has a type")]
                const __BOUNDS: __flujo::Bounds = #bounds;
                const __NODES: &[__flujo::Node] = &[#nodes];
                const __EDGES: &[__flujo::Edge] = &__flujo::Edge::list([#edges]);
                const __WRITES: u64 = #own;
                const __GRAPH: &__flujo::Graph = &__flujo::Graph {
                    name: #durable_name,
                    doc: #doc,
                    inputs: #inputs,
                    output: #output,
                    context: #context_text, resources: #resources_text,
                    nodes: __NODES,
                    edges: __EDGES, impure: &[#impure],
                    file: #file,
                    line: #line,
                };
                #[allow(dead_code, unreachable_pub, reason = "not every pipeline is asked for its constants")]
                impl #ident {
                    /// The worst case of one run.
                    #vis const BOUNDS: __flujo::Bounds = __BOUNDS;
                    /// The pipeline as data.
                    #vis const GRAPH: &'static __flujo::Graph = __GRAPH;
                    /// Of ids, kinds, types, versions and edges: what has to stay the same for a recorded run.
                    #vis const FINGERPRINT: u128 = __flujo::fingerprint(__GRAPH);
                }
                #step_info
                #writes_in
                #(#checks)*
            }
    })
}
