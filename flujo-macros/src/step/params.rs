//! Parameters by shape: owned is an input, `&mut C` the context, `#[ctx] &C` the same to read, `&R` a
//! resource, `&RunInfo` the run.

use super::check;
use crate::diag::Sink;
use crate::mistake;
use crate::names;
use crate::types;
use proc_macro2::{Ident, Span};
use syn::{Attribute, FnArg, Meta, Pat, PatType, Signature, Type, TypeReference};

/// The most inputs; a tuple of more has no `Clone` or `Serialize` to speak of.
const MOST_INPUTS: usize = 8;

/// One parameter.
pub(super) enum Param {
    /// `post: Post`
    Input { name: Ident, ty: Type },
    /// An input whose type was reported.
    Broken { name: Ident },
    /// `ctx: &mut Moderation`
    Write(Type),
    /// `#[ctx] cfg: &Config`
    Read(Type),
    /// `db: &Db`
    Resource(Type),
    /// `run: &RunInfo`
    Run,
    /// Reported, and no input.
    Lost,
}

/// All parameters. Each mistake is reported in place.
pub(super) fn read(sig: &Signature, sink: &mut Sink) -> Vec<Param> {
    let mut params = Vec::new();
    for (i, arg) in sig.inputs.iter().enumerate() {
        match arg {
            // Reported before: it is a method.
            FnArg::Receiver(_) => {}
            FnArg::Typed(arg) => params.push(one(arg, i, sink)),
        }
    }
    if let Some(variadic) = &sig.variadic {
        sink.at(
            variadic,
            mistake::variadic,
            "a step takes a fixed number of inputs\nto hand over many values, take a `Vec<T>`",
        );
    }
    let too_many =
        sig.inputs.iter().zip(&params).filter(|(_, p)| matches!(p, Param::Input { .. })).nth(MOST_INPUTS);
    if let Some((arg, _)) = too_many {
        sink.at(
            arg,
            mistake::too_many_inputs,
            format!("a step takes at most {MOST_INPUTS} inputs\nput what belongs together in a struct"),
        );
    }
    twice(sig, &params, sink);
    params
}

/// Removes what rustc does not understand.
pub(super) fn strip(sig: &mut Signature) {
    for arg in &mut sig.inputs {
        if let FnArg::Typed(arg) = arg {
            arg.attrs.retain(|a| !a.path().is_ident("ctx"));
        }
    }
}

fn one(arg: &PatType, i: usize, sink: &mut Sink) -> Param {
    let marked = marker(&arg.attrs, sink);
    for attr in &arg.attrs {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            sink.at(
                attr,
                mistake::conditional_parameter,
                "a step has the same parameters in every build: a recorded run outlives one\n\
             put `#[cfg]` on the whole step",
            );
        }
    }
    match types::plain(&arg.ty) {
        Type::Reference(r) => borrowed(arg, r, i, marked, sink),
        ty => owned(arg, ty, i, marked, sink),
    }
}

/// The place of `#[ctx]`, if there is one.
fn marker(attrs: &[Attribute], sink: &mut Sink) -> Option<Span> {
    let mut found = None;
    for attr in attrs.iter().filter(|a| a.path().is_ident("ctx")) {
        if !matches!(attr.meta, Meta::Path(_)) {
            sink.at(attr, mistake::misplaced_ctx, "`#[ctx]` takes no options\nwrite `#[ctx] name: &Type`");
        }
        found = attr.path().get_ident().map(Ident::span);
    }
    found
}

fn owned(arg: &PatType, ty: &Type, i: usize, marked: Option<Span>, sink: &mut Sink) -> Param {
    if let Some(span) = marked {
        let shown = names::source(ty);
        sink.span(
            span,
            mistake::misplaced_ctx,
            format!(
                "`#[ctx]` reads from the context, so its parameter is borrowed\nwrite `#[ctx] name: &{shown}`"
            ),
        );
        return Param::Lost;
    }
    if types::last(ty).is_some_and(|name| name == "RunInfo") {
        sink.at(ty, mistake::run_info_not_borrowed, "a step borrows its `RunInfo`\nwrite `&RunInfo`");
        return Param::Lost;
    }
    let (name, named) = name(&arg.pat, i, sink);
    if let Some(word) = check::costed(ty) {
        sink.at(
            word,
            mistake::misplaced_costed,
            "`Costed` is for the output of a step, and callers get the value alone\ntake the value",
        );
        return Param::Broken { name };
    }
    match types::owned(ty, "an input of a step") {
        Ok(()) if named => Param::Input { name, ty: ty.clone() },
        Ok(()) => Param::Broken { name },
        Err(e) => {
            sink.push(e);
            Param::Broken { name }
        }
    }
}

/// The input's name, and whether it has one.
fn name(pat: &Pat, i: usize, sink: &mut Sink) -> (Ident, bool) {
    match pat {
        Pat::Ident(p) if p.by_ref.is_none() && p.subpat.is_none() => (p.ident.clone(), true),
        other => {
            sink.at(
                other,
                mistake::input_without_a_name,
                "an input has a name, which graphs and records show\n\
                 name it here and take it apart in the body",
            );
            (quote::format_ident!("input{i}"), false)
        }
    }
}

fn borrowed(arg: &PatType, r: &TypeReference, i: usize, marked: Option<Span>, sink: &mut Sink) -> Param {
    let ty = types::plain(&r.elem);
    if let Some(lifetime) = &r.lifetime
        && lifetime.ident != "static"
        && types::instead(ty).is_none()
    {
        sink.at(
            lifetime,
            mistake::lifetime_parameter,
            "a step needs no lifetimes\nremove this one: what a step borrows lives as long as the attempt",
        );
        return Param::Lost;
    }
    if types::last(ty).is_some_and(|name| name == "RunInfo") {
        return run(r, marked, sink);
    }
    if marked.is_none()
        && let Some(instead) = types::instead(ty)
    {
        sink.at(
            &arg.ty,
            mistake::borrowed_value,
            format!("an input of a step is owned, because it is recorded\ntake `{instead}`"),
        );
        return Param::Broken { name: name(&arg.pat, i, &mut Sink::default()).0 };
    }
    if let Err(e) = check::shared(ty, r.mutability.is_some() || marked.is_some()) {
        sink.push(e);
        return Param::Lost;
    }
    match (&r.mutability, marked) {
        (Some(_), Some(span)) => {
            sink.span(
                span,
                mistake::misplaced_ctx,
                "`&mut` already borrows from the context\nremove `#[ctx]`, or `mut` to only read",
            );
            Param::Lost
        }
        (Some(_), None) => Param::Write(ty.clone()),
        (None, Some(_)) => Param::Read(ty.clone()),
        (None, None) if is_called_ctx(&arg.pat) => {
            let shown = names::source(ty);
            sink.at(
                &arg.ty, mistake::unmarked_context,
                format!("`&{shown}` without `#[ctx]` is a resource\nto read the context, write `#[ctx] ctx: &{shown}`; a resource has another name"),
            );
            Param::Read(ty.clone())
        }
        (None, None) => Param::Resource(ty.clone()),
    }
}

/// Whether a parameter has the name that contexts have: without its mark it would be a resource, which is reported
/// far away, by each call of the step.
fn is_called_ctx(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(name) if name.ident == "ctx")
}

fn run(r: &TypeReference, marked: Option<Span>, sink: &mut Sink) -> Param {
    if let Some(span) = marked {
        sink.span(
            span,
            mistake::misplaced_ctx,
            "`RunInfo` is the run, not a part of the context\nremove `#[ctx]`",
        );
    } else if let Some(word) = &r.mutability {
        sink.at(word, mistake::run_info_not_borrowed, "a step cannot change its run\nwrite `&RunInfo`");
    }
    Param::Run
}

/// One part of the context cannot be handed out twice.
fn twice(sig: &Signature, params: &[Param], sink: &mut Sink) {
    let mut seen: Vec<&Type> = Vec::new();
    let typed =
        sig.inputs.iter().filter_map(|arg| if let FnArg::Typed(arg) = arg { Some(arg) } else { None });
    for (arg, param) in typed.zip(params) {
        let (Param::Write(ty) | Param::Read(ty)) = param else { continue };
        if seen.contains(&ty) {
            let shown = names::source(ty);
            sink.at(
                &arg.ty,
                mistake::part_asked_twice,
                format!(
                    "this step takes `{shown}` twice\none parameter is enough: a context has one of each type"
                ),
            );
        }
        seen.push(ty);
    }
}
