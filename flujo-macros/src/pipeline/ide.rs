//! The body as rust-analyzer sees it: made of tokens, without parsing expressions.
//!
//! After a bare `x.` rust-analyzer compares the real expansion with one in which a word was completed; only
//! where both have the same shape does it offer anything. A body that has to parse first has no shape at
//! all just then. So the user's tokens pass through, with calls in flow position wrapped in a function that
//! turns a step call into its output.

use super::model::Header;
use crate::names;
use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::quote;

/// The twin of a body.
pub(crate) fn body(header: &Header, body: &Group) -> TokenStream {
    let pr = names::private();
    let inner = block(body.stream());
    let context = header.context.as_ref().map(|context| {
        let (name, of) = (&context.ident, &header.ident);
        quote!(let #name = #pr::ide::context::<#of>();)
    });
    // rustc parses what it leaves out, but not the inside of a macro call: a body that is being typed must
    // not be a second error
    quote! {
        #[allow(unused_imports, reason = "what an editor offers is not what is used")]
        use #pr::flow::{ask, fail, gate, join, map, refine, repeat, route, value, wait};
        #context
        #pr::Ok(#pr::ide_tokens! { #inner })
    }
}

/// Statements, and a last expression.
fn block(tokens: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut statement: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let end = is_punct(&token, ';');
        statement.push(token);
        if end {
            out.extend(line(std::mem::take(&mut statement)));
        }
    }
    out.extend(flow(&statement));
    out
}

/// `let pat = flow else { .. };`, or anything else.
fn line(mut statement: Vec<TokenTree>) -> TokenStream {
    let semi = statement.pop();
    let is_let = matches!(statement.first(), Some(TokenTree::Ident(word)) if word == "let");
    let equals =
        statement.iter().enumerate().position(|(i, token)| is_punct(token, '=') && binds(&statement, i));
    let (true, Some(equals)) = (is_let, equals) else {
        let flow = flow(&statement);
        return quote!(#flow #semi);
    };
    let (left, right) = statement.split_at(equals + 1);
    // `if .. else ..` on the right side keeps its `else`
    let is_else = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "else");
    let end = if is_call(right) { right.iter().position(is_else) } else { None };
    let (flow, otherwise) = (
        flow(right.get(..end.unwrap_or(right.len())).unwrap_or_default()),
        end.map(|end| nested(right.get(end..).unwrap_or_default())),
    );
    let left: TokenStream = left.iter().cloned().collect();
    quote!(#left #flow #otherwise #semi)
}

/// Whether the `=` at `i` is an operator of its own, rather than in `==`, `=>`, `<=`.
fn binds(all: &[TokenTree], i: usize) -> bool {
    let joint = |i: Option<usize>| matches!(i.and_then(|i| all.get(i)), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
    !joint(Some(i)) && !joint(i.checked_sub(1))
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

/// `path::to::step(..)`, with whatever follows.
fn is_call(tokens: &[TokenTree]) -> bool {
    let mut name = false;
    for token in tokens {
        match token {
            TokenTree::Ident(word) if ["if", "match", "unsafe", "return"].iter().any(|w| word == w) => {
                return false;
            }
            TokenTree::Ident(_) => name = true,
            TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '<' | '>' | ',') => {}
            TokenTree::Group(group) => return name && group.delimiter() == Delimiter::Parenthesis,
            TokenTree::Punct(_) | TokenTree::Literal(_) => return false,
        }
    }
    false
}

/// A call gives its output, a question its reply; forms and plain expressions are what they are.
fn flow(tokens: &[TokenTree]) -> TokenStream {
    let pr = names::private();
    let mut stages = stages(tokens).into_iter();
    let first = stages.next().map_or_else(TokenStream::new, call);
    // `x >> step.options()` is `step(x).options()`
    stages.fold(first, |left, stage| {
        let dot = stage.iter().position(|token| is_punct(token, '.')).unwrap_or(stage.len());
        let (step, options) = stage.split_at(dot);
        let (step, options) = (step.iter().cloned().collect::<TokenStream>(), nested(options));
        if step.is_empty() { left } else { quote!(#pr::ide::out(#step(#left) #options)) }
    })
}

/// Splits at `>>`, which is followed by a name, unlike the end of type arguments.
fn stages(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut out = Vec::new();
    let mut begin = 0;
    for i in 0..tokens.len() {
        let two = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, '>'));
        let named = matches!(tokens.get(i + 2), None | Some(TokenTree::Ident(_)));
        if i >= begin && two(i) && two(i + 1) && named {
            out.push(tokens.get(begin..i).unwrap_or_default());
            begin = i + 2;
        }
    }
    out.push(tokens.get(begin..).unwrap_or_default());
    out
}

fn call(tokens: &[TokenTree]) -> TokenStream {
    let pr = names::private();
    if !is_call(tokens) {
        return nested(tokens);
    }
    let word = match tokens.first() {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    let inner = match (word.as_str(), tokens) {
        ("value" | "fail", _) => return nested(tokens),
        ("ask", _) => {
            let inner = nested(tokens);
            return quote!(#pr::ide::reply(#inner));
        }
        ("join" | "repeat" | "refine" | "map" | "route", [form, TokenTree::Group(group), rest @ ..]) => {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            let args = args(&inside);
            let args = args.iter().enumerate().map(|(i, arg)| match word.as_str() {
                "join" => flow(without_bars(arg)),
                "refine" => form_body(arg),
                _ if i == 1 => form_body(arg),
                _ => nested(arg),
            });
            let args = if word == "join" { quote!((#(#args),*)) } else { quote!(#(#args),*) };
            let (args, rest) = (respelt(group, args), nested(rest));
            quote!(#form #args #rest)
        }
        _ => nested(tokens),
    };
    quote!(#pr::ide::out(#inner))
}

/// Arguments, what follows the last comma included. Commas between the bars of a closure, or between
/// type arguments, are none of theirs.
fn args(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let (mut out, mut begin, mut bars, mut angles) = (Vec::new(), 0, false, 0_usize);
    for (i, token) in tokens.iter().enumerate() {
        let after_colon =
            i.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|token| is_punct(token, ':'));
        if is_punct(token, '|') {
            bars = !bars;
        } else if is_punct(token, '<') && (bars || angles > 0 || after_colon) {
            angles += 1;
        } else if is_punct(token, '>') {
            angles = angles.saturating_sub(1);
        } else if is_punct(token, ',') && !bars && angles == 0 {
            out.push(tokens.get(begin..i).unwrap_or_default());
            begin = i + 1;
        }
    }
    // the one that is about to be written is empty
    out.push(tokens.get(begin..).unwrap_or_default());
    out
}

/// An arm of `join`: `|| flow` is that flow.
fn without_bars(arm: &[TokenTree]) -> &[TokenTree] {
    match arm {
        [first, second, rest @ ..] if is_punct(first, '|') && is_punct(second, '|') => rest,
        _ => arm,
    }
}

/// The body of a form: what the closure comes to is flow, and a bare name is a step that is called.
fn form_body(arg: &[TokenTree]) -> TokenStream {
    let pr = names::private();
    let bars: Vec<usize> =
        arg.iter().enumerate().filter(|(_, token)| is_punct(token, '|')).map(|(i, _)| i).collect();
    if let [0, end, ..] = bars[..] {
        let (head, inside) = arg.split_at(end + 1);
        let (head, inside) = (head.iter().cloned().collect::<TokenStream>(), flow(inside));
        return quote!(#head #inside);
    }
    let named = |token: &TokenTree| {
        matches!(token, TokenTree::Ident(_))
            || matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '<' | '>'))
    };
    if arg.iter().all(named) {
        let step: TokenStream = arg.iter().cloned().collect();
        return quote!(|__x| #pr::ide::out(#step(__x)));
    }
    nested(arg)
}

/// Braces that hold statements, or the arms of a `match`, are looked into.
fn nested(tokens: &[TokenTree]) -> TokenStream {
    let mut out = TokenStream::new();
    let mut before: Option<&TokenTree> = None;
    // the next braces are a block, or the arms: a condition or scrutinee has no struct literals
    let mut expected: Option<&str> = None;
    for token in tokens {
        let braces = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        out.extend([match token {
            TokenTree::Group(group) if braces && expected == Some("match") => {
                respelt(group, arms(group.stream()))
            }
            TokenTree::Group(group) if braces && (expected.is_some() || opens_block(before)) => {
                respelt(group, block(group.stream()))
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                respelt(group, nested(&inner))
            }
            other => other.clone(),
        }]);
        expected = match token {
            _ if braces => None,
            TokenTree::Ident(word) if word == "if" => Some("if"),
            TokenTree::Ident(word) if word == "match" => Some("match"),
            _ => expected,
        };
        before = Some(token);
    }
    out
}

/// After `else`, and first of all.
fn opens_block(before: Option<&TokenTree>) -> bool {
    match before {
        None => true,
        Some(TokenTree::Ident(word)) => word == "else",
        Some(_) => false,
    }
}

/// `pat => flow,` and `pat => { .. }`.
fn arms(tokens: TokenStream) -> TokenStream {
    let (mut out, mut pat, mut rest) =
        (TokenStream::new(), TokenStream::new(), tokens.into_iter().peekable());
    while let Some(token) = rest.next() {
        let arrow = is_punct(&token, '>')
            && matches!(pat.clone().into_iter().last(), Some(last) if is_punct(&last, '='));
        pat.extend([token]);
        if !arrow {
            continue;
        }
        let mut body: Vec<TokenTree> = Vec::new();
        let mut block = false;
        while let Some(token) = rest.next_if(|token| !is_punct(token, ',') && !block) {
            // a block ends the arm, unless something is done with its value
            block = body.is_empty()
                && matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
                && !matches!(rest.peek(), Some(next) if is_punct(next, '.') || is_punct(next, '>'));
            body.push(token);
        }
        let (comma, body) = (rest.next_if(|token| is_punct(token, ',')), flow(&body));
        out.extend(std::mem::take(&mut pat));
        out.extend(quote!(#body #comma));
    }
    out.extend(pat);
    out
}

fn respelt(group: &Group, tokens: TokenStream) -> TokenTree {
    let mut new = Group::new(group.delimiter(), tokens);
    new.set_span(group.span());
    new.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twin(text: &str) -> String {
        block(text.parse().unwrap_or_default()).to_string().replace(":: flujo :: __private :: ide :: ", "")
    }

    #[test]
    fn calls_are_wrapped_and_the_rest_passes() {
        for (text, same) in [
            ("let a = triage (post) ;", "let a = out (triage (post)) ;"),
            (
                "let a : T = x :: f :: < T > (a) . retries (2) ;",
                "let a : T = out (x :: f :: < T > (a) . retries (2)) ;",
            ),
            (
                "let Some (a) = f (x) else { fail (\"y\") } ;",
                "let Some (a) = out (f (x)) else { fail (\"y\") } ;",
            ),
            ("let a : T = ask (q) . showing (& a) ;", "let a : T = reply (ask (q) . showing (& a)) ;"),
            ("let a = value (Some (x)) ;", "let a = value (Some (x)) ;"),
            ("let a = x . len () ;", "let a = x . len () ;"),
            (
                "let a = if b == c { f (x) } else { y } ;",
                "let a = if b == c { out (f (x)) } else { out (y (z)) } ;",
            ),
            ("match a { A => { let b = f (x) ; b } }", "match a { A => { let b = out (f (x)) ; b } }"),
            ("judge (x)", "out (judge (x))"),
            ("x >> f >> a :: g . retries (2)", "out (a :: g (out (f (x))) . retries (2))"),
            ("let v : Vec < Vec < u8 >> = f (x) ;", "let v : Vec < Vec < u8 >> = out (f (x)) ;"),
            (
                "let (a , b) = join (f (x) , y >> g) ;",
                "let (a , b) = out (join ((out (f (x)) , out (g (y))))) ;",
            ),
            (
                "let (a , b) = join ({ let c = f (x) ; c } , || g (y)) . settle () ;",
                "let (a , b) = out (join (({ let c = out (f (x)) ; c } , out (g (y)))) . settle ()) ;",
            ),
            (
                "let a = repeat (x , | y | f (y)) . until (| y | y . ok (g (y))) . max (3) ;",
                "let a = out (repeat (x , | y | out (f (y))) . until (| y | y . ok (g (y))) . max (3)) ;",
            ),
            (
                "map (x , | (y , z) | { let a = f (y) ; g (a) })",
                "out (map (x , | (y , z) | { let a = out (f (y)) ; out (g (a)) }))",
            ),
            ("map (x , a :: f)", "out (map (x , | __x | out (a :: f (__x))))"),
            (
                "refine (f , | y | y >> g) . max (2)",
                "out (refine (| __x | out (f (__x)) , | y | out (g (y))) . max (2))",
            ),
            (
                "route (s , | t | match t { A => f (x) , B if c => { g (x) } C => y , })",
                "out (route (s , | t | match t { A => out (f (x)) , B if c => { out (g (x)) } C => y , }))",
            ),
            (
                "map (x , | y | repeat (y , f) . max (2))",
                "out (map (x , | y | out (repeat (y , | __x | out (f (__x))) . max (2))))",
            ),
            (
                "let a = x . iter () . map (| y | { f (y) }) ;",
                "let a = x . iter () . map (| y | { f (y) }) ;",
            ),
        ] {
            let same = same.replace("out (y (z))", "y");
            assert_eq!(twin(text), same, "{text}");
        }
    }

    /// rust-analyzer puts a word where the cursor is and expands again.
    #[test]
    fn a_word_at_the_cursor_does_not_change_the_shape() {
        for text in [
            "let a = triage(post).@",
            "let a = triage(post).@;",
            "let a = @;",
            "match triaged.@",
            "let b = f(@);",
            "map(x, |y| { let z = f(y); z.@ })",
            "map(x, |y| y.@)",
            "map(x, @)",
            "repeat(x, |y| f(y.@)).until(|y| y.@).max(3)",
            "refine(f, |y| { y.@ })",
            "join({ let a = f(x); a.@ }, || g(y).@)",
            "route(s, |t| match t { A => f(x).@, B => y.@ })",
            "match a { A => f(x.@), B => { y.@ } }",
            "f(x).@",
        ] {
            let (without, with) = (twin(&text.replace('@', "")), twin(&text.replace('@', "word")));
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&without), squeezed(&with.replace("word", "")), "{text}");
        }
    }
}
