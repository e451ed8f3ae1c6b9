//! A step as the rest of the macro sees it.

use super::params::{self, Param};
use super::parse::StepFn;
use super::{check, generics};
use crate::diag::Sink;
use crate::names;
use crate::options::{self, StepOptions};
use proc_macro2::{Ident, TokenStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token, Type, Visibility, parse_quote};

/// The kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The function.
    Code {
        /// Whether it says what it has cost.
        costed: bool,
    },
    /// A model, whose prompt the function builds.
    Model {
        /// Whether building it is asynchronous.
        awaited: bool,
    },
}

pub(super) struct Step {
    pub(super) name: Ident,
    pub(super) vis: Visibility,
    pub(super) kind: Kind,
    pub(super) options: StepOptions,
    /// In the order of the signature.
    pub(super) params: Vec<Param>,
    /// `()` where the signature does not say.
    pub(super) output: Type,
    /// The error type, where the signature spells one out.
    pub(super) error: Option<Type>,
    /// The user's function without what only we understand.
    pub(super) inner: StepFn,
    /// Attributes of the function that people call.
    pub(super) outer_attrs: Vec<Attribute>,
    /// The doc comment.
    pub(super) doc: String,
    /// The signature has mistakes: only a replacement can be generated.
    pub(super) broken: bool,
}

impl Step {
    pub(super) fn new(list: TokenStream, parsed: StepFn, sink: &mut Sink) -> Self {
        let mut options = options::parse(list, sink);
        let mut signature = Sink::default();
        let params = params::read(&parsed.sig, &mut signature);
        let returned = check::output(&parsed.sig, options.asks, &mut signature);
        check::function(&parsed.sig, &returned, &mut signature);
        check::tools(&parsed.sig.ident, &options.tools, sink);
        options.tools.retain(|tool| !tool.path.is_ident(&parsed.sig.ident));
        generics::check(&parsed.sig, &mut signature);
        let broken = signature.failed();
        sink.take(signature);

        let kind = if returned.prompt {
            Kind::Model { awaited: parsed.sig.asyncness.is_some() }
        } else {
            Kind::Code { costed: returned.costed }
        };
        let doc = names::doc(&parsed.attrs);
        let (outer_attrs, inner_attrs) = split(parsed.attrs.clone());
        let mut inner = StepFn { attrs: inner_attrs, vis: Visibility::Inherited, ..parsed.clone() };
        params::strip(&mut inner.sig);
        Self {
            name: parsed.sig.ident.clone(),
            vis: parsed.vis,
            kind,
            options,
            params,
            output: returned.ty,
            error: returned.error,
            inner,
            outer_attrs,
            doc,
            broken,
        }
    }

    /// Names and types of the inputs. The types of those that are mistakes are missing.
    pub(super) fn inputs(&self) -> impl Iterator<Item = (&Ident, Option<&Type>)> {
        self.params.iter().filter_map(|p| match p {
            Param::Input { name, ty } => Some((name, Some(ty))),
            Param::Broken { name } => Some((name, None)),
            _ => None,
        })
    }

    pub(super) fn input_types(&self) -> Vec<&Type> {
        self.inputs().filter_map(|(_, ty)| ty).collect()
    }

    pub(super) fn writes(&self) -> Vec<&Type> {
        self.params.iter().filter_map(|p| if let Param::Write(ty) = p { Some(ty) } else { None }).collect()
    }

    pub(super) fn reads(&self) -> Vec<&Type> {
        self.params.iter().filter_map(|p| if let Param::Read(ty) = p { Some(ty) } else { None }).collect()
    }

    pub(super) fn resources(&self) -> Vec<&Type> {
        let mut seen: Vec<&Type> = Vec::new();
        for p in &self.params {
            if let Param::Resource(ty) = p
                && !seen.contains(&ty)
            {
                seen.push(ty);
            }
        }
        seen
    }
}

/// Docs and deprecation belong to the function that people call. What changes the code, another attribute
/// macro for instance, belongs to the function that they wrote. Levels of lints concern both.
fn split(attrs: Vec<Attribute>) -> (Vec<Attribute>, Vec<Attribute>) {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for attr in attrs {
        let named = |words: &[&str]| words.iter().any(|w| attr.path().is_ident(w));
        if named(&["doc", "deprecated", "must_use"]) {
            outer.push(attr);
        } else if named(&["expect"]) {
            let (item, body) = expectations(&attr);
            outer.extend(item);
            inner.extend(body);
        } else {
            if named(&["allow", "warn", "deny", "forbid"]) {
                outer.push(attr.clone());
            }
            inner.push(attr);
        }
    }
    (outer, inner)
}

/// An expectation is met where its lint speaks: of the item people see, or of the code they wrote.
fn expectations(attr: &Attribute) -> (Option<Attribute>, Option<Attribute>) {
    let list = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let Ok(list) = list else { return (None, Some(attr.clone())) };
    let (reason, lints): (Vec<Meta>, Vec<Meta>) = list.into_iter().partition(|m| m.path().is_ident("reason"));
    let (item, body): (Vec<Meta>, Vec<Meta>) = lints.into_iter().partition(|m| {
        ["dead_code", "unreachable_pub", "missing_docs"].iter().any(|lint| m.path().is_ident(lint))
    });
    let again = |lints: Vec<Meta>| {
        (!lints.is_empty()).then(|| -> Attribute { parse_quote!(#[expect(#(#lints,)* #(#reason),*)]) })
    };
    (again(item), again(body))
}
