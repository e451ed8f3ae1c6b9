//! Blocks and statements.

use super::FlowParser;
use crate::mistake;
use crate::pipeline::bindings::bindings;
use crate::pipeline::model::{Block, Flow, Let, Line, What};
use crate::token_text::text_of;
use quote::ToTokens;
use syn::{Attribute, Expr, Ident, Local, Pat, Stmt, Type};

/// The name and type of a `let`, for the flow on its right side.
#[derive(Clone, Copy, Default)]
pub(super) struct Binding<'a> {
    /// The name: a question is called after it.
    pub name: Option<&'a Ident>,
    /// The annotation: a question needs it.
    pub ty: Option<&'a Type>,
    /// Where the flow stands, for messages.
    pub place: Place,
}

/// Where a flow stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// An arm, or the body of a form, without a block of its own.
    #[default]
    Arm,
    /// A line of a block.
    Line,
    /// The right side of a `let`.
    Let,
}

impl<'a> Binding<'a> {
    fn of(pat: &'a Pat) -> Self {
        let (pat, ty) = match pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        let name = if let Pat::Ident(ident) = pat { Some(&ident.ident) } else { None };
        Self { name, ty, place: Place::Let }
    }
}

impl FlowParser<'_> {
    /// A block; the names it binds end with it.
    pub(super) fn block(&mut self, block: &syn::Block) -> Block {
        let names = self.scope.len();
        let mut lines = Vec::new();
        let mut tail = None;
        for (i, stmt) in block.stmts.iter().enumerate() {
            let last = i + 1 == block.stmts.len();
            if let Stmt::Local(local) = stmt
                && let Some(broken) = self.collected(local, block.stmts.get(i + 1..).unwrap_or_default())
            {
                tail = Some(Box::new(broken));
                break;
            }
            match stmt {
                Stmt::Local(local) => lines.extend(self.local(local)),
                Stmt::Expr(expr, semi) => {
                    let flow = self.flow(expr, Binding { place: Place::Line, ..Binding::default() });
                    // after these nothing is missing: the block does not end
                    let ends = matches!(flow, Flow::Fail(_) | Flow::Broken(_));
                    if last && (semi.is_none() || ends) {
                        tail = Some(Box::new(flow));
                    } else {
                        // the replacement of a mistake is an expression like any other
                        let semi = semi.or_else(|| matches!(flow, Flow::Broken(_)).then(Default::default));
                        lines.push(Line::Flow { flow: Box::new(flow), semi });
                    }
                }
                Stmt::Item(item) => {
                    let word = item.to_token_stream().into_iter().next();
                    self.errors.at(
                        word,
                        mistake::item_in_pipeline,
                        "a pipeline holds no items\nmove this item out of `pipeline! { .. }`",
                    );
                }
                Stmt::Macro(stmt) => {
                    let expr =
                        Expr::Macro(syn::ExprMacro { attrs: stmt.attrs.clone(), mac: stmt.mac.clone() });
                    let flow = Flow::Value(self.plain(&expr));
                    if last && stmt.semi_token.is_none() {
                        tail = Some(Box::new(flow));
                    } else {
                        let semi = Some(stmt.semi_token.unwrap_or_default());
                        lines.push(Line::Flow { flow: Box::new(flow), semi });
                    }
                }
            }
        }
        self.scope.truncate(names);
        Block { brace: block.brace_token.span.join(), lines, tail }
    }

    fn local(&mut self, local: &Local) -> Option<Line> {
        self.no_cfg(&local.attrs);
        let Some(init) = &local.init else {
            self.errors.at(local, mistake::let_without_value, "a `let` in a pipeline has a value\nwrite `let x = ..;`, with `if` or `match` on the right side");
            self.bind(&local.pat);
            return None;
        };
        let binding = Binding::of(&local.pat);
        let flow = self.flow(&init.expr, binding);
        if let Some(name) = binding.name.map(ToString::to_string) {
            if matches!(flow, Flow::Broken(_)) {
                self.lost.insert(name);
            } else {
                self.lost.remove(&name);
            }
        }
        let otherwise = init.diverge.as_ref().and_then(|(else_token, expr)| {
            let Expr::Block(expr) = &**expr else { return None };
            let node = self.node(format!("let {}", text_of(&local.pat)), local.let_token.span, What::Branch);
            let mut block = self.nested(|parser| parser.block(&expr.block));
            if !block.ends() && !block.last().is_some_and(Flow::is_macro) {
                let broken = self.errors.broken(
                    else_token, mistake::let_else_goes_on,
                    "the `else` of a `let` has to end the pipeline\nend it with `fail(\"why\")`, or use `match`",
                );
                block.tail = Some(Box::new(Flow::Broken(broken)));
            }
            Some((node, *else_token, block))
        });
        self.bind(&local.pat);
        Some(Line::Let(Box::new(Let {
            attrs: local.attrs.clone(),
            token: local.let_token,
            pat: local.pat.clone(),
            eq_token: init.eq_token,
            flow,
            otherwise,
            semi: local.semi_token,
        })))
    }

    /// From here on the names of `pat` are values.
    pub(super) fn bind(&mut self, pat: &Pat) {
        for name in bindings(pat) {
            if self.header.context.as_ref().is_some_and(|context| context.ident == name) {
                self.errors.at(
                    &name,
                    mistake::context_shadowed,
                    format!("`{name}` is this pipeline's context\nchoose another name for this value"),
                );
                self.hidden_context = true;
            }
            self.scope.push(name.to_string());
        }
    }

    pub(super) fn no_cfg(&mut self, attrs: &[Attribute]) {
        for attr in attrs.iter().filter(|a| a.path().is_ident("cfg") || a.path().is_ident("cfg_attr")) {
            self.errors.at(
                attr, mistake::conditional_graph,
                "the graph of a pipeline does not depend on `cfg`\nput `cfg` on the whole `pipeline! { .. }`, or branch inside a step",
            );
        }
    }

    pub(super) fn no_attributes(&mut self, attrs: &[Attribute]) {
        self.no_cfg(attrs);
        for attr in attrs.iter().filter(|a| !a.path().is_ident("cfg") && !a.path().is_ident("cfg_attr")) {
            self.errors.at(
                attr,
                mistake::attribute_in_pipeline,
                "an attribute here would be lost\nput it on a `let` or on the pipeline",
            );
        }
    }
}
