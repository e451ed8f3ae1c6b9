//! Refuses input that is nested so deeply that parsing it could overflow the compiler's stack.
//!
//! `syn` is a recursive parser, and what it returns is dropped and visited recursively. A procedural macro
//! cannot parse on a larger stack of its own: spans live on the compiler's thread.

use crate::diag;
use crate::mistake;
use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};

/// Brackets, type arguments, prefixes, and words and operators that recurse to their right, around a token.
const MAX_DEPTH: usize = 96;
/// Tokens in front of a token since the last separator, those in front of the brackets around it included:
/// `a.b().c()` is parsed by a loop, but visited and dropped by a recursion. The stages of `a >> b >> c` count
/// as two tokens each, since they are looked at one after the other.
const MAX_LENGTH: usize = 1024;

/// The next step after each of the two errors.
#[derive(Clone, Copy)]
pub(crate) struct Advice {
    deep: &'static str,
    long: &'static str,
}

impl Advice {
    /// For a signature, a struct or options.
    pub(crate) const ITEM: Self =
        Self { deep: "give the inner part a name of its own", long: "give a part of it a name of its own" };
    /// For the body of a pipeline.
    pub(crate) const FLOW: Self = Self {
        deep: "move a part of it into a step or a pipeline of its own",
        long: "bind a part of it with `let` first",
    };
}

/// An error at the first token that lies too deep.
pub(crate) fn check(tokens: &TokenStream, advice: Advice) -> syn::Result<()> {
    match walk(tokens.clone(), Way::default()) {
        None => Ok(()),
        Some((at, Limit::Depth)) => Err(diag::error(
            at,
            mistake::nested_too_deeply,
            format!("this is nested more than {MAX_DEPTH} levels deep\n{}", advice.deep),
        )),
        Some((at, Limit::Length)) => Err(diag::error(
            at,
            mistake::expression_too_long,
            format!("this expression is too long\n{}", advice.long),
        )),
    }
}

/// Which limit a token exceeds.
enum Limit {
    Depth,
    Length,
}

/// What lies on the way to a token.
#[derive(Clone, Copy, Default)]
struct Way {
    depth: usize,
    length: usize,
    /// Of the length, what the stages of `>>` in this group come to.
    stages: usize,
    /// Open `<` in this group, and prefixes in front of the next token.
    angles: usize,
    prefixes: usize,
}

fn walk(tokens: TokenStream, outside: Way) -> Option<(Span, Limit)> {
    let outside = Way { stages: 0, angles: 0, prefixes: 0, ..outside };
    let mut way = outside;
    let mut before = None;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        way.length += 1;
        way.depth += usize::from(recurses(&token, before));
        if before == Some('>') && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '>') {
            way.stages += 2;
            way.length = outside.length + way.stages;
        }
        before = joint(&token);
        if way.length > MAX_LENGTH {
            return Some((token.span(), Limit::Length));
        }
        way.count(&token);
        let depth = way.depth + way.angles + way.prefixes;
        if depth >= MAX_DEPTH {
            return Some((token.span(), Limit::Depth));
        }
        match &token {
            TokenTree::Group(group) => {
                let found = walk(group.stream(), Way { depth: depth + 1, ..way });
                if found.is_some() {
                    return found;
                }
                // a statement such as `if c { .. }` ends without a separator
                if group.delimiter() == Delimiter::Brace && !tokens.peek().is_some_and(continues) {
                    way = outside;
                }
            }
            TokenTree::Punct(punct) if matches!(punct.as_char(), ';' | ',') => way = outside,
            _ => {}
        }
    }
    None
}

impl Way {
    /// Counts type arguments and prefixes. A comparison looks like an opening bracket; it ends at the next separator.
    fn count(&mut self, token: &TokenTree) {
        let TokenTree::Punct(punct) = token else {
            if !matches!(token, TokenTree::Group(_)) {
                self.prefixes = 0;
            }
            return;
        };
        match punct.as_char() {
            '<' => self.angles += 1,
            '>' => self.angles = self.angles.saturating_sub(1),
            ';' | '|' => self.angles = 0,
            _ => {}
        }
        self.prefixes = if matches!(punct.as_char(), '&' | '*' | '!' | '-') { self.prefixes + 1 } else { 0 };
    }
}

/// Whether what follows is a part of this, rather than beside it.
fn recurses(token: &TokenTree, before: Option<char>) -> bool {
    match token {
        TokenTree::Ident(word) => {
            const WORDS: [&str; 10] =
                ["return", "break", "yield", "else", "async", "move", "let", "in", "dyn", "impl"];
            // Once as text: a comparison with an identifier makes text of it each time.
            WORDS.contains(&word.to_string().as_str())
        }
        TokenTree::Punct(punct) => match punct.as_char() {
            '|' | '@' => true,
            '=' => !matches!(before, Some('=' | '!' | '<' | '>')) && punct.spacing() == Spacing::Alone,
            '.' => before == Some('.'),
            _ => false,
        },
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    }
}

fn joint(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint => Some(punct.as_char()),
        _ => None,
    }
}

fn continues(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(word) => word == "else" || word == "as",
        TokenTree::Punct(punct) => punct.as_char() != '#',
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        check(&text.parse().unwrap_or_default(), Advice::FLOW).is_err()
    }

    #[test]
    fn brackets_operators_and_branches_count() {
        assert!(!refused(&format!("{}x{}", "(".repeat(95), ")".repeat(95))));
        assert!(refused(&format!("{}x{}", "(".repeat(96), ")".repeat(96))));
        assert!(refused(&format!("let y = {}x;", "!".repeat(5_000))));
        assert!(refused(&format!("let y = {}x;", "return ".repeat(100))));
        assert!(refused(&format!("let y = {}x;", "|x| ".repeat(50))));
        assert!(refused(&format!("let y = x{};", " >> f".repeat(2_000))));
        assert!(!refused(&format!("let y = x{};", " >> f.retries(2)".repeat(500))));
        assert!(refused(&format!("let y = x{};", ".f()".repeat(500))));
        assert!(refused(&format!("if a {{}} {}", "else if a {}".repeat(2_000))));
        assert!(!refused(&format!("if a {{}} {}", "else if a == b {}".repeat(90))));
    }

    #[test]
    fn long_input_is_no_deep_input() {
        assert!(!refused(&"let a = f(x);".repeat(3_000)));
        assert!(!refused(&"if a {} f(x); Some(3) => {} ".repeat(3_000)));
        assert!(!refused(&"A | B if a >= b => {} ".repeat(3_000)));
        assert!(!refused(&format!("[{}]", "1,".repeat(10_000))));
    }

    #[test]
    fn nesting_has_a_limit() {
        let item = |tokens: &TokenStream| check(tokens, Advice::ITEM);
        let nest = |open: &str, close: &str, n: usize| -> TokenStream {
            format!("{}x{}", open.repeat(n), close.repeat(n)).parse().unwrap()
        };
        for (open, close) in [("(", ")"), ("[", "]"), ("Vec<", ">"), ("&", ""), ("!", ""), ("(Vec<", ">)")] {
            assert!(item(&nest(open, close, 20)).is_ok(), "{open}");
            assert!(item(&nest(open, close, 1000)).is_err(), "{open}");
        }
        let arrows: TokenStream = "fn(u8) -> u8,".repeat(500).parse().unwrap();
        assert!(item(&arrows).is_ok());
        let less: TokenStream = "a < b;".repeat(500).parse().unwrap();
        assert!(item(&less).is_ok());
    }
}
