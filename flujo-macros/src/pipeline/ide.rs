//! The body as rust-analyzer sees it: made of tokens, without parsing expressions.
//!
//! After a bare `x.` rust-analyzer compares the real expansion with one in which a word was completed; only
//! where both have the same shape does it offer anything. A body that has to parse first has no shape at
//! all just then. So the user's tokens pass through, the right side of every `let` wrapped in a function
//! that turns a step call into its output.

use super::model::Header;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

/// The twin of a body.
pub(crate) fn body(header: &Header, body: &Group) -> TokenStream {
    let inner = block(body.stream());
    let context = header.context.as_ref().map(|context| {
        let (name, of) = (&context.ident, &header.ident);
        quote!(let #name = ::flujo::__private::ide::context::<#of>();)
    });
    // rustc parses what it leaves out, but not the inside of a macro call: a body that is being typed must
    // not be a second error
    quote! {
        #[allow(unused_imports, reason = "what an editor offers is not what is used")]
        use ::flujo::flow::{ask, fail, join, value};
        #context
        ::flujo::__private::Ok(::flujo::__private::ide_tokens! { #inner })
    }
}

/// Statements: the right sides of `let`, and the last expression, are flow.
fn block(tokens: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut statement: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let end = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        statement.push(token);
        if end {
            out.extend(line(std::mem::take(&mut statement)));
        }
    }
    out.extend(nested(statement));
    out
}

/// `let pat = flow else { .. };`
fn line(statement: Vec<TokenTree>) -> TokenStream {
    let is_let = matches!(statement.first(), Some(TokenTree::Ident(word)) if word == "let");
    let equals = statement.iter().enumerate().position(|(i, token)| is_binding_equals(&statement, i, token));
    let (true, Some(equals)) = (is_let, equals) else { return nested(statement) };
    let (left, right) = statement.split_at(equals + 1);
    let end = right
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(word) if word == "else") || is_semicolon(token))
        .unwrap_or(right.len());
    let (flow, rest) = right.split_at(end);
    // `if .. else ..` on the right side keeps its `else`
    let (flow, rest) =
        if starts_branch(flow) { right.split_at(right.len().saturating_sub(1)) } else { (flow, rest) };
    let (left, flow, rest) =
        (left.iter().cloned().collect::<TokenStream>(), nested(flow.to_vec()), nested(rest.to_vec()));
    quote!(#left ::flujo::__private::ide::out(#flow) #rest)
}

fn is_binding_equals(all: &[TokenTree], i: usize, token: &TokenTree) -> bool {
    let punct = |token: Option<&TokenTree>, chars: &[char]| matches!(token, Some(TokenTree::Punct(punct)) if chars.contains(&punct.as_char()));
    punct(Some(token), &['='])
        && !punct(all.get(i + 1), &['=', '>'])
        && !punct(i.checked_sub(1).and_then(|i| all.get(i)), &['=', '!', '<', '>', '.'])
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';')
}

fn starts_branch(tokens: &[TokenTree]) -> bool {
    matches!(tokens.first(), Some(TokenTree::Ident(word)) if word == "if" || word == "match")
}

/// Braces that hold statements are looked into: those after `=>`, `|`, `else`, and of branches.
fn nested(tokens: Vec<TokenTree>) -> TokenStream {
    let mut out = TokenStream::new();
    let mut before: Option<TokenTree> = None;
    for token in tokens {
        let token = match token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && opens_block(before.as_ref()) =>
            {
                respelt(&group, block(group.stream()))
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                respelt(&group, nested(group.stream().into_iter().collect()))
            }
            other => other,
        };
        before = Some(token.clone());
        out.extend([token]);
    }
    out
}

fn opens_block(before: Option<&TokenTree>) -> bool {
    match before {
        None => true,
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '>' | '|' | ',' | '='),
        Some(TokenTree::Ident(word)) => word == "else",
        Some(TokenTree::Group(_) | TokenTree::Literal(_)) => false,
    }
}

fn respelt(group: &Group, tokens: TokenStream) -> TokenTree {
    let mut new = Group::new(group.delimiter(), tokens);
    new.set_span(group.span());
    new.into()
}
