//! Names, spans, and how source text is shown in graphs and messages.

use crate::crate_name;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// What generated code may touch. Absolute, so that no name of the user's can get in the way.
pub(crate) fn private() -> TokenStream {
    private_at(Span::call_site())
}

/// The same, located at a token of the user's: rustc reports there what does not fit.
pub(crate) fn private_at(at: Span) -> TokenStream {
    let name = Ident::new(&crate_name::of_flujo(), at);
    quote_spanned!(at=> ::#name::__private)
}

/// The same as text, for attributes that take a path in quotes.
pub(crate) fn private_text() -> String {
    format!("::{}::__private", crate_name::of_flujo())
}

/// One item of it, located at `at`.
pub(crate) fn item_at(name: &str, at: Span) -> TokenStream {
    let (private, name) = (private_at(at), Ident::new(name, at));
    quote_spanned!(at=> #private::#name)
}

/// The value of an expression that was reported.
pub(crate) fn recovered() -> TokenStream {
    let private = private();
    quote!(#private::recover())
}

/// The alias of [`private`] inside of a `const _` that imports it: rustc reads every token of every step again.
pub(crate) fn inner() -> Ident {
    Ident::new("__flujo", Span::call_site())
}

/// `const _: () = { .. };` around items that name it so.
pub(crate) fn inside(items: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    // At once: each stream that is put into another is a question to the compiler.
    let items: TokenStream = items.into_iter().collect();
    let private = private();
    quote! {
        const _: () = {
            #[allow(unused_imports, reason = "a trait is used where an answer has no schema")]
            use #private::{self as __flujo, NoAnswer as _};
            #items
        };
    }
}

/// A local of ours next to the user's tokens. It has the user's span *and syntax context*: where two
/// contexts meet in one expression, rustc goes up to what they share and underlines the whole macro.
#[allow(dead_code, reason = "the lowering of `pipeline!` is its user")]
pub(crate) fn local(text: &str, at: Span) -> Ident {
    Ident::new(text, at)
}

/// The same tokens, all at `span`.
pub(crate) fn respan(tokens: impl ToTokens, span: Span) -> TokenStream {
    tokens
        .into_token_stream()
        .into_iter()
        .map(|mut tree| {
            if let TokenTree::Group(g) = &tree {
                tree = Group::new(g.delimiter(), respan(g.stream(), span)).into();
            }
            tree.set_span(span);
            tree
        })
        .collect()
}

/// `impl Trait for Type` whose header is located at `span`, where rustc points when it lists implementations.
/// Only the keywords and the type's name do: an editor resolves paths by their place in the source.
pub(crate) fn impl_at(span: Span, of: &TokenStream, target: &Ident, body: &TokenStream) -> TokenStream {
    let (start, between) = (Ident::new("impl", span), Ident::new("for", span));
    let mut target = target.clone();
    target.set_span(span);
    let mut block = Group::new(Delimiter::Brace, body.clone());
    block.set_span(span);
    quote! {
        #[automatically_derived]
        #start #of #between #target #block
    }
}

/// The name without `r#`.
pub(crate) fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

/// The source file of a token; empty outside of a compiler, in unit tests. Not `file!()`, which rustc would expand for
/// every step.
pub(crate) fn file(span: Span) -> String {
    if ::proc_macro::is_available() { span.unwrap().file() } else { String::new() }
}

/// The source line of a token; 0 outside of a compiler, in unit tests.
pub(crate) fn line(span: Span) -> u32 {
    if !::proc_macro::is_available() {
        return 0;
    }
    u32::try_from(span.unwrap().line()).unwrap_or(0)
}

/// The doc comment as text.
pub(crate) fn doc(attrs: &[Attribute]) -> String {
    let lines: Vec<String> = attrs
        .iter()
        .filter_map(|a| match &a.meta {
            Meta::NameValue(m) if m.path.is_ident("doc") => match &m.value {
                Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) => Some(s.value()),
                _ => None,
            },
            _ => None,
        })
        .flat_map(|block| {
            block.split('\n').map(|l| l.strip_prefix(' ').unwrap_or(l).to_owned()).collect::<Vec<_>>()
        })
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The name of the item that the tokens declare.
pub(crate) fn item_name(tokens: &TokenStream) -> Option<Ident> {
    const WORDS: [&str; 9] = ["fn", "struct", "enum", "union", "mod", "trait", "const", "static", "type"];
    let mut before = String::new();
    for tree in tokens.clone() {
        match tree {
            TokenTree::Ident(name) => {
                if WORDS.contains(&before.as_str()) {
                    return Some(name);
                }
                before = name.to_string();
            }
            _ => before.clear(),
        }
    }
    None
}

/// Source text as a person would write it: `Vec<(String, u8)>`, not `Vec < (String , u8) >`.
pub(crate) fn source(tokens: impl ToTokens) -> String {
    let mut out = String::new();
    write(tokens.into_token_stream(), &mut out);
    out
}

fn write(tokens: TokenStream, out: &mut String) {
    // Two words, or a word and a group or quote that is no call, need a space; symbols decide for themselves.
    let mut glued = true;
    for tree in tokens {
        match tree {
            TokenTree::Group(g) => {
                let (open, close) = match g.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                write(g.stream(), out);
                out.push_str(close);
                glued = false;
            }
            TokenTree::Punct(p) => {
                let joint = p.spacing() == proc_macro2::Spacing::Joint;
                let c = p.as_char();
                // `dyn` and `mut` before a symbol, and operators with air around them.
                let spaced =
                    matches!(c, '=' | '+' | '|' | '*' | '/' | '%' | '^') && !out.ends_with(['&', '(', '<']);
                let inner = out.ends_with(['=', '-', '|', '<', '>']) && !glued_end(out);
                if spaced && !inner && !out.ends_with(' ') {
                    out.push(' ');
                }
                if c == '-' && joint && !out.ends_with(' ') {
                    out.push(' ');
                }
                out.push(c);
                let arrow = c == '>' && glued_end(out);
                if matches!(c, ',' | ';') || (spaced && !joint) || arrow {
                    out.push(' ');
                }
                glued = !matches!(c, '>') || arrow;
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if !glued && !out.ends_with(['(', '[', ' ', '<', '&']) && !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(&tree.to_string());
                glued = false;
            }
        }
    }
    while out.ends_with(' ') {
        out.pop();
    }
}

fn glued_end(out: &str) -> bool {
    out.ends_with("->") || out.ends_with("=>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn source_reads_as_written() {
        for text in [
            "Post",
            "Vec<(String, u8)>",
            "std::collections::BTreeMap<String, Vec<u8>>",
            "&'static str",
            "&mut Option<Box<dyn Error + Send>>",
            "[u8; 4]",
            "fn(u8, &str) -> Result<(), E>",
            "<T as Iterator>::Item",
            "(NoPii, StyleGuide::new(3))",
            "3",
            "RETRIES",
            "limits::RETRIES",
        ] {
            let tokens: TokenStream = text.parse().unwrap();
            assert_eq!(source(tokens), text);
        }
    }

    #[test]
    fn docs_are_joined() {
        let item: syn::ItemStruct = parse_quote! {
            /// One.
            ///
            ///   Two.
            #[doc = " Three."]
            struct S;
        };
        assert_eq!(doc(&item.attrs), "One.\n\n  Two.\nThree.");
    }

    #[test]
    fn items_are_found_by_name() {
        for (item, name) in [
            ("#[x] pub async fn a(b: C) {}", Some("a")),
            ("pub(crate) struct S { x: u8 }", Some("S")),
            ("fn", None),
            ("", None),
        ] {
            let tokens: TokenStream = item.parse().unwrap();
            assert_eq!(item_name(&tokens).map(|n| n.to_string()).as_deref(), name, "{item}");
        }
    }
}
