//! The checks on the signature of a step that need no types.

use crate::diag::{self, Sink};
use crate::mistake;
use crate::names;
use crate::options::ToolUse;
use crate::types::{borrowed, last, nameless, owned, plain};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, ReturnType, Safety, Signature, Type, TypePath};

/// What a step returns.
pub(super) struct Returned {
    /// The output; `()` where nothing better is known.
    pub(super) ty: Type,
    /// `E` of `Result<T, E>`.
    pub(super) error: Option<Type>,
    /// Whether a model makes the output of the prompt that is returned.
    pub(super) prompt: bool,
    /// Whether it comes with what it has cost: `Costed<T>`.
    pub(super) costed: bool,
}

/// A type behind `&` or `&mut`: one that a context or the resources can hold as a field.
pub(super) fn shared(ty: &Type, context: bool) -> syn::Result<()> {
    let holder = if context { "a context" } else { "resources" };
    let (mistake, message) = match ty {
        Type::TraitObject(_) => {
            let shown = names::source(ty);
            let message = format!(
                "{holder} cannot hold `{shown}` itself\nhold a `Box<{shown}>`, and ask for `&Box<{shown}>`"
            );
            (mistake::trait_object_held, message)
        }
        Type::ImplTrait(_) => return Err(nameless(ty)),
        Type::Infer(_) => (
            mistake::type_left_out,
            format!("a step names the type that it takes from {holder}\nwrite the type out"),
        ),
        Type::Slice(_) => {
            (mistake::borrowed_value, format!("a part of a context is owned\nask for `&Vec<{}>`", inner(ty)))
        }
        Type::Path(p) if p.path.is_ident("str") => {
            (mistake::borrowed_value, "a part of a context is owned\nask for `&String`".to_owned())
        }
        Type::Reference(_) => {
            (mistake::two_references, "a parameter has one `&`\nremove the other".to_owned())
        }
        _ => return borrowed(ty, holder),
    };
    Err(diag::error_at(ty, mistake, message))
}

fn inner(ty: &Type) -> String {
    match ty {
        Type::Slice(s) => names::source(&s.elem),
        other => names::source(other),
    }
}

/// What the signature says about the output.
pub(super) fn output(sig: &Signature, model: Option<&str>, sink: &mut Sink) -> Returned {
    let unknown = |ty: Type| Returned { ty, error: None, prompt: model.is_some(), costed: false };
    let unit: Type = Type::Tuple(syn::TypeTuple {
        attrs: Vec::new(),
        paren_token: syn::token::Paren::default(),
        elems: syn::punctuated::Punctuated::new(),
    });
    let ReturnType::Type(_, ty) = &sig.output else {
        let (mistake, message) = if model.is_some() {
            (
                mistake::prompt_not_returned,
                "a model step returns its prompt\nwrite `-> Prompt<T>`, where `T` is the answer",
            )
        } else {
            (mistake::result_not_returned, "a step returns a `Result`\nwrite `-> Result<()>`")
        };
        sink.span(sig.ident.span(), mistake, message);
        return unknown(unit);
    };
    let ty = plain(ty);
    let (ty, error, is_result) = match argument(ty, "Result", 0) {
        Some(ok) => (plain(ok), argument(ty, "Result", 1), true),
        None => (ty, None, false),
    };
    let answer = argument(ty, "Prompt", 0).map(plain);
    let shown = names::source(ty);
    match (answer, model) {
        (Some(answer), Some(_)) => {
            if let Err(e) = owned(answer, "the answer of a step") {
                sink.push(e);
                return unknown(unit);
            }
            if let Some(word) = costed(answer) {
                sink.at(
                    word,
                    mistake::misplaced_costed,
                    "the cost of a model call is counted automatically\nwrite `Prompt<T>` without `Costed`",
                );
                return unknown(unit);
            }
            return Returned { ty: answer.clone(), error: error.cloned(), prompt: true, costed: false };
        }
        (Some(answer), None) => {
            sink.at(
                ty,
                mistake::prompt_without_a_model,
                format!("`{shown}` needs a model\nname one: `#[step(model = \"provider:model\")]`"),
            );
            return Returned { ty: answer.clone(), error: None, prompt: true, costed: false };
        }
        (None, Some(word)) => {
            sink.at(
                ty,
                mistake::prompt_not_returned,
                format!("a model step returns its prompt\nwrite `-> Prompt<{shown}>`, or remove `{word}`"),
            );
            return unknown(ty.clone());
        }
        (None, None) => {}
    }
    if !is_result {
        let hidden = last(ty).is_some_and(|name| name == "Result");
        let mistake = if hidden { mistake::output_hidden } else { mistake::result_not_returned };
        let message = match ty {
            _ if hidden => "the signature of a step names its output\nwrite it out: `Result<T>`".to_owned(),
            Type::ImplTrait(_) => "a step returns a `Result`\nwrite `async fn` and `-> Result<T>`".to_owned(),
            _ => format!("a step returns a `Result`\nwrite `-> Result<{shown}>`"),
        };
        sink.at(ty, mistake, message);
        let ty = argument(ty, "Costed", 0).map_or(ty, plain);
        return unknown(if owned(ty, "").is_ok() && last(ty).is_none_or(|n| n != "Result") {
            ty.clone()
        } else {
            unit
        });
    }
    let value = argument(ty, "Costed", 0).map(plain);
    let (ty, with_cost) = (value.unwrap_or(ty), value.is_some());
    if let Err(e) = owned(ty, "the output of a step") {
        sink.push(e);
        return unknown(unit);
    }
    if let Some(word) = costed(ty) {
        let message = if with_cost {
            "an output has one cost\nadd them up in one `Costed<T>`"
        } else {
            "`Costed` wraps the whole output\nwrite `-> Result<Costed<T>>`"
        };
        sink.at(word, mistake::misplaced_costed, message);
        return unknown(unit);
    }
    Returned { ty: ty.clone(), error: error.cloned(), prompt: false, costed: with_cost }
}

/// The first `Costed` that is written in a type.
pub(super) fn costed(ty: &Type) -> Option<Ident> {
    fn first(tokens: TokenStream) -> Option<Ident> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(word) if word == "Costed" => Some(word),
            TokenTree::Group(group) => first(group.stream()),
            _ => None,
        })
    }
    first(ty.to_token_stream())
}

/// The `n`th argument of the generic type `name`.
fn argument<'a>(ty: &'a Type, name: &str, n: usize) -> Option<&'a Type> {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
    let segment = path.segments.last().filter(|s| s.ident == name)?;
    let PathArguments::AngleBracketed(list) = &segment.arguments else { return None };
    let types =
        list.args.iter().filter_map(|a| if let GenericArgument::Type(ty) = a { Some(ty) } else { None });
    types.into_iter().nth(n)
}

/// What a model step with tools cannot do.
pub(super) fn tools(name: &Ident, tools: &[ToolUse], sink: &mut Sink) {
    for tool in tools.iter().filter(|tool| tool.path.is_ident(name)) {
        sink.at(&tool.path, mistake::tool_of_itself, format!("`{name}` cannot be its own tool\nremove it"));
    }
}

/// The words before `fn`.
pub(super) fn function(sig: &Signature, returned: &Returned, sink: &mut Sink) {
    if let Some(word) = &sig.constness {
        sink.at(
            word,
            mistake::step_qualifier,
            "a step cannot be `const`: it runs with its pipeline\nremove `const`",
        );
    }
    if let Safety::Unsafe(word) = &sig.safety {
        sink.at(
            word, mistake::step_qualifier,
            "a step cannot be `unsafe`: the engine calls it\nremove `unsafe`, and use an `unsafe` block inside",
        );
    }
    if let Some(abi) = &sig.abi {
        sink.at(abi, mistake::step_qualifier, "a step is an ordinary Rust function\nremove the ABI");
    }
    // A prompt may be built without waiting for anything.
    if sig.asyncness.is_none() && sig.constness.is_none() && !returned.prompt {
        sink.at(
            sig.fn_token,
            mistake::not_async,
            "a step is asynchronous, so that it can wait and be cancelled\nwrite `async fn`",
        );
    }
}
