//! The names that patterns bind.

use proc_macro2::Ident;
use syn::Pat;
use syn::visit::Visit;

/// The names that a pattern binds. An upper-case name is a constant or a variant.
pub(super) fn bindings(pat: &Pat) -> Vec<Ident> {
    let mut bound = Bound::default();
    bound.visit_pat(pat);
    bound.0
}

/// The names that patterns bind in what is visited.
#[derive(Default)]
pub(super) struct Bound(pub(super) Vec<Ident>);

impl<'a> Visit<'a> for Bound {
    fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
        let upper = pat.ident.to_string().starts_with(char::is_uppercase);
        if pat.subpat.is_some() || !upper {
            self.0.push(pat.ident.clone());
        }
        syn::visit::visit_pat_ident(self, pat);
    }
}
