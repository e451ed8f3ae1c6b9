//! Errors beside the item, and errors inside its body.

use super::model::Broken;
use crate::diag::{self, Sink};
use crate::mistake::Mistake;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::fmt::Display;
use syn::Error;

/// Errors found so far in one pipeline.
#[derive(Default)]
pub(crate) struct Errors {
    /// Reported beside the item.
    pub beside: Sink,
    /// Reported by the expression in place of the mistake; needed again if there is no body.
    inside: Sink,
}

impl Errors {
    /// Reports at all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, mistake: Mistake, message: impl Display) {
        self.beside.at(tokens, mistake, message);
    }

    /// Reports at `span`.
    pub(crate) fn span(&mut self, span: Span, mistake: Mistake, message: impl Display) {
        self.beside.span(span, mistake, message);
    }

    /// Reports at all of `tokens`, from an expression that takes their place.
    pub(crate) fn broken(
        &mut self,
        tokens: impl ToTokens,
        mistake: Mistake,
        message: impl Display,
    ) -> Broken {
        self.replace(diag::error_at(tokens, mistake, message))
    }

    /// Reports at `span`, from an expression that takes the place of the mistake.
    pub(crate) fn broken_span(&mut self, span: Span, mistake: Mistake, message: impl Display) -> Broken {
        self.replace(diag::error(span, mistake, message))
    }

    /// Reports an error made elsewhere, from an expression that takes the place of the mistake.
    pub(crate) fn broken_error(&mut self, error: Error) -> Broken {
        self.replace(error)
    }

    /// A failed macro call has the type "already reported": whatever is done with it, rustc keeps quiet.
    fn replace(&mut self, error: Error) -> Broken {
        let mut call = Group::new(Delimiter::Parenthesis, error.to_compile_error());
        call.set_span(error.span());
        self.inside.push(error);
        Broken { tokens: TokenTree::from(call).into() }
    }

    /// The errors that no expression in the body carries: everything, if the body is not emitted.
    ///
    /// They are emitted once. With `-C incremental`, which is what cargo passes, rustc does not recognise the second of
    /// two equal errors: it counts both, and both are in its JSON.
    pub(crate) fn into_tokens(self, body_is_emitted: bool) -> TokenStream {
        let mut all = self.beside.into_tokens();
        if !body_is_emitted {
            all.extend(self.inside.into_tokens());
        }
        all
    }
}
