//! `match` and `if`: the user's own, so that rustc's words about uncovered patterns are its own too.

use super::{Code, Lower};
use crate::pipeline::model::{Flow, If, Match};
use crate::tokens::braced;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

impl Lower<'_> {
    pub(super) fn match_(&self, expr: &Match) -> Code {
        let bodies = self.balanced(expr.arms.iter().map(|arm| self.flow(&arm.body)).collect());
        let weight = bodies.iter().map(|code| code.weight).sum();
        let arms = expr.arms.iter().zip(bodies).map(|(arm, code)| {
            let (pat, arrow, at, mut tokens) = (&arm.pat, &arm.arrow, code.at, code.tokens);
            if is_call(&arm.body) {
                // rustc suggests further arms behind the last token of this one, which is the user's here
                let begin = quote_spanned!(at=> match ());
                let inner = quote_spanned!(at=> () =>);
                let whole = braced(quote!(#inner #tokens), arm.end);
                tokens = quote!(#begin #whole);
            }
            quote!(#pat #arrow #tokens,)
        });
        let (token, scrutinee, arms) = (&expr.token, &expr.scrutinee, braced(quote!(#(#arms)*), expr.brace));
        let tokens = self.reading(expr.reads_context, quote!(#token #scrutinee #arms));
        Code { tokens, weight, at: token.span() }
    }

    pub(super) fn if_(&self, expr: &If) -> Code {
        let then = self.block(&expr.then);
        let otherwise = expr.otherwise.as_ref().map(|(_, flow)| self.flow(flow));
        let mut branches = self.balanced([then].into_iter().chain(otherwise).collect()).into_iter();
        let (then, otherwise) = (branches.next(), branches.next());
        let weight = then.iter().chain(&otherwise).map(|code| code.weight).sum();
        let then = then.map(|code| block(code, expr.then.brace));
        let otherwise = otherwise.zip(expr.otherwise.as_ref()).map(|(code, (token, flow))| {
            let tokens = match &**flow {
                Flow::If(inner)
                    if inner.reads_context.is_none() && code.tokens.to_string().starts_with("if") =>
                {
                    code.tokens
                }
                _ => block(code, token.span()),
            };
            quote!(#token #tokens)
        });
        let (token, cond) = (&expr.token, &expr.cond);
        let tokens = self.reading(expr.reads_context, quote!(#token #cond #then #otherwise));
        Code { tokens, weight, at: token.span() }
    }
}

/// Whether the code is not the user's own tokens.
fn is_call(flow: &Flow) -> bool {
    !matches!(
        flow,
        Flow::Value(_) | Flow::Block(_) | Flow::Match(_) | Flow::If(_) | Flow::Fail(_) | Flow::Broken(_)
    )
}

/// The code of a branch in braces, which it may have already.
fn block(code: Code, at: proc_macro2::Span) -> proc_macro2::TokenStream {
    let mut trees = code.tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(proc_macro2::TokenTree::Group(group)), None)
            if group.delimiter() == proc_macro2::Delimiter::Brace =>
        {
            group.into_token_stream()
        }
        _ => braced(code.tokens, at),
    }
}
