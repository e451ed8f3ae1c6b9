//! How a pipeline runs: the types that go in and out, and the body.

use super::{impl_, inputs, lint_levels};
use crate::names;
use crate::pipeline::lower::Lower;
use crate::pipeline::model::{Guard, Header, Pipeline};
use crate::tokens::{braced, parenthesized};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Pat, Type, parse_quote};

/// `Step`, `Pipeline` and `StepIn`.
pub(super) fn run(pipeline: &Pipeline, body: Option<TokenStream>) -> TokenStream {
    let pr = names::private();
    let imports = pipeline.callees.imports_of_code();
    let (step, pipeline_, run_in) = (step(pipeline), pipeline_impl(pipeline, body), run_in(pipeline));
    let items = quote!(#step #pipeline_ #run_in);
    let items = if pipeline.guards.is_empty() {
        quote!(#imports #items)
    } else {
        guarded(pipeline, &imports, &items)
    };
    quote! {
        // Cargo only knows the names of a crate's own `cfg`s
        #[allow(unexpected_cfgs, reason = "editors set `rust_analyzer`")]
        const _: () = {
            use #pr as __flujo;
            #items
        };
    }
}

/// The guards of calls in plain expressions, around the items whose code names them. An editor does not see them: it
/// would show them where the user asks for the function.
fn guarded(pipeline: &Pipeline, imports: &TokenStream, items: &TokenStream) -> TokenStream {
    let (types, names) = (pipeline.callees.types_of_values(), pipeline.callees.names_of_values());
    let guards = pipeline.guards.iter().map(|Guard { name, callee, after }| {
        let state = Ident::new(&format!("{name}_after"), Span::call_site());
        let before = after.as_ref().map_or_else(
            || quote!(__flujo::NoStepYet),
            |before| Ident::new(&format!("{before}_after"), Span::call_site()).into_token_stream(),
        );
        let callee = callee.bare();
        quote! {
            #[allow(non_camel_case_types, dead_code, reason = "it is named after a guard, and not every guard has a next one")]
            type #state = <#before as __flujo::Then<#callee>>::State;
            #[cfg(not(rust_analyzer))]
            #[allow(non_upper_case_globals, reason = "it is spelled like a local, because it is located in the user's call")]
            const #name: __flujo::Plain<#before, #callee> = __flujo::Plain::NEW;
        }
    });
    quote! {
        #types
        {
            #items
            #names
            #imports
            #(#guards)*
        }
    }
}

/// The impl of `Step`: the types of input and output.
fn step(pipeline: &Pipeline) -> TokenStream {
    let pr = names::private();
    let header = &pipeline.header;
    let (output, types): (_, Vec<&Type>) =
        (&header.output, header.inputs.iter().map(|input| &*input.ty).collect());
    let takes = types
        .iter()
        .enumerate()
        .map(|(i, ty)| impl_(header, &quote!(), &quote!(#pr::Takes<#i>), &quote!(type Value = #ty;)));
    let kind = match (&header.context, &header.resources) {
        (Some(_), Some(_)) => quote!(NestedPipeline),
        (Some(_), None) => quote!(NestedWithoutResources),
        (None, Some(_)) => quote!(DetachedPipeline),
        (None, None) => quote!(DetachedWithoutResources),
    };
    let step = impl_(
        header,
        &quote!(),
        &quote!(#pr::Step),
        &quote! {
            type Input = (#(#types,)*);
            type Output = #output;
            type Kind = __flujo::#kind;
            const POLICY: __flujo::Policy = __flujo::Policy::PLAIN;
        },
    );
    quote!(#(#takes)* #step)
}

/// The impl of `Pipeline`: context, resources and body.
fn pipeline_impl(pipeline: &Pipeline, body: Option<TokenStream>) -> TokenStream {
    let pr = names::private();
    let header = &pipeline.header;
    let unit: Type = parse_quote!(());
    let context = header.context.as_ref().map_or(&unit, |context| &context.ty);
    let resources = header.resources.as_ref().map_or(&unit, |resources| &resources.ty);
    let body = body_fn(pipeline, body);
    let at = header.ident.span();
    // A future that is not `Send` is reported here: at the pipeline's name.
    let future = Ident::new("__body", at);
    let boxed = quote_spanned!(at=> Self::boxed(#future));
    let at = context.span();
    let name = body_name(header);
    let call = quote_spanned!(at=> #name(__input, __cx));
    impl_(
        header,
        &quote!(),
        &quote!(#pr::Pipeline),
        &quote! {
            type Context = #context;
            type Resources = #resources;
            fn body<'__a>(
                __input: Self::Input,
                __cx: &'__a mut __flujo::Cx<'_, Self::Context, Self::Resources>,
            ) -> __flujo::BoxFuture<'__a, __flujo::RunResult<Self::Output>> {
                #body
                let #future = #call;
                #boxed
            }
        },
    )
}

/// Where it runs: in its own context, in one that has it as a part, and where its resources are.
fn run_in(pipeline: &Pipeline) -> TokenStream {
    let pr = names::private();
    let header = &pipeline.header;
    let contains = header.context.as_ref().map(|context| {
        let ty = &context.ty;
        quote!(+ __flujo::Contains<#ty>)
    });
    let provides = header.resources.as_ref().map(|resources| {
        let ty = &resources.ty;
        quote!(+ __flujo::Provides<#ty>)
    });
    let params = quote! {
        <
            __C: __flujo::Context #contains,
            __R: __flujo::Send + __flujo::Sync #provides,
        >
    };
    impl_(
        header,
        &params,
        &quote!(#pr::StepIn<__C, __R>),
        &quote!(
            type Drafts = ();
        ),
    )
}

/// The body has the pipeline's name: "future returned by `moderate` is not `Send`".
fn body_name(header: &Header) -> Ident {
    let mut name = header.ident.clone();
    name.set_span(header.context.as_ref().map_or(header.ident.span(), |context| context.ty.span()));
    name
}

/// The body that editors analyse instead of the real one. It depends on the head and on `ide` only.
pub(crate) fn twin(header: &Header, ide: &TokenStream) -> TokenStream {
    let pr = names::private();
    let (types, pats): (Vec<&Type>, Vec<&Pat>) =
        header.inputs.iter().map(|input| (&*input.ty, &*input.pat)).unzip();
    let output = &header.output;
    quote! {
        #[allow(unexpected_cfgs, reason = "editors set `rust_analyzer`")]
        const _: () = {
            #[cfg(rust_analyzer)]
            async fn __twin((#(#pats,)*): (#(#types,)*)) -> #pr::RunResult<#output> {
                #ide
            }
        };
    }
}

/// The body. It is a function of its own, not generic over the caller: it is checked once, and messages show
/// the declared types.
fn body_fn(pipeline: &Pipeline, body: Option<TokenStream>) -> TokenStream {
    let header = &pipeline.header;
    let lints: Vec<_> = lint_levels(header).collect();
    let (types, pats): (Vec<&Type>, Vec<&Pat>) =
        header.inputs.iter().map(|input| (&*input.ty, &*input.pat)).unzip();
    let names = inputs(header);
    let lower = Lower::new(pipeline);
    let cx = lower.cx(header.context.as_ref().map_or(header.ident.span(), |context| context.ty.span()));
    let input = lower.local("input", header.ident.span());
    let output = &header.output;
    let body = body.unwrap_or_else(|| quote!(let _ = (#(#names,)*); __flujo::recover()));
    let bound = if pipeline.body.is_some() { quote!((#(#pats,)*)) } else { quote!((#(#names,)*)) };
    let unit: Type = parse_quote!(());
    let resources = header.resources.as_ref().map_or(&unit, |resources| &resources.ty);
    let context_ty = header.context.as_ref().map_or(&unit, |context| &context.ty);
    // Of a type that is no context nothing follows, so calls are not reported too. The missing impl is
    // reported at the type.
    let at = context_ty.span();
    let cx_ty = quote!(__flujo::Cx);
    let context = quote!(__flujo::Context);
    let context = quote_spanned!(at=> <#context_ty as #context>::Itself);
    let driver = quote_spanned!(at=> &mut #cx_ty<'_, #context, #resources>);
    let params = parenthesized(quote!(#input: (#(#types,)*), #cx: #driver), at);
    let result = quote!(__flujo::RunResult<#output>);
    let name = body_name(header);
    let signature = quote_spanned!(at=> async fn #name #params -> #result);
    let real = braced(quote!(let #bound = #input; #body), at);
    let unseen = braced(quote!(__flujo::recover()), at);
    let guarded = (!pipeline.guards.is_empty()).then(|| quote!(unreachable_code,));
    quote! {
        #[cfg(not(rust_analyzer))]
        #(#lints)*
        #[allow(
            #guarded
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
            non_snake_case,
            unused_braces,
            unused_parens,
            reason = "the pipeline's author did not write the code around the calls"
        )]
        #signature #real
        #[cfg(rust_analyzer)]
        #signature #unseen
    }
}
