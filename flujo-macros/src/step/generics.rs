//! Type and const parameters of a step.
//!
//! The marker type has them without bounds and with defaults, so that `<decode as StepInfo>` is a type that
//! exists, whatever `decode` demands of its parameters.

use crate::diag::Sink;
use crate::mistake;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::visit::{self, Visit};
use syn::{
    ConstParam, FnArg, GenericParam, Generics, Lifetime, ReturnType, Signature, Type, TypeParamBound,
    TypeReference, WherePredicate,
};

/// Parameters that no step can have.
pub(super) fn check(sig: &Signature, sink: &mut Sink) {
    let mut used = Used::default();
    for arg in &sig.inputs {
        if let FnArg::Typed(arg) = arg {
            used.visit_type(&arg.ty);
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        used.visit_type(ty);
    }
    for param in &sig.generics.params {
        match param {
            // Where it is used it is reported already, with what to write instead.
            GenericParam::Lifetime(l) if !used.lifetimes.contains(&l.lifetime) => {
                sink.at(
                    &l.lifetime,
                    mistake::lifetime_parameter,
                    "a step has no lifetime parameters: what it takes and returns is owned\nremove it",
                );
            }
            GenericParam::Type(t) => {
                for bound in &t.bounds {
                    if is_maybe(bound) {
                        sink.at(
                            bound,
                            mistake::unsized_parameter,
                            "a type parameter of a step is `Sized`, because its values are recorded\n\
                         remove this bound",
                        );
                    }
                }
            }
            GenericParam::Const(c) if !is_known(c) => {
                sink.at(
                    &c.ty,
                    mistake::const_parameter,
                    "a const parameter of a step is an integer, a `bool` or a `char`",
                );
            }
            GenericParam::Lifetime(_) | GenericParam::Const(_) => {}
        }
    }
}

#[derive(Default)]
struct Used {
    lifetimes: Vec<Lifetime>,
}
impl<'ast> Visit<'ast> for Used {
    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        self.lifetimes.push(lifetime.clone());
    }
    fn visit_type_reference(&mut self, r: &'ast TypeReference) {
        visit::visit_type_reference(self, r);
    }
}

fn is_maybe(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(t) => names::source(t).starts_with('?'),
        _ => false,
    }
}

/// Whether a const parameter has a type that stable Rust knows for one.
pub(super) fn is_known(param: &ConstParam) -> bool {
    default(param).is_some()
}

/// The default of a const parameter: integers, `bool` and `char` are all that stable Rust knows.
fn default(param: &ConstParam) -> Option<TokenStream> {
    let Type::Path(p) = &param.ty else { return None };
    let name = p.path.get_ident()?.to_string();
    match name.as_str() {
        "bool" => Some(quote!(false)),
        "char" => Some(quote!(' ')),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => {
            Some(quote!(0))
        }
        _ => None,
    }
}

/// The parameters in every form in which generated code needs them. Most steps have none: putting an empty stream into
/// another costs the compiler as much as a full one.
#[derive(Default)]
pub(super) struct Forms {
    /// `<T = (), const N: usize = 0>`, of the marker type.
    pub(super) defaulted: Option<TokenStream>,
    /// `<T, const N: usize>`, of impls that demand nothing.
    pub(super) bare: Option<TokenStream>,
    /// `<T, N>`.
    pub(super) arguments: Option<TokenStream>,
    /// `::<T, N>`, or nothing.
    pub(super) turbofish: Option<TokenStream>,
    /// The field that uses the type parameters.
    pub(super) phantom: Option<TokenStream>,
    /// `T: Bound + 'static, const N: usize,`
    pub(super) bounded: Option<TokenStream>,
    /// The predicates of the `where` clause with a comma after each.
    pub(super) predicates: Option<TokenStream>,
}

impl Forms {
    /// `demanded` gives what the place of a type parameter demands of it.
    pub(super) fn of(generics: &Generics, demanded: impl Fn(&Ident) -> TokenStream) -> Self {
        let mut out = Self::default();
        if generics.params.is_empty() && generics.where_clause.is_none() {
            return out;
        }
        let pr = names::private();
        let mut bounded = TokenStream::new();
        let (mut defaulted, mut bare, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let mut types: Vec<&Ident> = Vec::new();
        let mut demands = TokenStream::new();
        for param in &generics.params {
            match param {
                GenericParam::Type(t) => {
                    let (name, bounds, demanded) = (&t.ident, &t.bounds, demanded(&t.ident));
                    defaulted.push(quote!(#name = ()));
                    bare.push(quote!(#name));
                    names.push(name);
                    types.push(name);
                    let plus = (!bounds.is_empty() && !bounds.trailing_punct()).then(|| quote!(+));
                    // The type of a step is `'static`, and with it its parameters. Said where the user says it:
                    // bounds in two places are a lint.
                    if bounds.is_empty() && constrained(generics, name) {
                        bounded.extend(quote!(#name,));
                        demands.extend(quote!(#name: #demanded 'static,));
                    } else {
                        bounded.extend(quote!(#name: #bounds #plus #demanded 'static,));
                    }
                }
                GenericParam::Const(c) => {
                    let (name, ty) = (&c.ident, &c.ty);
                    let value = default(c).unwrap_or_else(|| quote!(0));
                    defaulted.push(quote!(const #name: #ty = #value));
                    bare.push(quote!(const #name: #ty));
                    names.push(name);
                    bounded.extend(quote!(const #name: #ty,));
                }
                GenericParam::Lifetime(_) => {}
            }
        }
        if !names.is_empty() {
            out.defaulted = Some(quote!(<#(#defaulted),*>));
            out.bare = Some(quote!(<#(#bare),*>));
            out.arguments = Some(quote!(<#(#names),*>));
            out.turbofish = Some(quote!(::<#(#names),*>));
            out.bounded = Some(bounded);
        }
        if !types.is_empty() {
            // A function pointer, so that the marker is `Send` and `Sync` whatever the parameters are.
            out.phantom = Some(quote!(__types: #pr::PhantomData<fn() -> (#(#types,)*)>));
        }
        if let Some(clause) = &generics.where_clause {
            let predicates = clause.predicates.iter();
            out.predicates = Some(quote!(#(#predicates,)* #demands));
        }
        out
    }
}

/// Whether the `where` clause says something of a type parameter.
fn constrained(generics: &Generics, param: &Ident) -> bool {
    generics.where_clause.iter().flat_map(|clause| &clause.predicates).any(|predicate| match predicate {
        WherePredicate::Type(p) => matches!(&p.bounded_ty, Type::Path(ty) if ty.path.is_ident(param)),
        _ => false,
    })
}

/// Whether a type mentions a parameter.
pub(super) fn mentions(ty: &Type, param: &Ident) -> bool {
    struct Mentions<'a>(&'a Ident, bool);
    impl<'ast> Visit<'ast> for Mentions<'_> {
        fn visit_ident(&mut self, name: &'ast Ident) {
            self.1 |= name == self.0;
        }
    }
    let mut found = Mentions(param, false);
    found.visit_type(ty);
    found.1
}
