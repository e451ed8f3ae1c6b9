//! Long bodies are cut: rustc is quadratic in the calls of one async body, so after some of them the rest
//! becomes an async block of its own, awaited at the end of the one before. What it uses is captured, so
//! nothing has to be handed on; it is no `move` block, so what is only borrowed stays where it is.

use super::{Code, Lower};
use crate::names;
use crate::tokens::braced;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// Calls in one async body.
const LIMIT: usize = 24;
/// Async blocks inside each other: rustc gives up on types that are nested beyond its recursion limit, so
/// where this does not suffice the bodies get longer.
const DEPTH: usize = 16;

impl Lower<'_> {
    /// Statements and a last expression, as the inside of a block.
    pub(super) fn sequence(&self, lines: Vec<Code>, tail: Option<Code>) -> Code {
        let total: usize = lines.iter().chain(&tail).map(|code| code.weight).sum();
        let limit = LIMIT.max(total.div_ceil(DEPTH));
        let at = lines.first().or(tail.as_ref()).map_or(self.base, |code| code.at);
        let mut chunks: Vec<Vec<Code>> = vec![Vec::new()];
        let mut weight = 0;
        for code in lines.into_iter().chain(tail) {
            weight += code.weight;
            match chunks.last_mut() {
                Some(chunk) if weight <= limit || chunk.is_empty() => chunk.push(code),
                _ => {
                    weight = code.weight;
                    chunks.push(vec![code]);
                }
            }
        }
        let mut rest: Option<Code> = None;
        for chunk in chunks.into_iter().rev() {
            let at = chunk.first().map_or(at, |code| code.at);
            let weight = chunk.iter().map(|code| code.weight).sum();
            let codes = chunk.iter().map(|code| &code.tokens);
            let rest_tokens = rest.map(|rest| self.apart(rest).tokens);
            rest = Some(Code { tokens: quote!(#(#codes)* #rest_tokens), weight, at });
        }
        rest.unwrap_or(Code { tokens: TokenStream::new(), weight: 0, at })
    }

    /// `code` in an async block of its own.
    pub(super) fn apart(&self, code: Code) -> Code {
        let pr = names::private();
        let Code { tokens, at, .. } = code;
        let value = self.local("value", at);
        let bind = quote_spanned!(at=> let #value =);
        let body = braced(quote!(#bind { #tokens }; #pr::done(#value)), at);
        let arms = self.propagate(at);
        Code { tokens: quote_spanned!(at=> match (async #body).await #arms), weight: 1, at }
    }

    /// Branches beside each other that are too much for one body together.
    pub(super) fn balanced(&self, branches: Vec<Code>) -> Vec<Code> {
        let total: usize = branches.iter().map(|code| code.weight).sum();
        let heavy = |code: &Code| total > LIMIT && code.weight > LIMIT / 8;
        branches.into_iter().map(|code| if heavy(&code) { self.apart(code) } else { code }).collect()
    }
}
