//! The replacement of a context that is a mistake: the same name and parts, and nothing else is reported.

use super::expand::contains;
use super::model::{By, Context};
use crate::names::private;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn expand(context: &Context) -> TokenStream {
    let item = &context.item;
    let derived: Vec<&str> =
        [("Clone", context.clone), ("Serialize", context.serialize), ("Deserialize", context.deserialize)]
            .into_iter()
            .filter(|(_, by)| *by == By::User)
            .map(|(name, _)| name)
            .collect();
    let stand_in = stand_in(&item.ident, &derived);
    let contains = contains(context);
    quote!(#item #stand_in #contains)
}

/// The struct alone.
pub(super) fn bare(context: &Context) -> TokenStream {
    let item = &context.item;
    quote!(#item)
}

/// All that a context implements, less what is derived, for a type of which nothing is known.
pub(super) fn stand_in(name: &Ident, derived: &[&str]) -> TokenStream {
    let pr = private();
    let missing = |name: &str| !derived.contains(&name);
    let clone = missing("Clone").then(|| {
        quote! {
            impl #pr::Clone for #name {
                fn clone(&self) -> Self { #pr::recover() }
            }
        }
    });
    let serialize = missing("Serialize").then(|| {
        quote! {
            impl #pr::serde::Serialize for #name {
                fn serialize<__S: #pr::serde::Serializer>(&self, _: __S) -> #pr::Result<__S::Ok, __S::Error> {
                    #pr::recover()
                }
            }
        }
    });
    let deserialize = missing("Deserialize").then(|| {
        quote! {
            impl<'de> #pr::serde::Deserialize<'de> for #name {
                fn deserialize<__D: #pr::serde::Deserializer<'de>>(_: __D) -> #pr::Result<Self, __D::Error> {
                    #pr::recover()
                }
            }
        }
    });
    quote! {
        #clone
        #serialize
        #deserialize
        impl #pr::Context for #name {
            const PARTS: &'static [#pr::Part] = &[];
            const HAS_REST: bool = false;
            type Itself = Self;
            fn merge(&mut self, _: &[#pr::ArmState<Self>]) -> #pr::Result<(), #pr::MergeConflict> {
                #pr::recover()
            }
            fn save(&self, _: u32) -> #pr::Result<#pr::Json, #pr::CodecError> { #pr::recover() }
            fn restore(&mut self, _: u32, _: &#pr::Json) -> #pr::Result<(), #pr::CodecError> {
                #pr::recover()
            }
        }
    }
}
