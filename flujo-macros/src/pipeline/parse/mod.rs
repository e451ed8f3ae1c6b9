//! Tokens to [`Pipeline`]: the header first, then the body, so that a body that does not parse leaves an
//! item that others can name.

mod ask;
mod body;
mod call;
mod call_stand_ins;
mod call_tools;
mod collected;
mod counts;
mod fail;
mod flow;
mod form_options;
mod forms;
mod gate;
mod header;
mod join;
mod map;
mod plain;
mod refine;
mod repeat;
mod route;
mod steps_in_values;
mod stmt;
mod validators;
mod value;
mod wait;

use super::bindings::bindings;
use super::callee::Callees;
use super::errors::Errors;
use super::model::{Guard, Header, Node, NodeIndex, Pipeline, What, Within};
use crate::diag;
use crate::mistake;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;
use steps_in_values::Names;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Block, Expr, Signature, Visibility};

/// The input of `pipeline! { .. }`, unchecked.
pub(crate) struct Raw {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub sig: Signature,
    pub body: Group,
}

/// Splits the input without looking into the body.
pub(crate) fn raw(input: TokenStream) -> syn::Result<Raw> {
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !input.peek(syn::Token![fn]) && input.fork().parse::<Signature>().is_err() {
            return Err(diag::unexpected(
                input,
                mistake::not_a_function,
                "expected a function\nwrite `pipeline! { fn name(input: In, ctx: &mut Context) -> Out { .. } }`",
            ));
        }
        let sig = input.parse()?;
        let body = match input.parse::<TokenTree>() {
            Ok(TokenTree::Group(group)) if group.delimiter() == proc_macro2::Delimiter::Brace => group,
            Ok(other) => {
                return Err(diag::error(
                    other.span(),
                    mistake::expected_a_body,
                    "expected the pipeline's body, `{ .. }`",
                ));
            }
            Err(_) => {
                return Err(diag::unexpected(
                    input,
                    mistake::expected_a_body,
                    "expected the pipeline's body, `{ .. }`",
                ));
            }
        };
        if !input.is_empty() {
            return Err(diag::unexpected(
                input,
                mistake::two_functions,
                "`pipeline!` holds one function\nwrite another `pipeline! { .. }` for this one",
            ));
        }
        Ok(Raw { attrs, vis, sig, body })
    };
    parser.parse2(input)
}

/// Parses and checks the shape of everything that can be told from the tokens.
pub(crate) fn pipeline(raw: Raw, errors: &mut Errors) -> Pipeline {
    let prefix = prefix(&raw);
    let body = raw.body.clone();
    let impure = super::impure::impure(body.stream());
    let (header, checkable) = header::header(raw, errors);
    let block = match syn::parse2::<Block>(TokenTree::Group(body).into()) {
        Ok(block) => block,
        Err(error) => {
            errors.beside.push(error);
            return Pipeline {
                header,
                body: None,
                nodes: Vec::new(),
                callees: Callees::default(),
                impure,
                counts: Vec::new(),
                guards: Vec::new(),
                prefix,
            };
        }
    };
    // A callee in flow position is a step. Knowing all of them, a second look finds the calls of
    // steps where there is no flow.
    let context = header.context.as_ref().map(|context| &context.ident);
    let resources = header.resources.as_ref().map(|resources| &resources.ident);
    let parameters = context.into_iter().chain(resources).map(Ident::to_string).collect();
    let names = Names { prefix, parameters: &parameters };
    let mut overlooked = Errors::default();
    let mut scout = FlowParser::new(&header, &mut overlooked, BTreeSet::new(), names);
    scout.block(&block);
    let steps = scout.callees.names();
    let mut parser = FlowParser::new(&header, errors, steps, names);
    let block = parser.block(&block);
    let FlowParser { nodes, callees, counts, guards, .. } = parser;
    Pipeline { header, body: checkable.then_some(block), nodes, callees, impure, counts, guards, prefix }
}

/// Generated locals start with two underscores, or with more if the user's names do.
fn prefix(raw: &Raw) -> &'static str {
    const PREFIXES: [&str; 3] = ["__", "__flujo_", "__flujo__pipeline__"];
    let free = |prefix: &&&str| {
        !starts(raw.body.stream(), prefix) && !starts(raw.sig.inputs.to_token_stream(), prefix)
    };
    PREFIXES.iter().find(free).unwrap_or(&PREFIXES[2])
}

fn starts(tokens: TokenStream, prefix: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => starts(group.stream(), prefix),
        TokenTree::Ident(ident) => ident.to_string().starts_with(prefix),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Turns `syn`'s syntax into flow, node by node, in source order.
struct FlowParser<'a> {
    errors: &'a mut Errors,
    header: &'a Header,
    nodes: Vec<Node>,
    callees: Callees,
    counts: Vec<(Expr, &'static str)>,
    guards: Vec<Guard>,
    names: Names<'a>,
    depth: usize,
    /// Local names, innermost last: a call of one of them is no step call.
    scope: Vec<String>,
    /// Names of values that were mistakes, which were reported.
    lost: BTreeSet<String>,
    /// A value took the context's name, which was reported: from then on the name is not the context's.
    hidden_context: bool,
    /// The callees in flow position anywhere in the body.
    steps: BTreeSet<String>,
}

impl<'a> FlowParser<'a> {
    fn new(header: &'a Header, errors: &'a mut Errors, steps: BTreeSet<String>, names: Names<'a>) -> Self {
        let inputs = header.inputs.iter().flat_map(|input| bindings(&input.pat));
        let scope = inputs.map(|ident| ident.to_string()).collect();
        Self {
            errors,
            header,
            nodes: Vec::new(),
            callees: Callees::default(),
            counts: Vec::new(),
            guards: Vec::new(),
            names,
            depth: 0,
            scope,
            lost: BTreeSet::new(),
            hidden_context: false,
            steps,
        }
    }

    fn node(&mut self, id: impl Into<String>, at: Span, what: What) -> NodeIndex {
        let id = id.into();
        self.nodes.push(Node {
            id,
            at,
            depth: self.depth,
            what,
            options: Vec::new(),
            within: Within::default(),
        });
        self.nodes.len() - 1
    }

    /// Runs `f` one level deeper, with names of its own.
    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let names = self.scope.len();
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        self.scope.truncate(names);
        result
    }
}
