//! Checks on the text of a type: whether its values can be recorded at all.

use crate::diag;
use crate::mistake;
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
    belongs_to_itself(ty, what)?;
    unshared(ty, what)
}

/// Refuses what all copies of a value would share and could change: every attempt works on a copy, so that one
/// that fails leaves no trace. Recognised by name, since no trait tells.
fn unshared(ty: &Type, what: &str) -> syn::Result<()> {
    let mut shares = Shares { around: 0, found: None };
    shares.visit_type(ty);
    let Some((inner, word)) = shares.found else { return Ok(()) };
    Err(diag::error_at(
        inner,
        mistake::shared_state,
        format!(
            "{what} is copied for every attempt, and all copies share this `{word}`: what a failed attempt wrote to it would stay\n\
             hold the value itself; what is to be shared is a resource"
        ),
    ))
}

/// The first thing that can be changed through a shared pointer.
struct Shares {
    /// The number of enclosing shared pointers.
    around: usize,
    found: Option<(syn::PathSegment, String)>,
}
impl<'ast> Visit<'ast> for Shares {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        let word = segment.ident.to_string();
        let holds = !segment.arguments.is_none() && ["Mutex", "RwLock", "OnceLock"].contains(&word.as_str());
        if self.found.is_none() && self.around > 0 && (holds || ATOMICS.contains(&word.as_str())) {
            self.found = Some((segment.clone(), word));
            return;
        }
        let pointer = usize::from(word == "Arc" || word == "Rc");
        self.around += pointer;
        visit::visit_path_segment(self, segment);
        self.around -= pointer;
    }
    fn visit_type(&mut self, ty: &'ast Type) {
        // What a function or an object takes is not part of the value.
        if !matches!(ty, Type::FnPtr(_) | Type::TraitObject(_)) {
            visit::visit_type(self, ty);
        }
    }
}

const ATOMICS: [&str; 11] = [
    "AtomicBool",
    "AtomicI8",
    "AtomicI16",
    "AtomicI32",
    "AtomicI64",
    "AtomicIsize",
    "AtomicU8",
    "AtomicU16",
    "AtomicU32",
    "AtomicU64",
    "AtomicUsize",
];

fn belongs_to_itself(ty: &Type, what: &str) -> syn::Result<()> {
    let shown = || names::source(ty);
    let (mistake, message) = match ty {
        Type::ImplTrait(_) => return Err(nameless(ty)),
        Type::Reference(r) => {
            let instead = instead(plain(&r.elem)).unwrap_or_else(|| names::source(&r.elem));
            (mistake::borrowed_value, format!("{what} is owned, because it is recorded\nwrite `{instead}`"))
        }
        _ if instead(ty).is_some() => {
            let instead = instead(ty).unwrap_or_default();
            (mistake::borrowed_value, format!("{what} is owned, because it is recorded\nwrite `{instead}`"))
        }
        Type::TraitObject(_) => (
            mistake::type_not_recordable,
            format!(
                "{what} is recorded, and `{}` does not say which type to read back\n\
             use an enum of the possible types",
                shown()
            ),
        ),
        Type::Ptr(_) | Type::FnPtr(_) => {
            (mistake::type_not_recordable, format!("{what} is recorded, and `{}` is an address", shown()))
        }
        Type::Infer(_) => (mistake::type_left_out, format!("{what} needs a type\nwrite it out")),
        _ => {
            no_secret(ty, what)?;
            return borrowed(ty, what);
        }
    };
    Err(diag::error_at(ty, mistake, message))
}

/// Refuses a `Secret`, which no trait lets through either: here it is said what to do instead.
fn no_secret(ty: &Type, what: &str) -> syn::Result<()> {
    let mut found = Secrets(None);
    found.visit_type(ty);
    let Some(secret) = found.0 else { return Ok(()) };
    Err(diag::error_at(
        secret,
        mistake::secret_recorded,
        format!(
            "{what} is recorded, and a secret must not be\nkeep it in `#[resources]`, and take `&Secret` in the step"
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
    diag::error_at(
        ty,
        mistake::type_without_a_name,
        "the types of a step have names, which records and graphs show\nwrite the type, or a type parameter: `fn step<T: Trait>(..)`",
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
            Self::Borrow(ty) => diag::error_at(
                ty,
                mistake::borrowed_value,
                format!("{whose} holds no references, because it is recorded\nmake this part owned, too"),
            ),
            Self::Lifetime(l) => diag::error_at(
                l,
                mistake::borrowed_value,
                format!(
                    "{whose} holds no references, because it is recorded\nmake the part with this lifetime owned"
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

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;
    use syn::parse_quote;

    #[test]
    fn what_copies_would_share_is_found_and_nothing_else() {
        let refused: [(Type, &str); 5] = [
            (parse_quote!(Arc<Mutex<Vec<u8>>>), "Mutex < Vec < u8 > >"),
            (parse_quote!(Option<std::sync::Arc<tokio::sync::RwLock<u8>>>), "RwLock < u8 >"),
            (parse_quote!(Arc<Vec<OnceLock<u8>>>), "OnceLock < u8 >"),
            (parse_quote!((u8, Arc<AtomicU64>)), "AtomicU64"),
            (parse_quote!(Rc<[Mutex<u8>; 2]>), "Mutex < u8 >"),
        ];
        for (ty, at) in refused {
            let mut shares = Shares { around: 0, found: None };
            shares.visit_type(&ty);
            let found = shares.found.map(|(inner, _)| inner.to_token_stream().to_string());
            assert_eq!(found.as_deref(), Some(at));
        }
        let fine: [Type; 5] = [
            parse_quote!(Arc<str>),
            parse_quote!(Arc<Vec<u8>>),
            // No derive gives it `Clone`: rustc says so.
            parse_quote!(Mutex<u8>),
            // The user's own.
            parse_quote!(Arc<Mutex>),
            parse_quote!((Arc<u8>, Mutex<u8>)),
        ];
        for ty in fine {
            assert!(unshared(&ty, "it").is_ok(), "{}", ty.to_token_stream());
        }
    }
}
