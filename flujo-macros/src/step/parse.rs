//! The function behind `#[step]`: attributes, visibility, signature, and a body that stays tokens, so that
//! a syntax error inside it is rustc's to report and harms nothing else.

use crate::diag;
use crate::mistake;
use crate::names;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Signature, Visibility};

/// A function whose body is not parsed.
#[derive(Clone)]
pub(crate) struct StepFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

impl Parse for StepFn {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        match input.parse()? {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                Ok(Self { attrs, vis, sig, body })
            }
            other => {
                Err(diag::error(other.span(), mistake::expected_a_body, "expected the body of the step"))
            }
        }
    }
}

impl ToTokens for StepFn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

/// Everything before the body, which is not parsed.
pub(super) fn head(item: &TokenStream) -> TokenStream {
    let mut trees: Vec<TokenTree> = item.clone().into_iter().collect();
    if matches!(trees.last(), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Brace) {
        trees.pop();
    }
    trees.into_iter().collect()
}

/// Whether a function has no body: rustc says so itself, and well.
pub(super) fn without_body(item: &TokenStream) -> bool {
    matches!(item.clone().into_iter().last(), Some(TokenTree::Punct(p)) if p.as_char() == ';')
        && names::item_name(item).is_some()
        && item.clone().into_iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn"))
}

/// The error for an item that is not a function.
pub(super) fn explain(item: &TokenStream, error: syn::Error) -> syn::Error {
    let other = item.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) => {
            let word_text = word.to_string();
            let known = ["fn", "struct", "enum", "union", "trait", "impl", "mod", "type", "static", "use"];
            known.contains(&word_text.as_str()).then_some((word, word_text))
        }
        _ => None,
    });
    match other {
        Some((word, text)) if text != "fn" => {
            let what = names::item_name(item).map_or_else(|| format!("this `{text}`"), |n| format!("`{n}`"));
            diag::error(
                word.span(),
                mistake::not_a_function,
                format!("{what} is not a function\n`#[step]` goes on an `async fn` that returns `Result<T>`"),
            )
        }
        _ => error,
    }
}
