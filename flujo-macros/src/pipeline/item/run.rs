//! How a pipeline runs: the types that go in and out, and the body.

use super::{inputs, lint_levels};
use crate::pipeline::lower::Lower;
use crate::pipeline::model::Pipeline;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Pat, Type, parse_quote};

/// `Step`, `Pipeline` and `RunIn`.
pub(super) fn run(pipeline: &Pipeline, body: Option<TokenStream>, ide: &TokenStream) -> TokenStream {
    let header = &pipeline.header;
    let (name, output) = (&header.ident, &header.output);
    let imports = pipeline.callees.imports_of_long_paths();
    let types: Vec<&Type> = header.inputs.iter().map(|input| &*input.ty).collect();
    let takes = types.iter().enumerate().map(|(i, ty)| {
        quote! {
            #[automatically_derived]
            impl ::flujo::__private::Takes<#i> for #name {
                type Value = #ty;
            }
        }
    });
    let unit: Type = parse_quote!(());
    let context = header.context.as_ref().map_or(&unit, |context| &context.ty);
    let resources = header.resources.as_ref().map_or(&unit, |resources| &resources.ty);
    let contains = header.context.as_ref().map(|_| quote!(+ ::flujo::__private::Contains<#context>));
    let provides = header.resources.as_ref().map(|_| quote!(+ ::flujo::__private::Provides<#resources>));
    let res = if header.resources.is_some() {
        quote!(<__R as ::flujo::__private::Provides<#resources>>::provide(__cx.resources()))
    } else {
        quote!(&())
    };
    let enter = if header.context.is_some() { quote!(pipeline) } else { quote!(pipeline_detached) };
    let body = body_fn(pipeline, body, ide);
    // Notes point at the head of an impl, and what is not `Send` is reported where the returned type
    // stands: at the user's tokens, then, not at the whole macro.
    let (at, fn_at) = (name.span(), header.fn_token.span);
    let impl_ = quote_spanned!(fn_at=> impl);
    let (future, result, send) = (
        quote!(::flujo::__private::Future),
        quote!(::flujo::__private::RunResult),
        quote!(::flujo::__private::Send),
    );
    let future = quote_spanned!(at=> impl #future<Output = #result<Self::Output>> + #send);
    let call = quote_spanned!(at=> __body(__input, __cx));
    quote! {
        // Cargo only knows the names of a crate's own `cfg`s
        #[allow(unexpected_cfgs, reason = "editors set `rust_analyzer`")]
        const _: () = {
            #imports
            #(#takes)*
            #[automatically_derived]
            #impl_ ::flujo::__private::Step for #name {
                type Input = (#(#types,)*);
                type Output = #output;
                const POLICY: ::flujo::__private::Policy = ::flujo::__private::Policy::PLAIN;
            }
            #[automatically_derived]
            #impl_ ::flujo::__private::Pipeline for #name {
                // a type that is no context is reported here, and nowhere else
                type Context = <#context as ::flujo::__private::AsContext>::Itself;
                type Resources = #resources;
                fn body(
                    __input: Self::Input,
                    __cx: &mut ::flujo::__private::Cx<'_, Self::Context, Self::Resources>,
                ) -> #future {
                    #body
                    #call
                }
            }
            #[automatically_derived]
            #impl_<
                __C: ::flujo::__private::Context #contains,
                __R: ::flujo::__private::Send + ::flujo::__private::Sync #provides,
            > ::flujo::__private::RunIn<__C, __R> for #name {
                fn exec<__F: ::flujo::__private::Fallback<__C, __R>>(
                    __cx: &mut ::flujo::__private::Cx<'_, __C, __R>,
                    __id: ::flujo::__private::NodeId,
                    __call: ::flujo::__private::StepCall<Self, __F>,
                ) -> impl ::flujo::__private::Future<Output = ::flujo::__private::RunResult<Self::Output>>
                + ::flujo::__private::Send {
                    let __res = #res;
                    __cx.#enter::<Self, __F>(__res, __id, __call)
                }
            }
        };
    }
}

/// The body, and its twin for editors. It is a function of its own, not generic over the caller: it is
/// checked once, and messages show the declared types.
fn body_fn(pipeline: &Pipeline, body: Option<TokenStream>, ide: &TokenStream) -> TokenStream {
    let header = &pipeline.header;
    let lints: Vec<_> = lint_levels(header).collect();
    let (types, pats): (Vec<&Type>, Vec<&Pat>) = header.inputs.iter().map(|input| (&*input.ty, &*input.pat)).unzip();
    let names = inputs(header);
    let cx = Lower::new(pipeline).cx(header.ident.span());
    let output = &header.output;
    let body = body.unwrap_or_else(|| quote!(let _ = (#(#names,)*); ::flujo::__private::recover()));
    let bound = if pipeline.body.is_some() { quote!((#(#pats,)*)) } else { quote!((#(#names,)*)) };
    let signature = quote! {
        async fn __body(
            __input: (#(#types,)*),
            #cx: &mut ::flujo::__private::Cx<
                '_,
                <Self_ as ::flujo::__private::Pipeline>::Context,
                <Self_ as ::flujo::__private::Pipeline>::Resources,
            >,
        ) -> ::flujo::__private::RunResult<#output>
    };
    let name = &header.ident;
    quote! {
        #[allow(non_camel_case_types, reason = "`Self` is not at hand in a function inside a method")]
        type Self_ = #name;
        #[cfg(not(rust_analyzer))]
        #(#lints)*
        #[allow(
            clippy::unused_async,
            clippy::used_underscore_binding,
            clippy::needless_return,
            clippy::let_and_return,
            clippy::question_mark,
            clippy::let_unit_value,
            clippy::too_many_lines,
            clippy::needless_pass_by_value,
            clippy::needless_pass_by_ref_mut,
            clippy::large_futures,
            clippy::match_single_binding,
            clippy::semicolon_if_nothing_returned,
            unused_braces,
            unused_parens,
            reason = "the pipeline's author did not write the code around the calls"
        )]
        #signature {
            let #bound = __input;
            #body
        }
        #[cfg(rust_analyzer)]
        #signature {
            let #bound = __input;
            #ide
        }
    }
}
