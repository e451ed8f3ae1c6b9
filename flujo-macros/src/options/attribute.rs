//! The list in `#[step(..)]`.

use super::step_name::step_name;
use super::{
    Backoff, Cached, Place, ToolUse, Word, find, migrate, model, tools, unknown, value, words, written,
};
use crate::diag::{self, Sink};
use crate::mistake;
use crate::nesting::{self, Advice};
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, LitStr, Path, Token};

/// What `#[step(..)]` says, as far as it makes sense. Mistakes are in the sink.
#[derive(Debug, Default)]
pub(crate) struct StepOptions {
    pub(crate) retries: Option<Expr>,
    pub(crate) timeout: Option<u64>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) cached: Option<Cached>,
    pub(crate) fallback: Option<Path>,
    pub(crate) redirect: Option<Path>,
    pub(crate) plugin: Option<Expr>,
    pub(crate) validate: Option<Expr>,
    pub(crate) strict: Option<bool>,
    pub(crate) limits: Option<Expr>,
    pub(crate) version: Option<u32>,
    /// The question before a model's call of it runs.
    pub(crate) ask_first: Option<Expr>,
    /// The functions that carry outputs over, each from the version before: the last gives what this one does.
    pub(crate) migrate: Vec<Path>,
    /// Which of `model`, `models` and `role` is there, even where the value is a mistake: the step is a model step all the
    /// same.
    pub(crate) asks: Option<&'static str>,
    pub(crate) model: Option<LitStr>,
    /// Several, of which the next is asked where a call fails.
    pub(crate) models: Vec<LitStr>,
    /// The role whose model answers.
    pub(crate) role: Option<Ident>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<Expr>,
    pub(crate) top_p: Option<f64>,
    /// The steps that the model may call.
    pub(crate) tools: Vec<ToolUse>,
    pub(crate) tool_rounds: Option<Expr>,
    /// The methods that set the options of calls.
    pub(crate) of_calls: Vec<TokenStream>,
    /// Name and value as written, for the graph.
    pub(crate) shown: Vec<(&'static str, String)>,
}

/// One `word = value`.
struct Given {
    key: Ident,
    word: Option<&'static Word>,
    value: Expr,
}

/// Reads the list. Every entry is judged on its own, so that several mistakes are told at once.
pub(crate) fn parse(list: TokenStream, sink: &mut Sink) -> StepOptions {
    if let Err(e) = nesting::check(&list, Advice::ITEM) {
        sink.push(e);
        return StepOptions::default();
    }
    let mut given: Vec<Given> = Vec::new();
    let entries = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match entry(input) {
                Ok(new) => {
                    if let Some(new) = new {
                        if given.iter().any(|old| old.key == new.key) {
                            sink.span(
                                new.key.span(),
                                mistake::given_twice,
                                format!("`{}` is given twice\nkeep one of them", new.key),
                            );
                        } else {
                            given.push(new);
                        }
                    }
                }
                Err(e) => {
                    sink.push(e);
                    skip(input);
                }
            }
            if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                sink.span(input.span(), mistake::option_syntax, "expected `,` before the next option");
                skip(input);
                let _: Option<Token![,]> = input.parse()?;
            }
        }
        Ok(())
    };
    if let Err(e) = entries.parse2(list) {
        sink.push(e);
    }
    judge(given, sink)
}

/// On to the comma after the entry that makes no sense.
fn skip(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

fn entry(input: ParseStream<'_>) -> syn::Result<Option<Given>> {
    if input.peek(Token![,]) {
        return Err(diag::unexpected(input, mistake::option_syntax, "expected an option before this comma"));
    }
    let Ok(key) = input.call(<Ident as syn::ext::IdentExt>::parse_any) else {
        return Err(diag::unexpected(
            input,
            mistake::option_syntax,
            "expected an option, such as `retries = 3`",
        ));
    };
    let word = find(&key.to_string());
    let missing = |say: &str| match word {
        Some(w) if w.applies(Place::ModelStep) => {
            let message = format!("`{key}` {say}: {}\nfor instance `{key} = {}`", w.doc, w.example);
            diag::error(key.span(), mistake::option_without_a_value, message)
        }
        _ => unknown(&key, Place::ModelStep),
    };
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing("needs a value"));
    }
    if input.peek(syn::token::Paren) {
        return Err(missing("takes its value after `=`"));
    }
    if input.parse::<Token![=]>().is_err() {
        return Err(missing("needs `=` before its value"));
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing("needs a value"));
    }
    let value = match input.parse::<Expr>() {
        Ok(value) => value,
        // A misspelt word is reported before its value.
        Err(_) if word.is_none() => return Err(unknown(&key, Place::ModelStep)),
        Err(e) => return Err(e),
    };
    Ok(Some(Given { key, word, value }))
}

fn judge(given: Vec<Given>, sink: &mut Sink) -> StepOptions {
    let selects = |word: &str| matches!(word, "model" | "models" | "role");
    let asks: Vec<_> = given.iter().filter(|g| selects(&g.key.to_string())).collect();
    if let [first, second, ..] = asks.as_slice() {
        let message = format!("`{}` and `{}` both select the model\nkeep one of them", first.key, second.key);
        sink.span(second.key.span(), mistake::model_chosen_twice, message);
    }
    // One that is misspelt is told below: the step is a model step all the same.
    let meant = |g: &Given| match g.word {
        Some(word) => Some(word.name),
        None => diag::did_you_mean(&g.key.to_string(), words(Place::ModelStep)),
    };
    let asks = given.iter().filter_map(meant).find(|word| selects(word));
    let mut out = StepOptions { asks, ..StepOptions::default() };
    let place = if out.asks.is_some() { Place::ModelStep } else { Place::Step };
    let talks = given.iter().any(|g| g.key == "tools");
    let model_step = out.asks.is_some();
    let (mut migrates, mut choice) = (None, None);
    for Given { key, word, value } in given {
        if talks && key == "cached" {
            sink.span(
                key.span(), mistake::cached_with_tools,
                "the answer of a step with tools is a conversation, which is not cached\nset `cached` on its tools",
            );
            continue;
        }
        let of_tools = match key.to_string().as_str() {
            "tool_rounds" => Some("limits tool calls"),
            "tool_choice" | "parallel_calls" => Some("is about tool calls"),
            _ => None,
        };
        if let Some(what) = of_tools.filter(|_| !talks && model_step) {
            let message =
                format!("`{key}` {what}, and this step has no tools\nname them: `tools = [search_web]`");
            sink.span(key.span(), mistake::option_without_tools, message);
            continue;
        }
        let Some(word) = word.filter(|w| w.applies(place)) else {
            sink.push(unknown(&key, place));
            continue;
        };
        match word.name {
            "retries" => out.retries = sink.ok(value::count(word.name, &value, 0)),
            "timeout" => out.timeout = sink.ok(written::time(word.name, &value, written::in_attribute)),
            "backoff" => out.backoff = sink.ok(value::backoff(&value)),
            "cached" => out.cached = sink.ok(value::cached(&value)),
            "fallback" => out.fallback = sink.ok(step_name(word.name, &value)),
            "redirect" => out.redirect = sink.ok(step_name(word.name, &value)),
            "plugin" => out.plugin = Some(value.clone()),
            "validate" => out.validate = Some(value.clone()),
            "strict" => out.strict = sink.ok(value::flag(word.name, &value)),
            "limits" => out.limits = sink.ok(value::limits(&value).map(|()| value.clone())),
            "version" => out.version = sink.ok(version(&value)),
            "migrate" if talks => {
                sink.span(
                    key.span(),
                    mistake::migrate_with_tools,
                    "a conversation with tools is many records, and `migrate` converts one output\n\
                     remove `migrate`: recorded runs finish on the old code",
                );
                continue;
            }
            "migrate" => {
                out.migrate = migrate::functions(&value, sink);
                migrates = Some(key.span());
            }
            "model" => out.model = sink.ok(value::model(&value, written::in_attribute)),
            "models" => out.models = sink.ok(model::models(&value)).unwrap_or_default(),
            "extra" => out.of_calls.extend(sink.ok(model::extra(&value)).into_iter().flatten()),
            "tool_choice" => choice = Some(value.clone()),
            word if model::WORDS.contains(&word) => {
                out.of_calls.extend(sink.ok(model::of_attribute(word, &value)));
            }
            "role" => out.role = sink.ok(value::role(&value)),
            "temperature" => out.temperature = sink.ok(value::fraction(word.name, &value, 2.0)),
            "max_tokens" => out.max_tokens = sink.ok(value::count(word.name, &value, 1)),
            "tools" => out.tools = tools(&value, sink),
            "ask_first" => out.ask_first = Some(value.clone()),
            "tool_rounds" => out.tool_rounds = sink.ok(value::count(word.name, &value, 1)),
            "top_p" => out.top_p = sink.ok(value::fraction(word.name, &value, 1.0)),
            _ => continue,
        }
        out.shown.push((word.name, value::shown(&value)));
    }
    if let Some(choice) = choice {
        out.of_calls.extend(sink.ok(model::tool_choice(&choice, &out.tools)));
    }
    if let Some(at) = migrates {
        migrate::fits(&mut out, at, sink);
    }
    out
}

fn version(value: &Expr) -> syn::Result<u32> {
    let wrong = || {
        diag::error_at(
            value,
            mistake::value_not_written_out,
            "`version` is a whole number from 1, written out",
        )
    };
    match value::count("version", value, 1)? {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) => n.base10_parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn errors(list: TokenStream) -> Vec<String> {
        let mut sink = Sink::default();
        parse(list, &mut sink);
        let text = sink.into_tokens().to_string();
        text.split("compile_error").skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn a_full_list() {
        let mut sink = Sink::default();
        let o = parse(
            quote!(
                retries = 3,
                timeout = "20s",
                backoff = none,
                fallback = cheap,
                redirect = careful,
                plugin = Redact,
                validate = (A, B),
                strict = false,
                limits = UsageLimits::usd("0.10").model_calls(2),
                version = 2,
                model = "openai:gpt-4o",
                temperature = 0.2,
                max_tokens = 200,
                top_p = 1,
            ),
            &mut sink,
        );
        assert!(!sink.failed(), "{}", sink.into_tokens());
        assert_eq!(
            (o.timeout, o.backoff, o.strict),
            (Some(20_000_000_000), Some(Backoff::None), Some(false))
        );
        assert_eq!((o.version, o.temperature, o.top_p), (Some(2), Some(0.2), Some(1.0)));
        assert_eq!(o.shown.len(), 14);
        assert_eq!(o.shown[1], ("timeout", "20s".to_owned()));
        assert_eq!(o.shown[6], ("validate", "(A, B)".to_owned()));
    }

    #[test]
    fn one_error_for_each_mistake() {
        for (list, say) in [
            (quote!(retires = 3, tiemout = "30s"), &["did you mean `retries`", "did you mean `timeout`"][..]),
            (quote!(retries), &["`retries` needs a value"]),
            (quote!(retries =), &["`retries` needs a value"]),
            (quote!(retries = , strict = 1), &["`retries` needs a value", "`strict` is `true` or `false`"]),
            (quote!(retries(3)), &["takes its value after `=`"]),
            (quote!(retries 3), &["needs `=` before its value"]),
            (quote!(retries = 3 timeout = "1s"), &["expected `,`"]),
            (quote!(retries = 1, retries = 2), &["given twice"]),
            (quote!("openai:gpt"), &["expected an option"]),
            (quote!(, retries = 1), &["before this comma"]),
            (quote!(temperature = 1.0), &["option of model steps"]),
            (quote!(model = 3, temperature = 1.0), &["`model` takes the model's name in quotes"]),
            (quote!(role = "review", temperature = 1.0), &["write it without quotes"]),
            (quote!(role = Review), &["lower-case"]),
            (quote!(role = 3), &["`role` takes the name of a role"]),
            (quote!(model = "a:b", role = review), &["both select the model"]),
            (quote!(rol = review, temperature = 1.0), &["did you mean `role`"]),
            (quote!(fallback = cheap()), &["not a call"]),
            (quote!(redirect = "careful"), &["`redirect` takes the name of a step"]),
            (quote!(version = 0), &["at least 1"]),
            (quote!(version = V), &["written out"]),
            (quote!(named = "x"), &["belongs to one call"]),
            (quote!(retries = 3 +), &["expected an expression"]),
        ] {
            let found = errors(list.clone());
            assert_eq!(found.len(), say.len(), "{list}: {found:?}");
            for (f, s) in found.iter().zip(say) {
                assert!(f.contains(&s.replace('"', "\\\"")), "{list}: {f} should say {s}");
            }
        }
    }
}
