//! `#[context(part, merge = rule)]` on a field.

use crate::diag::{self, Sink};
use crate::mistake;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, ExprLit, Field, Ident, Lit, Meta, Path, Token};

/// The merge rules that come with flujo.
pub(super) const RULES: [&str; 6] = ["append", "sum", "min", "max", "union", "last"];

/// How a part is merged.
#[derive(Clone)]
pub(super) enum Merge {
    /// One of [`RULES`].
    Word(Ident),
    /// A function of the user's.
    Path(Path),
}

/// What the attributes of a field say.
#[derive(Default)]
pub(super) struct Marks {
    /// The word `part`.
    pub(super) part: Option<Ident>,
    pub(super) merge: Option<Merge>,
    /// Serde decides how the field is written: its type need not be durable by itself.
    pub(super) custom: bool,
}

/// Reads the attributes of one field.
pub(super) fn marks(field: &Field, sink: &mut Sink) -> Marks {
    let mut marks = Marks::default();
    for attr in &field.attrs {
        if attr.path().is_ident("context") {
            list(attr, &mut marks, sink);
        } else if attr.path().is_ident("serde") {
            serde(attr, &mut marks, sink);
        } else if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            sink.at(
                attr,
                mistake::conditional_field,
                "a context has the same fields in every build: a recorded run outlives one\n\
             make the field's type an `Option` instead",
            );
        }
    }
    if marks.merge.is_some() && marks.part.is_none() {
        let at = field.attrs.iter().find(|a| a.path().is_ident("context"));
        sink.at(
            at,
            mistake::merge_without_part,
            "only a part has a merge rule\nwrite `#[context(part, merge = ..)]`",
        );
    }
    marks
}

fn list(attr: &Attribute, marks: &mut Marks, sink: &mut Sink) {
    let Meta::List(_) = &attr.meta else {
        sink.at(
            attr, mistake::context_without_option,
            "this attribute has no option\nwrite `#[context(part)]`, or remove the attribute: a field that is no part belongs to the rest",
        );
        return;
    };
    let mut errors = Sink::default();
    let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            if key == "part" {
                if marks.part.replace(key.clone()).is_some() {
                    errors.span(key.span(), mistake::given_twice, "`part` is given twice\nkeep one of them");
                }
                if input.peek(Token![=]) {
                    return Err(diag::unexpected(input, mistake::part_with_a_value, "`part` takes no value"));
                }
            } else if key == "merge" {
                if !input.peek(Token![=]) {
                    let message = format!(
                        "`merge` needs a rule\n\
                     for instance `merge = append`; rules are {}",
                        diag::list(RULES)
                    );
                    return Err(diag::error(key.span(), mistake::merge_without_a_rule, message));
                }
                input.parse::<Token![=]>()?;
                let rule = rule(input)?;
                if marks.merge.replace(rule).is_some() {
                    errors.span(key.span(), mistake::given_twice, "`merge` is given twice\nkeep one of them");
                }
            } else {
                let meant = diag::did_you_mean(&key.to_string(), ["part", "merge"]);
                let meant = meant.map_or_else(String::new, |w| format!("; did you mean `{w}`?"));
                errors.span(
                    key.span(),
                    mistake::unknown_context_option,
                    format!(
                        "unknown word `{key}` for a field of a context{meant}\n\
                 write `part`, or `part, merge = ..`"
                    ),
                );
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<proc_macro2::TokenTree>()?;
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    });
    sink.take(errors);
    sink.ok(parsed);
}

fn rule(input: ParseStream<'_>) -> syn::Result<Merge> {
    let value: Expr = input.parse()?;
    let own = "a custom rule is a path: `merge = self::my_rule`";
    match &value {
        Expr::Path(p) if p.qself.is_none() => match p.path.get_ident() {
            None => Ok(Merge::Path(p.path.clone())),
            Some(word) if RULES.iter().any(|r| word == r) => Ok(Merge::Word(word.clone())),
            Some(word) => {
                let meant = diag::did_you_mean(&word.to_string(), RULES);
                let meant = meant.map_or_else(String::new, |w| format!("; did you mean `{w}`?"));
                let message =
                    format!("unknown merge rule `{word}`{meant}\nrules are {}; {own}", diag::list(RULES));
                Err(diag::error(word.span(), mistake::unknown_merge_rule, message))
            }
        },
        Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) => {
            let message = format!("a merge rule is a name, without quotes\nwrite `merge = {}`", s.value());
            Err(diag::error(s.span(), mistake::merge_rule_not_a_name, message))
        }
        other => Err(diag::error_at(
            other,
            mistake::merge_rule_not_a_name,
            format!("a merge rule is a name\nrules are {}; {own}", diag::list(RULES)),
        )),
    }
}

/// Serde's own attributes stay; what would lose state does not.
fn serde(attr: &Attribute, marks: &mut Marks, sink: &mut Sink) {
    let parsed = attr.parse_nested_meta(|meta| {
        let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let lossy = matches!(word.as_str(), "skip" | "skip_serializing" | "skip_deserializing");
        if lossy {
            sink.at(
                &meta.path,
                mistake::skipped_field,
                format!(
                    "a context is recorded whole: `{word}` would lose this field when the run is resumed\n\
                 keep a value that need not be recorded in `#[resources]`"
                ),
            );
        }
        // A default without a path, other names: serde can do those for any type.
        let plain = word == "rename" || word == "alias" || (word == "default" && !meta.input.peek(Token![=]));
        marks.custom |= !plain && !lossy;
        if meta.input.peek(Token![=]) {
            meta.value()?.parse::<Expr>()?;
        } else if meta.input.peek(syn::token::Paren) {
            let inner;
            syn::parenthesized!(inner in meta.input);
            inner.parse::<proc_macro2::TokenStream>()?;
        }
        Ok(())
    });
    sink.ok(parsed);
}
