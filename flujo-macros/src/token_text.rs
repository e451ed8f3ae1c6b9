//! Expressions and patterns as text: the labels of branches, the options in a graph.
//!
//! Labels are part of the fingerprint, so they are put together here, token by token: what the compiler
//! prints for the same tokens may change from one version to the next.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Source text as a person would write it, in one line.
pub(crate) fn text_of(tokens: impl ToTokens) -> String {
    let mut printer = Printer::default();
    printer.stream(tokens.into_token_stream());
    printer.out
}

#[derive(Default)]
struct Printer {
    out: String,
    before: Before,
    /// Open `<` of type arguments.
    angles: usize,
    /// Between the bars of a closure.
    closure: bool,
}

/// What was printed last.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Before {
    /// Nothing, an opening bracket, or an operator without air after it.
    #[default]
    Open,
    /// A value: a name, a literal, a closing bracket.
    Value,
    /// A keyword, which is followed by air.
    Word,
    /// An operator with air around it, or `,` and `;`.
    Operator,
}

const KEYWORDS: [&str; 12] =
    ["as", "box", "dyn", "else", "if", "impl", "in", "let", "match", "move", "mut", "ref"];

impl Printer {
    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.group(&group),
                TokenTree::Ident(ident) => self.word(&ident.to_string()),
                TokenTree::Literal(literal) => self.word(&literal.to_string()),
                TokenTree::Punct(punct) => {
                    let mut operator = punct.as_char().to_string();
                    let mut joint = punct.spacing() == Spacing::Joint;
                    while joint
                        && !(self.angles > 0 && operator == ">")
                        && let Some(TokenTree::Punct(next)) = tokens.peek()
                        && is_operator(&operator, next.as_char())
                    {
                        operator.push(next.as_char());
                        joint = next.spacing() == Spacing::Joint;
                        tokens.next();
                    }
                    let call = matches!(tokens.peek(), Some(TokenTree::Group(_)));
                    self.operator(&operator, call);
                }
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::None => {
                self.stream(group.stream());
                return;
            }
        };
        let braces = group.delimiter() == Delimiter::Brace;
        let air =
            matches!(self.before, Before::Word | Before::Operator) || braces && self.before == Before::Value;
        self.space(air);
        self.out.push_str(open);
        if !group.stream().is_empty() {
            self.space(braces);
            self.before = Before::Open;
            self.stream(group.stream());
            self.space(braces);
        }
        self.out.push_str(close);
        self.before = Before::Value;
    }

    fn word(&mut self, word: &str) {
        self.space(self.before != Before::Open);
        self.out.push_str(word);
        self.before = if KEYWORDS.contains(&word) { Before::Word } else { Before::Value };
    }

    fn operator(&mut self, operator: &str, call: bool) {
        let after_value = self.before == Before::Value;
        match operator {
            "," | ";" | ":" => self.print(operator, false, Before::Operator),
            "." | ".." | "..=" if after_value => self.print(operator, false, Before::Open),
            "::" | ".." | "..=" | "#" | "'" => {
                self.print(
                    operator,
                    !after_value,
                    if operator == ".." { Before::Value } else { Before::Open },
                );
                if operator == ".." {
                    self.before = Before::Open;
                }
            }
            "?" => self.print(operator, false, Before::Value),
            "!" if after_value && call => self.print(operator, false, Before::Open),
            "<" if self.angles > 0 || self.out.ends_with("::") => {
                self.angles += 1;
                self.print(operator, false, Before::Open);
            }
            ">" if self.angles > 0 => {
                self.angles -= 1;
                self.print(operator, false, Before::Value);
            }
            "&" | "*" | "-" | "!" | "&&" if !after_value => self.print(operator, true, Before::Open),
            "|" if !after_value => {
                self.closure = true;
                self.print(operator, true, Before::Open);
            }
            "|" if self.closure => {
                self.closure = false;
                self.print(operator, false, Before::Operator);
            }
            _ => self.print(operator, true, Before::Operator),
        }
    }

    fn print(&mut self, operator: &str, air: bool, then: Before) {
        self.space(air && self.before != Before::Open);
        self.out.push_str(operator);
        self.before = then;
    }

    fn space(&mut self, wanted: bool) {
        if wanted && !self.out.is_empty() && !self.out.ends_with(' ') {
            self.out.push(' ');
        }
    }
}

/// Whether `next` goes on with an operator that Rust has.
fn is_operator(so_far: &str, next: char) -> bool {
    const LONG: [&str; 25] = [
        "::", "..", "..=", "...", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>", "+=", "-=",
        "*=", "/=", "%=", "^=", "&=", "|=", "<<=", ">>=", "'_",
    ];
    LONG.contains(&format!("{so_far}{next}").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_written() {
        for text in [
            "case.risk()",
            "Risk::High(n) if n > 200 && ctx.post_id >= 3",
            "let Some(x) = found && !x.is_empty()",
            "Some(Post { text, .. })",
            "Post {}",
            "[first, .., last]",
            "1..=5 | 7",
            "x @ 2..10",
            "&case",
            "(a, b)",
            "-3",
            "a - 3 * *b",
            "parse::<Vec<u8>>(&text)?.len() == 0",
            "matches!(x, Some(_))",
            "items.iter().any(|x| x.id == id)",
            "\"text\" | 'c' | 1.5e3",
            "ref mut x",
            "state as u8",
            "|x| x.len() > 3",
            "|(a, b): &(u8, T)| *a >= b.n",
            "Duration::from_secs(2 * HOUR)",
            "_",
            "if a { b } else { c }",
        ] {
            let tokens: TokenStream = text.parse().unwrap_or_default();
            assert_eq!(text_of(tokens), text);
        }
    }
}
