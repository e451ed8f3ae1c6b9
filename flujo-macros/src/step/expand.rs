//! A sound step as code.

use super::generics::{self, Forms};
use super::model::{Kind, Step};
use super::params::Param;
use super::tools;
use super::{ask, facts, lints};
use crate::names::{self, inner, private};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, GenericParam, Type};

pub(super) fn expand(step: &Step) -> TokenStream {
    let generics = forms(step);
    let (function, marker) = (function(step, &generics), marker(step, &generics));
    let parts = [
        facts::facts(step, &generics),
        facts::implementation(step, &generics),
        writes(step, &generics),
        attempt(step, &generics),
        tools::set(step, &generics),
    ];
    let parts = names::inside(parts);
    // Checks that fail when they are evaluated are separate items: rustc names the constant that it is in.
    let (checks, apart) = (tools::checks(step), apart(step));
    quote!(#function #marker #parts #checks #apart)
}

/// What is recorded has to be recordable: a type parameter in an input or an output need not repeat it.
fn forms(step: &Step) -> Forms {
    let pr = private();
    let inputs = step.input_types();
    Forms::of(&step.inner.sig.generics, |param| {
        let answer = matches!(step.kind, Kind::Model { .. }) && generics::mentions(&step.output, param);
        if answer {
            quote!(#pr::Reply +)
        } else if generics::mentions(&step.output, param)
            || inputs.iter().any(|ty| generics::mentions(ty, param))
        {
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
    // Whatever the caller hands over in place of a mistake, it was reported where it was made.
    let params = step
        .inputs()
        .map(|(name, ty)| ty.map_or_else(|| quote!(#name: impl #pr::Sized), |ty| quote!(#name: #ty)));
    // rustc points at these parentheses when the number of arguments is wrong.
    let mut params = Group::new(Delimiter::Parenthesis, quote!(#(#params),*));
    params.set_span(step.inner.sig.paren_token.span.join());
    let params = TokenTree::Group(params);
    let [fallback, redirect] =
        [&step.options.fallback, &step.options.redirect].map(|path| path.as_ref().filter(|_| !step.broken));
    let returned = match (fallback, redirect) {
        (None, None) => quote!(#pr::StepCall<#name #arguments>),
        (Some(path), None) => quote!(#pr::WithFallback<#name #arguments, #path>),
        (None, Some(to)) => quote!(#pr::WithRedirect<#name #arguments, #pr::NoFallback, #to>),
        (Some(path), Some(to)) => quote!(#pr::WithRedirect<#name #arguments, #pr::FallbackTo<#path>, #to>),
    };
    let body = if step.broken {
        quote!(#pr::recover())
    } else {
        // The type is spelled out: while it is inferred, rustc knows the output of no step.
        let mut call = quote!(#pr::StepCall::<#name #arguments>::new((#(#names,)*)));
        if reviewed(step).is_some() {
            call = quote!(<#name #arguments as #pr::Step>::reviewed(#call));
        }
        if let Some(path) = fallback {
            call = with(&call, path.span(), "with_own_fallback", &quote!());
        }
        if let Some(path) = redirect {
            call = with(&call, path.span(), "with_own_redirect", &quote!());
        }
        call
    };
    // The item begins and ends with the user's own word: rustc warns of an unused function only
    // where the item is the user's, as far as it can see.
    let fn_token = step.inner.sig.fn_token;
    let mut body = Group::new(Delimiter::Brace, body);
    body.set_span(fn_token.span);
    let allowed = lints::of_call(step);
    let predicates = lints::bounds(predicates.as_ref());
    let unused = step.broken.then(|| quote!(#[allow(unused_variables, reason = "a mistake was reported")]));
    quote! {
        #(#outer_attrs)*
        #unused
        #allowed
        #vis #fn_token #name <#bounded> #params -> #returned #predicates #body
    }
}

/// A call with one option more. rustc reports what does not fit under the whole call of the method: all of it
/// is located at the value.
fn with(call: &TokenStream, span: Span, method: &str, argument: &TokenStream) -> TokenStream {
    let (method, local) = (names::local(method, span), names::local("__call", span));
    let applied = quote_spanned!(span=> #local.#method(#argument));
    quote!({ let #local = #call; #applied })
}

/// The plugins and validators of the attribute, put on a call: they hold wherever the step is called, also where
/// it replaces another. `None` if there are none.
pub(super) fn reviewed(step: &Step) -> Option<TokenStream> {
    let options = &step.options;
    if step.broken || (options.plugin.is_none() && options.validate.is_none() && options.strict.is_none()) {
        return None;
    }
    let mut call = quote!(__reviewed);
    for plugin in options.plugin.iter().flat_map(each) {
        call = with(&call, plugin.span(), "plugin", &quote!(#plugin));
    }
    if let Some(validators) = &options.validate {
        call = with(&call, validators.span(), "validate", &tuple(validators));
    }
    if let Some(strict) = options.strict {
        call = with(&call, Span::call_site(), "strict", &quote!(#strict));
    }
    let pr = inner();
    Some(quote! {
        fn reviewed(__reviewed: #pr::StepCall<Self>) -> #pr::StepCall<Self> {
            #call
        }
    })
}

/// One plugin, or those of a tuple.
fn each(plugins: &Expr) -> Vec<&Expr> {
    match plugins {
        Expr::Tuple(t) => t.elems.iter().collect(),
        Expr::Paren(p) => each(&p.expr),
        Expr::Group(g) => each(&g.expr),
        other => vec![other],
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

/// The type of the same name, which carries the impls. Its name is ours alone in an editor: it is located at
/// the attribute, so that the function is what one finds under the name.
pub(super) fn marker(step: &Step, generics: &Forms) -> TokenStream {
    let vis = &step.vis;
    let mut name = step.name.clone();
    name.set_span(Span::call_site().resolved_at(name.span()));
    let Forms { defaulted, phantom, .. } = generics;
    let allowed = lints::of_marker(vis);
    quote! {
        #[doc(hidden)]
        #allowed
        #vis struct #name #defaulted { #phantom }
    }
}

/// Which parts of a context it may write.
fn writes(step: &Step, generics: &Forms) -> TokenStream {
    let pr = inner();
    let name = &step.name;
    let Forms { bounded, predicates, arguments, .. } = generics;
    let parts = step.writes();
    // No associated type: a step may be more public than its fallback.
    let known = facts::StandIns::of(step);
    let types = known.types();
    let names = facts::names_of_stand_ins(step);
    let stand_ins = (!types.is_empty()).then(|| {
        let item = quote! {
            #[automatically_derived]
            impl<#bounded __AnyContext> #pr::FallbackWrites<__AnyContext> for #name #arguments
            where
                #(#types: #pr::WritesIn<__AnyContext>,)*
                #predicates
            {
                const LIST: &'static [(&'static str, u64)] =
                    &[#((#names, <#types as #pr::WritesIn<__AnyContext>>::MASK)),*];
            }
        };
        known.around(item)
    });
    let bits = parts.iter().map(|ty| quote!(<__AnyContext as #pr::Contains<#ty>>::BIT));
    let bits = quote!(#pr::mask(&[#(#bits),*]));
    let tools: Vec<_> = known.tools.iter().flatten().map(crate::pipeline::Callee::ty).collect();
    if !tools.is_empty() {
        let written = known.around(quote! {
            #[automatically_derived]
            impl<#bounded __AnyContext> #pr::WritesIn<__AnyContext> for #name #arguments
            where
                #(__AnyContext: #pr::Contains<#parts>,)*
                #(#tools: #pr::WritesIn<__AnyContext>,)*
                #predicates
            {
                const OWN: u64 = #bits;
                const MASK: u64 = Self::OWN #(| <#tools as #pr::WritesIn<__AnyContext>>::MASK)*;
            }
        });
        return quote!(#written #stand_ins);
    }
    let predicates = lints::bounds(predicates.as_ref());
    if parts.is_empty() {
        return quote!(impl<#bounded __AnyContext> #pr::WritesIn<__AnyContext> for #name #arguments #predicates {} #stand_ins);
    }
    quote! {
        impl<#bounded __AnyContext: #(#pr::Contains<#parts> +)*> #pr::WritesIn<__AnyContext>
            for #name #arguments #predicates
        {
            const MASK: u64 = #bits;
        }
        #stand_ins
    }
}

/// The context and the resources that it needs. Concrete types, so that a missing one is named.
pub(super) fn needs(step: &Step) -> TokenStream {
    let pr = inner();
    let mut parts = step.writes();
    parts.extend(step.reads());
    let resources = step.resources();
    if parts.is_empty() && resources.is_empty() {
        return quote!(__AnyContext: #pr::Context, __AnyResources: #pr::Send + #pr::Sync,);
    }
    quote! {
        __AnyContext: #pr::Context #(+ #pr::Contains<#parts>)*,
        __AnyResources: #pr::Send + #pr::Sync #(+ #pr::Provides<#resources>)*,
    }
}

/// One call of the user's function, which is kept inside, unchanged.
fn attempt(step: &Step, generics: &Forms) -> TokenStream {
    let pr = inner();
    let Step { name, inner, .. } = step;
    let Forms { bounded, predicates, arguments, turbofish, .. } = generics;
    let needs = needs(step);
    let has_tools = tools::bound(step, generics);
    let parts = step.writes();
    let reads: Vec<_> =
        step.reads().into_iter().map(|ty| quote!(<__AnyContext as #pr::Contains<#ty>>::BIT)).collect();
    let reads = (!reads.is_empty()).then(|| quote!(const READS: u64 = #pr::mask(&[#(#reads),*]);));
    let locals: Vec<Ident> = (0..step.inputs().count()).map(|i| format_ident!("__a{i}")).collect();
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
        Kind::Code { costed } => {
            // The type is spelled out, so that one that does not fit is reported there.
            let error = step.error.as_ref().map_or_else(|| quote!(_), |ty| quote!(#ty));
            // Not an `async` block around it, which would hold the inputs once more.
            if costed {
                quote!(#pr::costed(#call, #pr::step_error::<#error>, __run))
            } else {
                quote!(#pr::called(#call, #pr::step_error::<#error>))
            }
        }
        Kind::Model { awaited } => ask::prompt(step, &call, awaited),
    };
    // Who names the step only as a fallback uses it too; but a dead step that is expected to be dead is dead.
    let expected = step
        .outer_attrs
        .iter()
        .any(|a| a.path().is_ident("expect") && names::source(a).contains("dead_code"));
    let used = (!expected).then(|| quote!(_ = #name #turbofish;));
    let offered = tools::offered(step);
    let (output, inputs) = (&step.output, step.input_types());
    let allowed = lints::of_body(step);
    let predicates = lints::with(predicates.as_ref(), has_tools.as_ref());
    let inputs = quote!((#(#inputs,)*));
    let body = quote! {
        #allowed
        #inner
        #used
        let (#(#locals,)*) = __input;
        #body
    };
    let call = if let Kind::Model { .. } = step.kind {
        let parse = ask::parse(step);
        quote! {
            fn prompt<'__a>(
                __input: #inputs,
                __drafts: &'__a mut (#(#parts,)*),
                __ctx: &'__a __AnyContext,
                __res: &'__a __AnyResources,
                __run: &'__a #pr::RunInfo,
            ) -> #pr::BoxFuture<'__a, #pr::Result<#pr::Vec<#pr::Message>, #pr::StepError>> {
                #body
            }
            #parse
        }
    } else {
        // A future that is not `Send` is reported at the returned type: at the step's name.
        let sendable = quote_spanned! {name.span()=>
            impl #pr::Future<Output = #pr::Result<#output, #pr::StepError>> + #pr::Send
        };
        quote! {
            fn attempt(
                __input: #inputs,
                __drafts: &mut (#(#parts,)*),
                __ctx: &__AnyContext,
                __res: &__AnyResources,
                __run: &#pr::RunInfo,
            ) -> #sendable {
                #body
            }
        }
    };
    quote! {
        impl<#bounded #needs> #pr::StepIn<__AnyContext, __AnyResources> for #name #arguments #predicates {
            type Drafts = (#(#parts,)*);
            #reads
            #offered
            #call
        }
    }
}

/// No part is asked for twice, once as itself and once inside of the whole.
fn apart(step: &Step) -> TokenStream {
    let pr = private();
    let text = names::text(&step.name);
    // Of a type parameter nothing is known here.
    let known = |ty: &&Type| {
        !step.inner.sig.generics.params.iter().any(|param| match param {
            GenericParam::Type(t) => generics::mentions(ty, &t.ident),
            GenericParam::Const(c) => generics::mentions(ty, &c.ident),
            GenericParam::Lifetime(_) => false,
        })
    };
    let parts: Vec<&Type> = step.writes().into_iter().filter(known).collect();
    let mut checks = TokenStream::new();
    for (i, one) in parts.iter().enumerate() {
        for other in parts.iter().skip(i + 1) {
            let (a, b) = (names::source(one), names::source(other));
            // All of the call is located at the second type, so that rustc reports a failure there.
            let check = names::local("__apart", other.span());
            let pair = |whole: &Type, part: &Type, a: &str, b: &str| {
                let within = quote!(#pr::Within::<#whole, #part>::IS);
                quote_spanned!(other.span()=> #check(#text, #a, #b, #within);)
            };
            checks.extend([pair(one, other, &a, &b), pair(other, one, &b, &a)].map(|call| {
                quote! {
                    const _: () = {
                        #[allow(unused_imports, reason = "it is used where the types are apart")]
                        use #pr::NotWithin as _;
                        let #check = #pr::assert_apart;
                        #call
                    };
                }
            }));
        }
    }
    checks
}
