//! The name of a step as the value of an option: `fallback = cheap`.

use super::value::string;
use crate::diag;
use crate::mistake;
use syn::{Expr, Path};

/// The path of a step, not a call of it.
pub(super) fn step_name(word: &str, value: &Expr) -> syn::Result<Path> {
    match value {
        Expr::Path(p) if p.qself.is_none() => Ok(p.path.clone()),
        Expr::Group(g) => step_name(word, &g.expr),
        Expr::Call(call) => Err(diag::error_at(
            &call.func,
            mistake::named_not_called,
            format!(
                "`{word}` takes the name of a step, not a call: it gets the same input\nremove the parentheses"
            ),
        )),
        _ => {
            let name = quoted_name(value).unwrap_or_else(|| example(word).to_owned());
            let message = format!("`{word}` takes the name of a step\nwrite `{word} = {name}`");
            Err(diag::error_at(value, mistake::not_a_step_name, message))
        }
    }
}

/// A step that a message names as an example for a fallback or a redirect.
pub(crate) fn example(word: &str) -> &'static str {
    if word == "redirect" { "careful" } else { "cheap" }
}

/// The name of a step that was put into quotes.
pub(super) fn quoted_name(value: &Expr) -> Option<String> {
    let text = string(value)?.value();
    syn::parse_str::<Path>(&text).is_ok().then_some(text)
}
