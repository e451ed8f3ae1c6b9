//! Lints that generated items would set off, and only those: rustc reads each word of each step again.

use super::model::Step;
use super::params::Param;
use crate::names;
use crate::types;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Type, Visibility};

/// So many parameters clippy lets pass.
const MOST: usize = 7;

/// Allows those that apply.
fn allow<const N: usize>(lints: [(bool, &str); N], reason: &str) -> Option<TokenStream> {
    let mut list = TokenStream::new();
    for (_, lint) in lints.into_iter().filter(|(applies, _)| *applies) {
        let words = lint.split("::").map(|word| Ident::new(word, Span::call_site()));
        list.extend(quote!(#(#words)::*,));
    }
    (!list.is_empty()).then(|| quote!(#[allow(#list reason = #reason)]))
}

/// Of the function that is called.
pub(super) fn of_call(step: &Step) -> Option<TokenStream> {
    let inputs = step.inputs().count();
    let stand_ins = step.options.fallback.is_some() || step.options.redirect.is_some();
    let lints = [
        (inputs > MOST, "clippy::too_many_arguments"),
        (
            step.inputs().any(|(name, _)| names::text(name).starts_with('_')),
            "clippy::used_underscore_binding",
        ),
        (stand_ins || is_public(&step.vis), "private_interfaces"),
    ];
    allow(lints, "the inputs are those of the step, and a fallback is its inner matter")
}

/// Of the type of the same name.
pub(super) fn of_marker(vis: &Visibility) -> Option<TokenStream> {
    let public = is_public(vis);
    let lints = [
        (true, "non_camel_case_types"),
        (public, "unreachable_pub"),
        (public, "missing_debug_implementations"),
        (public, "missing_copy_implementations"),
    ];
    allow(lints, "the type behind the name of a step; it has no values")
}

/// Of the user's function, whose shape the step decides.
pub(super) fn of_body(step: &Step) -> Option<TokenStream> {
    let owned = step.params.iter().any(|param| match param {
        Param::Input { ty, .. } => !is_copied(ty),
        _ => false,
    });
    let borrowed = step.params.iter().any(|param| !matches!(param, Param::Input { .. }));
    let lints = [
        (step.inner.sig.asyncness.is_some(), "clippy::unused_async"),
        (owned, "clippy::needless_pass_by_value"),
        (!step.writes().is_empty(), "clippy::needless_pass_by_ref_mut"),
        (borrowed, "clippy::trivially_copy_pass_by_ref"),
        (borrowed, "clippy::ptr_arg"),
        (step.params.len() > MOST, "clippy::too_many_arguments"),
    ];
    allow(lints, "the shape of a step decides how it takes its parameters")
}

fn is_public(vis: &Visibility) -> bool {
    !matches!(vis, Visibility::Inherited)
}

/// Whether clippy knows by the name that it is copied.
fn is_copied(ty: &Type) -> bool {
    const NAMES: [&str; 16] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
        "bool", "char",
    ];
    NAMES.contains(&types::plain(ty).to_token_stream().to_string().as_str())
}

/// `where ..`, where there are bounds.
pub(super) fn bounds(predicates: Option<&TokenStream>) -> Option<TokenStream> {
    predicates.filter(|predicates| !predicates.is_empty()).map(|predicates| quote!(where #predicates))
}

/// `where ..` with one bound more.
pub(super) fn with(predicates: Option<&TokenStream>, more: Option<&TokenStream>) -> Option<TokenStream> {
    match more {
        Some(more) => Some(quote!(where #predicates #more)),
        None => bounds(predicates),
    }
}
