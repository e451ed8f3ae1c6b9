//! The values of options, wherever they are written.

use super::duration;
use super::written::{Written, after_a_call, time};
use crate::diag;
use crate::mistake::{self, Mistake};
use crate::names;
use crate::token_text::text_of;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

/// `backoff = "100ms"` or `backoff = none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backoff {
    /// No wait.
    None,
    /// The first wait in nanoseconds.
    First(u64),
}

impl Backoff {
    /// The runtime's value.
    pub(crate) fn tokens(self) -> TokenStream {
        let pr = names::private();
        match self {
            Self::None => quote!(#pr::Backoff::NONE),
            Self::First(nanos) => quote!(#pr::Backoff {
                first: #pr::Duration::from_nanos(#nanos),
                ..#pr::Backoff::DEFAULT
            }),
        }
    }
}

/// `cached = "1h"` or `cached = forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cached {
    /// As long as the cache keeps it.
    Forever,
    /// The time to live in nanoseconds.
    Ttl(u64),
}

impl Cached {
    /// The runtime's value.
    pub(crate) fn tokens(self) -> TokenStream {
        let pr = names::private();
        match self {
            Self::Forever => quote!(#pr::CachePolicy::FOREVER),
            Self::Ttl(nanos) => quote!(#pr::CachePolicy::ttl(#pr::Duration::from_nanos(#nanos))),
        }
    }
}

/// A string literal, through parentheses and the invisible groups of `macro_rules!`.
pub(super) fn string(value: &Expr) -> Option<&LitStr> {
    match literal(value)? {
        Lit::Str(s) => Some(s),
        _ => None,
    }
}

pub(super) fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Paren(p) => literal(&p.expr),
        Expr::Group(g) => literal(&g.expr),
        _ => None,
    }
}

fn error<T>(value: &Expr, mistake: Mistake, message: &str) -> syn::Result<T> {
    Err(diag::error_at(value, mistake, message))
}

/// The value of `backoff`.
pub(crate) fn backoff(value: &Expr) -> syn::Result<Backoff> {
    match value {
        Expr::Path(p) if p.path.is_ident("none") => Ok(Backoff::None),
        Expr::Group(g) => backoff(&g.expr),
        _ => match string(value) {
            Some(s) if s.value().starts_with('0') && duration(s).is_err() => {
                error(value, mistake::duration_zero, "a wait is longer than zero\nwrite `none` for no wait")
            }
            Some(s) => duration(s).map(Backoff::First),
            None => error(
                value,
                mistake::duration_in_quotes,
                "`backoff` takes the first wait, such as \"100ms\", or `none`",
            ),
        },
    }
}

/// The value of `cached`.
pub(crate) fn cached(value: &Expr) -> syn::Result<Cached> {
    match value {
        Expr::Path(p) if p.path.is_ident("forever") => Ok(Cached::Forever),
        Expr::Group(g) => cached(&g.expr),
        _ => match string(value) {
            Some(s) => duration(s).map(Cached::Ttl),
            None => error(
                value,
                mistake::duration_in_quotes,
                "`cached` takes how long an output may be used, such as \"1h\", or `forever`",
            ),
        },
    }
}

/// A count that is a literal or the path of a constant. Literals are checked here, constants by rustc.
pub(super) fn count(word: &str, value: &Expr, at_least: u32) -> syn::Result<Expr> {
    let wrong = || {
        error(
            value,
            mistake::not_a_whole_number,
            &format!("`{word}` is a whole number or the name of a `u32` constant"),
        )
    };
    match value {
        Expr::Path(_) => Ok(value.clone()),
        Expr::Group(g) => count(word, &g.expr, at_least),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => {
            error(value, mistake::number_negative, &format!("`{word}` cannot be negative"))
        }
        _ => match literal(value) {
            Some(Lit::Int(n)) => {
                if !matches!(n.suffix(), "" | "u32") {
                    return error(
                        value,
                        mistake::number_suffix,
                        &format!("`{word}` is a `u32`\nremove the suffix `{}`", n.suffix()),
                    );
                }
                match n.base10_parse::<u32>() {
                    Ok(n) if n < at_least => {
                        error(value, mistake::number_too_small, &format!("`{word}` is at least {at_least}"))
                    }
                    Ok(_) => Ok(value.clone()),
                    Err(_) => error(
                        value,
                        mistake::number_too_large,
                        &format!("`{word}` does not fit a `u32`\nthe largest is {}", u32::MAX),
                    ),
                }
            }
            _ => wrong(),
        },
    }
}

/// A literal number in a range.
pub(super) fn fraction(word: &str, value: &Expr, most: f64) -> syn::Result<f64> {
    let range = format!("`{word}` is a number from 0 to {most}");
    if let Expr::Group(g) = value {
        return fraction(word, &g.expr, most);
    }
    let number = match literal(value) {
        Some(Lit::Float(n)) if n.suffix().is_empty() => n.base10_parse::<f64>().ok(),
        Some(Lit::Int(n)) if n.suffix().is_empty() => n.base10_parse::<f64>().ok(),
        _ => None,
    };
    match number {
        Some(n) if (0.0..=most).contains(&n) => Ok(n),
        _ => error(value, mistake::number_out_of_range, &range),
    }
}

/// `"provider:model"`.
pub(super) fn model(value: &Expr, written: Written) -> syn::Result<LitStr> {
    let example = format!("for instance `{}`", written("model", "\"openai:gpt-4o-mini\""));
    let Some(literal) = string(value) else {
        return error(
            value,
            mistake::not_a_model_name,
            &format!("`model` takes the model's name in quotes\n{example}"),
        );
    };
    let text = literal.value();
    let well_formed = text.split_once(':').is_some_and(|(provider, model)| {
        !provider.is_empty() && !model.is_empty() && !text.contains(char::is_whitespace)
    });
    if well_formed {
        Ok(literal.clone())
    } else {
        error(
            value,
            mistake::not_a_model_name,
            &format!("`{text}` does not name a provider and a model\n{example}"),
        )
    }
}

/// The name of a role, as the settings spell it.
pub(super) fn role(value: &Expr) -> syn::Result<Ident> {
    const EXAMPLE: &str = "for instance `role = review`";
    if let Some(literal) = string(value) {
        let text = literal.value();
        return error(
            value,
            mistake::not_a_role_name,
            &format!("`role` takes the name of a role: write it without quotes\n`role = {text}`"),
        );
    }
    let name = match value {
        Expr::Group(g) => return role(&g.expr),
        Expr::Path(p) if p.qself.is_none() => p.path.get_ident(),
        _ => None,
    };
    let Some(name) = name else {
        return error(
            value,
            mistake::not_a_role_name,
            &format!("`role` takes the name of a role\n{EXAMPLE}"),
        );
    };
    let text = name.to_string();
    if text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        Ok(name.clone())
    } else {
        error(
            value,
            mistake::not_a_role_name,
            &format!("the name of a role is lower-case: a-z, 0-9 and `_`\n{EXAMPLE}"),
        )
    }
}

/// `true` or `false`.
pub(super) fn flag(word: &str, value: &Expr) -> syn::Result<bool> {
    match literal(value) {
        Some(Lit::Bool(b)) => Ok(b.value),
        _ => error(value, mistake::not_true_or_false, &format!("`{word}` is `true` or `false`")),
    }
}

/// The value of `limits`: what is written out in it is looked at here, the rest is rustc's to check.
pub(crate) fn limits(value: &Expr) -> syn::Result<()> {
    const EXAMPLE: &str = "for instance `UsageLimits::usd(\"0.10\")`, or `UsageLimits::NONE.model_calls(3)`";
    match value {
        Expr::Group(g) => limits(&g.expr),
        Expr::Paren(p) => limits(&p.expr),
        Expr::MethodCall(call) => limits(&call.receiver),
        Expr::Call(call) => {
            let usd = matches!(&*call.func, Expr::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "usd"));
            match call.args.first().and_then(string) {
                Some(text) if usd && !is_amount(&text.value()) => Err(diag::error(
                    text.span(),
                    mistake::not_an_amount,
                    format!(
                        "`{}` is not an amount of dollars\nwrite digits, and up to nine decimals, such as \"0.50\"",
                        text.value()
                    ),
                )),
                _ => Ok(()),
            }
        }
        Expr::Lit(_) => error(
            value,
            mistake::not_usage_limits,
            &format!("`limits` takes the limits of a node\n{EXAMPLE}"),
        ),
        _ => Ok(()),
    }
}

/// As the runtime reads it.
fn is_amount(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let nanos = || format!("{whole}{decimals:0<9}").parse::<u64>();
    digits(whole) && digits(decimals) && decimals.len() <= 9 && nanos().is_ok()
}

/// Checks an option of a call as far as it is a literal; everything else is rustc's to check.
pub(crate) fn check_call(word: &str, value: &Expr) -> syn::Result<()> {
    if word == "limits" {
        return limits(value);
    }
    super::model_argument(word, value)?;
    if literal(value).is_none() && !matches!(value, Expr::Unary(_)) {
        return Ok(());
    }
    match word {
        "retries" => count(word, value, 0).map(drop),
        "max_tokens" | "tool_rounds" => count(word, value, 1).map(drop),
        "temperature" => fraction(word, value, 2.0).map(drop),
        "top_p" => fraction(word, value, 1.0).map(drop),
        "model" => model(value, after_a_call).map(drop),
        "strict" => flag(word, value).map(drop),
        "timeout" => time(word, value, after_a_call).map(drop),
        "backoff" => backoff(value).map(drop),
        "cached" => cached(value).map(drop),
        _ => Ok(()),
    }
}

/// The value as graphs show it: a string without its quotes.
pub(crate) fn shown(value: &Expr) -> String {
    string(value).map_or_else(|| text_of(value), LitStr::value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::written::in_attribute;
    use syn::parse_quote;

    fn says(result: syn::Result<impl Sized>, text: &str) {
        let message = result.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(message.contains(text), "{message:?} should contain {text:?}");
    }

    #[test]
    fn counts() {
        for good in [parse_quote!(0), parse_quote!(3u32), parse_quote!((7)), parse_quote!(limits::RETRIES)] {
            assert!(count("retries", &good, 0).is_ok());
        }
        says(count("retries", &parse_quote!(-1), 0), "cannot be negative");
        says(count("retries", &parse_quote!(3u8), 0), "remove the suffix `u8`");
        says(count("retries", &parse_quote!(4294967296), 0), "does not fit");
        says(count("retries", &parse_quote!("3"), 0), "whole number");
        says(count("retries", &parse_quote!(1.5), 0), "whole number");
        says(count("max_tokens", &parse_quote!(0), 1), "at least 1");
    }

    #[test]
    fn fractions() {
        assert_eq!(fraction("temperature", &parse_quote!(0), 2.0).map(f64::to_bits).ok(), Some(0));
        assert_eq!(
            fraction("temperature", &parse_quote!(2.0), 2.0).map(f64::to_bits).ok(),
            Some(2.0_f64.to_bits())
        );
        for bad in
            [parse_quote!(2.1), parse_quote!(-0.1), parse_quote!("0.1"), parse_quote!(1f32), parse_quote!(T)]
        {
            says(fraction("temperature", &bad, 2.0), "a number from 0 to 2");
        }
        says(fraction("top_p", &parse_quote!(1.5), 1.0), "from 0 to 1");
    }

    #[test]
    fn models() {
        assert!(model(&parse_quote!("openai:gpt-4o-mini"), in_attribute).is_ok());
        assert!(model(&parse_quote!("ollama:llama3:8b"), in_attribute).is_ok());
        for bad in [parse_quote!("gpt-4o"), parse_quote!(":x"), parse_quote!("x:"), parse_quote!("a: b")] {
            says(model(&bad, in_attribute), "does not name a provider and a model");
        }
        says(model(&parse_quote!(MODEL), in_attribute), "in quotes");
    }

    #[test]
    fn limits_are_checked_as_far_as_they_are_literal() {
        for good in [
            parse_quote!(UsageLimits::usd("0.10")),
            parse_quote!(flujo::UsageLimits::usd("18446744073.709551615").model_calls(3)),
            parse_quote!(LIMIT),
            parse_quote!(limits_of(&case)),
            parse_quote!(UsageLimits::NONE.total_tokens(9)),
        ] {
            assert!(limits(&good).is_ok());
        }
        for bad in ["", "ten", "1.", ".5", "1e3", "0.0000000001", "18446744073.709551616"] {
            says(limits(&parse_quote!((UsageLimits::usd(#bad).model_calls(3)))), "not an amount of dollars");
        }
        says(limits(&parse_quote!("0.10")), "takes the limits of a node");
        says(limits(&parse_quote!(3)), "takes the limits of a node");
    }

    #[test]
    fn backoffs() {
        assert_eq!(backoff(&parse_quote!(none)).unwrap(), Backoff::None);
        assert_eq!(backoff(&parse_quote!("1s")).unwrap(), Backoff::First(1_000_000_000));
        says(backoff(&parse_quote!("0s")), "write `none`");
        says(backoff(&parse_quote!(3)), "first wait");
        says(backoff(&parse_quote!("soon")), "not a duration");
    }

    #[test]
    fn calls_are_checked_as_far_as_they_are_literal() {
        assert!(check_call("temperature", &parse_quote!(warmth(&draft))).is_ok());
        assert!(check_call("timeout", &parse_quote!(LIMIT)).is_ok());
        says(check_call("temperature", &parse_quote!(3.0)), "from 0 to 2");
        says(check_call("retries", &parse_quote!(-1)), "negative");
        says(check_call("timeout", &parse_quote!("20")), "unit is missing");
    }
}
