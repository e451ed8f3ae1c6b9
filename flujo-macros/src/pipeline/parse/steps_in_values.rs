//! Step calls in plain expressions, where no executor runs them: `xs.into_iter().map(|x| scan(x))`, `Out { a: scan(t) }`.
//!
//! A name that is called in flow position too is that of a step; of another name only rustc knows whether it is. So a
//! call of it is passed through a guard, which gives the value of a function back and does not accept the call of a
//! step. The guards of a statement are chained: after the first step the next ones accept everything, so that one
//! mistake is one error, and the value of a refused call has any type, so that nothing else is said about it.

use crate::mistake::{self, Mistake};
use crate::names;
use crate::pipeline::callee::{Callee, Callees};
use crate::pipeline::model::Guard;
use crate::tokens::parenthesized;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::{ExprCall, Path, PathArguments, PathSegment};

/// The place of a step's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Place {
    /// In an expression.
    Value,
    /// In a closure, or as a function that is handed over.
    Function,
}

impl Place {
    pub(super) fn message(self, name: &str) -> (Mistake, String) {
        match self {
            Self::Value => (
                mistake::output_not_available,
                format!(
                    "`{name}` is a step, and its output is not available yet\nbind it to a variable first: `let x = {name}(..);`"
                ),
            ),
            Self::Function => (
                mistake::step_in_a_closure,
                format!(
                    "`{name}` is a step, and a step cannot run inside a closure or another function\nto run it for each item, write `map(items, |x| {name}(x))`"
                ),
            ),
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Function => "in_function",
        }
    }
}

/// The names in a body.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub prefix: &'static str,
    /// Parameters that are neither inputs nor functions.
    pub parameters: &'a BTreeSet<String>,
}

/// The guards of one statement.
pub(super) struct Guards<'a> {
    callees: &'a mut Callees,
    all: &'a mut Vec<Guard>,
    scope: &'a [String],
    bound: &'a [Ident],
    names: Names<'a>,
    last: Option<Ident>,
    /// Whether a step was reported: what follows in the statement is a part of the same mistake.
    pub reported: bool,
}

impl<'a> Guards<'a> {
    pub(super) fn new(
        callees: &'a mut Callees,
        all: &'a mut Vec<Guard>,
        scope: &'a [String],
        bound: &'a [Ident],
        names: Names<'a>,
    ) -> Self {
        Self { callees, all, scope, bound, names, last: None, reported: false }
    }

    /// Whether a path can name a function of the user's.
    pub(super) fn is_function(&self, path: &Path) -> bool {
        let mut segments = path.segments.iter().rev();
        let Some(last) = segments.next() else { return false };
        let name = names::text(&last.ident);
        if name.starts_with(char::is_uppercase) || last.ident == "self" || name.starts_with("__") {
            return false;
        }
        if let Some(before) = segments.next() {
            return !is_type_like(before);
        }
        let local = self.scope.contains(&name) || self.bound.contains(&last.ident);
        let known = self.names.parameters.contains(&name);
        !local && !known && path.leading_colon.is_none()
    }

    /// The call, or a reference to its value, through a guard.
    pub(super) fn called(
        &mut self,
        path: &Path,
        call: &ExprCall,
        reference: Option<&TokenStream>,
        place: Place,
    ) -> Option<TokenStream> {
        let callee = self.callee(path)?;
        let end = call.paren_token.span.join();
        let (code, args) = (callee.code(path), parenthesized(call.args.to_token_stream(), end));
        Some(self.guard(callee, path, quote!(#reference #code #args), end, place))
    }

    /// The function that a path names, through a guard.
    pub(super) fn named(&mut self, path: &Path, place: Place) -> Option<TokenStream> {
        let callee = self.callee(path)?;
        let (code, end) = (callee.code(path), path.span());
        Some(self.guard(callee, path, code, end, place))
    }

    fn callee(&mut self, path: &Path) -> Option<Callee> {
        (!self.reported && self.is_function(path)).then(|| self.callees.of_value(path))
    }

    fn guard(
        &mut self,
        callee: Callee,
        path: &Path,
        value: TokenStream,
        end: Span,
        place: Place,
    ) -> TokenStream {
        let at = path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
        // No local of the lowering is called so: a `let` of a constant's name would be a pattern.
        let name = format!("{}guard{}", self.names.prefix, self.all.len());
        let after = self.last.replace(Ident::new(&name, Span::call_site()));
        self.all.push(Guard { name: Ident::new(&name, Span::call_site()), callee, after });
        // All of it is located at the call, from its first token to its last: an error about the value is reported there,
        // and a suggestion of rustc goes on after the call.
        let (name, method) = (Ident::new(&name, at), Ident::new(place.method(), at));
        let value = parenthesized(value, end);
        quote_spanned!(at=> #name.#method #value)
    }
}

/// Whether a segment of a path is a type by its looks, so that what follows belongs to the type.
pub(super) fn is_type_like(segment: &PathSegment) -> bool {
    let upper = segment.ident.to_string().starts_with(char::is_uppercase);
    upper
        || !matches!(segment.arguments, PathArguments::None)
        || PRIMITIVES.iter().any(|name| segment.ident == name)
}

const PRIMITIVES: [&str; 17] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64",
];
