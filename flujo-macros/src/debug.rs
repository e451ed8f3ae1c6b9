//! `FLUJO_MACRO_DEBUG=name` prints what a macro made of the item `name`, `*` of every item.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use std::fmt::Write;

/// Prints the expansion of `name` if `FLUJO_MACRO_DEBUG` names it.
pub(crate) fn show(name: &str, expansion: &TokenStream) {
    let Ok(wanted) = std::env::var("FLUJO_MACRO_DEBUG") else { return };
    if wanted == "*" || wanted == name {
        eprintln!("// expansion of `{name}`\n{}", pretty(expansion));
    }
}

/// Tokens with line breaks where rustfmt would put most of them.
fn pretty(tokens: &TokenStream) -> String {
    let mut out = String::new();
    lines(tokens.clone(), 0, &mut out);
    out
}

fn lines(tokens: TokenStream, depth: usize, out: &mut String) {
    let mut glued = true;
    // The last character belongs together with the next one.
    let mut joint = false;
    for tree in tokens {
        match tree {
            TokenTree::Group(g) if g.delimiter() == Delimiter::Brace && !g.stream().is_empty() => {
                out.push_str(" {");
                newline(depth + 1, out);
                lines(g.stream(), depth + 1, out);
                newline(depth, out);
                out.push('}');
                newline(depth, out);
                glued = true;
            }
            TokenTree::Group(g) => {
                let (open, close) = match g.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" {", "}"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                lines(g.stream(), depth, out);
                out.push_str(close);
                glued = false;
            }
            TokenTree::Punct(p) => {
                // A space before the first character of an operator, never inside one. A path that starts
                // with `::` must not melt into the word or the `:` before it.
                let tight = matches!(p.as_char(), ',' | ';' | ':' | '.' | '<' | '>' | '?' | '!');
                let begins = p.as_char() == ':' && p.spacing() == Spacing::Joint && !joint;
                let absolute = begins && !continues_path(out) && !out.ends_with([' ', '<', '&', '(', '[']);
                if (!glued && !tight) || absolute {
                    out.push(' ');
                }
                out.push(p.as_char());
                joint = p.spacing() == Spacing::Joint;
                glued =
                    joint || matches!(p.as_char(), '.' | '<' | '&' | '#' | '!' | '\'') || out.ends_with("::");
                if p.as_char() == ';' {
                    newline(depth, out);
                    glued = true;
                }
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if !glued {
                    out.push(' ');
                }
                let _ = write!(out, "{tree}");
                glued = false;
            }
        }
    }
    out.truncate(out.trim_end().len());
}

/// Whether `::` continues a path: `Vec::`, `Vec<u8>::`, but not `impl ::`.
fn continues_path(out: &str) -> bool {
    let word = out.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let keyword =
        ["impl", "for", "as", "dyn", "in", "return", "mut", "else", "where", "use", "const", "match", "if"];
    (!word.is_empty() && !keyword.contains(&word))
        || (out.ends_with('>') && !out.ends_with("->") && !out.ends_with("=>"))
}

fn newline(depth: usize, out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out.push_str(&"    ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn what_is_printed_can_be_compiled() {
        for text in [
            "impl ::a::Step for S {}",
            "const F: ::a::Facts = ::a::Facts::NONE;",
            "impl<C: ::a::Context + ::a::A<u8>> T for S<'_, C> {}",
            "fn f() -> ::a::X { <Self as ::a::Y>::Z::<u8>(&::a::a, || -> u8 { 1 }) as u64 }",
        ] {
            let tokens: TokenStream = text.parse().unwrap();
            let again: TokenStream = pretty(&tokens).parse().unwrap();
            assert_eq!(again.to_string(), tokens.to_string(), "{}", pretty(&tokens));
        }
    }

    #[test]
    fn breaks_lines_at_blocks_and_statements() {
        let text = pretty(&quote!(
            fn a(b: &u8) -> u8 {
                let c = b;
                *c
            }
            struct S {}
        ));
        assert_eq!(text, "fn a(b: &u8) -> u8 {\n    let c = b;\n    * c\n}\nstruct S {}");
    }
}
