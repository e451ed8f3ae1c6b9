//! Refuses input that is nested so deeply that parsing it could overflow the compiler's stack.
//!
//! `syn` is a recursive parser, and what it returns is dropped and visited recursively. A procedural macro
//! cannot parse on a larger stack of its own: spans live on the compiler's thread.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// Brackets inside brackets.
const MAX_GROUPS: usize = 64;
/// Tokens on the way to a token, since the last separator of each enclosing group: operators nest without
/// brackets too, as in `!!!!x`, `a >> b >> c` and `if a {} else if b {}`.
const MAX_WEIGHT: usize = 4096;

/// The first token that lies too deep, with what to say about it.
pub(crate) fn too_deep(tokens: &TokenStream) -> Option<(Span, &'static str)> {
    walk(tokens.clone(), 0, 0)
}

fn walk(tokens: TokenStream, groups: usize, outside: usize) -> Option<(Span, &'static str)> {
    let mut weight = outside;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        weight += 1;
        if weight > MAX_WEIGHT {
            return Some((
                token.span(),
                "this expression is too long for one statement\nbind a part of it with `let` first",
            ));
        }
        match &token {
            TokenTree::Group(group) => {
                if groups == MAX_GROUPS {
                    return Some((
                        group.span_open(),
                        "this is nested too deeply\nmove a part of it into a step or a pipeline of its own",
                    ));
                }
                let found = walk(group.stream(), groups + 1, weight);
                if found.is_some() {
                    return found;
                }
                // a statement such as `if c { .. }` ends without a separator
                if group.delimiter() == Delimiter::Brace && !tokens.peek().is_some_and(continues) {
                    weight = outside;
                }
            }
            TokenTree::Punct(punct) if matches!(punct.as_char(), ';' | ',') => weight = outside,
            _ => {}
        }
    }
    None
}

fn continues(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(ident) => ident == "else" || ident == "as",
        TokenTree::Punct(punct) => punct.as_char() != '#',
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        too_deep(&text.parse().unwrap_or_default()).is_some()
    }

    #[test]
    fn brackets_operators_and_branches_count() {
        assert!(!refused(&format!("{}x{}", "(".repeat(64), ")".repeat(64))));
        assert!(refused(&format!("{}x{}", "(".repeat(65), ")".repeat(65))));
        assert!(refused(&format!("let y = {}x;", "!".repeat(5_000))));
        assert!(refused(&format!("let y = x{};", " >> f".repeat(2_000))));
        assert!(!refused(&format!("let y = x{};", " >> f".repeat(1_000))));
        assert!(refused(&format!("if a {{}} {}", "else if a {}".repeat(2_000))));
    }

    #[test]
    fn long_input_is_no_deep_input() {
        assert!(!refused(&"let a = f(x);".repeat(3_000)));
        assert!(!refused(&"if a {} f(x); Some(3) => {} ".repeat(3_000)));
        assert!(!refused(&format!("[{}]", "1,".repeat(10_000))));
    }
}
