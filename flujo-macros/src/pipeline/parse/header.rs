//! The signature: parameters by shape.

use super::Raw;
use crate::diag;
use crate::mistake;
use crate::names;
use crate::pipeline::errors::Errors;
use crate::pipeline::model::{ContextParam, Header, ResourcesParam};
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, ExprLit, FnArg, Lit, Meta, Pat, PatType, ReturnType, Safety, Signature, Type,
    TypeReference, parse_quote, parse_quote_spanned,
};

/// The header, and whether a body can be checked against it.
pub(crate) fn header(raw: Raw, errors: &mut Errors) -> (Header, bool) {
    let Raw { mut attrs, vis, sig, .. } = raw;
    let name = options(&mut attrs, errors);
    let generic = qualifiers(&sig, errors);
    let Signature { fn_token, ident, paren_token: paren, inputs, output, .. } = sig;

    let mut params = Params { errors, inputs: Vec::new(), context: None, resources: None };
    for input in inputs {
        params.add(input);
    }
    let Params { errors, inputs, context, resources } = params;

    let (output, has_output) = match output {
        ReturnType::Type(_, ty) => (*ty, true),
        ReturnType::Default => {
            errors.at(
                &ident,
                mistake::missing_output,
                "a pipeline declares its output\nadd `-> Output` after the parameters, `-> ()` for none",
            );
            (parse_quote!(()), false)
        }
    };
    let (output, named) = if let Type::ImplTrait(_) = &output {
        errors.at(
            &output,
            mistake::type_without_a_name,
            "a pipeline's output is recorded, so its type has a name\nwrite the type itself",
        );
        (parse_quote!(()), false)
    } else {
        (output, true)
    };
    let doc = names::doc(&attrs);
    let durable_name = name.unwrap_or_else(|| names::text(&ident));
    let header =
        Header { attrs, doc, vis, fn_token, ident, durable_name, paren, inputs, context, resources, output };
    (header, has_output && named && !generic)
}

/// Takes `#[pipeline(name = "..")]` out of the attributes.
fn options(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<String> {
    let mut name = None;
    attrs.retain(|attr| {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            errors.at(attr, mistake::attribute_on_the_function, "`pipeline!` generates several items from one function\nput this attribute on the whole `pipeline! { .. }`");
            return false;
        }
        if !attr.path().is_ident("pipeline") {
            return true;
        }
        if name.is_some() {
            errors.at(attr, mistake::given_twice, "a pipeline has one name\nremove this attribute");
        }
        let Meta::List(list) = &attr.meta else {
            errors.at(attr, mistake::unknown_pipeline_option, "expected `#[pipeline(name = \"..\")]`");
            return false;
        };
        let parsed = list.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                let message = "unknown pipeline option\nthe only option is `name = \"..\"`, the name in records";
                return Err(diag::in_meta(&meta, mistake::unknown_pipeline_option, message));
            }
            match meta.value()?.parse::<Expr>()? {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if is_name(&text.value()) => {
                    name = Some(text.value());
                    Ok(())
                }
                other => Err(diag::error_at(
                    other, mistake::not_a_pipeline_name,
                    "a pipeline's name is a literal of the letters `a` to `z`, digits and `_`\nit is the first segment of every path",
                )),
            }
        });
        if let Err(error) = parsed {
            errors.beside.push(error);
        }
        false
    });
    name
}

/// Names that are segments of paths.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Everything between `fn` and the parameters that a pipeline does not have. Says whether the body may name
/// types that do not exist without it.
fn qualifiers(sig: &Signature, errors: &mut Errors) -> bool {
    if let Some(token) = &sig.asyncness {
        errors.at(token, mistake::pipeline_qualifier, "a pipeline is always asynchronous\nremove `async`");
    }
    if let Some(token) = &sig.constness {
        errors.at(token, mistake::pipeline_qualifier, "a pipeline cannot be `const`\nremove `const`");
    }
    match &sig.safety {
        Safety::Unsafe(token) => {
            errors.at(
                token,
                mistake::pipeline_qualifier,
                "a pipeline cannot be `unsafe`\nput unsafe code into a step",
            );
        }
        Safety::Safe(token) => {
            errors.at(token, mistake::pipeline_qualifier, "a pipeline is always safe\nremove `safe`");
        }
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi, mistake::pipeline_qualifier, "a pipeline has no ABI\nremove this");
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic, mistake::variadic, "a pipeline has a fixed number of inputs");
    }
    let generics = &sig.generics;
    if generics.params.is_empty() {
        if let Some(clause) = &generics.where_clause {
            errors.at(
                clause,
                mistake::generic_pipeline,
                "pipelines are not generic\nremove the `where` clause",
            );
        }
        return false;
    }
    errors.at(generics, mistake::generic_pipeline, "pipelines are not generic: their graph and records have one type each\nmake the steps generic instead");
    true
}

struct Params<'a> {
    errors: &'a mut Errors,
    inputs: Vec<PatType>,
    context: Option<ContextParam>,
    resources: Option<ResourcesParam>,
}

impl Params<'_> {
    fn add(&mut self, arg: FnArg) {
        let mut param = match arg {
            FnArg::Typed(param) => param,
            FnArg::Receiver(receiver) => {
                self.errors.at(
                    receiver,
                    mistake::not_a_free_function,
                    "a pipeline is a free function\ntake the value as an ordinary input",
                );
                return;
            }
        };
        let read = self.attributes(&mut param);
        match &*param.ty {
            Type::Reference(ty) => {
                let ty = ty.clone();
                self.reference(&param, &ty, read);
            }
            ty if is_run_info(ty) => self.run_info(&param),
            Type::ImplTrait(ty) => {
                self.errors.at(
                    ty,
                    mistake::type_without_a_name,
                    "a pipeline's inputs are recorded, so their types have names\nwrite the type itself",
                );
            }
            _ if read => self.errors.at(
                &param.ty,
                mistake::misplaced_ctx,
                "`#[ctx]` marks a context that is only read\nwrite `&` in front of its type",
            ),
            _ => self.input(param),
        }
    }

    /// Whether it is marked `#[ctx]`; other attributes stay.
    fn attributes(&mut self, param: &mut PatType) -> bool {
        let mut read = false;
        param.attrs.retain(|attr| {
            if attr.path().is_ident("ctx") {
                read = true;
            } else if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
                self.errors.at(attr, mistake::conditional_parameter, "the parameters of a pipeline do not depend on `cfg`\nput it on the whole `pipeline! { .. }`");
            } else {
                return true;
            }
            false
        });
        read
    }

    fn input(&mut self, param: PatType) {
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => self.inputs.push(param),
            pat => {
                self.errors.at(
                    pat,
                    mistake::input_without_a_name,
                    "an input has a name, which the graph shows\ntake it whole and take it apart with `let`",
                );
                // the names are still bound, so that their uses are not reported too
                self.inputs.push(param);
            }
        }
    }

    fn reference(&mut self, param: &PatType, ty: &TypeReference, read: bool) {
        let elem = &*ty.elem;
        if let Some(lifetime) = &ty.lifetime {
            self.errors.at(
                lifetime,
                mistake::lifetime_parameter,
                "a pipeline borrows its context and resources only while it runs\nremove the lifetime",
            );
        }
        if ty.mutability.is_some() || read {
            if read && ty.mutability.is_some() {
                self.errors.at(
                    ty,
                    mistake::misplaced_ctx,
                    "`#[ctx]` marks a context that is only read\nremove `mut`, or remove `#[ctx]`",
                );
            }
            self.context(param, elem, ty.mutability.is_some());
        } else if is_run_info(elem) {
            self.run_info(param);
        } else if let Some(owned) = owned(elem) {
            let name = names::source(&owned).replace(&format!("{}::", names::private_text()), "");
            self.errors.at(
                ty,
                mistake::borrowed_value,
                format!("inputs are owned because they are recorded\ntake `{name}`"),
            );
            self.input(PatType { ty: Box::new(owned), ..param.clone() });
        } else {
            self.resources(param, elem);
        }
    }

    fn context(&mut self, param: &PatType, ty: &Type, write: bool) {
        let Some(ident) = self.name(param) else { return };
        if self.context.is_some() {
            self.errors.at(
                &*param.ty, mistake::two_contexts,
                "a pipeline takes at most one context\ntake the context that has both as parts; its steps ask for the parts",
            );
            return;
        }
        self.context = Some(ContextParam { ident, ty: ty.clone(), write });
    }

    fn resources(&mut self, param: &PatType, ty: &Type) {
        let Some(ident) = self.name(param) else { return };
        if self.resources.is_some() {
            self.errors.at(
                &*param.ty, mistake::two_resources,
                "a pipeline takes at most one resources struct\ntake the struct that has both as fields; its steps ask for the fields",
            );
            return;
        }
        self.resources = Some(ResourcesParam { ident, ty: ty.clone() });
    }

    fn run_info(&mut self, param: &PatType) {
        self.errors.at(
            &*param.ty,
            mistake::run_info_in_pipeline,
            "a pipeline has no access to its run\ntake `&RunInfo` in a step",
        );
    }

    /// The name of a borrowed parameter.
    fn name(&mut self, param: &PatType) -> Option<syn::Ident> {
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                if let Some(token) = &pat.mutability {
                    self.errors.at(
                        token,
                        mistake::mut_parameter,
                        "this parameter is borrowed already\nremove `mut`",
                    );
                }
                Some(pat.ident.clone())
            }
            Pat::Wild(wild) => Some(syn::Ident::new("_unused", wild.underscore_token.span)),
            pat => {
                self.errors.at(pat, mistake::input_without_a_name, "this parameter needs a plain name");
                None
            }
        }
    }
}

/// The owned type to suggest for a borrowed input.
fn owned(ty: &Type) -> Option<Type> {
    let at = ty.span();
    match ty {
        Type::Path(path) if path.path.is_ident("str") => {
            let owned = names::item_at("String", at);
            Some(parse_quote_spanned!(at=> #owned))
        }
        Type::Slice(slice) => {
            let elem = &slice.elem;
            {
                let list = names::item_at("Vec", at);
                Some(parse_quote_spanned!(at=> #list<#elem>))
            }
        }
        _ => None,
    }
}

fn is_run_info(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "RunInfo"))
}
