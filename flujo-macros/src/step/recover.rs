//! The replacement of a step whose signature is a mistake: the same name and inputs, and it runs with any
//! context and resources. Nothing but the mistake itself is reported.

use super::expand as whole;
use super::facts;
use super::generics::{self, Forms};
use super::model::Step;
use crate::names::{self, inner};
use crate::types;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{FnArg, GenericParam, Safety, Type, parse_quote};

pub(super) fn expand(step: &Step) -> TokenStream {
    let pr = inner();
    let name = &step.name;
    let mut sound = step.inner.sig.generics.clone();
    // Bounds may mention what was a mistake; a replacement has no bounds.
    sound.where_clause = None;
    for param in &mut sound.params {
        match param {
            GenericParam::Type(t) => t.bounds.clear(),
            GenericParam::Const(c) if !generics::is_known(c) => c.ty = parse_quote!(usize),
            GenericParam::Const(_) | GenericParam::Lifetime(_) => {}
        }
    }
    let forms = Forms::of(&sound, |_| quote!());
    let Forms { bounded, arguments, .. } = &forms;
    let (function, marker) = (whole::function(step, &forms), whole::marker(step, &forms));
    let (facts, implementation) = (facts::facts(step, &forms), facts::implementation(step, &forms));
    let kept = kept(step);
    let impls = names::inside([quote! {
        #facts
        #implementation
        #[automatically_derived]
        impl<#bounded __AnyContext> #pr::WritesIn<__AnyContext> for #name #arguments {
            const MASK: u64 = 0;
        }
        #[automatically_derived]
        impl<#bounded __AnyContext, __AnyResources> #pr::StepIn<__AnyContext, __AnyResources>
            for #name #arguments
        where
            __AnyContext: #pr::Send + #pr::Sync,
            __AnyResources: #pr::Send + #pr::Sync,
        {
            type Drafts = ();
        }
    }]);
    quote!(#function #marker #impls #kept)
}

/// The user's function, so that what it uses counts as used, and independent mistakes in it are told too.
/// Words that rustc would refuse as well are left out, and so is a function whose types it would refuse.
fn kept(step: &Step) -> Option<TokenStream> {
    let mut function = step.inner.clone();
    let sig = &mut function.sig;
    let has_self = sig.inputs.iter().any(|arg| matches!(arg, FnArg::Receiver(_)));
    let sized =
        |ty: &Type| !matches!(types::plain(ty), Type::TraitObject(_) | Type::Slice(_)) && !types::is_str(ty);
    let refused = |ty: &Type| !sized(ty) || matches!(types::plain(ty), Type::Infer(_));
    let refused = sig.inputs.iter().any(|arg| matches!(arg, FnArg::Typed(arg) if refused(&arg.ty)));
    let constants = sig.generics.const_params().all(generics::is_known);
    if has_self || refused || !constants || sig.variadic.is_some() {
        return None;
    }
    sig.constness = None;
    sig.safety = Safety::Default;
    sig.abi = None;
    if sig.asyncness.is_none() && !sig.output.to_token_stream().to_string().contains("impl") {
        sig.asyncness = Some(parse_quote!(async));
    }
    Some(quote! {
        const _: () = {
            #[allow(dead_code, clippy::all, clippy::pedantic, reason = "a mistake in it was reported")]
            #function
        };
    })
}
