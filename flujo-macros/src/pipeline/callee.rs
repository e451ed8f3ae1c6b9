//! The steps and pipelines that a pipeline calls, as types.
//!
//! Constants (bounds, graph, writes) need `<triage as StepInfo>`. The callee is imported under an alias;
//! an outer `type` of the alias's name and an empty macro of the callee's replace it when there is no such
//! type, or no such name at all. So a plain function and a misspelt step are reported once, by the call.

use crate::names;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::{Path, PathArguments};

/// One callee as it is named at one place.
#[derive(Clone)]
pub(crate) struct Callee {
    alias: Ident,
    /// The turbofish on the last segment.
    args: PathArguments,
}

/// All callees, each with its alias.
#[derive(Default)]
pub(crate) struct Callees {
    known: Vec<NamedCallee>,
}

struct NamedCallee {
    text: String,
    path: Path,
    alias: Ident,
    /// Whether it is called in flow position.
    flow: bool,
    /// Whether it is called, or named, in a plain expression.
    plain: bool,
}

impl Callees {
    /// The callee that `path` names in flow position.
    pub(crate) fn of(&mut self, path: &Path) -> Callee {
        self.named(path, true)
    }

    /// The function that `path` names in a plain expression: it may turn out to be a step.
    pub(crate) fn of_value(&mut self, path: &Path) -> Callee {
        self.named(path, false)
    }

    fn named(&mut self, path: &Path, flow: bool) -> Callee {
        let mut bare = path.clone();
        let args = bare
            .segments
            .last_mut()
            .map_or(PathArguments::None, |last| std::mem::replace(&mut last.arguments, PathArguments::None));
        let text = bare.to_token_stream().to_string();
        if let Some(known) = self.known.iter_mut().find(|known| known.text == text) {
            known.flow |= flow;
            known.plain |= !flow;
            return Callee { alias: known.alias.clone(), args };
        }
        let alias = self.alias(&bare);
        self.known.push(NamedCallee { text, path: bare, alias: alias.clone(), flow, plain: !flow });
        Callee { alias, args }
    }

    /// `__triage`, at the user's token: where a message cannot but show it, it is close to what was written.
    fn alias(&self, path: &Path) -> Ident {
        let (name, at) = path.segments.last().map_or_else(
            || (String::new(), Span::call_site()),
            |last| (last.ident.unraw().to_string(), last.ident.span()),
        );
        let text = format!("__{name}");
        let n = self
            .known
            .iter()
            .filter(|known| known.path.segments.last().is_some_and(|last| last.ident.unraw() == name))
            .count();
        Ident::new(&if n == 0 { text } else { format!("{text}_{n}") }, at)
    }

    /// The paths of those in flow position, as text.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.known.iter().filter(|known| known.flow).map(|known| known.text.clone()).collect()
    }

    /// Replacements of names that are not a type, or do not exist.
    pub(crate) fn stand_ins(&self) -> TokenStream {
        let each = self.known.iter().filter(|known| known.flow).map(|NamedCallee { alias, path, .. }| {
            let name = standing_in_for_name(path);
            quote!(
                type #alias = __flujo::NotAStep;
                #name
            )
        });
        quote!(#(#each)*)
    }

    /// Replacements of functions in plain expressions that are not steps.
    pub(crate) fn types_of_values(&self) -> TokenStream {
        let allowed = lint_levels();
        let types = self.known.iter().filter(|known| known.plain).map(|NamedCallee { alias, .. }| {
            quote!(
                #allowed
                type #alias = __flujo::NoStep;
            )
        });
        quote!(#(#types)*)
    }

    /// Replacements of their names, where they do not exist. They follow the code that calls them: there it is not
    /// in scope, and a misspelt name is what rustc says it is.
    pub(crate) fn names_of_values(&self) -> TokenStream {
        let allowed = lint_levels();
        let names = self.known.iter().filter(|known| known.plain).map(|NamedCallee { path, .. }| {
            let name = standing_in_for_name(path);
            quote!(#allowed #name)
        });
        quote!(#(#names)*)
    }

    /// Imports every callee under its alias.
    pub(crate) fn imports(&self) -> TokenStream {
        self.known.iter().filter(|known| known.flow).map(import).collect()
    }

    /// Imports those that code names by their alias: a path of several segments is then resolved, and reported, once.
    pub(crate) fn imports_of_code(&self) -> TokenStream {
        let by_alias = |known: &&NamedCallee| known.plain || known.path.segments.len() > 1;
        let long = self.known.iter().filter(by_alias).map(import);
        long.map(|import| {
            quote!(
                #[allow(unused_imports, reason = "an import brings a function and a type, not every use needs both")]
                #import
            )
        })
        .collect()
    }
}

/// An empty macro of the name, which an import finds where there is nothing else. A path of several segments has none.
fn standing_in_for_name(path: &Path) -> Option<TokenStream> {
    let mut name = path.get_ident()?.clone();
    name.set_span(Span::call_site());
    Some(quote!(
        macro_rules! #name { () => {}; }
    ))
}

fn import(NamedCallee { path, alias, .. }: &NamedCallee) -> TokenStream {
    let at = alias.span();
    quote_spanned!(at=> use #path as #alias;)
}

/// The lints that replacements and imports of callees would trigger.
pub(crate) fn lint_levels() -> TokenStream {
    quote! {
        #[allow(
            non_camel_case_types,
            dead_code,
            unused_macros,
            unused_imports,
            reason = "a callee that is not a step, or does not exist, has a replacement; not every use needs all of an import"
        )]
    }
}

/// `const _: () = { .. };` around items that name callees. Lints are allowed once for all of them: rustc reads each
/// attribute of each callee again, with every edit.
pub(crate) fn around(items: &TokenStream) -> TokenStream {
    let (allowed, private) = (lint_levels(), names::private());
    quote! {
        #allowed
        const _: () = {
            use #private as __flujo;
            #items
        };
    }
}

/// The constant `ENDS` of what has these callees, if there are any.
pub(crate) fn ends(callees: impl Iterator<Item = TokenStream>) -> Option<TokenStream> {
    let calls: TokenStream = callees.map(|callee| quote!(<#callee as __flujo::StepInfo>::ENDS;)).collect();
    (!calls.is_empty()).then(|| quote!(const ENDS: () = { #calls };))
}

impl Callee {
    /// The callee as a type.
    pub(crate) fn ty(&self) -> TokenStream {
        let alias = &self.alias;
        // in a type, `decode::<T>` may do without the colons, and does, so that both spellings are one
        let PathArguments::AngleBracketed(args) = &self.args else { return quote!(#alias) };
        let (lt, list, gt) = (&args.lt_token, &args.args, &args.gt_token);
        quote!(#alias #lt #list #gt)
    }

    /// The callee as a type, whatever its type parameters are.
    pub(crate) fn bare(&self) -> &Ident {
        &self.alias
    }

    /// A reference to its facts, as a constant expression.
    pub(crate) fn facts(&self) -> TokenStream {
        let ty = self.ty();
        quote!(__flujo::Facts::of::<#ty>())
    }

    /// The callee as code calls it, and as `with_fallback::<..>` names it. One segment is written as the user
    /// wrote it, so that a misspelt name gets rustc's suggestion.
    pub(crate) fn code(&self, path: &Path) -> TokenStream {
        let Some(last) = path.segments.last() else { return TokenStream::new() };
        if path.segments.len() == 1 && path.leading_colon.is_none() {
            return path.to_token_stream();
        }
        let (alias, args) = (Ident::new(&self.alias.to_string(), last.ident.span()), &self.args);
        quote!(#alias #args)
    }

    /// Whether both name the same callee, type arguments included.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.alias == other.alias
            && self.args.to_token_stream().to_string() == other.args.to_token_stream().to_string()
    }
}
