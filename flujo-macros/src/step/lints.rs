//! Lints that generated items would set off, and only those: rustc reads each word of each step again.

use super::model::Step;
use super::params::Param;
use crate::names;
use crate::types;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Type, Visibility};

/// So many parameters clippy lets pass.
const MOST: usize = 7;

fn allow(lints: &[TokenStream], reason: &str) -> Option<TokenStream> {
    (!lints.is_empty()).then(|| quote!(#[allow(#(#lints,)* reason = #reason)]))
}

fn chosen<const N: usize>(lints: [(bool, TokenStream); N]) -> Vec<TokenStream> {
    lints.into_iter().filter_map(|(applies, lint)| applies.then_some(lint)).collect()
}

/// Of the function that is called.
pub(super) fn of_call(step: &Step) -> Option<TokenStream> {
    let inputs = step.inputs().count();
    let stand_ins = step.options.fallback.is_some() || step.options.redirect.is_some();
    let lints = chosen([
        (inputs > MOST, quote!(clippy::too_many_arguments)),
        (
            step.inputs().any(|(name, _)| names::text(name).starts_with('_')),
            quote!(clippy::used_underscore_binding),
        ),
        (stand_ins || is_public(&step.vis), quote!(private_interfaces)),
    ]);
    allow(&lints, "the inputs are those of the step, and a fallback is its inner matter")
}

/// Of the type of the same name.
pub(super) fn of_marker(vis: &Visibility) -> Option<TokenStream> {
    let public = is_public(vis);
    let lints = chosen([
        (true, quote!(non_camel_case_types)),
        (public, quote!(unreachable_pub)),
        (public, quote!(missing_debug_implementations)),
        (public, quote!(missing_copy_implementations)),
    ]);
    allow(&lints, "the type behind the name of a step; it has no values")
}

/// Of the user's function, whose shape the step decides.
pub(super) fn of_body(step: &Step) -> Option<TokenStream> {
    let owned = step.params.iter().any(|param| match param {
        Param::Input { ty, .. } => !is_copied(ty),
        _ => false,
    });
    let borrowed = step.params.iter().any(|param| !matches!(param, Param::Input { .. }));
    let lints = chosen([
        (step.inner.sig.asyncness.is_some(), quote!(clippy::unused_async)),
        (owned, quote!(clippy::needless_pass_by_value)),
        (!step.writes().is_empty(), quote!(clippy::needless_pass_by_ref_mut)),
        (borrowed, quote!(clippy::trivially_copy_pass_by_ref)),
        (borrowed, quote!(clippy::ptr_arg)),
        (step.params.len() > MOST, quote!(clippy::too_many_arguments)),
    ]);
    allow(&lints, "the shape of a step decides how it takes its parameters")
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
pub(super) fn bounds(predicates: &TokenStream) -> TokenStream {
    if predicates.is_empty() { TokenStream::new() } else { quote!(where #predicates) }
}

/// `where ..` with one bound more.
pub(super) fn with(predicates: &TokenStream, more: Option<&TokenStream>) -> TokenStream {
    bounds(&quote!(#predicates #more))
}
