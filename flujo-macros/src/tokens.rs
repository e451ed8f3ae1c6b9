//! Groups of tokens at a place.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// `{ .. }`.
pub(crate) fn braced(tokens: TokenStream, at: Span) -> TokenStream {
    group(Delimiter::Brace, tokens, at)
}

/// `( .. )`.
pub(crate) fn parenthesized(tokens: TokenStream, at: Span) -> TokenStream {
    group(Delimiter::Parenthesis, tokens, at)
}

/// Tokens between delimiters, all of it located at `at`.
pub(crate) fn group(delimiter: Delimiter, tokens: TokenStream, at: Span) -> TokenStream {
    let mut group = Group::new(delimiter, tokens);
    group.set_span(at);
    TokenTree::from(group).into()
}
