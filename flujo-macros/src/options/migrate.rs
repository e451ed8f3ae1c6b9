//! The functions of `migrate`: how outputs of older versions are carried over.

use super::StepOptions;
use crate::diag::{self, Sink};
use crate::mistake;
use proc_macro2::Span;
use syn::{Expr, Path};

/// One function, or several in brackets.
pub(super) fn functions(value: &Expr, sink: &mut Sink) -> Vec<Path> {
    let list: Vec<&Expr> = match value {
        Expr::Group(group) => return functions(&group.expr, sink),
        Expr::Array(list) if list.elems.is_empty() => {
            sink.at(
                value,
                mistake::empty_list,
                "`migrate` names at least one function\nname it, or remove the option",
            );
            return Vec::new();
        }
        Expr::Array(list) => list.elems.iter().collect(),
        one => vec![one],
    };
    list.into_iter().filter_map(|one| sink.ok(function(one))).collect()
}

fn function(value: &Expr) -> syn::Result<Path> {
    match value {
        Expr::Path(p) if p.qself.is_none() => Ok(p.path.clone()),
        Expr::Group(group) => function(&group.expr),
        Expr::Call(call) => Err(diag::error_at(
            &call.func,
            mistake::named_not_called,
            "`migrate` names a function, not a call: its argument is the older output\nremove the parentheses",
        )),
        Expr::Closure(closure) => Err(diag::error_at(
            &closure.inputs,
            mistake::not_a_function_name,
            "`migrate` names a function\nwrite one, such as `fn label_from_1(old: LabelV1) -> Label`",
        )),
        _ => {
            Err(diag::error_at(value, mistake::not_a_function_name, "`migrate` takes the name of a function"))
        }
    }
}

/// Whether there are as many versions before this one.
pub(super) fn fits(options: &mut StepOptions, at: Span, sink: &mut Sink) {
    let older = options.version.unwrap_or(1) - 1;
    let known = u32::try_from(options.migrate.len()).unwrap_or(u32::MAX);
    if known <= older {
        return;
    }
    options.migrate.clear();
    if older == 0 {
        sink.span(
            at, mistake::migrate_of_version_one,
            "`migrate` converts outputs of older versions, and version 1 has none\nset the version: `version = 2`",
        );
        return;
    }
    let version = older + 1;
    sink.span(
        at,
        mistake::migrate_names_too_many,
        format!(
            "version {version} comes after {older} other{}, and `migrate` names {known} functions\n\
             name one for each step from a version to the next",
            if older == 1 { "" } else { "s" }
        ),
    );
}
