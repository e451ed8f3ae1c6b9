//! The values of options that are sent to a model's provider.

use super::value::{flag, string};
use crate::diag;
use crate::mistake::{self, Mistake};
use crate::names;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, Lit, LitStr};

/// The words of `reasoning_effort`, with their variants.
const EFFORTS: [(&str, &str); 5] =
    [("none", "None"), ("minimal", "Minimal"), ("low", "Low"), ("medium", "Medium"), ("high", "High")];

/// The words for options that go into `CallOptions`, `extra` and `tool_choice` apart.
pub(super) const WORDS: [&str; 7] =
    ["reasoning_effort", "reasoning_text", "stop", "seed", "parallel_calls", "service_tier", "prompt_cache"];

fn error<T>(value: &Expr, mistake: Mistake, message: &str) -> syn::Result<T> {
    Err(diag::error_at(value, mistake, message))
}

/// The argument of the method of this word, if the value is written out; `None` for an expression.
///
/// # Errors
/// What is written out makes no sense.
pub(crate) fn argument(word: &str, value: &Expr) -> syn::Result<Option<TokenStream>> {
    if let Expr::Group(group) = value {
        return argument(word, &group.expr);
    }
    let pr = names::private();
    match word {
        "reasoning_effort" => string(value).map(|text| effort(value, text)).transpose(),
        "prompt_cache" => string(value)
            .map(|text| match text.value().as_str() {
                "5m" => Ok(quote!(#pr::CacheTime::FiveMinutes)),
                "1h" => Ok(quote!(#pr::CacheTime::OneHour)),
                _ => error(
                    value,
                    mistake::prompt_cache_time,
                    "providers keep prompts for five minutes or for an hour\nwrite \"5m\" or \"1h\"",
                ),
            })
            .transpose(),
        "service_tier" => string(value)
            .map(|text| {
                let word = text.value();
                let letters = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if word.is_empty() || !word.chars().all(letters) {
                    return error(
                        value,
                        mistake::not_a_service_tier,
                        "`service_tier` is a word of the provider\nfor instance `\"flex\"`",
                    );
                }
                Ok(text.to_token_stream())
            })
            .transpose(),
        "stop" => stop(value),
        "seed" => match value {
            Expr::Lit(ExprLit { lit: Lit::Int(n), .. }) if n.base10_parse::<u64>().is_ok() => {
                Ok(Some(n.to_token_stream()))
            }
            Expr::Lit(_) | Expr::Unary(_) => {
                error(value, mistake::not_a_whole_number, "`seed` is a whole number from 0\nfor instance `7`")
            }
            _ => Ok(None),
        },
        "reasoning_text" | "parallel_calls" => match value {
            Expr::Lit(_) => flag(word, value).map(|on| Some(quote!(#on))),
            _ => Ok(None),
        },
        "tool_choice" => Ok(choice(value)),
        _ => Ok(None),
    }
}

fn effort(value: &Expr, text: &LitStr) -> syn::Result<TokenStream> {
    let pr = names::private();
    let word = text.value();
    let known = EFFORTS.iter().find(|(name, _)| *name == word);
    known.map_or_else(
        || {
            let words: Vec<_> = EFFORTS.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            error(
                value,
                mistake::unknown_effort,
                &format!("`{word}` is no effort of reasoning\nwrite one of {}", words.join(", ")),
            )
        },
        |(_, variant)| {
            let variant = proc_macro2::Ident::new(variant, text.span());
            Ok(quote!(#pr::ReasoningEffort::#variant))
        },
    )
}

fn stop(value: &Expr) -> syn::Result<Option<TokenStream>> {
    const EMPTY: &str = "an empty text would end every answer at once\nwrite the text that ends it";
    if let Some(text) = string(value) {
        return if text.value().is_empty() {
            error(value, mistake::empty_stop_text, EMPTY)
        } else {
            Ok(Some(quote!([#text])))
        };
    }
    let Expr::Array(list) = value else { return Ok(None) };
    if list.elems.is_empty() {
        return error(
            value,
            mistake::empty_list,
            "`stop` names at least one text\nname it, or remove the option",
        );
    }
    for text in &list.elems {
        match string(text) {
            Some(literal) if literal.value().is_empty() => {
                return error(text, mistake::empty_stop_text, EMPTY);
            }
            Some(_) => {}
            None => return Ok(None),
        }
    }
    Ok(Some(list.to_token_stream()))
}

/// The choices that are words.
fn choice(value: &Expr) -> Option<TokenStream> {
    let pr = names::private();
    let Expr::Path(path) = value else { return None };
    let word = path.path.get_ident()?.to_string();
    Some(match word.as_str() {
        "auto" => quote!(#pr::ToolChoice::Auto),
        "required" => quote!(#pr::ToolChoice::Required),
        "none" => quote!(#pr::ToolChoice::None),
        _ => return None,
    })
}

/// One of these options in `#[step(..)]`, where it has to be written out: the method that sets it.
pub(super) fn of_attribute(word: &str, value: &Expr) -> syn::Result<TokenStream> {
    let method = names::local(word, proc_macro2::Span::call_site());
    let is_constant = word == "seed" && matches!(value, Expr::Path(_));
    match argument(word, value)? {
        Some(argument) => Ok(quote!(.#method(#argument))),
        None if is_constant => Ok(quote!(.#method(#value))),
        None => {
            let example = super::find(word).map_or("", |word| word.example);
            error(
                value,
                mistake::value_not_written_out,
                &format!("the value of `{word}` is written out\nfor instance `{word} = {example}`"),
            )
        }
    }
}

/// `tool_choice` in `#[step(..)]`: a word, or the name of one of the tools.
pub(super) fn tool_choice(value: &Expr, tools: &[super::ToolUse]) -> syn::Result<TokenStream> {
    let pr = names::private();
    if let Some(choice) = choice(value) {
        return Ok(quote!(.tool_choice(#choice)));
    }
    let last = |path: &syn::Path| path.segments.last().map(|last| names::text(&last.ident));
    let wrong = "`tool_choice` is `auto`, `required`, `none`, or one of the tools of the step";
    let Expr::Path(named) = value else { return error(value, mistake::unknown_tool_choice, wrong) };
    let named = last(&named.path);
    match tools.iter().find(|tool| last(&tool.path) == named) {
        Some(_) => Ok(quote!(.tool_choice(#pr::ToolChoice::tool(#named)))),
        None => error(value, mistake::unknown_tool_choice, &format!("{wrong}\nname it in `tools` too")),
    }
}

/// `extra` in `#[step(..)]`: pairs of a name and a value that is written out.
pub(super) fn extra(value: &Expr) -> syn::Result<Vec<TokenStream>> {
    const EXAMPLE: &str =
        "`extra` takes pairs of a field and its value\nfor instance `extra = [(\"top_k\", 40)]`";
    let Expr::Array(list) = value else { return error(value, mistake::extra_not_pairs, EXAMPLE) };
    let mut pairs = Vec::new();
    for pair in &list.elems {
        let Expr::Tuple(tuple) = pair else { return error(pair, mistake::extra_not_pairs, EXAMPLE) };
        let parts: Vec<&Expr> = tuple.elems.iter().collect();
        let (Some(name), [_, value @ (Expr::Lit(_) | Expr::Unary(_))]) =
            (parts.first().and_then(|name| string(name)), parts.as_slice())
        else {
            return error(pair, mistake::extra_not_pairs, EXAMPLE);
        };
        let value = typed(value);
        pairs.push(quote!(.extra(#name, #value)));
    }
    Ok(pairs)
}

/// A number with its type, so that what rustc assumes of numbers without one plays no role.
fn typed(value: &Expr) -> TokenStream {
    match value {
        Expr::Unary(minus) => {
            let (op, inner) = (&minus.op, typed(&minus.expr));
            quote!(#op #inner)
        }
        Expr::Lit(ExprLit { lit: Lit::Int(n), .. }) if n.suffix().is_empty() => {
            let n = syn::LitInt::new(&format!("{n}_i64"), n.span());
            n.to_token_stream()
        }
        Expr::Lit(ExprLit { lit: Lit::Float(n), .. }) if n.suffix().is_empty() => {
            let n = syn::LitFloat::new(&format!("{n}_f64"), n.span());
            n.to_token_stream()
        }
        value => value.to_token_stream(),
    }
}

/// `models`: names of models, of which the next is asked where a call fails.
pub(super) fn models(value: &Expr) -> syn::Result<Vec<LitStr>> {
    const EXAMPLE: &str = "for instance `models = [\"openai:gpt-4o\", \"anthropic:claude-sonnet-4-6\"]`";
    let Expr::Array(list) = value else {
        return error(
            value,
            mistake::not_a_list,
            &format!("`models` takes a list of names of models\n{EXAMPLE}"),
        );
    };
    if list.elems.is_empty() {
        return error(value, mistake::empty_list, &format!("`models` names at least one model\n{EXAMPLE}"));
    }
    let mut names: Vec<LitStr> = Vec::new();
    for one in &list.elems {
        let name = super::value::model(one, super::written::in_attribute)?;
        if names.iter().any(|known| known.value() == name.value()) {
            return error(
                one,
                mistake::listed_twice,
                &format!("`{}` is listed twice\nremove one", name.value()),
            );
        }
        names.push(name);
    }
    Ok(names)
}
