//! Calls of clocks and random generators, and prints, in a body: a plain expression is evaluated again when a run is
//! resumed, and these give something else then, or print again. Steps are called by their names, so what looks like one
//! of these is one.

use crate::names;
use proc_macro2::{Spacing, Span, TokenStream, TokenTree};
use syn::Path;

/// What is called, and where.
pub(crate) type Impure = (String, Span);

const CLOCKS: [&str; 8] =
    ["Instant", "SystemTime", "Utc", "Local", "OffsetDateTime", "Timestamp", "Zoned", "SystemClock"];
const RANDOM: [(&str, &str); 6] = [
    ("rand", "random"),
    ("rand", "rng"),
    ("rand", "thread_rng"),
    ("Uuid", "new_v4"),
    ("Uuid", "now_v7"),
    ("RandomState", "new"),
];
const PRINTS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// Every such call in these tokens, inside of groups too.
pub(crate) fn impure(tokens: TokenStream) -> Vec<Impure> {
    let mut found = Vec::new();
    scan(tokens, &mut found);
    found
}

fn scan(tokens: TokenStream, found: &mut Vec<Impure>) {
    // The last path: its segments, and where it began.
    let mut path: Vec<String> = Vec::new();
    let mut start = Span::call_site();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    path.clear();
                    start = ident.span();
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                if group.delimiter() == proc_macro2::Delimiter::Parenthesis && colons == 0 && is_impure(&path)
                {
                    found.push((path.join("::"), start));
                }
                scan(group.stream(), found);
                path.clear();
                colons = 0;
            }
            // Not the first half of `!=`.
            TokenTree::Punct(punct) if punct.as_char() == '!' && punct.spacing() == Spacing::Alone => {
                match path.last() {
                    Some(name) if PRINTS.contains(&name.as_str()) => found.push((format!("{name}!"), start)),
                    _ => {}
                }
                path.clear();
                colons = 0;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                path.clear();
                colons = 0;
            }
        }
    }
}

fn is_impure(path: &[String]) -> bool {
    match path {
        [.., of, name] => is_clock(of, name) || is_random(of, name),
        [name] => name == "thread_rng",
        [] => false,
    }
}

fn is_clock(of: &str, name: &str) -> bool {
    name == "now" && CLOCKS.contains(&of)
}

fn is_random(of: &str, name: &str) -> bool {
    of == "fastrand" || RANDOM.contains(&(of, name))
}

/// What is said of such a function of a type or module that is called like a step: `value(..)` around it would compile, and
/// be as wrong.
pub(crate) fn called_as_a_step(path: &Path) -> Option<String> {
    let mut segments = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let (name, of) = (segments.next()?, segments.next()?);
    let (what, step) = if is_clock(&of, &name) {
        ("is a clock: here it would be read again when the run continues", "now")
    } else if is_random(&of, &name) {
        ("is random: here it would give another value when the run continues", "pick")
    } else {
        return None;
    };
    Some(format!(
        "`{}` {what}\ncall it in a step, whose output is recorded: `#[step] async fn {step}() -> Result<..> {{ .. }}`, and here `{step}()`",
        names::source(path)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn clocks_and_random_generators_are_found_wherever_they_stand() {
        let found = |tokens| impure(tokens).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        let body = quote! {
            let at = value(std::time::SystemTime::now());
            let x = step(text, rand::random::<u8>(), [uuid::Uuid::new_v4()]);
            if chrono::Utc::now() > x.at { thread_rng(1) } else { fastrand::u8(..) }
        };
        assert_eq!(
            found(body),
            [
                "std::time::SystemTime::now",
                "uuid::Uuid::new_v4",
                "chrono::Utc::now",
                "thread_rng",
                "fastrand::u8"
            ]
        );
        let prints = quote!(println!("{x}"); let y = std::dbg!(step(x)); print != x; !print; format!("{x}"));
        assert_eq!(found(prints), ["println!", "dbg!"]);
        assert_eq!(found(quote!(let x = clock::now(x); now(x); x.now(); Instant::now; random(x))), [""; 0]);
    }
}
