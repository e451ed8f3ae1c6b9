//! A sound step as code.

use super::generics::{self, Forms};
use super::model::{Kind, Step};
use super::params::Param;
use crate::names::{self, private};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::Expr;

pub(super) fn expand(step: &Step) -> TokenStream {
    let generics = forms(step);
    let parts = [
        function(step, &generics),
        marker(step, &generics),
        facts(step, &generics),
        implementation(step, &generics),
        writes(step, &generics),
        attempt(step, &generics),
        run_in(step, &generics),
    ];
    parts.into_iter().collect()
}

/// What is recorded has to be recordable: a type parameter in an input or an output need not repeat it.
fn forms(step: &Step) -> Forms {
    let pr = private();
    let inputs = step.input_types();
    Forms::of(&step.inner.sig.generics, |param| {
        let answer = matches!(step.kind, Kind::Model { .. }) && generics::mentions(&step.output, param);
        if answer {
            quote!(#pr::Reply +)
        } else if generics::mentions(&step.output, param) || inputs.iter().any(|ty| generics::mentions(ty, param)) {
            quote!(#pr::Durable +)
        } else {
            quote!()
        }
    })
}

/// The function that people call. It comes first, keeps the user's spans, and takes the inputs only.
pub(super) fn function(step: &Step, generics: &Forms) -> TokenStream {
    let pr = private();
    let Step { name, vis, outer_attrs, .. } = step;
    let Forms { bounded, predicates, arguments, .. } = generics;
    let names: Vec<&Ident> = step.inputs().map(|(name, _)| name).collect();
    let params = step.inputs().map(|(name, ty)| match ty {
        Some(ty) => quote!(#name: #ty),
        // Whatever the caller hands over, the mistake was reported where it was made.
        None => quote!(#name: impl #pr::Sized),
    });
    // rustc points at these parentheses when the number of arguments is wrong.
    let mut params = Group::new(Delimiter::Parenthesis, quote!(#(#params),*));
    params.set_span(step.inner.sig.paren_token.span.join());
    let params = TokenTree::Group(params);
    let fallback = step.options.fallback.as_ref().filter(|_| !step.broken);
    let returned = match fallback {
        Some(path) => quote!(#pr::WithFallback<#name #arguments, #path>),
        None => quote!(#pr::StepCall<#name #arguments>),
    };
    let body = if step.broken {
        quote!(#pr::recover())
    } else {
        // The type is spelled out: while it is inferred, rustc knows the output of no step.
        let mut call = quote!(#pr::StepCall::<#name #arguments>::new((#(#names,)*)));
        // rustc reports what does not fit under the whole call of the method: all of it stands at the value.
        let mut option = |span: Span, method: &str, argument: TokenStream| {
            let (method, local) = (names::local(method, span), names::local("__call", span));
            let applied = quote_spanned!(span=> #local.#method(#argument));
            call = quote!({ let #local = #call; #applied });
        };
        if let Some(path) = fallback {
            option(path.span(), "__fallback", quote!());
        }
        if let Some(validators) = &step.options.validate {
            option(validators.span(), "validate", tuple(validators));
        }
        if let Some(strict) = step.options.strict {
            option(Span::call_site(), "strict", quote!(#strict));
        }
        call
    };
    let unused = step.broken.then(|| quote!(#[allow(unused_variables, reason = "a mistake was reported")]));
    quote! {
        #(#outer_attrs)*
        #unused
        #[allow(
            clippy::too_many_arguments,
            clippy::used_underscore_binding,
            reason = "the inputs are those of the step"
        )]
        #vis fn #name <#bounded> #params -> #returned where #predicates {
            #body
        }
    }
}

/// One validator or a tuple: always a tuple, since a blanket impl for one would overlap.
fn tuple(validators: &Expr) -> TokenStream {
    match validators {
        Expr::Tuple(t) if !t.elems.is_empty() => quote!(#t),
        Expr::Paren(p) => tuple(&p.expr),
        Expr::Group(g) => tuple(&g.expr),
        other => quote_spanned!(other.span()=> (#other,)),
    }
}

/// The type of the same name, which carries the impls. Its name is ours alone in an editor: it stands at
/// the attribute, so that the function is what one finds under the name.
pub(super) fn marker(step: &Step, generics: &Forms) -> TokenStream {
    let vis = &step.vis;
    let mut name = step.name.clone();
    name.set_span(Span::call_site().resolved_at(name.span()));
    let Forms { defaulted, phantom, .. } = generics;
    quote! {
        #[doc(hidden)]
        #[allow(
            non_camel_case_types,
            dead_code,
            unreachable_pub,
            missing_debug_implementations,
            missing_copy_implementations,
            reason = "the type behind the name of a step; nobody makes one"
        )]
        #vis struct #name #defaulted { #phantom }
    }
}

/// What is known without a context, and without the bounds of type parameters.
pub(super) fn facts(step: &Step, generics: &Forms) -> TokenStream {
    let pr = private();
    let Step { name, options, doc, .. } = step;
    let Forms { bare, arguments, .. } = generics;
    let text = names::text(name);
    let line = names::line(name.span());
    let version = options.version.unwrap_or(1);
    let (kind, bounds) = match step.kind {
        Kind::Code => (quote!(Step), quote!(STEP)),
        Kind::Model { .. } => (quote!(Model), quote!(MODEL)),
    };
    let inputs = step.inputs().map(|(name, ty)| {
        let (name, ty) = (names::text(name), ty.map(names::source).unwrap_or_default());
        quote!((#name, #ty))
    });
    let output = names::source(&step.output);
    let [reads, writes, resources] = [step.reads(), step.writes(), step.resources()].map(|types| {
        let types = types.into_iter().map(names::source);
        quote!(&[#(#types),*])
    });
    let shown = options.shown.iter().map(|(word, value)| quote!((#word, #value)));
    let retries = retries(step);
    quote! {
        #[automatically_derived]
        impl #bare #pr::StepInfo for #name #arguments {
            const FACTS: #pr::Facts = #pr::Facts {
                name: #text,
                kind: #pr::NodeKind::#kind,
                version: #version,
                inputs: &[#(#inputs),*],
                output: #output,
                reads: #reads,
                writes: #writes,
                resources: #resources,
                options: &[#(#shown),*],
                doc: #doc,
                file: #pr::file!(),
                line: #line,
                bounds: #pr::Bounds::#bounds,
                // Typed here and nowhere else, so that a constant of another type is one error.
                retries: { const __RETRIES: u32 = #retries; __RETRIES as u64 },
                graph: #pr::None,
            };
        }
    }
}

/// Model steps try again by themselves: an answer that does not fit is ordinary.
fn retries(step: &Step) -> TokenStream {
    match (&step.options.retries, step.kind) {
        (Some(n), _) => quote!(#n),
        (None, Kind::Code) => quote!(0),
        (None, Kind::Model { .. }) => quote!(2),
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    let pr = private();
    value.map_or_else(|| quote!(#pr::None), |v| quote!(#pr::Some(#v)))
}

/// `Step` and what says which values go in and out. Each type stands in one associated type of its own:
/// that is where rustc says that it cannot be recorded, once.
pub(super) fn implementation(step: &Step, generics: &Forms) -> TokenStream {
    let pr = private();
    let Step { name, options, output, .. } = step;
    let Forms { bounded, predicates, arguments, .. } = generics;
    let inputs: Vec<TokenStream> = if step.broken { Vec::new() } else { step.input_types().into_iter().map(|t| quote!(#t)).collect() };
    let takes = inputs.iter().enumerate().map(|(i, ty)| {
        quote! {
            #[automatically_derived]
            impl<#bounded> #pr::Takes<#i> for #name #arguments where #predicates {
                type Value = #ty;
            }
        }
    });
    let timeout = option(options.timeout.map(|nanos| quote!(#pr::Duration::from_nanos(#nanos))));
    let backoff = option(options.backoff.map(crate::options::Backoff::tokens));
    let model = option(matches!(step.kind, Kind::Model { .. }).then(|| model(step)));
    let model_leaf = matches!(step.kind, Kind::Model { .. }).then(|| {
        quote! {
            #[automatically_derived]
            impl<#bounded> #pr::ModelLeaf for #name #arguments where #predicates {}
        }
    });
    quote! {
        #(#takes)*
        #[automatically_derived]
        impl<#bounded> #pr::Step for #name #arguments where #predicates {
            type Input = (#(#inputs,)*);
            type Output = #output;
            const POLICY: #pr::Policy = #pr::Policy {
                retries: <Self as #pr::StepInfo>::FACTS.retries as u32,
                timeout: #timeout,
                backoff: #backoff,
                model: #model,
            };
        }
        #[automatically_derived]
        impl<#bounded> #pr::Leaf for #name #arguments where #predicates {}
        #model_leaf
    }
}

fn model(step: &Step) -> TokenStream {
    let pr = private();
    let o = &step.options;
    // A name that is a mistake was reported; the step is a model step all the same.
    let name = o.model.as_ref().map_or_else(String::new, syn::LitStr::value);
    let temperature = option(o.temperature.map(|n| quote!(#n)));
    let max_tokens = option(o.max_tokens.as_ref().map(|n| quote!(#n)));
    let top_p = option(o.top_p.map(|n| quote!(#n)));
    quote!(#pr::ModelPolicy { model: #name, temperature: #temperature, max_tokens: #max_tokens, top_p: #top_p })
}

/// Which parts of a context it may write.
fn writes(step: &Step, generics: &Forms) -> TokenStream {
    let pr = private();
    let name = &step.name;
    let Forms { bounded, predicates, arguments, .. } = generics;
    let parts = step.writes();
    let bits = parts.iter().map(|ty| quote!(<__AnyContext as #pr::Contains<#ty>>::BIT));
    let text = names::text(name);
    quote! {
        #[automatically_derived]
        impl<#bounded __AnyContext: #(#pr::Contains<#parts> +)*> #pr::WritesIn<__AnyContext> for #name #arguments where #predicates {
            const MASK: u64 = #pr::mask(#text, &[#(#bits),*]);
        }
    }
}

/// The context and the resources that it needs. Concrete types, so that a missing one is named.
fn needs(step: &Step) -> TokenStream {
    let pr = private();
    let mut parts = step.writes();
    parts.extend(step.reads());
    let resources = step.resources();
    quote! {
        __AnyContext: #pr::Context #(+ #pr::Contains<#parts>)*,
        __AnyResources: #pr::Send + #pr::Sync #(+ #pr::Provides<#resources>)*,
    }
}

/// One call of the user's function, which stands inside, untouched.
fn attempt(step: &Step, generics: &Forms) -> TokenStream {
    let pr = private();
    let Step { name, inner, .. } = step;
    let Forms { bounded, predicates, arguments, turbofish, .. } = generics;
    let needs = needs(step);
    let parts = step.writes();
    let locals: Vec<Ident> = (0..step.inputs().count()).map(|i| format_ident!("__a{i}")).collect();
    let drafts = parts.iter().map(|ty| quote!(#pr::Clone::clone(<__AnyContext as #pr::Contains<#ty>>::part(__ctx))));
    let commits = parts.iter().enumerate().map(|(i, ty)| {
        let i = syn::Index::from(i);
        quote!(*<__AnyContext as #pr::Contains<#ty>>::part_mut(__ctx) = __drafts.#i;)
    });
    let (mut input, mut write) = (locals.iter(), 0_usize..);
    let args = step.params.iter().filter_map(|param| match param {
        Param::Input { .. } => input.next().map(|a| quote!(#a)),
        Param::Write(_) => write.next().map(syn::Index::from).map(|i| quote!(&mut __drafts.#i)),
        Param::Read(ty) => Some(quote!(<__AnyContext as #pr::Contains<#ty>>::part(__ctx))),
        Param::Resource(ty) => Some(quote!(<__AnyResources as #pr::Provides<#ty>>::provide(__res))),
        Param::Run => Some(quote!(__run)),
        Param::Broken { .. } | Param::Lost => None,
    });
    let call = quote!(#name #turbofish (#(#args),*));
    let body = match step.kind {
        Kind::Code => {
            // The type is spelled out, so that one that does not fit is reported there.
            let error = step.error.as_ref().map_or_else(|| quote!(_), |ty| quote!(#ty));
            quote!(#pr::step_result::<_, #error>(#call.await))
        }
        Kind::Model { awaited } => {
            let awaited = awaited.then(|| quote!(.await));
            let output = &step.output;
            let answer = names::local("__answer", output.span());
            // rustc reports a missing schema under the whole call: all of it stands at the type.
            let known = quote_spanned!(output.span()=> #answer.known());
            quote! {
                #[allow(unused_imports, reason = "it is used where the answer is a mistake")]
                use #pr::NoAnswer as _;
                let #answer = #pr::Answer::<#output>::NEW;
                #known;
                #answer.ask(#pr::prompt_result(#call #awaited), __run).await
            }
        }
    };
    // What is not `Send` is reported where the returned type stands: at the step's name.
    let sendable = quote_spanned! {name.span()=>
        impl #pr::Future<Output = #pr::Result<Self::Output, #pr::StepError>> + #pr::Send
    };
    let unused = |used: bool| (!used).then(|| quote!(let _ = __drafts;));
    let ignored = unused(!parts.is_empty());
    quote! {
        #[automatically_derived]
        impl<#bounded #needs> #pr::Attempt<__AnyContext, __AnyResources> for #name #arguments where #predicates {
            type Drafts = (#(#parts,)*);
            fn drafts(__ctx: &__AnyContext) -> Self::Drafts {
                (#(#drafts,)*)
            }
            fn commit(__ctx: &mut __AnyContext, __drafts: Self::Drafts) {
                #ignored
                #(#commits)*
            }
            fn attempt(
                __input: Self::Input,
                __drafts: &mut Self::Drafts,
                __ctx: &__AnyContext,
                __res: &__AnyResources,
                __run: &#pr::RunInfo,
            ) -> #sendable {
                #[allow(
                    clippy::unused_async,
                    clippy::needless_pass_by_value,
                    clippy::needless_pass_by_ref_mut,
                    clippy::trivially_copy_pass_by_ref,
                    clippy::ptr_arg,
                    clippy::too_many_arguments,
                    reason = "the shape of a step decides how it takes its parameters"
                )]
                #inner
                async move {
                    let (#(#locals,)*) = __input;
                    #body
                }
            }
        }
    }
}

/// What pipelines run.
fn run_in(step: &Step, generics: &Forms) -> TokenStream {
    let pr = private();
    let name = &step.name;
    let Forms { bounded, predicates, arguments, .. } = generics;
    let needs = needs(step);
    quote! {
        #[automatically_derived]
        impl<#bounded #needs> #pr::RunIn<__AnyContext, __AnyResources> for #name #arguments where #predicates {
            fn exec<__F: #pr::Fallback<__AnyContext, __AnyResources>>(
                __cx: &mut #pr::Cx<'_, __AnyContext, __AnyResources>,
                __id: #pr::NodeId,
                __call: #pr::StepCall<Self, __F>,
            ) -> impl #pr::Future<Output = #pr::RunResult<Self::Output>> + #pr::Send {
                __cx.leaf::<Self, __F>(__id, __call)
            }
        }
    }
}
