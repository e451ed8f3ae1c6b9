//! Blocks, `let` and `>>`.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::{Block, Let, Line, Pipe};
use crate::tokens::{braced, group};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

impl Lower<'_> {
    /// `{ .. }`, with the user's braces.
    pub(super) fn block(&self, block: &Block) -> Code {
        let tail = block.tail.as_ref().map(|tail| self.flow(tail));
        let code = self.sequence(self.lines(block), tail);
        Code { tokens: braced(code.tokens, block.brace), ..code }
    }

    /// `{ .. }` that ends the pipeline: it must not be cut, since rustc has to see that it diverges.
    fn diverging(&self, block: &Block) -> Code {
        let tail = block.tail.as_ref().map(|tail| self.flow(tail));
        let codes: Vec<Code> = self.lines(block).into_iter().chain(tail).collect();
        let (tokens, weight) = (codes.iter().map(|c| &c.tokens), codes.iter().map(|c| c.weight).sum());
        Code { tokens: braced(quote!(#(#tokens)*), block.brace), weight, at: block.brace }
    }

    /// The whole body, without its braces: its last expression has the declared type, and is checked where
    /// the user wrote it.
    pub(crate) fn body(&self, block: &Block, output: &Type) -> TokenStream {
        let pr = names::private();
        let Code { tokens, weight, at } = block.tail.as_ref().map_or_else(
            || {
                let at = end(block);
                Code { tokens: quote_spanned!(at=> ()), weight: 0, at }
            },
            |tail| self.flow(tail),
        );
        let ends = block.tail.as_ref().is_some_and(|tail| tail.ends());
        // rustc would call what follows unreachable; one branch that is never taken keeps it quiet
        let tokens = if ends {
            let (begin, otherwise) = (quote_spanned!(at=> if true), quote_spanned!(at=> else));
            quote!(#begin { #tokens } #otherwise { #pr::recover() })
        } else {
            tokens
        };
        let out = self.local("out", at);
        let bind = quote_spanned!(at=> let #out: #output =);
        let tail = Code { tokens: quote!(#bind #tokens; #out), weight, at };
        let code = self.sequence(self.lines(block), Some(tail)).tokens;
        let out = self.local("out", self.base);
        quote!(let #out = { #code }; #pr::Ok(#out))
    }

    fn lines(&self, block: &Block) -> Vec<Code> {
        block.lines.iter().map(|line| self.line(line)).collect()
    }

    fn line(&self, line: &Line) -> Code {
        match line {
            Line::Let(line) => self.let_(line),
            Line::Flow { flow, semi } => {
                let code = self.flow(flow);
                let tokens = &code.tokens;
                Code { tokens: quote!(#tokens #semi), ..code }
            }
        }
    }

    fn let_(&self, line: &Let) -> Code {
        let Let { attrs, token, pat, eq_token, flow, otherwise, semi } = line;
        let code = self.flow(flow);
        let (tokens, mut weight) = (&code.tokens, code.weight);
        let otherwise = otherwise.as_ref().map(|(_, else_token, block)| {
            let code = self.diverging(block);
            weight += code.weight;
            let tokens = code.tokens;
            quote!(#else_token #tokens)
        });
        // a `let .. else` takes no right side that ends with `}`
        let tokens = if otherwise.is_some() && ends_with_brace(tokens) {
            group(Delimiter::Parenthesis, tokens.clone(), code.at)
        } else {
            tokens.clone()
        };
        Code {
            tokens: quote!(#(#attrs)* #token #pat #eq_token #tokens #otherwise #semi),
            weight,
            at: code.at,
        }
    }

    /// `x >> a >> b`: one statement after the other, since it may be long.
    pub(super) fn pipe(&self, pipe: &Pipe) -> Code {
        let mut value = self.flow(&pipe.head);
        let mut lines = Vec::new();
        let mut at = value.at;
        for stage in &pipe.stages {
            let piped = self.local("piped", at);
            let tokens = value.tokens;
            let bind = quote_spanned!(at=> let #piped =);
            lines.push(Code { tokens: quote!(#bind #tokens;), weight: value.weight, at });
            value = self.call(stage);
            at = value.at;
        }
        let code = self.sequence(lines, Some(value));
        Code { tokens: braced(code.tokens, code.at), ..code }
    }
}

fn ends_with_brace(tokens: &TokenStream) -> bool {
    let last = tokens.clone().into_iter().last();
    matches!(last, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

/// Where a block without a last expression ends.
fn end(block: &Block) -> Span {
    match block.lines.last() {
        Some(Line::Let(line)) => line.semi.span(),
        Some(Line::Flow { semi: Some(semi), .. }) => semi.span(),
        _ => block.brace,
    }
}
