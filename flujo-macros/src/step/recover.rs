//! The replacement of a step whose signature is a mistake: the same name and inputs, and it runs with any
//! context and resources. Nothing but the mistake itself is reported.

use super::expand as whole;
use super::facts;
use super::generics::Forms;
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
        if let GenericParam::Type(t) = param {
            t.bounds.clear();
        }
    }
    let generics = Forms::of(&sound, |_| quote!());
    let Forms { bounded, arguments, .. } = &generics;
    let (function, marker) = (whole::function(step, &generics), whole::marker(step, &generics));
    let (facts, implementation) = (facts::facts(step, &generics), facts::implementation(step, &generics));
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
/// Words that rustc would refuse as well are left out.
fn kept(step: &Step) -> Option<TokenStream> {
    let mut function = step.inner.clone();
    let sig = &mut function.sig;
    let has_self = sig.inputs.iter().any(|arg| matches!(arg, FnArg::Receiver(_)));
    let sized =
        |ty: &Type| !matches!(types::plain(ty), Type::TraitObject(_) | Type::Slice(_)) && !types::is_str(ty);
    let unsized_input = sig.inputs.iter().any(|arg| matches!(arg, FnArg::Typed(arg) if !sized(&arg.ty)));
    if has_self || unsized_input || sig.variadic.is_some() {
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
