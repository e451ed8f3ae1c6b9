//! What can be told of a type from its text: whether its values can be recorded at all.

use crate::names;
use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Lifetime, Type};

/// The type without parentheses and the invisible groups of `macro_rules!`.
pub(crate) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(g) => plain(&g.elem),
        Type::Paren(p) => plain(&p.elem),
        other => other,
    }
}

/// The last segment of a path.
pub(crate) fn last(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(p) if p.qself.is_none() => p.path.segments.last().map(|s| &s.ident),
        _ => None,
    }
}

/// Whether it is `str`.
pub(crate) fn is_str(ty: &Type) -> bool {
    matches!(plain(ty), Type::Path(p) if p.path.is_ident("str"))
}

/// What to take instead of a text or slice, which only exist behind a `&`.
pub(crate) fn instead(ty: &Type) -> Option<String> {
    match ty {
        Type::Slice(s) => Some(format!("Vec<{}>", names::source(&s.elem))),
        _ => is_str(ty).then(|| "String".to_owned()),
    }
}

/// A value that is recorded: `what` is an input, an output or a field of a context.
pub(crate) fn owned(ty: &Type, what: &str) -> syn::Result<()> {
    let shown = || names::source(ty);
    let message = match ty {
        Type::ImplTrait(_) => return Err(nameless(ty)),
        Type::Reference(r) => {
            let instead = instead(plain(&r.elem)).unwrap_or_else(|| names::source(&r.elem));
            format!("{what} is owned, because it is recorded\nwrite `{instead}`")
        }
        _ if instead(ty).is_some() => {
            format!("{what} is owned, because it is recorded\nwrite `{}`", instead(ty).unwrap_or_default())
        }
        Type::TraitObject(_) => format!(
            "{what} is recorded, and `{}` does not say which type to read back\n\
             use an enum of the possible types",
            shown()
        ),
        Type::Ptr(_) | Type::FnPtr(_) => format!("{what} is recorded, and `{}` is an address", shown()),
        Type::Infer(_) => format!("{what} says its type\nwrite it out"),
        _ => {
            no_secret(ty, what)?;
            return borrowed(ty, what);
        }
    };
    Err(syn::Error::new_spanned(ty, message))
}

/// Refuses a `Secret`, which no trait lets through either: here it is said what to do instead.
fn no_secret(ty: &Type, what: &str) -> syn::Result<()> {
    let mut found = Secrets(None);
    found.visit_type(ty);
    let Some(secret) = found.0 else { return Ok(()) };
    Err(syn::Error::new_spanned(
        secret,
        format!(
            "{what} is recorded, and a secret never is\n\
             keep it in `#[resources]`, and let the step that needs it take `&Secret`"
        ),
    ))
}

struct Secrets(Option<syn::PathSegment>);
impl<'ast> Visit<'ast> for Secrets {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        if self.0.is_none() && (segment.ident == "Secret" || segment.ident == "SecretString") {
            self.0 = Some(segment.clone());
        }
        visit::visit_path_segment(self, segment);
    }
}

/// Refuses a type that holds a reference, or a type without a name, somewhere inside.
pub(crate) fn borrowed(ty: &Type, what: &str) -> syn::Result<()> {
    let mut borrows = Borrows { found: None };
    borrows.visit_type(ty);
    match borrows.found {
        Some(found) => Err(found.error(what)),
        None => Ok(()),
    }
}

pub(crate) fn nameless(ty: &Type) -> syn::Error {
    syn::Error::new_spanned(
        ty,
        "a step names its types: records and graphs show them\n\
         write the type, or a type parameter: `fn step<T: Trait>(..)`",
    )
}

/// The first thing inside a type that does not belong to it.
enum Found {
    Borrow(Type),
    Lifetime(Lifetime),
    Nameless(Type),
}
struct Borrows {
    found: Option<Found>,
}
impl Found {
    fn error(self, whose: &str) -> syn::Error {
        match self {
            Self::Nameless(ty) => nameless(&ty),
            Self::Borrow(ty) => syn::Error::new_spanned(
                ty,
                format!("{whose} is owned through and through\nthis part of it is borrowed: own it too"),
            ),
            Self::Lifetime(l) => syn::Error::new_spanned(
                l,
                format!(
                    "{whose} is owned through and through\nthis lifetime says that a part of it is borrowed"
                ),
            ),
        }
    }
}
impl<'ast> Visit<'ast> for Borrows {
    fn visit_type(&mut self, ty: &'ast Type) {
        match ty {
            _ if self.found.is_some() => {}
            Type::Reference(_) => self.found = Some(Found::Borrow(ty.clone())),
            Type::ImplTrait(_) => self.found = Some(Found::Nameless(ty.clone())),
            // What a function or an object takes is not part of the value.
            Type::FnPtr(_) | Type::TraitObject(_) => {}
            _ => visit::visit_type(self, ty),
        }
    }
    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if self.found.is_none() && lifetime.ident != "static" {
            self.found = Some(Found::Lifetime(lifetime.clone()));
        }
    }
}
